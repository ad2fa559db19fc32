"""Time to live: one attribute for each table, one change in half an hour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb import global_tables, registry
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.errors import validation
from dynaops.sandbox.world import World

COOLDOWN_SECONDS = 31 * 60.0
"""Observed on AWS (DDB-TABLE-143); the service model says an hour."""
SETTLE_SECONDS = 2.0
"""From DISABLING to DISABLED (DDB-TABLE-144)."""


@dataclass
class TtlState:
    """Time to live of a table. `status` as in DescribeTimeToLive; `changed` is the virtual time of the last change."""

    status: str = "DISABLED"
    attribute: str | None = None
    changed: float | None = None


@operation("dynamodb", "UpdateTimeToLive")
def update_time_to_live(call: ApiCall) -> dict[str, Any]:
    check_shape(call.operation, call.body)
    table = registry.lookup(call, call.body["TableName"])
    registry.require_settled(table)
    wanted = call.body["TimeToLiveSpecification"]
    state = table.facet(TtlState)
    _check_content(state, wanted)
    _check_cooldown(call, state)
    for member in [table, *global_tables.members(call.world, table)]:
        _apply(call, member, wanted)
    return {"TimeToLiveSpecification": wanted}


def _check_content(state: TtlState, wanted: dict[str, Any]) -> None:
    """Check the request's content; AWS does this before the cooldown (DDB-TABLE-146, 147)."""
    on = state.status in ("ENABLED", "ENABLING")
    if wanted["Enabled"] and on and state.attribute == wanted["AttributeName"]:
        raise validation("TimeToLive is already enabled")
    if not wanted["Enabled"] and not on:
        raise validation("TimeToLive is already disabled")
    if on and state.attribute != wanted["AttributeName"]:
        raise validation(
            f"TimeToLive is active on a different AttributeName: current AttributeName is {state.attribute}"
        )


def _check_cooldown(call: ApiCall, state: TtlState) -> None:
    if state.changed is not None and call.now < state.changed + COOLDOWN_SECONDS:
        raise validation("Time to live has been modified multiple times within a fixed interval")


def _apply(call: ApiCall, table: SandboxTable, wanted: dict[str, Any]) -> None:
    state = table.facet(TtlState)
    state.changed = call.now
    if wanted["Enabled"]:
        state.status, state.attribute = "ENABLED", wanted["AttributeName"]
        return
    state.status = "DISABLING"
    call.world.schedule(SETTLE_SECONDS, "dynamodb.ttl", **registry.address(table))


@registry.table_action("dynamodb.ttl")
def _disabled(_world: World, table: SandboxTable, _data: dict[str, Any]) -> None:
    state = table.facet(TtlState)
    if state.status == "DISABLING":
        state.status, state.attribute = "DISABLED", None


@operation("dynamodb", "DescribeTimeToLive")
def describe_time_to_live(call: ApiCall) -> dict[str, Any]:
    check_shape(call.operation, call.body)
    table = registry.lookup(call, call.body["TableName"])
    if table.status in ("CREATING", "DELETING"):
        raise validation(f"Cannot describe time to live while table is in {table.status} state: {table.name}")
    state = table.facet(TtlState)
    description: dict[str, Any] = {"TimeToLiveStatus": state.status}
    if state.attribute is not None:
        description["AttributeName"] = state.attribute
    return {"TimeToLiveDescription": description}
