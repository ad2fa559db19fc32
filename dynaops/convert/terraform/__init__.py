"""Converts Terraform: variables of a module, configuration, state, and plans as JSON."""
