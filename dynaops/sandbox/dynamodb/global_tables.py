"""Global tables (version 2019.11.21): which regions' tables belong to one global table, and their description."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dynaops.sandbox.dynamodb import moto_bridge, registry
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.world import World

VERSION = "2019.11.21"
_SHARED = "aws-global"


@dataclass
class GlobalTableMember:
    """One region of a global table. `source` is the region it was added from, at `joined`."""

    region: str
    status: str = "ACTIVE"
    visible: bool = True
    source: str | None = None
    joined: float = 0.0
    key: str | None = None
    read_override: int | None = None
    cap_override: int | None = None
    class_override: str | None = None
    indexes: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass
class GlobalTable:
    """A global table: its members by region, its witness, and whether it is strongly consistent."""

    name: str
    strong: bool = False
    members: dict[str, GlobalTableMember] = field(default_factory=dict)
    witnesses: dict[str, str] = field(default_factory=dict)


@dataclass
class GlobalTables:
    """All global tables of an account, by name."""

    by_name: dict[str, GlobalTable] = field(default_factory=dict)


def groups_of(world: World, account: str) -> dict[str, GlobalTable]:
    """The global tables of the account, by name."""
    return world.region(account, _SHARED).holding(GlobalTables).by_name


def group_of(world: World, table: SandboxTable) -> GlobalTable | None:
    """The global table that a table belongs to, or None."""
    group = groups_of(world, table.account).get(table.name)
    return group if group is not None and table.region in group.members else None


def members(world: World, table: SandboxTable) -> list[SandboxTable]:
    """The other existing tables of a table's global table, including those being created or deleted."""
    group = group_of(world, table)
    if group is None:
        return []
    tables = (
        registry.tables_in(world, table.account, region).get(table.name)
        for region in group.members
        if region != table.region
    )
    return [other for other in tables if other is not None]


def described(world: World, table: SandboxTable) -> dict[str, Any]:
    """The TableDescription members of a global table only (DDB-TABLE-201, 229, 231)."""
    group = group_of(world, table)
    if group is None:
        mode = table.settings_mode
        return {"GlobalTableSettingsReplicationMode": mode} if mode is not None else {}
    others = [each for each in group.members.values() if each.region != table.region and each.visible]
    shown: dict[str, Any] = {
        "GlobalTableVersion": VERSION,
        "Replicas": [_replica_description(world, table, each) for each in others],
        "GlobalTableSettingsReplicationMode": "ENABLED_WITH_OVERRIDES",
    }
    if group.strong:
        shown["MultiRegionConsistency"] = "STRONG"
    else:
        shown["DisassociationProtectionEnabled"] = table.disassociation_protection
    if group.witnesses:
        shown["GlobalTableWitnesses"] = [
            {"RegionName": region, "WitnessStatus": status} for region, status in group.witnesses.items()
        ]
    return shown


def _replica_description(world: World, table: SandboxTable, member: GlobalTableMember) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "RegionName": member.region,
        "ReplicaStatus": member.status,
        "GlobalTableSettingsReplicationMode": "ENABLED_WITH_OVERRIDES",
    }
    other = registry.tables_in(world, table.account, member.region).get(table.name)
    if other is not None and other.sse is not None and "KMSMasterKeyArn" in other.sse:
        shown["KMSMasterKeyId"] = other.sse["KMSMasterKeyArn"]
    if member.read_override is not None:
        shown["ProvisionedThroughputOverride"] = {"ReadCapacityUnits": member.read_override}
    if member.cap_override is not None:
        shown["OnDemandThroughputOverride"] = {"MaxReadRequestUnits": member.cap_override}
    if member.class_override is not None:
        shown["ReplicaTableClassSummary"] = {"TableClass": member.class_override}
    if table.global_indexes:
        shown["GlobalSecondaryIndexes"] = [
            {"IndexName": name, **member.indexes.get(name, {})} for name in table.global_indexes
        ]
    return shown


def settle(world: World, group: GlobalTable, account: str) -> None:
    """Update every member's table from its group: changes in progress, replication of writes, end of the group."""
    if len(group.members) < 2 and not group.witnesses:
        groups_of(world, account).pop(group.name, None)
    jobs = sum(1 for each in group.members.values() if each.status in ("CREATING", "DELETING"))
    jobs += sum(1 for status in group.witnesses.values() if status != "ACTIVE")
    live = [each.region for each in group.members.values() if each.status in ("ACTIVE", "UPDATING")]
    for region in group.members:
        table = registry.tables_in(world, account, region).get(group.name)
        if table is not None:
            table.replicated = len(group.members) > 1
            table.replica_jobs = jobs
            moto_bridge.set_peers(
                world, table, [other for other in live if other != region and region in live]
            )


def start_leaving(world: World, table: SandboxTable) -> None:
    """Record that a member's table is being deleted in its own region (DDB-TABLE-297)."""
    group = group_of(world, table)
    if group is not None:
        group.members[table.region].status = "DELETING"
        settle(world, group, table.account)


def left(world: World, table: SandboxTable) -> None:
    """Remove a member whose table has been deleted."""
    group = group_of(world, table)
    if group is not None:
        del group.members[table.region]
        settle(world, group, table.account)
