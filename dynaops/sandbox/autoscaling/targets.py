"""Scalable targets: registering, describing and deregistering them."""

from __future__ import annotations

import uuid
from typing import Any

from dynaops.model.arns import partition_of
from dynaops.sandbox import linked_roles
from dynaops.sandbox.autoscaling import alarms, bounds, capacity, tags
from dynaops.sandbox.autoscaling.model import LINKED_SERVICE, NAMESPACE, ScalableTarget, role_arn, scaling_in
from dynaops.sandbox.autoscaling.refusals import (
    check_dimension,
    is_ours,
    page,
    require_target,
    selected,
    target_of,
)
from dynaops.sandbox.dispatch import PASS, ApiCall, operation
from dynaops.sandbox.errors import validation
from dynaops.sandbox.world import World

_SUSPENSIONS = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
_LEAST = 1


@operation("application-autoscaling", "RegisterScalableTarget")
def register_target(call: ApiCall) -> dict[str, Any]:
    """Register a target, or change the given members of a registered target.

    In both cases the resource's capacity is soon moved into the bounds (the service model's documentation).
    """
    if not is_ours(call):
        return PASS
    check_dimension(call.body)
    capacity.check_exists(call.world, call.account, call.region, call.body["ResourceId"])
    held = target_of(call)
    minimum, maximum = _limits(call.body, held)
    suspended = call.body.get("SuspendedState") or {}
    given = tags.checked(call.body.get("Tags") or {})
    if held is not None and given:
        raise validation("Tags cannot be given for a scalable target that exists: use TagResource")
    resource, dimension = call.body["ResourceId"], call.body["ScalableDimension"]
    target = register(call.world, call.account, call.region, resource, dimension, (minimum, maximum))
    target.tags.update(given)
    target.suspended.update({name: bool(value) for name, value in suspended.items()})
    return {"ScalableTargetARN": target.arn}


def _limits(body: dict[str, Any], held: ScalableTarget | None) -> tuple[int, int]:
    minimum = body.get("MinCapacity", held.minimum if held else None)
    maximum = body.get("MaxCapacity", held.maximum if held else None)
    if minimum is None or maximum is None:
        raise validation(
            "Minimum capacity and maximum capacity must be specified when registering a scalable target"
        )
    if minimum < _LEAST:
        raise validation(f"Minimum capacity must be greater than or equal to {_LEAST}")
    if maximum < minimum:
        raise validation("Maximum capacity cannot be less than minimum capacity")
    return int(minimum), int(maximum)


def register(
    world: World, account: str, region: str, resource: str, dimension: str, limits: tuple[int, int]
) -> ScalableTarget:
    """The target of a resource, with `limits` (minimum and maximum) set; registers it if needed."""
    linked_roles.ensure(account, region, LINKED_SERVICE)
    targets = scaling_in(world, account, region).targets
    target = targets.get((resource, dimension))
    if target is None:
        identity = uuid.uuid4().hex[:32]
        target = targets[resource, dimension] = ScalableTarget(
            resource,
            dimension,
            f"arn:{partition_of(region)}:application-autoscaling:{region}:{account}:scalable-target/{identity}",
            world.now(),
            *limits,
            suspended=dict.fromkeys(_SUSPENSIONS, False),
        )
    target.minimum, target.maximum = limits
    bounds.schedule_check(world, account, region, target)
    return target


@operation("application-autoscaling", "DescribeScalableTargets")
def describe_targets(call: ApiCall) -> dict[str, Any]:
    if not is_ours(call):
        return PASS
    return page(
        call,
        "ScalableTargets",
        [_description(call.account, call.region, target) for target in selected(call)],
    )


def _description(account: str, region: str, target: ScalableTarget) -> dict[str, Any]:
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": target.resource,
        "ScalableDimension": target.dimension,
        "MinCapacity": target.minimum,
        "MaxCapacity": target.maximum,
        "RoleARN": role_arn(account, region),
        "CreationTime": target.created,
        "SuspendedState": target.suspended,
        "ScalableTargetARN": target.arn,
    }


@operation("application-autoscaling", "DeregisterScalableTarget")
def deregister_target(call: ApiCall) -> dict[str, Any]:
    """Delete a target with its policies, their alarms, and its scheduled actions."""
    if not is_ours(call):
        return PASS
    check_dimension(call.body)
    require_target(call, "found")
    deregister(call.world, call.account, call.region, call.body["ResourceId"], call.body["ScalableDimension"])
    return {}


def deregister(world: World, account: str, region: str, resource: str, dimension: str) -> None:
    """Delete the target of a resource and dimension, if it is registered, as `deregister_target` does."""
    target = scaling_in(world, account, region).targets.pop((resource, dimension), None)
    for policy in target.policies.values() if target is not None else ():
        alarms.remove(account, region, policy.alarms)
