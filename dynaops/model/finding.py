"""Findings: what a check found, where, and what to do about it."""

from __future__ import annotations

from enum import StrEnum

from dynaops.model.base import Model


class Severity(StrEnum):
    """How bad a finding is. Errors stop a command; warnings do only with ``validate --strict``."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Place(Model):
    """Where in a spec file; `line` and `column` count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Finding(Model):
    """One finding. `code` is stable; `path` is the dotted path in the spec; `address` the resource it is about.

    `excerpt`: the line that is meant, and below it a caret under the column.
    """

    code: str
    severity: Severity
    message: str
    hint: str | None = None
    path: str | None = None
    place: Place | None = None
    address: str | None = None
    excerpt: str | None = None
