"""Scalable targets in normal form, and the names by which Application Auto Scaling knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dynaops.kinds.autoscaling import Scaling
from dynaops.model.resource import Properties, Scope

SERVICE = "application-autoscaling"
NAMESPACE = "dynamodb"
_COOLDOWNS = {"scale_in_cooldown": "ScaleInCooldown", "scale_out_cooldown": "ScaleOutCooldown"}


@dataclass(frozen=True)
class Dimension:
    """One side of the table (or of `index`), at home or in a replica's `region`."""

    table: str
    side: str
    region: str
    index: str | None = None

    @property
    def resource_id(self) -> str:
        return f"table/{self.table}/index/{self.index}" if self.index else f"table/{self.table}"

    @property
    def name(self) -> str:
        """AWS's scalable dimension."""
        return f"dynamodb:{'index' if self.index else 'table'}:{self.side.title()}CapacityUnits"

    @property
    def metric(self) -> str:
        return f"DynamoDB{self.side.title()}CapacityUtilization"

    @property
    def title(self) -> str:
        what = f"index {self.index} of {self.table}" if self.index else self.table
        return f"{self.side} capacity of {what}"

    @property
    def key(self) -> dict[str, str]:
        """The members that name it in every call."""
        return {
            "ServiceNamespace": NAMESPACE,
            "ResourceId": self.resource_id,
            "ScalableDimension": self.name,
        }

    @property
    def aws_name(self) -> str:
        return f"scalable target {self.resource_id} ({self.name}) in {self.region}"

    @property
    def policy_name(self) -> str:
        """What a policy made here is called."""
        return "-".join(part for part in ("dynaops", self.table, self.index, self.side) if part)

    @property
    def own_policy_name(self) -> str:
        """What AWS calls the policy that it makes by itself for an index of a global table (DDB-TABLE-322)."""
        return f"{self.metric}:{self.resource_id}"

    def address(self, scope: Scope) -> str:
        """``users/autoscaling/read``, ``users/replica/us-east-1/autoscaling/index/by-a/write``, ..."""
        where = ("replica", self.region) if self.region != scope.region else ()
        what = ("index", self.index) if self.index else ()
        return scope.below(*where, "autoscaling", *what, self.side)


def dimension_at(scope: Scope, address: str) -> Dimension:
    """The dimension that an address is of."""
    parts = address.removeprefix(f"{scope.address}/").split("/")
    region = scope.region
    if parts[0] == "replica":
        region, parts = parts[1], parts[2:]
    index = "/".join(parts[2:-1]) if parts[1] == "index" else None
    return Dimension(scope.table_name, parts[-1], region, index)


def dimension_of(resource_id: str, name: str, region: str) -> Dimension:
    """The dimension that AWS's names are of."""
    _, table, *rest = resource_id.split("/")
    side = "read" if "Read" in name else "write"
    return Dimension(table, side, region, rest[1] if len(rest) > 1 else None)


def wanted(scaling: Scaling) -> Properties:
    """A spec's scaling in normal form."""
    result = scaling.model_dump(exclude_none=True, exclude={"schedules"})
    schedules = {
        schedule.name: schedule.model_dump(exclude_none=True, exclude={"name"})
        for schedule in scaling.schedules or ()
    }
    return {**result, "schedules": schedules} if schedules else result


def observed(
    target: dict[str, Any], policies: list[dict[str, Any]], actions: list[dict[str, Any]]
) -> Properties:
    """A live target with its target-tracking policy and its scheduled actions."""
    result: Properties = {"min": target["MinCapacity"], "max": target["MaxCapacity"]}
    for policy in policies[:1]:
        configuration = policy["TargetTrackingScalingPolicyConfiguration"]
        value = configuration["TargetValue"]
        result["target_utilization"] = int(value) if float(value).is_integer() else value
        for name, member in _COOLDOWNS.items():
            if configuration.get(member) is not None:
                result[name] = configuration[member]
    schedules = {action["ScheduledActionName"]: _schedule(action) for action in actions}
    return {**result, "schedules": schedules} if schedules else result


def _schedule(action: dict[str, Any]) -> dict[str, Any]:
    bounds = action.get("ScalableTargetAction") or {}
    result = {
        "schedule": action["Schedule"],
        "timezone": action.get("Timezone"),
        "min": bounds.get("MinCapacity"),
        "max": bounds.get("MaxCapacity"),
    }
    return {name: value for name, value in result.items() if value is not None}


def configuration(dimension: Dimension, properties: Properties) -> dict[str, Any]:
    """A target-tracking configuration, as PutScalingPolicy takes it."""
    result: dict[str, Any] = {
        "TargetValue": float(properties["target_utilization"]),
        "PredefinedMetricSpecification": {"PredefinedMetricType": dimension.metric},
    }
    for name, member in _COOLDOWNS.items():
        if name in properties:
            result[member] = properties[name]
    return result
