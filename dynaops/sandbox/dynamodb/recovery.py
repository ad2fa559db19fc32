"""Continuous backups and point-in-time recovery."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb import moto_bridge, registry
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.errors import ApiError, validation
from dynaops.sandbox.world import World

DEFAULT_DAYS = 35
_LAG_SECONDS = 5.0
"""The latest restorable time is this far behind (the documentation says typically five minutes)."""


@dataclass
class RecoveryState:
    """Point-in-time recovery. `since` is the earliest restorable virtual time; None while recovery is off."""

    since: float | None = None
    days: int = DEFAULT_DAYS


@operation("dynamodb", "UpdateContinuousBackups")
def update_continuous_backups(call: ApiCall) -> dict[str, Any]:
    check_shape(call.operation, call.body)
    wanted = call.body["PointInTimeRecoverySpecification"]
    on, days = wanted["PointInTimeRecoveryEnabled"], wanted.get("RecoveryPeriodInDays")
    if not on and days is not None:
        raise validation("Cannot specify RecoveryPeriodInDays when disabling point in time recovery")
    table = _require_table(call)
    if table.status == "CREATING":
        raise ApiError(
            "ContinuousBackupsUnavailableException",
            f"Backups are being enabled for the table: {table.name}. Please retry later",
        )
    state = table.facet(RecoveryState)
    if on:
        state.days = days if days is not None else (state.days if state.since is not None else DEFAULT_DAYS)
        state.since = call.now if state.since is None else state.since
    else:
        state.since, state.days = None, DEFAULT_DAYS
    moto_bridge.keep_history(call.world, table, on)
    return _described(call, table)


@operation("dynamodb", "DescribeContinuousBackups")
def describe_continuous_backups(call: ApiCall) -> dict[str, Any]:
    check_shape(call.operation, call.body)
    return _described(call, _require_table(call))


def window(world: World, table: SandboxTable) -> tuple[float, float] | None:
    """The earliest and the latest time that the table can be restored to, in whole seconds; None without recovery."""
    state, now = table.facet(RecoveryState), world.now()
    if state.since is None:
        return None
    history = moto_bridge.history_of(world, table)
    earliest_kept = max(state.since, history.since if history is not None else state.since)
    earliest = math.ceil(max(earliest_kept, now - state.days * 86_400))
    return earliest, max(earliest, math.floor(now - _LAG_SECONDS))


def _require_table(call: ApiCall) -> SandboxTable:
    """The table that a call names. The error code for a missing table is TableNotFoundException (DDB-TABLE-111)."""
    try:
        table = registry.lookup(call, call.body["TableName"])
    except ApiError as error:
        if error.code != "ResourceNotFoundException":
            raise
        name = call.body["TableName"]
        raise ApiError("TableNotFoundException", f"Table not found: {name}") from None
    if table.status == "DELETING":
        raise ApiError("TableNotFoundException", f"Table not found: {table.name}")
    return table


def _described(call: ApiCall, table: SandboxTable) -> dict[str, Any]:
    description: dict[str, Any] = {"PointInTimeRecoveryStatus": "DISABLED"}
    times = window(call.world, table)
    if times is not None:
        description = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": table.facet(RecoveryState).days,
            "EarliestRestorableDateTime": times[0],
            "LatestRestorableDateTime": times[1],
        }
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": description,
        }
    }
