"""What is wrong with a value or a row, in words."""

from __future__ import annotations

from dataclasses import dataclass


class MalformedRow(ValueError):
    """A row that DynamoDB cannot hold, or that cannot be read; the message says where in it and why."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """Stands for a value that DynamoDB cannot hold, or that could not be read; `reason` says why."""

    reason: str


def at(where: str) -> str:
    """How a message begins that is about an attribute (or nothing, for the row as a whole)."""
    return f"{where}: " if where else ""


def shortened(text: str) -> str:
    """A text as messages show it."""
    return text if len(text) <= 50 else f"{text[:47]}..."
