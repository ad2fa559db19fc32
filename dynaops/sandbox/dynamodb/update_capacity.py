"""Billing mode, provisioned capacity and on-demand maxima of a table."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb import indexes, moto_bridge, registry, throughput, update_conflicts
from dynaops.sandbox.dynamodb.model import Index, SandboxTable, Warm
from dynaops.sandbox.errors import invalid
from dynaops.sandbox.world import World

RAISE_SECONDS = 2.0
CUT_SECONDS = 1.0
"""An increase takes 2 s, a decrease 1 s (DDB-TABLE-058)."""
TO_PROVISIONED_SECONDS = 90.0
"""60-113 s (DDB-TABLE-055, 152, 183)."""
TO_ON_DEMAND_SECONDS = 120.0
"""16-172 s for a table that was created PROVISIONED (DDB-TABLE-064, 183)."""
BACK_TO_ON_DEMAND_SECONDS = 4.0
"""2-5 s for a table that was on demand before (DDB-TABLE-056, 452)."""
INDEX_SWITCH_SECONDS = 6.0
"""Indexes are UPDATING for the first seconds of a switch (DDB-TABLE-152)."""
CLEARED_SHOWN_SECONDS = 1.0
"""A cleared maximum is shown as -1 for about a second (DDB-TABLE-182)."""


def check(call: ApiCall, table: SandboxTable, body: dict[str, Any]) -> None:
    """Refuse what the table's state, mode, budgets or quotas do not allow."""
    mode = body.get("BillingMode")
    if mode == "PAY_PER_REQUEST":
        _check_to_on_demand(table)
    elif "ProvisionedThroughput" in body:
        _check_provisioned(call, table, body)
    if "OnDemandThroughput" in body:
        _check_on_demand(call, table, body["OnDemandThroughput"], mode)


def _check_to_on_demand(table: SandboxTable) -> None:
    # AWS ignores a request for the mode that the table is being switched from (DDB-TABLE-452).
    if table.on_demand_billing or _leaving_on_demand(table):
        return
    update_conflicts.check(table, "iops")
    update_conflicts.check(table, "billing")


def _leaving_on_demand(table: SandboxTable) -> bool:
    return table.running.get(update_conflicts.BILLING) == "PROVISIONED"


def _check_provisioned(call: ApiCall, table: SandboxTable, body: dict[str, Any]) -> None:
    given = body["ProvisionedThroughput"]
    update_conflicts.check(table, "iops")
    throughput.check_bounds(given)
    switching = body.get("BillingMode") == "PROVISIONED" and table.on_demand_billing
    if table.on_demand_billing and not switching:
        raise invalid(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
            "PAY_PER_REQUEST"
        )
    if switching:
        update_conflicts.check(table, "billing")
        indexes.check_all_provisioned(table, body)
    else:
        throughput.check_change(table.throughput, given, call.now)
    throughput.check_maximum(call, given)
    held = table.throughput
    throughput.check_account(call, throughput.units(given), (held.read, held.write))


def _check_on_demand(call: ApiCall, table: SandboxTable, given: dict[str, int], mode: str | None) -> None:
    if not given:
        raise update_conflicts.internal_failure()
    if mode != "PAY_PER_REQUEST":
        if not table.on_demand_billing:
            throughput.refuse_on_demand(given)
        update_conflicts.check(table, "on-demand")
    throughput.check_on_demand(call, given, clearable=True)


def apply(call: ApiCall, table: SandboxTable, body: dict[str, Any]) -> dict[str, Any]:
    """Start the requested change; returns the members that only this call's response shows."""
    changed: dict[str, Any] = {}
    mode = body.get("BillingMode")
    if mode == "PAY_PER_REQUEST":
        changed = _to_on_demand(call, table)
    elif mode == "PROVISIONED" and table.on_demand_billing:
        _to_provisioned(call, table, body["ProvisionedThroughput"])
    elif "ProvisionedThroughput" in body:
        _resize(call, table, body["ProvisionedThroughput"])
    if "OnDemandThroughput" in body:
        set_on_demand(call.world, table, body["OnDemandThroughput"])
    return changed


def _resize(call: ApiCall, table: SandboxTable, given: dict[str, int]) -> None:
    read, write = throughput.units(given)
    seconds = CUT_SECONDS if throughput.is_cut(table.throughput, read, write) else RAISE_SECONDS
    throughput.note_change(table.throughput, read, write, call.now)
    update_conflicts.begin(call.world, table, update_conflicts.IOPS, seconds, read=read, write=write)


@registry.table_action("dynamodb.iops")
def _resized(_world: World, table: SandboxTable, data: dict[str, Any]) -> None:
    table.throughput.read, table.throughput.write = data["read"], data["write"]
    throughput.lift_warm(table, data["read"], data["write"])
    update_conflicts.finish(table, update_conflicts.IOPS)


def _to_on_demand(call: ApiCall, table: SandboxTable) -> dict[str, Any]:
    if table.on_demand_billing:
        return {"TableStatus": "UPDATING"}
    if _leaving_on_demand(table):
        return {
            "TableStatus": "UPDATING",
            "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
            "ProvisionedThroughput": {
                **throughput.described(table.throughput, call.now),
                "ReadCapacityUnits": 0,
                "WriteCapacityUnits": 0,
            },
        }
    born = table.ever_on_demand_at is None
    table.billing_mode = "PAY_PER_REQUEST"
    for held in (table.throughput, *(index.throughput for index in table.global_indexes.values())):
        held.read = held.write = 0
    moto_bridge.sync(call.world, table)
    _switch_indexes(call, table)
    seconds = TO_ON_DEMAND_SECONDS if born else BACK_TO_ON_DEMAND_SECONDS
    update_conflicts.begin(call.world, table, update_conflicts.BILLING, seconds, "PAY_PER_REQUEST")
    return {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}


def _to_provisioned(call: ApiCall, table: SandboxTable, given: dict[str, int]) -> None:
    table.billing_mode = "PROVISIONED"
    table.throughput.read, table.throughput.write = throughput.units(given)
    table.on_demand = None
    for index in table.global_indexes.values():
        index.on_demand = None
    moto_bridge.sync(call.world, table)
    _switch_indexes(call, table)
    update_conflicts.begin(call.world, table, update_conflicts.BILLING, TO_PROVISIONED_SECONDS, "PROVISIONED")


def _switch_indexes(call: ApiCall, table: SandboxTable) -> None:
    for index in table.global_indexes.values():
        if index.status == "ACTIVE":
            index.status = "UPDATING"
    call.world.schedule(INDEX_SWITCH_SECONDS, "dynamodb.indexes_switched", **registry.address(table))


@registry.table_action("dynamodb.indexes_switched")
def _indexes_switched(_world: World, table: SandboxTable, _data: dict[str, Any]) -> None:
    for index in table.global_indexes.values():
        if index.status == "UPDATING":
            index.status = "ACTIVE"


@registry.table_action("dynamodb.billing")
def _switched(world: World, table: SandboxTable, _data: dict[str, Any]) -> None:
    if table.on_demand_billing:
        table.ever_on_demand_at = round(world.now(), 3)
        holders: list[SandboxTable | Index] = [table, *table.global_indexes.values()]
        for held in holders:
            held.warm = held.warm or Warm(0, 0)
            throughput.lift_warm(held, *throughput.ON_DEMAND_WARM)
    else:
        throughput.lift_warm(table, table.throughput.read, table.throughput.write)
    update_conflicts.finish(table, update_conflicts.BILLING)


def set_on_demand(world: World, table: SandboxTable, given: dict[str, int]) -> None:
    """Set the on-demand maxima at once; a cleared one is shown as -1 for a second, then it is absent."""
    table.on_demand = throughput.merge_on_demand(table.on_demand, given)
    if -1 in table.on_demand.values():
        world.schedule(CLEARED_SHOWN_SECONDS, "dynamodb.maxima_cleared", **registry.address(table))


@registry.table_action("dynamodb.maxima_cleared")
def _cleared(_world: World, table: SandboxTable, _data: dict[str, Any]) -> None:
    table.on_demand = throughput.settled_on_demand(table.on_demand)
    for index in table.global_indexes.values():
        index.on_demand = throughput.settled_on_demand(index.on_demand)
