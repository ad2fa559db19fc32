"""The calls of Application Auto Scaling. All but deletions are upserts, so that a lost answer does no harm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Unpack

from dynaops.kinds.autoscaling.mapping import SERVICE, Dimension, configuration
from dynaops.kinds.kind import AddressDiff, Rank, Step
from dynaops.kinds.steps import Members, step
from dynaops.model.operation import Tolerance

_GONE = (Tolerance(code="ObjectNotFoundException"),)
_TRACKING = ("target_utilization", "scale_in_cooldown", "scale_out_cooldown")


def make(dimension: Dimension, entry: AddressDiff, replicated: bool) -> Iterator[Step]:
    """Target, policy, scheduled actions. `replicated`: AWS makes targets and policies of its own for new indexes."""
    wanted = _wanted(entry)
    yield register(dimension, entry)
    yield track(dimension, entry, replicated)
    for name, schedule in wanted.get("schedules", {}).items():
        yield plan_action(dimension, entry, name, schedule)


def change(dimension: Dimension, entry: AddressDiff) -> Iterator[Step]:
    """What differs, each by its own call."""
    if entry.difference("min") or entry.difference("max"):
        yield register(dimension, entry)
    if any(entry.difference(name) for name in _TRACKING):
        yield track(dimension, entry, False)
    for difference in entry.differences("schedules"):
        name = difference.path.partition(".")[2]
        yield (
            drop_action(dimension, entry, name)
            if difference.after is None
            else plan_action(dimension, entry, name, difference.after)
        )


def register(dimension: Dimension, entry: AddressDiff) -> Step:
    """The bounds. AWS makes its service-linked role with the first target; capacity outside is pulled in by AWS."""
    wanted = _wanted(entry)
    low, high = wanted["min"], wanted["max"]
    return _step(
        dimension,
        entry,
        "RegisterScalableTarget",
        f"let the {dimension.title} scale between {low} and {high}",
        {"MinCapacity": low, "MaxCapacity": high},
        Rank.SCALING,
        set={"min": low, "max": high},
        outputs={"arn": "ScalableTargetARN"},
        values={"target_id": dimension.resource_id},
        depends_on=entry.desired.depends_on if entry.desired else (),
    )


def track(dimension: Dimension, entry: AddressDiff, replicated: bool) -> Step:
    """The target-tracking policy; one that is there keeps its name, since AWS takes one a metric."""
    wanted = _wanted(entry)
    name = entry.live.raw.get("policy_name") if entry.live else None
    if name is None and replicated and dimension.index:
        name = dimension.own_policy_name
    name = name or dimension.policy_name
    return _step(
        dimension,
        entry,
        "PutScalingPolicy",
        f"keep the {dimension.title} {wanted['target_utilization']} % used",
        {
            "PolicyName": name,
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": configuration(dimension, wanted),
        },
        Rank.SCALING_POLICY,
        set={member: wanted[member] for member in _TRACKING if member in wanted},
        unset=tuple(member for member in _TRACKING if member not in wanted),
        outputs={"policy_arn": "PolicyARN"},
        values={"policy_name": name},
    )


def plan_action(dimension: Dimension, entry: AddressDiff, name: str, schedule: dict[str, Any]) -> Step:
    """A scheduled action, new or changed."""
    bounds = {"MinCapacity": schedule.get("min"), "MaxCapacity": schedule.get("max")}
    parameters: dict[str, Any] = {
        "ScheduledActionName": name,
        "Schedule": schedule["schedule"],
        "ScalableTargetAction": {member: value for member, value in bounds.items() if value is not None},
    }
    if "timezone" in schedule:
        parameters["Timezone"] = schedule["timezone"]
    return _step(
        dimension,
        entry,
        "PutScheduledAction",
        f"change the bounds of the {dimension.title} by the clock: {name}",
        parameters,
        Rank.SCALING_POLICY,
        set={f"schedules.{name}": schedule},
    )


def drop_action(dimension: Dimension, entry: AddressDiff, name: str) -> Step:
    return _step(
        dimension,
        entry,
        "DeleteScheduledAction",
        f"drop the scheduled change {name} of the {dimension.title}",
        {"ScheduledActionName": name},
        Rank.SCALING_POLICY,
        tolerate=_GONE,
        unset=(f"schedules.{name}",),
    )


def deregister(dimension: Dimension, entry: AddressDiff, rank: Rank = Rank.RELEASE_SCALING) -> Step:
    """The target with its policies and scheduled actions."""
    return _step(
        dimension,
        entry,
        "DeregisterScalableTarget",
        f"stop scaling the {dimension.title}",
        {},
        rank,
        tolerate=_GONE,
        removes=dimension.aws_name,
        forget=True,
    )


def _wanted(entry: AddressDiff) -> dict[str, Any]:
    assert entry.desired is not None, "only what is declared is made or changed"
    return entry.desired.properties


def _step(
    dimension: Dimension,
    entry: AddressDiff,
    api: str,
    title: str,
    parameters: dict[str, Any],
    rank: Rank,
    **members: Unpack[Members],
) -> Step:
    """One call; a replica's comes after the replica, whose table it is about."""
    if "/replica/" in entry.address:
        title = f"{title} in {entry.region}"
        if rank not in (Rank.RELEASE_SCALING, Rank.RETIRE_SCALING):
            rank = Rank.REGIONAL
    members["service"] = SERVICE
    return step(entry, rank, api, title, {**dimension.key, **parameters}, **members)
