"""Scheduled actions of scalable targets: checked, stored and described; the sandbox does not run them."""

from __future__ import annotations

import uuid
from typing import Any

from dynaops.model import schedules
from dynaops.model.arns import partition_of
from dynaops.sandbox.autoscaling.model import NAMESPACE, ScalableTarget, ScheduledAction
from dynaops.sandbox.autoscaling.refusals import (
    check_dimension,
    is_ours,
    missing_part,
    over_limit,
    page,
    require_target,
    selected,
    target_of,
)
from dynaops.sandbox.dispatch import PASS, ApiCall, operation
from dynaops.sandbox.errors import validation

_MOST = 200
"""Scheduled actions of a scalable target (User Guide, "Quotas")."""


@operation("application-autoscaling", "PutScheduledAction")
def put_schedule(call: ApiCall) -> dict[str, Any]:
    """Create a scheduled action, or change the given members; an absent start or end time is removed."""
    if not is_ours(call):
        return PASS
    check_dimension(call.body)
    target, body = require_target(call), call.body
    held = target.schedules.get(body["ScheduledActionName"])
    if held is None and len(target.schedules) >= _MOST:
        raise over_limit(f"A scalable target can have at most {_MOST} scheduled actions")
    action = ScheduledAction(
        body["ScheduledActionName"],
        held.arn if held else _arn(call, target),
        held.created if held else call.now,
        body.get("Schedule", held.expression if held else ""),
        body.get("Timezone", held.timezone if held else None),
        body.get("ScalableTargetAction", held.action if held else {}),
        body.get("StartTime"),
        body.get("EndTime"),
    )
    _check(action)
    target.schedules[action.name] = action
    return {}


def _check(action: ScheduledAction) -> None:
    if not action.expression:
        raise validation("Schedule must be specified when creating a scheduled action")
    _check_times(action.expression, action.timezone)
    least, most = action.action.get("MinCapacity"), action.action.get("MaxCapacity")
    if least is None and most is None:
        raise validation("At least one of minimum capacity and maximum capacity should be provided")
    if least is not None and most is not None and most < least:
        raise validation("Maximum capacity cannot be less than minimum capacity")
    if action.start is not None and action.end is not None and action.end <= action.start:
        raise validation("End time must be after start time")


def _check_times(expression: str, timezone: str | None) -> None:
    try:
        schedules.parse(expression)
    except schedules.ScheduleError:
        raise validation(f"Schedule expression is not valid: {expression}") from None
    try:
        schedules.check_timezone(timezone or schedules.UTC_ZONE)
    except schedules.ScheduleError:
        raise validation(f"Invalid timezone: {timezone}") from None


def _arn(call: ApiCall, target: ScalableTarget) -> str:
    return (
        f"arn:{partition_of(call.region)}:autoscaling:{call.region}:{call.account}:scheduledAction:{uuid.uuid4()}:"
        f"resource/{NAMESPACE}/{target.resource}:scheduledActionName/{call.body['ScheduledActionName']}"
    )


@operation("application-autoscaling", "DeleteScheduledAction")
def delete_schedule(call: ApiCall) -> dict[str, Any]:
    if not is_ours(call):
        return PASS
    check_dimension(call.body)
    target, name = target_of(call), call.body["ScheduledActionName"]
    if target is None or target.schedules.pop(name, None) is None:
        raise missing_part("scheduled action", call.body, f"scheduled action name: {name}")
    return {}


@operation("application-autoscaling", "DescribeScheduledActions")
def describe_schedules(call: ApiCall) -> dict[str, Any]:
    if not is_ours(call):
        return PASS
    names = call.body.get("ScheduledActionNames")
    actions = [
        _description(target, schedule)
        for target in selected(call)
        for schedule in target.schedules.values()
        if not names or schedule.name in names
    ]
    return page(call, "ScheduledActions", actions)


def _description(target: ScalableTarget, schedule: ScheduledAction) -> dict[str, Any]:
    shown = {
        "ScheduledActionName": schedule.name,
        "ScheduledActionARN": schedule.arn,
        "ServiceNamespace": NAMESPACE,
        "Schedule": schedule.expression,
        "Timezone": schedule.timezone,
        "ResourceId": target.resource,
        "ScalableDimension": target.dimension,
        "StartTime": schedule.start,
        "EndTime": schedule.end,
        "ScalableTargetAction": schedule.action,
        "CreationTime": schedule.created,
    }
    return {name: value for name, value in shown.items() if value is not None}
