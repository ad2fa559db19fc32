"""THE CATALOGUE: every kind there is. Adding one is its file, its line in `TableSpec`, and its lines below."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

from pydantic import Field

from dynaops.kinds import (
    autoscaling,
    backup_plan,
    insights,
    items,
    kinesis,
    log_group,
    recovery,
    replica,
    resource_policy,
    trigger,
    ttl,
)
from dynaops.kinds.alarm import Alarms
from dynaops.kinds.autoscaling import Autoscaling
from dynaops.kinds.backup_plan import Backup
from dynaops.kinds.iam import Iam
from dynaops.kinds.insights import ContributorInsights
from dynaops.kinds.items import Item
from dynaops.kinds.kind import Policy, Room
from dynaops.kinds.kinesis import Kinesis
from dynaops.kinds.log_group import LogGroup
from dynaops.kinds.recovery import Recovery
from dynaops.kinds.replica import GlobalTable, Replica
from dynaops.kinds.table import ROOM as TABLE_ROOM
from dynaops.kinds.table import rules as table_rules
from dynaops.kinds.table.spec import (
    AttributeType,
    BillingMode,
    Encryption,
    GlobalSecondaryIndex,
    Lifecycle,
    LocalSecondaryIndex,
    OnDemandThroughput,
    Stream,
    TableClass,
    VectorIndex,
    WarmThroughput,
)
from dynaops.kinds.trigger import Trigger
from dynaops.kinds.ttl import Ttl
from dynaops.model.finding import Finding
from dynaops.model.spec import Fragment


class TableSpec(Fragment):
    """One table and everything around it (SPEC-FORMAT, version 1)."""

    table_name: str
    region: str | None = None
    hash_key: str
    range_key: str | None = None
    attributes: dict[str, AttributeType]
    billing_mode: BillingMode = "PAY_PER_REQUEST"
    read_capacity: int | None = Field(None, ge=1)
    write_capacity: int | None = Field(None, ge=1)
    on_demand_throughput: OnDemandThroughput | None = None
    warm_throughput: WarmThroughput | None = None
    table_class: TableClass = "STANDARD"
    deletion_protection: bool = False
    encryption: Encryption = Encryption()
    point_in_time_recovery: Recovery = Recovery()
    ttl: Ttl | None = None
    stream: Stream | None = None
    global_secondary_indexes: list[GlobalSecondaryIndex] | None = None
    vector_indexes: list[VectorIndex] | None = None
    local_secondary_indexes: list[LocalSecondaryIndex] | None = None
    autoscaling: Autoscaling | None = None
    iam: Iam | None = None
    lambda_triggers: list[Trigger] | None = None
    log_group: LogGroup | None = None
    kinesis: Kinesis | None = None
    backup: Backup | None = None
    replicas: list[Replica] | None = None
    global_table: GlobalTable | None = None
    multi_region_consistency: Literal["EVENTUAL", "STRONG"] = "EVENTUAL"
    witness_region: str | None = None
    contributor_insights: ContributorInsights | None = None
    resource_policy: dict[str, Any] | None = None
    alarms: Alarms | None = None
    items: list[Item] | None = None
    items_file: str | None = None
    tags: dict[str, str] | None = None
    lifecycle: Lifecycle | None = None

    def wanted_stream(self) -> dict[str, str] | None:
        """The stream that is asked for, or that triggers and replicas need; None where nobody wants one."""
        if self.stream is not None:
            return {"view_type": self.stream.view_type}
        if self.lambda_triggers or self.replicas:
            return {"view_type": "NEW_AND_OLD_IMAGES"}
        return None


NOT_YET = (
    *("autoscaling", "iam", "lambda_triggers", "log_group", "kinesis", "backup", "replicas", "global_table"),
    *("witness_region", "alarms", "items", "items_file"),
)
"""Spec keys that are parsed and checked, but whose resources come with a later version: plan refuses them."""

ROOMS: tuple[Room, ...] = (TABLE_ROOM, recovery.ROOM, ttl.ROOM, resource_policy.ROOM, insights.ROOM)
ROOM_OF: dict[str, Room] = {kind: room for room in ROOMS for kind in room.kinds}
POLICIES: dict[str, Policy] = {kind: policy for room in ROOMS for kind, policy in room.kinds.items()}

Rule = Callable[[TableSpec], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    *table_rules.RULES,
    recovery.rules,
    ttl.rules,
    insights.rules,
    resource_policy.rules,
    autoscaling.rules,
    trigger.rules,
    log_group.rules,
    kinesis.rules,
    backup_plan.rules,
    replica.rules,
    items.rules,
)
"""The offline checks of a spec, kind by kind."""
