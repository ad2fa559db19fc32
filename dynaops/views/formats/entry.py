"""What the formats for pipelines are made of: one entry a finding, a check, a change or a difference."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from dynaops.model.finding import Place, Severity


class Level(Enum):
    """How an entry is to be taken."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    PASSED = "passed"
    UNKNOWN = "unknown"
    """It could not be checked."""
    SUPPRESSED = "suppressed"
    """The spec accepts it, with a reason."""


LEVELS = {Severity.ERROR: Level.ERROR, Severity.WARNING: Level.WARNING, Severity.INFO: Level.NOTE}


class ReportEntry(NamedTuple):
    """One thing that a command tells. `rule` is its id, `subject` the table, or ``specs``, that it belongs to.

    `title` names the check, with the rule's id or the address. `fails`: a JUnit case of it is a failure. `address` is
    the resource that it is about, `place` where that is written in a spec.
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
    """Why it is accepted, where it is."""


class RuleText(NamedTuple):
    """What an id means: `meaning` in a sentence, `remedy` what to do; `level` as its findings are mostly."""

    meaning: str
    remedy: str = ""
    level: Level = Level.WARNING


class RunReport(NamedTuple):
    """All that a run of a command found. `failure` is why it came to no result, where it did not."""

    command: str
    version: str
    entries: tuple[ReportEntry, ...]
    rules: Mapping[str, RuleText]
    environment: str | None = None
    failure: str | None = None
