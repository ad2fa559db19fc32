"""The health of deployed tables: what each check found, by what evidence, and what to do. Times are epoch seconds."""

from __future__ import annotations

from enum import StrEnum

from dynaops.model.base import Model


class Status(StrEnum):
    """How a check ended. The values are public interface."""

    PASS = "pass"  # noqa: S105 (a verdict, not a secret)
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"
    """It could not be made: a permission is denied, or AWS does not answer. It counts as a warning."""
    SUPPRESSED = "suppressed"
    """It would warn or fail, and the spec says why that is accepted."""


class Result(Model):
    """One check of one table. `code` is stable; `evidence` is what was seen, `remedy` what to do about it.

    `reason` is the spec's, for a suppressed one.
    """

    code: str
    title: str
    status: Status
    evidence: str
    remedy: str | None = None
    reason: str | None = None


class Chart(Model):
    """A metric over the report's window, oldest first, in equal steps; None where CloudWatch has no value.

    `summary` says in words what the values come to.
    """

    title: str
    values: tuple[float | None, ...]
    summary: str


class Report(Model):
    """All checks of one table, made `at` a time over the `hours` before. `managed`: it is in the state."""

    table: str
    region: str
    at: float
    hours: int
    managed: bool
    results: tuple[Result, ...]
    charts: tuple[Chart, ...] = ()

    def count(self, status: Status) -> int:
        """How many checks ended so."""
        return sum(result.status is status for result in self.results)
