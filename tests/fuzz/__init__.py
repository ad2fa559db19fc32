"""Damaged and hostile input to all that reads files."""
