"""What people and programs see of plans, events and findings. Draws nouns of the model; never asks engine or AWS."""
