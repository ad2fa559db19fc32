"""DeleteTable: the table is DELETING for some seconds, then its name can be used again."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb import (
    backups,
    global_tables,
    policy,
    registry,
    replicas,
    tags,
    update_conflicts,
)
from dynaops.sandbox.dynamodb.describe import describe
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.errors import in_use, validation
from dynaops.sandbox.world import World, action

DELETE_SECONDS = 5.0
"""4-7.5 s from DELETING until the table no longer exists (DDB-TABLE-006, 076)."""


@operation("dynamodb", "DeleteTable")
def delete_table(call: ApiCall) -> dict[str, Any]:
    """Delete a table with its items; refused if it is protected, or while another change runs on it."""
    check_shape("DeleteTable", call.body)
    table = registry.lookup(call, call.body["TableName"])
    registry.require_settled(table)
    if table.deletion_protection:
        raise validation(
            "Resource cannot be deleted as it is currently protected against deletion. "
            "Disable deletion protection first."
        )
    update_conflicts.check(table, "delete")
    if tags.locked(call, table) or policy.pending(call, table):
        raise in_use(f"Table: {table.name} is in the process of being updated.")
    replicas.check_delete(call, table)
    global_tables.start_leaving(call.world, table)
    shown = deleting(describe(call.world, table))
    backups.on_table_deleted(call.world, table)
    registry.close_table(call.world, table)
    call.world.schedule(DELETE_SECONDS, "dynamodb.deleted", **registry.address(table))
    return {"TableDescription": shown}


def deleting(shown: dict[str, Any]) -> dict[str, Any]:
    """DeleteTable's short description: without keys and indexes."""
    members = (
        "TableName",
        "ProvisionedThroughput",
        "TableSizeBytes",
        "ItemCount",
        "TableArn",
        "TableId",
        "BillingModeSummary",
        "DeletionProtectionEnabled",
        "SSEDescription",
        "StreamSpecification",
        "LatestStreamLabel",
        "LatestStreamArn",
        "TableClassSummary",
        "OnDemandThroughput",
    )
    return {**{member: shown[member] for member in members if member in shown}, "TableStatus": "DELETING"}


@action("dynamodb.deleted")
def _remove(world: World, data: dict[str, Any]) -> None:
    table = registry.recall(world, data)
    if table is not None:
        global_tables.left(world, table)
        registry.remove_table(world, table)
