"""The sandbox's data model of tables, without their items (which are in moto's table object).

Times are virtual epoch seconds. State that belongs to a sub-resource with separate calls (TTL,
recovery, policy, insights, Kinesis) is a facet, defined in that sub-resource's module.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

from dynaops.model.arns import partition_of

F = TypeVar("F")


@dataclass
class Throughput:
    """Provisioned capacity and its history. `decreases` are the times of all decreases."""

    read: int = 0
    write: int = 0
    last_increase: float | None = None
    last_decrease: float | None = None
    decreases: list[float] = field(default_factory=list)


@dataclass
class Warm:
    """Warm throughput in units per second; status is ACTIVE or UPDATING."""

    read: int
    write: int
    status: str = "ACTIVE"
    wanted: tuple[int, int] | None = None
    """Read and write units after the increase that is in progress."""
    raised: bool = False
    """Whether it was ever increased: later increases are quick."""


@dataclass
class Index:
    """A local or global secondary index (or a vector index, with `vector` set)."""

    name: str
    key_schema: list[dict[str, str]]
    projection: dict[str, Any]
    status: str | None = None
    backfilling: bool | None = None
    throughput: Throughput = field(default_factory=Throughput)
    on_demand: dict[str, int] | None = None
    warm: Warm | None = None
    vector: dict[str, Any] | None = None


@dataclass
class SandboxTable:
    """One table in one region: the control plane's data."""

    name: str
    account: str
    region: str
    table_id: str
    created: float
    attributes: dict[str, str]
    key_schema: list[dict[str, str]]
    status: str = "CREATING"
    billing_mode: str = "PROVISIONED"
    ever_on_demand_at: float | None = None
    throughput: Throughput = field(default_factory=Throughput)
    on_demand: dict[str, int] | None = None
    warm: Warm | None = None
    table_class: str | None = None
    class_changed: float | None = None
    class_changes: list[float] = field(default_factory=list)
    class_job: str | None = None
    """The new table class of a change in progress (which may go on while TableStatus is ACTIVE)."""
    sse: dict[str, Any] | None = None
    sse_changes: list[float] = field(default_factory=list)
    stream_view: str | None = None
    stream_label: str | None = None
    deletion_protection: bool = False
    protection_changed: float | None = None
    global_indexes: dict[str, Index] = field(default_factory=dict)
    local_indexes: dict[str, Index] = field(default_factory=dict)
    vector_indexes: dict[str, Index] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    busy: str | None = None
    """Why the table is UPDATING (throughput, billing, stream, class, index ...), for AWS's messages."""
    running: dict[str, str] = field(default_factory=dict)
    """All activities for which the table is UPDATING, each with its detail (a stream label, an index name ...)."""
    replicated: bool = False
    """Whether the table is a member of a global table."""
    replica_jobs: int = 0
    """Members of its global table that are being created or deleted: other changes are refused meanwhile."""
    disassociation_protection: bool = True
    settings_mode: str | None = None
    """GlobalTableSettingsReplicationMode set on a regional table."""
    restore: dict[str, Any] | None = None
    """RestoreSummary of a table that is being restored, or was restored: DescribeTable continues to show it."""
    facets: dict[str, Any] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:{partition_of(self.region)}:dynamodb:{self.region}:{self.account}:table/{self.name}"

    @property
    def restoring(self) -> bool:
        return self.restore is not None and bool(self.restore["RestoreInProgress"])

    @property
    def on_demand_billing(self) -> bool:
        return self.billing_mode == "PAY_PER_REQUEST"

    def facet(self, kind: type[F]) -> F:
        """This table's state of a sub-resource, created at first access."""
        key = f"{kind.__module__}.{kind.__qualname__}"
        if key not in self.facets:
            self.facets[key] = kind()
        held: F = self.facets[key]
        return held


@dataclass
class SandboxTables:
    """The tables of one account in one region, by name (a table stays here until its deletion is complete)."""

    by_name: dict[str, SandboxTable] = field(default_factory=dict)
