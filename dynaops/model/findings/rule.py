"""What a finding's id stands for, and the one function that makes findings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dynaops.model.finding import Finding, Place, Severity


class Stage(StrEnum):
    """What has to be looked at before a finding can be made."""

    SPECS = "specs"
    """The files of a project alone: found offline, by ``validate`` and before every plan."""
    PLAN = "plan"
    """The state or AWS too: found when a plan is made."""
    LIVE = "live"
    """A deployed table: found by ``validate --live``."""
    PROJECT = "project"
    """The project file and files of house rules, which are about no spec."""
    BACKUPS = "backups"
    GRANT = "grant"
    CONVERT = "convert"


@dataclass(frozen=True, slots=True)
class FindingRule:
    """One id. In its texts, `…` stands for what each finding fills in.

    `remedy` is the hint of each of its findings. Where hints vary with the finding, there is `usual_remedy` instead,
    which only the reference shows. `always_shown`: it is about more than one table, or about suppressions themselves,
    so no spec can accept it.
    """

    code: str
    stage: Stage
    severity: Severity
    summary: str
    remedy: str | None = None
    usual_remedy: str | None = None
    always_shown: bool = False

    @property
    def suppressible(self) -> bool:
        """Whether the spec of a table may accept it (`suppress`): errors it cannot, but for what a live check found."""
        if self.stage is Stage.LIVE:
            return True
        of_tables = self.stage in (Stage.SPECS, Stage.PLAN) and not self.always_shown
        return of_tables and self.severity is not Severity.ERROR

    @property
    def shown_remedy(self) -> str:
        """What the reference says of how to mend it."""
        return self.remedy or self.usual_remedy or ""


def make_finding(
    rule: FindingRule,
    message: str,
    hint: str | None = None,
    *,
    path: str | None = None,
    place: Place | None = None,
    address: str | None = None,
    excerpt: str | None = None,
) -> Finding:
    """A finding of a declared id. `hint` only where `rule` has no remedy of its own."""
    return Finding(
        code=rule.code,
        severity=rule.severity,
        message=message,
        hint=rule.remedy if hint is None else hint,
        path=path,
        place=place,
        address=address,
        excerpt=excerpt,
    )


def make_house_finding(
    code: str, severity: Severity, message: str, hint: str | None, address: str | None = None
) -> Finding:
    """A finding of a house rule, whose id and severity are those of the rule's author."""
    return Finding(code=code, severity=severity, message=message, hint=hint, address=address)
