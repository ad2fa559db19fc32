"""What a check is: a declared id and a judgement of the facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from dynaops.health.observations import TableObservations
from dynaops.model.findings.rule import FindingRule
from dynaops.model.health import Status


class CheckResult(NamedTuple):
    """How a check ended, and by what evidence. `remedy`: instead of the check's own."""

    status: Status
    evidence: str
    remedy: str | None = None


class Check(NamedTuple):
    """One check. `judge` may raise NotKnown. What the id means and its remedy are those of the registry of findings."""

    rule: FindingRule
    judge: Callable[[TableObservations], CheckResult]

    @property
    def code(self) -> str:
        """The id, such as LIVE101."""
        return self.rule.code

    @property
    def title(self) -> str:
        """The name of the check in reports: the rule's summary is ``title: meaning``."""
        return self.rule.summary.partition(": ")[0]


def passed(evidence: str) -> CheckResult:
    return CheckResult(Status.PASS, evidence)


def warned(evidence: str, remedy: str | None = None) -> CheckResult:
    return CheckResult(Status.WARN, evidence, remedy)


def failed(evidence: str, remedy: str | None = None) -> CheckResult:
    return CheckResult(Status.FAIL, evidence, remedy)


def plural(number: int, noun: str, many: str = "") -> str:
    """``1 index``, ``2 indexes``."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"
