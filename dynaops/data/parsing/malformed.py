"""What is wrong with a row, in words."""

from __future__ import annotations


class Malformed(ValueError):
    """A row that DynamoDB cannot hold, or that cannot be read; the message says where in it and why."""


def at(where: str) -> str:
    """How a message begins that is about an attribute (or nothing, for the row as a whole)."""
    return f"{where}: " if where else ""
