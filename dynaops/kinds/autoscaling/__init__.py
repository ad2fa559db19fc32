"""Application Auto Scaling of provisioned capacity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from dynaops.model import schedules
from dynaops.model.finding import Finding
from dynaops.model.findings.companions import DDB400, DDB401, DDB402, DDB403, DDB406, DDB407, DDB408, DDB409
from dynaops.model.findings.rule import make_finding
from dynaops.model.spec import Fragment

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec


class Schedule(Fragment):
    """Bounds that change by the clock."""

    name: str
    """The action's name."""
    schedule: str
    """at(...), rate(...) or cron(...)."""
    timezone: str | None = None
    """IANA name of the schedule's time zone. Default: UTC."""
    min: int | None = Field(None, ge=1)
    """The minimum from then on."""
    max: int | None = Field(None, ge=1)
    """The maximum from then on."""


class Scaling(Fragment):
    """Target tracking of one side of a table or index. Cooldowns are in seconds, the target in percent."""

    min: int = Field(ge=1)
    """Units at the least."""
    max: int = Field(ge=1)
    """Units at the most."""
    target_utilization: int = Field(70, ge=20, le=90)
    """Per cent of the capacity that should be in use."""
    scale_in_cooldown: int | None = Field(None, ge=0)
    """Seconds between two reductions."""
    scale_out_cooldown: int | None = Field(None, ge=0)
    """Seconds between two raises."""
    schedules: list[Schedule] | None = None
    """Bounds that change by the clock."""


class Sides(Fragment):
    """Read and write of one index."""

    read: Scaling | None = None
    """Read capacity."""
    write: Scaling | None = None
    """Write capacity."""


class Autoscaling(Fragment):
    """Scaling of the table, and of its indexes (`all`: as the table)."""

    read: Scaling | None = None
    """Read capacity of the table."""
    write: Scaling | None = None
    """Write capacity of the table."""
    indexes: dict[str, Sides] | Literal["all"] | None = None
    """Index name to the same; `all`: every index as the table."""


SIDES = ("read", "write")


def scalings(spec: TableSpec) -> Iterator[tuple[str | None, str, Scaling]]:
    """(index, or None for the table; side; scaling) of all that the spec scales."""
    block = spec.autoscaling
    if block is None:
        return
    named = block.indexes if isinstance(block.indexes, dict) else {}
    for side in SIDES:
        scaling: Scaling | None = getattr(block, side)
        if scaling:
            yield None, side, scaling
        for index in spec.global_secondary_indexes or ():
            own: Scaling | None = getattr(named.get(index.name), side, None)
            chosen = scaling if block.indexes == "all" else own
            if chosen:
                yield index.name, side, chosen


def rules(spec: TableSpec) -> Iterator[Finding]:
    """Autoscaling moves provisioned capacity between bounds (Application Auto Scaling, RegisterScalableTarget)."""
    block = spec.autoscaling
    if block is None:
        return
    if spec.billing_mode != "PROVISIONED":
        yield make_finding(DDB401, "autoscaling needs billing_mode: PROVISIONED", path="autoscaling")
    named = block.indexes if isinstance(block.indexes, dict) else {}
    known = {index.name for index in spec.global_secondary_indexes or ()}
    sides = [(f"autoscaling.{side}", getattr(block, side)) for side in SIDES]
    for name, index in named.items():
        path = f"autoscaling.indexes.{name}"
        if name not in known:
            yield make_finding(DDB402, f"autoscaling of {name}: there is no such index", path=path)
        sides += [(f"{path}.{side}", getattr(index, side)) for side in SIDES]
    for path, scaling in sides:
        if scaling and scaling.min > scaling.max:
            yield make_finding(
                DDB403, f"{path}: min {scaling.min} is above max {scaling.max}", path=f"{path}.min"
            )
        if scaling:
            yield from _schedules(scaling, path)


def _schedules(scaling: Scaling, path: str) -> Iterator[Finding]:
    """PutScheduledAction takes a schedule, a time zone of IANA's, and one bound or both, the lower not above."""
    seen: set[str] = set()
    for number, action in enumerate(scaling.schedules or ()):
        where = f"{path}.schedules.{number}"
        yield from _times(action, where)
        if action.min is None and action.max is None:
            yield make_finding(DDB408, f"{where} sets neither min nor max", path=where)
        if action.min is not None and action.max is not None and action.min > action.max:
            yield make_finding(
                DDB403, f"{where}: min {action.min} is above max {action.max}", path=f"{where}.min"
            )
        if action.name in seen:
            yield make_finding(DDB409, f"there are two schedules {action.name!r}", path=f"{where}.name")
        seen.add(action.name)


def _times(action: Schedule, path: str) -> Iterator[Finding]:
    if refused := schedules.refusal(action.schedule):
        yield make_finding(
            DDB406,
            f"Application Auto Scaling refuses the schedule: {refused.message}",
            refused.hint or None,
            path=f"{path}.schedule",
        )
    elif schedules.parse(action.schedule).never_runs:
        yield make_finding(
            DDB400,
            f"the schedule {action.schedule!r} never runs: the month has no such day",
            path=f"{path}.schedule",
        )
    try:
        schedules.check_timezone(action.timezone or schedules.UTC_ZONE)
    except schedules.ScheduleError as error:
        yield make_finding(
            DDB407, f"the time zone of {action.name!r}: {error}", error.hint or None, path=f"{path}.timezone"
        )
