"""What Application Auto Scaling holds of one account in one region. Times are virtual epoch seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dynaops.sandbox import linked_roles
from dynaops.sandbox.world import World

SERVICE = "application-autoscaling"
NAMESPACE = "dynamodb"
READS, WRITES = "ReadCapacityUnits", "WriteCapacityUnits"
LINKED_SERVICE = "dynamodb.application-autoscaling.amazonaws.com"

Key = tuple[str, str]
"""A resource id (``table/T`` or ``table/T/index/I``) and a scalable dimension."""


@dataclass
class TrackingPolicy:
    """A target tracking policy. `alarms` are its CloudWatch alarms: name and ARN."""

    name: str
    arn: str
    created: float
    configuration: dict[str, Any]
    alarms: list[dict[str, str]] = field(default_factory=list)


@dataclass
class ScheduledAction:
    """A scheduled action: it is stored and described, but never runs in the sandbox."""

    name: str
    arn: str
    created: float
    expression: str
    timezone: str | None
    action: dict[str, int]
    start: float | None
    end: float | None


@dataclass
class ScalableTarget:
    """A scalable target, with everything that is deleted when it is deregistered."""

    resource: str
    dimension: str
    arn: str
    created: float
    minimum: int
    maximum: int
    suspended: dict[str, bool]
    tags: dict[str, str] = field(default_factory=dict)
    policies: dict[str, TrackingPolicy] = field(default_factory=dict)
    schedules: dict[str, ScheduledAction] = field(default_factory=dict)


@dataclass
class Activity:
    """A scaling activity: a change of a resource's capacity; `ended` is None while it runs."""

    id: str
    resource: str
    dimension: str
    description: str
    cause: str
    started: float
    status: str
    message: str
    ended: float | None = None


@dataclass
class ScalingRegistry:
    """All scalable targets and activities of one account in one region; the newest activity last."""

    targets: dict[Key, ScalableTarget] = field(default_factory=dict)
    activities: list[Activity] = field(default_factory=list)


def scaling_in(world: World, account: str, region: str) -> ScalingRegistry:
    """The scalable targets and activities of an account in a region."""
    return world.region(account, region).holding(ScalingRegistry)


def role_arn(account: str, region: str) -> str:
    """ARN of the service-linked role. It always scales DynamoDB, even if the request names another role."""
    return linked_roles.arn_of(account, region, LINKED_SERVICE)


def resource_of(table: str, index: str | None = None) -> str:
    """The resource id of a table or of one of its global indexes."""
    return f"table/{table}" if index is None else f"table/{table}/index/{index}"


def dimension_of(units: str, index: str | None = None) -> str:
    """The scalable dimension of a table's or an index's `units` (READS or WRITES)."""
    return f"dynamodb:{'table' if index is None else 'index'}:{units}"


def parsed(resource: str) -> tuple[str, str | None]:
    """The table and the index (None for the table itself) behind a resource id; ValueError for anything else."""
    match resource.split("/"):
        case ["table", table] if table:
            return table, None
        case ["table", table, "index", index] if table and index:
            return table, index
    raise ValueError(resource)
