"""What a check is: an id, words for the report and the reference, and a judgement of the facts."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from dynaops.health.facts import Facts
from dynaops.model.health import Status


class Verdict(NamedTuple):
    """How a check ended, and by what evidence. `remedy`: instead of the check's own."""

    status: Status
    evidence: str
    remedy: str | None = None


class Check(NamedTuple):
    """One check. `worst` is the status that it may end with; `judge` may raise NotKnown.

    `meaning` and `remedy` stand in the reference of findings; the remedy also in reports.
    """

    code: str
    title: str
    worst: Status
    meaning: str
    remedy: str
    judge: Callable[[Facts], Verdict]


def passed(evidence: str) -> Verdict:
    return Verdict(Status.PASS, evidence)


def warned(evidence: str, remedy: str | None = None) -> Verdict:
    return Verdict(Status.WARN, evidence, remedy)


def failed(evidence: str, remedy: str | None = None) -> Verdict:
    return Verdict(Status.FAIL, evidence, remedy)


def plural(number: int, noun: str, many: str = "") -> str:
    """``1 index``, ``2 indexes``."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"
