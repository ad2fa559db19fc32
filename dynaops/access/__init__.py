"""IAM permissions of AWS calls: actions, resources and conditions of a call; building and evaluating policies."""
