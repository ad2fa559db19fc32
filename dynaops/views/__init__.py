"""Output for users and programs: plans, events, findings and reports. Views read only the model, not engine or AWS."""
