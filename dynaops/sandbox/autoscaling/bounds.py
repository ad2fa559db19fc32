"""Changing a resource's capacity to lie within the bounds of its scalable target, and the activities that record it.

AWS does so when a target is registered or registered again, and not at other times (DDB-TABLE-195, 314, 315).
"""

from __future__ import annotations

import uuid
from typing import Any

from dynaops.sandbox.autoscaling import capacity
from dynaops.sandbox.autoscaling.model import NAMESPACE, READS, Activity, ScalableTarget, scaling_in
from dynaops.sandbox.autoscaling.refusals import is_ours, page
from dynaops.sandbox.dispatch import PASS, ApiCall, operation
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.errors import ApiError, validation
from dynaops.sandbox.world import World, action

LOOK_SECONDS = 4.0
"""A new minimum or maximum shows in the table's capacity after about 4 s (DDB-TABLE-314)."""
RETRY_SECONDS = 5.0
"""Seconds after which the change is tried again where the table was busy."""
FULFILLED_SECONDS = 3.0
"""Seconds after which the change is checked, once DynamoDB has accepted it."""


def schedule_check(world: World, account: str, region: str, target: ScalableTarget) -> None:
    """Schedule the comparison of the resource's capacity with its target's bounds."""
    where = {"account": account, "region": region, "resource": target.resource, "dimension": target.dimension}
    world.schedule(LOOK_SECONDS, "autoscaling.bounds", **where)


@action("autoscaling.bounds")
def _enforce(world: World, data: dict[str, Any]) -> None:
    table_and_target = _event_target(world, data)
    if table_and_target is None:
        return
    target, table = table_and_target
    value = capacity.current(table, target)
    if value is None or table.status in ("CREATING", "DELETING"):
        return
    wanted = min(max(value, target.minimum), target.maximum)
    if wanted == value:
        return
    try:
        capacity.set_capacity(world, table, target, wanted)
    except ApiError as error:
        if error.code == "ResourceInUseException":
            world.schedule(RETRY_SECONDS, "autoscaling.bounds", **data)
        else:
            _record_activity(
                world, data, target, value, wanted, ("Failed", _failure_message(target, wanted, error))
            )
        return
    text = f"Successfully set {_units(target)} to {wanted}. Waiting for change to be fulfilled by dynamodb."
    activity = _record_activity(world, data, target, value, wanted, ("InProgress", text))
    world.schedule(FULFILLED_SECONDS, "autoscaling.fulfilled", activity=activity.id, wanted=wanted, **data)


@action("autoscaling.fulfilled")
def _check_applied(world: World, data: dict[str, Any]) -> None:
    activity = next(
        (
            each
            for each in scaling_in(world, data["account"], data["region"]).activities
            if each.id == data["activity"]
        ),
        None,
    )
    table_and_target = _event_target(world, data)
    if activity is None or table_and_target is None:
        return
    target, table = table_and_target
    if capacity.current(table, target) != data["wanted"] and table.status == "UPDATING":
        world.schedule(FULFILLED_SECONDS, "autoscaling.fulfilled", **data)
        return
    activity.status, activity.ended = "Successful", world.now()
    activity.message = activity.message.replace(
        "Waiting for change to be fulfilled by dynamodb", "Change successfully fulfilled by dynamodb"
    )


def _event_target(world: World, data: dict[str, Any]) -> tuple[ScalableTarget, SandboxTable] | None:
    account, region, resource = data["account"], data["region"], data["resource"]
    target = scaling_in(world, account, region).targets.get((resource, data["dimension"]))
    table = capacity.table_of(world, account, region, resource)
    return None if target is None or table is None else (target, table)


def _record_activity(
    world: World,
    data: dict[str, Any],
    target: ScalableTarget,
    value: int,
    wanted: int,
    outcome: tuple[str, str],
) -> Activity:
    bound = "minimum" if wanted > value else "maximum"
    activity = Activity(
        str(uuid.uuid4()),
        target.resource,
        target.dimension,
        f"Setting {_units(target)} to {wanted}.",
        f"{bound} capacity was set to {wanted}",
        world.now(),
        *outcome,
        ended=world.now() if outcome[0] == "Failed" else None,
    )
    scaling_in(world, data["account"], data["region"]).activities.append(activity)
    return activity


def _failure_message(target: ScalableTarget, wanted: int, error: ApiError) -> str:
    return f"Failed to set {_units(target)} to {wanted}. Reason: {error.message}"


def _units(target: ScalableTarget) -> str:
    return "read capacity units" if target.dimension.endswith(READS) else "write capacity units"


@operation("application-autoscaling", "DescribeScalingActivities")
def describe_activities(call: ApiCall) -> dict[str, Any]:
    """DescribeScalingActivities: newest first, including those of deregistered targets and deleted tables."""
    if not is_ours(call):
        return PASS
    resource, dimension = call.body.get("ResourceId"), call.body.get("ScalableDimension")
    if dimension is not None and resource is None:
        raise validation("If you specify a scalable dimension, you must also specify a resource ID")
    activities = [
        _description(each)
        for each in reversed(scaling_in(call.world, call.account, call.region).activities)
        if resource in (None, each.resource) and dimension in (None, each.dimension)
    ]
    return page(call, "ScalingActivities", activities)


def _description(activity: Activity) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ActivityId": activity.id,
        "ServiceNamespace": NAMESPACE,
        "ResourceId": activity.resource,
        "ScalableDimension": activity.dimension,
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": activity.started,
        "StatusCode": activity.status,
        "StatusMessage": activity.message,
    }
    return shown if activity.ended is None else {**shown, "EndTime": activity.ended}
