"""Types for the report formats: one entry for each finding, check, change or difference."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from dynaops.model.finding import Place, Severity


class Level(Enum):
    """The level of an entry."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    PASSED = "passed"
    UNKNOWN = "unknown"
    """The check could not be made."""
    SUPPRESSED = "suppressed"
    """The spec accepts it, with a reason."""


LEVELS = {Severity.ERROR: Level.ERROR, Severity.WARNING: Level.WARNING, Severity.INFO: Level.NOTE}


class ReportEntry(NamedTuple):
    """One entry of a report. `rule` is its id, `subject` the table that it belongs to, or ``specs``.

    `title` names the check, with the rule's id or the address. `fails`: its JUnit case is a failure. `address` is the
    address of its resource, `place` the place of that resource in a spec.
    """

    rule: str
    level: Level
    subject: str
    title: str
    message: str
    hint: str | None = None
    address: str | None = None
    place: Place | None = None
    fails: bool = False
    reason: str | None = None
    """The reason of a suppression."""


class RuleText(NamedTuple):
    """The texts of a rule id: `meaning` in a sentence, `remedy` what to do; `level` is the usual level."""

    meaning: str
    remedy: str = ""
    level: Level = Level.WARNING


class RunReport(NamedTuple):
    """All entries of one run of a command. `failure` is why the command had no result, or None."""

    command: str
    version: str
    entries: tuple[ReportEntry, ...]
    rules: Mapping[str, RuleText]
    environment: str | None = None
    failure: str | None = None
