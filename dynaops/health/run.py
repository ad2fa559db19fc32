"""All checks of all tables: facts read in parallel, judged one by one, with what the specs suppress."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from dynaops.engine.observe import in_parallel
from dynaops.health.charts import charts
from dynaops.health.check import Check, CheckResult
from dynaops.health.checks import CHECKS
from dynaops.health.metrics import HOURS
from dynaops.health.observations import NotKnown, Subject, TableObservations, gather
from dynaops.model.health import Report, Result, Status
from dynaops.model.state import State

if TYPE_CHECKING:
    from dynaops.aws.session import Aws


def examine(
    aws: Aws, subjects: Sequence[Subject], state: State, drills: Mapping[str, Any]
) -> tuple[Report, ...]:
    """The health of the subjects, in their order. Raises AwsFailure where AWS cannot be asked at all."""
    jobs: list[Callable[[], Report]] = [
        partial(_examined, aws, subject, state, drills) for subject in subjects
    ]
    return tuple(in_parallel(jobs))


def _examined(aws: Aws, subject: Subject, state: State, drills: Mapping[str, Any]) -> Report:
    facts = gather(aws, subject, state, drills)
    there = facts.described.given is not None
    results = [_result(check, facts) for check in (CHECKS if there else CHECKS[:1])]
    return Report(
        table=facts.scope.table_name,
        region=facts.scope.region,
        at=facts.now,
        hours=HOURS,
        managed=facts.managed,
        results=tuple(results),
        charts=tuple(charts(facts)) if there else (),
    )


def _result(check: Check, facts: TableObservations) -> Result:
    try:
        verdict = check.judge(facts)
    except NotKnown as error:
        verdict = CheckResult(Status.UNKNOWN, str(error), "Allow it, to have this checked.")
    reason = facts.spec.suppressed(check.code) if facts.spec else None
    accepted = reason is not None and verdict.status in (Status.WARN, Status.FAIL)
    return Result(
        code=check.code,
        title=check.title,
        status=Status.SUPPRESSED if accepted else verdict.status,
        evidence=verdict.evidence,
        remedy=None if accepted or verdict.status is Status.PASS else verdict.remedy or check.rule.remedy,
        reason=reason if accepted else None,
    )
