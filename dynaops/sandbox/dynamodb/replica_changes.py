"""Creation, update and removal of replicas over time, and the settings shared by a group's members.

Times: an empty replica takes 14-49 s, one with items ten minutes, a removal two minutes (DDB-TABLE-204,
226, 228, 298, 306); a strong group 16 s, with a witness 60-86 s (DDB-TABLE-258).
"""

from __future__ import annotations

import copy
from typing import Any

from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb import (
    global_tables,
    moto_bridge,
    registry,
    replica_keys,
    scaling,
    streams,
    update_conflicts,
    witness_region,
)
from dynaops.sandbox.dynamodb.describe import describe
from dynaops.sandbox.dynamodb.global_tables import GlobalTable, GlobalTableMember
from dynaops.sandbox.dynamodb.model import SandboxTable, Throughput
from dynaops.sandbox.world import World, action

ENTRY_SECONDS = 6.5
VISIBLE_SECONDS = 10.0
ACTIVE_SECONDS = 21.0
ACTIVE_WITH_ITEMS_SECONDS = 600.0
STRONG_SECONDS = 16.0
WITNESS_SECONDS = 70.0
SOURCE_BUSY_SECONDS = 36.0
ENTRY_GONE_SECONDS = 125.0
TABLE_GONE_SECONDS = 145.0
DISSOLVED_SECONDS = 62.0
OVERRIDE_SECONDS = 36.0

Actions = list[tuple[str, dict[str, Any]]]


def apply(call: ApiCall, table: SandboxTable, actions: Actions, body: dict[str, Any]) -> dict[str, Any]:
    """Start the checked actions; returns the table description, which does not list a new replica yet."""
    strong = witness_region.is_strong(global_tables.group_of(call.world, table), body)
    for kind, given in actions:
        if kind == "Create":
            _start_create(call, table, given, body, strong)
        elif kind == "Delete":
            _start_delete(call, table, given["RegionName"], strong)
        elif kind == "Update":
            _start_update(call, table, given)
        else:
            _disassociate(call.world, table)
    return describe(call.world, table)


def _event_data(table: SandboxTable, region: str) -> dict[str, str]:
    return {**registry.address(table), "other": region}


def _global_table_of(world: World, table: SandboxTable, strong: bool) -> GlobalTable:
    held = global_tables.groups_of(world, table.account)
    group = global_tables.group_of(world, table)
    if group is None:
        group = held[table.name] = GlobalTable(
            table.name, strong, {table.region: GlobalTableMember(table.region)}
        )
    return group


def _start_create(
    call: ApiCall, table: SandboxTable, given: dict[str, Any], body: dict[str, Any], strong: bool
) -> None:
    world, region = call.world, given["RegionName"]
    group = _global_table_of(world, table, strong)
    if table.stream_view is None:
        # A replica needs a stream: AWS switches it on and keeps it (DDB-TABLE-305).
        streams.switch_on(table, "NEW_AND_OLD_IMAGES", call.now)
        moto_bridge.sync_stream(world, table)
    group.members[region] = GlobalTableMember(
        region,
        status="CREATING",
        visible=False,
        source=table.region,
        joined=call.now,
        key=given.get("KMSMasterKeyId"),
        indexes=_index_overrides(given),
    )
    _set_overrides(group.members[region], table, given)
    for witnessed in witness_region.regions(body, "Create"):
        group.witnesses[witnessed] = "CREATING"
    global_tables.settle(world, group, table.account)
    sse = replica_keys.description(call, table, given)
    seconds = _creation_seconds(world, table, group)
    table.running[update_conflicts.REPLICA] = region
    update_conflicts.refresh(table)
    where = _event_data(table, region)
    world.schedule(min(ENTRY_SECONDS, seconds / 2), "dynamodb.replica_listed", **where)
    world.schedule(min(VISIBLE_SECONDS, seconds * 0.6), "dynamodb.replica_visible", **where, sse=sse)
    world.schedule(min(seconds, 68.0 if seconds > 100 else seconds), "dynamodb.replica_released", **where)
    world.schedule(seconds, "dynamodb.replica_active", **where)


def _creation_seconds(world: World, table: SandboxTable, group: GlobalTable) -> float:
    if group.strong:
        return WITNESS_SECONDS if group.witnesses else STRONG_SECONDS
    return ACTIVE_WITH_ITEMS_SECONDS if moto_bridge.item_count(world, table) else ACTIVE_SECONDS


def _index_overrides(given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    members = ("ProvisionedThroughputOverride", "OnDemandThroughputOverride")
    return {
        each["IndexName"]: {member: each[member] for member in members if each.get(member)}
        for each in given.get("GlobalSecondaryIndexes", ())
    }


def _set_overrides(member: GlobalTableMember, table: SandboxTable, given: dict[str, Any]) -> None:
    """Set a member's overrides; one that equals the base value is not an override (DDB-TABLE-250, 422)."""
    read = (given.get("ProvisionedThroughputOverride") or {}).get("ReadCapacityUnits")
    if read is not None:
        member.read_override = None if read == table.throughput.read else int(read)
    cap = (given.get("OnDemandThroughputOverride") or {}).get("MaxReadRequestUnits")
    if cap is not None:
        same = cap in (-1, (table.on_demand or {}).get("MaxReadRequestUnits"))
        member.cap_override = None if same else int(cap)
    wanted = given.get("TableClassOverride")
    if wanted is not None:
        member.class_override = None if wanted == (table.table_class or "STANDARD") else wanted


def _event_member(
    world: World, data: dict[str, Any]
) -> tuple[SandboxTable, GlobalTable, GlobalTableMember] | None:
    table = registry.recall(world, data)
    group = global_tables.group_of(world, table) if table is not None else None
    member = group.members.get(data["other"]) if group is not None else None
    return (table, group, member) if table is not None and group is not None and member is not None else None


@action("dynamodb.replica_listed")
def _list_replica(world: World, data: dict[str, Any]) -> None:
    member_and_group = _event_member(world, data)
    if member_and_group is not None:
        member_and_group[2].visible = True


@action("dynamodb.replica_visible")
def _make_visible(world: World, data: dict[str, Any]) -> None:
    member_and_group = _event_member(world, data)
    if member_and_group is not None:
        source, group, member = member_and_group
        registry.insert_table(world, _replica_of(world, source, member, data["sse"]))
        global_tables.settle(world, group, source.account)


def _replica_of(
    world: World, source: SandboxTable, member: GlobalTableMember, sse: dict[str, Any] | None
) -> SandboxTable:
    """The initial table of a new replica: the source's schema and capacity, without regional settings."""
    replica = SandboxTable(
        name=source.name,
        account=source.account,
        region=member.region,
        table_id=registry.new_table_id(),
        created=round(world.now(), 3),
        attributes=dict(source.attributes),
        key_schema=copy.deepcopy(source.key_schema),
        billing_mode=source.billing_mode,
        ever_on_demand_at=source.ever_on_demand_at,
        throughput=Throughput(member.read_override or source.throughput.read, source.throughput.write),
        on_demand=dict(source.on_demand) if source.on_demand else None,
        warm=copy.deepcopy(source.warm),
        table_class=member.class_override or source.table_class,
        sse=sse,
        global_indexes=copy.deepcopy(source.global_indexes),
        local_indexes=copy.deepcopy(source.local_indexes),
        vector_indexes=copy.deepcopy(source.vector_indexes),
        replicated=True,
    )
    for index in replica.global_indexes.values():
        index.status = "CREATING"
    return replica


@action("dynamodb.replica_released")
def _release_group(world: World, data: dict[str, Any]) -> None:
    member_and_group = _event_member(world, data)
    if member_and_group is not None:
        update_conflicts.finish(member_and_group[0], update_conflicts.REPLICA)


@action("dynamodb.replica_active")
def _activate_replica(world: World, data: dict[str, Any]) -> None:
    member_and_group = _event_member(world, data)
    if member_and_group is None:
        return
    source, group, member = member_and_group
    replica = registry.tables_in(world, source.account, member.region).get(source.name)
    if replica is None:
        return
    for index in replica.global_indexes.values():
        index.status = "ACTIVE"
    streams.switch_on(replica, source.stream_view or "NEW_AND_OLD_IMAGES", world.now())
    moto_bridge.sync(world, replica)
    moto_bridge.sync_stream(world, replica)
    moto_bridge.copy_items(world, source, replica)
    registry.open_table(world, replica)
    member.status = "ACTIVE"
    if not replica.on_demand_billing:
        scaling.mirror(world, source, replica)
    for region in group.witnesses:
        group.witnesses[region] = "ACTIVE"
    global_tables.settle(world, group, source.account)


def _start_delete(call: ApiCall, table: SandboxTable, region: str, strong: bool) -> None:
    world = call.world
    group = _global_table_of(world, table, strong)
    group.members[region].status = "DELETING" if strong else group.members[region].status
    for held in group.witnesses:
        group.witnesses[held] = "DELETING"
    others = [other for other in global_tables.members(world, table) if other.region == region]
    for busy in (table, *others):
        busy.running[update_conflicts.REPLICA] = region
        update_conflicts.refresh(busy)
    where = _event_data(table, region)
    removal_seconds = DISSOLVED_SECONDS if strong else TABLE_GONE_SECONDS
    world.schedule(SOURCE_BUSY_SECONDS, "dynamodb.replica_leaving", **where)
    world.schedule(min(ENTRY_GONE_SECONDS, removal_seconds), "dynamodb.replica_unlisted", **where)
    for other in others:
        world.schedule(removal_seconds, "dynamodb.deleted", **registry.address(other))


@action("dynamodb.replica_leaving")
def _begin_removal(world: World, data: dict[str, Any]) -> None:
    member_and_group = _event_member(world, data)
    if member_and_group is None:
        return
    table, group, member = member_and_group
    update_conflicts.finish(table, update_conflicts.REPLICA)
    member.status = "DELETING"
    other = registry.tables_in(world, table.account, member.region).get(table.name)
    if other is not None:
        registry.close_table(world, other)
    global_tables.settle(world, group, table.account)


@action("dynamodb.replica_unlisted")
def _unlist_replica(world: World, data: dict[str, Any]) -> None:
    member_and_group = _event_member(world, data)
    if member_and_group is None:
        return
    table, group, member = member_and_group
    del group.members[member.region]
    if len(group.members) < 2:
        group.witnesses.clear()
    global_tables.settle(world, group, table.account)


def _start_update(call: ApiCall, table: SandboxTable, given: dict[str, Any]) -> None:
    group = _global_table_of(call.world, table, strong=False)
    member = group.members[given["RegionName"]]
    member.status = "UPDATING"
    _set_overrides(member, table, given)
    member.indexes.update(_index_overrides(given))
    table.running[update_conflicts.REPLICA] = member.region
    update_conflicts.refresh(table)
    call.world.schedule(OVERRIDE_SECONDS, "dynamodb.replica_updated", **_event_data(table, member.region))


@action("dynamodb.replica_updated")
def _end_update(world: World, data: dict[str, Any]) -> None:
    member_and_group = _event_member(world, data)
    if member_and_group is None:
        return
    table, _, member = member_and_group
    member.status = "ACTIVE"
    update_conflicts.finish(table, update_conflicts.REPLICA)
    other = registry.tables_in(world, table.account, member.region).get(table.name)
    if other is not None:
        other.throughput.read = member.read_override or table.throughput.read
        other.table_class = member.class_override or table.table_class


def _disassociate(world: World, table: SandboxTable) -> None:
    group = global_tables.group_of(world, table)
    if group is not None:
        del group.members[table.region]
        table.replicated, table.replica_jobs = False, 0
        moto_bridge.set_peers(world, table, [])
        global_tables.settle(world, group, table.account)


def apply_to_members(call: ApiCall, table: SandboxTable, body: dict[str, Any]) -> None:
    """Apply shared settings to the other members: capacity, billing, indexes, class (DDB-TABLE-230, 251, 296)."""
    from dynaops.sandbox.dynamodb import indexes, update_capacity, update_class

    for other in global_tables.members(call.world, table):
        regional_call = replica_keys.in_region(call, other.region)
        if {"BillingMode", "ProvisionedThroughput"} & set(body):
            update_capacity.apply(
                regional_call, other, {k: v for k, v in body.items() if k != "OnDemandThroughput"}
            )
        if body.get("GlobalSecondaryIndexUpdates"):
            indexes.apply(regional_call, other, body)
        if "TableClass" in body:
            update_class.apply(regional_call, other, body["TableClass"])
