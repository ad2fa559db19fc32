"""The parts of a JSON document that holds items, requests or answers of DynamoDB."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class PartAction(Enum):
    """What a part of a document asks for."""

    PUT = "put"
    DELETE = "delete"
    FAULT = "fault"
    """It cannot be carried out: `reason` says why."""
    NOTE = "note"
    """Nothing; `reason` is what a user should know."""


class DocumentPart(NamedTuple):
    """A row, a fault or a note in a document. `table` is the table that the document names for it, "" if none."""

    action: PartAction
    start: int
    end: int
    table: str = ""
    reason: str = ""
