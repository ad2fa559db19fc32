"""Live scalable targets, with their policies and scheduled actions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dynaops.kinds.autoscaling.mapping import NAMESPACE, SERVICE, dimension_of, observed
from dynaops.kinds.kind import AwsReader
from dynaops.model.resource import Observed, Scope

_BATCH = 50
"""Resource ids that DescribeScalableTargets takes in one call."""
_READERS = 8


def observe_targets(read: AwsReader, scope: Scope, region: str, ids: list[str]) -> Iterator[Observed]:
    """The targets of the resources `ids` (``table/users``, ``table/users/index/by-a``) in a region."""
    targets: list[dict[str, Any]] = []
    for start in range(0, len(ids), _BATCH):
        asked = {"ServiceNamespace": NAMESPACE, "ResourceIds": ids[start : start + _BATCH]}
        targets += read.read_all(SERVICE, "DescribeScalableTargets", region, asked, "ScalableTargets") or []
    scaled = sorted({element["ResourceId"] for element in targets})
    if not scaled:
        return
    with ThreadPoolExecutor(max_workers=min(_READERS, 2 * len(scaled))) as pool:
        policies = pool.map(lambda element: _of(read, region, element, "Policies"), scaled)
        actions = pool.map(lambda element: _of(read, region, element, "Actions"), scaled)
        result = {
            element: (list(policy), list(action))
            for element, policy, action in zip(scaled, policies, actions, strict=True)
        }
    for target in targets:
        yield _observed(scope, region, target, *result[target["ResourceId"]])


def _of(read: AwsReader, region: str, resource_id: str, what: str) -> Iterable[dict[str, Any]]:
    api, items = (
        ("DescribeScalingPolicies", "ScalingPolicies")
        if what == "Policies"
        else ("DescribeScheduledActions", "ScheduledActions")
    )
    asked = {"ServiceNamespace": NAMESPACE, "ResourceId": resource_id}
    return read.read_all(SERVICE, api, region, asked, items) or ()


def _observed(
    scope: Scope,
    region: str,
    target: dict[str, Any],
    policies: list[dict[str, Any]],
    actions: list[dict[str, Any]],
) -> Observed:
    name = target["ScalableDimension"]
    dimension = dimension_of(target["ResourceId"], name, region)
    own = [
        element
        for element in policies
        if element["ScalableDimension"] == name and "TargetTrackingScalingPolicyConfiguration" in element
    ]
    planned = [element for element in actions if element["ScalableDimension"] == name]
    outputs = {"arn": target.get("ScalableTargetARN"), "target_id": target["ResourceId"]}
    if own:
        outputs |= {"policy_name": own[0]["PolicyName"], "policy_arn": own[0]["PolicyARN"]}
    return Observed(
        dimension.address(scope),
        "autoscaling",
        region,
        observed(target, own, planned),
        {key: value for key, value in outputs.items() if value is not None},
        raw={"policy_name": own[0]["PolicyName"]} if own else {},
    )
