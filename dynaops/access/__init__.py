"""What AWS calls need of IAM: actions, resources and conditions of a call, policies of many, and their evaluation."""
