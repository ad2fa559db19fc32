"""Target tracking policies of scalable targets."""

from __future__ import annotations

import uuid
from typing import Any

from dynaops.model.arns import partition_of
from dynaops.sandbox.autoscaling import alarms, capacity
from dynaops.sandbox.autoscaling.model import NAMESPACE, READS, ScalableTarget, TrackingPolicy
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
from dynaops.sandbox.world import World

TYPE = "TargetTrackingScaling"
_CONFIGURATION = "TargetTrackingScalingPolicyConfiguration"
_LEAST, _MOST = 20.0, 90.0
"""Target utilisation in percent that DynamoDB's own metrics accept (Developer Guide, "auto scaling")."""
_MOST_POLICIES = 50
"""Scaling policies of a scalable target (User Guide, "Quotas")."""


@operation("application-autoscaling", "PutScalingPolicy")
def put_policy(call: ApiCall) -> dict[str, Any]:
    """Create a policy, or replace the configuration of the policy with that name."""
    if not is_ours(call):
        return PASS
    check_dimension(call.body)
    target = require_target(call)
    name = call.body["PolicyName"]
    held = target.policies.get(name)
    configuration = _configuration(call.body, target, held)
    if held is None and len(target.policies) >= _MOST_POLICIES:
        raise over_limit(f"A scalable target can have at most {_MOST_POLICIES} scaling policies")
    policy = put(call.world, call.account, call.region, target, name, configuration)
    return {"PolicyARN": policy.arn, "Alarms": policy.alarms}


def _configuration(
    body: dict[str, Any], target: ScalableTarget, held: TrackingPolicy | None
) -> dict[str, Any]:
    kind = body.get("PolicyType", TYPE if held is not None else "StepScaling")
    if kind != TYPE:
        raise validation(f"Policy type {kind} is not supported for DynamoDB: use {TYPE}")
    given = body.get(_CONFIGURATION)
    if given is None:
        if held is not None:
            return held.configuration
        raise validation(f"{_CONFIGURATION} must be specified for policy type {TYPE}")
    _check(given, target)
    for other in target.policies.values():
        if other.name != body["PolicyName"] and _metric(other.configuration) == _metric(given):
            raise validation(
                "Only one TargetTrackingScaling policy for a given metric specification is allowed."
            )
    return dict(given)


def _check(given: dict[str, Any], target: ScalableTarget) -> None:
    for member in ("ScaleOutCooldown", "ScaleInCooldown"):
        if given.get(member, 0) < 0:
            raise validation(f"{member} must be greater than or equal to 0")
    predefined = given.get("PredefinedMetricSpecification")
    if (predefined is None) == (given.get("CustomizedMetricSpecification") is None):
        raise validation(
            "Either PredefinedMetricSpecification or CustomizedMetricSpecification must be specified, not both"
        )
    if predefined is None:
        return
    if predefined["PredefinedMetricType"] != metric_of(target.dimension):
        raise validation(
            f"PredefinedMetricType {predefined['PredefinedMetricType']} does not go with the scalable dimension "
            f"{target.dimension}"
        )
    if not _LEAST <= given["TargetValue"] <= _MOST:
        raise validation(f"Target value for DynamoDB must be between {_LEAST:g} and {_MOST:g}")


def _metric(configuration: dict[str, Any]) -> Any:
    return configuration.get("PredefinedMetricSpecification") or configuration.get(
        "CustomizedMetricSpecification"
    )


def metric_of(dimension: str) -> str:
    """DynamoDB's own metric for a dimension."""
    side = "Read" if dimension.endswith(READS) else "Write"
    return f"DynamoDB{side}CapacityUtilization"


def put(
    world: World, account: str, region: str, target: ScalableTarget, name: str, configuration: dict[str, Any]
) -> TrackingPolicy:
    """Create or change a policy that was checked. An identical policy changes nothing (DDB-TABLE-240)."""
    policy = target.policies.get(name)
    if policy is not None and policy.configuration == configuration:
        return policy
    if policy is None:
        policy = target.policies[name] = TrackingPolicy(
            name, _arn(account, region, target, name), world.now(), configuration
        )
    policy.configuration = configuration
    alarms.remove(account, region, policy.alarms)
    table = capacity.table_of(world, account, region, target.resource)
    units = capacity.current(table, target) if table is not None else None
    policy.alarms = alarms.make(account, region, target, policy, units or target.minimum)
    return policy


def _arn(account: str, region: str, target: ScalableTarget, name: str) -> str:
    return (
        f"arn:{partition_of(region)}:autoscaling:{region}:{account}:scalingPolicy:{uuid.uuid4()}:"
        f"resource/{NAMESPACE}/{target.resource}:policyName/{name}"
    )


def remove(account: str, region: str, target: ScalableTarget, name: str) -> None:
    """Delete a policy and its alarms."""
    alarms.remove(account, region, target.policies.pop(name).alarms)


@operation("application-autoscaling", "DeleteScalingPolicy")
def delete_policy(call: ApiCall) -> dict[str, Any]:
    if not is_ours(call):
        return PASS
    check_dimension(call.body)
    target, name = target_of(call), call.body["PolicyName"]
    if target is None or name not in target.policies:
        raise missing_part("scaling policy", call.body, f"policy name: {name}")
    remove(call.account, call.region, target, name)
    return {}


@operation("application-autoscaling", "DescribeScalingPolicies")
def describe_policies(call: ApiCall) -> dict[str, Any]:
    if not is_ours(call):
        return PASS
    names = call.body.get("PolicyNames")
    policies = [
        _description(target, policy)
        for target in selected(call)
        for policy in target.policies.values()
        if not names or policy.name in names
    ]
    return page(call, "ScalingPolicies", policies)


def _description(target: ScalableTarget, policy: TrackingPolicy) -> dict[str, Any]:
    return {
        "PolicyARN": policy.arn,
        "PolicyName": policy.name,
        "ServiceNamespace": NAMESPACE,
        "ResourceId": target.resource,
        "ScalableDimension": target.dimension,
        "PolicyType": TYPE,
        _CONFIGURATION: policy.configuration,
        "Alarms": policy.alarms,
        "CreationTime": policy.created,
    }
