"""The backup commands."""
