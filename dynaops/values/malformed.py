"""The error for values and rows that cannot be stored or read, and helpers for its messages."""

from __future__ import annotations

from dataclasses import dataclass


class MalformedRow(ValueError):
    """A row cannot be stored in DynamoDB, or cannot be read; the message names the attribute and the reason."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """Stands for a value that DynamoDB cannot hold, or that could not be read; `reason` says why."""

    reason: str


def at(where: str) -> str:
    """The beginning of a message about the attribute `where`; empty if the message is about the whole row."""
    return f"{where}: " if where else ""


def shortened(text: str) -> str:
    """A text cut to 50 characters for messages."""
    return text if len(text) <= 50 else f"{text[:47]}..."
