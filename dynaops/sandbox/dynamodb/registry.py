"""The registry of tables: lookup, insertion and removal; and the scheduled events of tables."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from dynaops.model.arns import iam_arn
from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb import moto_bridge
from dynaops.sandbox.dynamodb.model import SandboxTable, SandboxTables
from dynaops.sandbox.errors import ApiError, in_use, not_found, validation
from dynaops.sandbox.world import World, action

TableAction = Callable[[World, SandboxTable, dict[str, Any]], None]


def tables_in(world: World, account: str, region: str) -> dict[str, SandboxTable]:
    """The tables of an account in a region, by name, including those being created or deleted."""
    return world.region(account, region).holding(SandboxTables).by_name


def table_name(call: ApiCall, name_or_arn: str) -> str:
    """The table's name from a TableName member, which may be a table's ARN (DDB-TABLE-011, 071).

    Raises ValidationException for an ARN of another kind or region, AccessDeniedException for one of
    another account.
    """
    if not name_or_arn.startswith("arn:"):
        return name_or_arn
    parts = name_or_arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "dynamodb":
        raise validation(f"1 validation error detected: Invalid resource type in '{name_or_arn}'")
    region, account, resource = parts[3:]
    if region != call.region:
        raise validation(f"1 validation error detected: Invalid AWS region in '{name_or_arn}'")
    kind, _, name = resource.partition("/")
    if kind != "table" or not name or "/" in name:
        raise validation(f"1 validation error detected: Invalid resource type in '{name_or_arn}'")
    if account != call.account:
        raise ApiError(
            "AccessDeniedException",
            f"User: {iam_arn(call.region, call.account, 'root')} is not authorized to perform: "
            f"dynamodb:{call.operation} on resource: {name_or_arn} because no resource-based policy "
            f"allows the dynamodb:{call.operation} action",
        )
    return name


def lookup(call: ApiCall, name_or_arn: str) -> SandboxTable:
    """The table that a call gives by name or ARN, in any state.

    Raises ResourceNotFoundException "Table: <name> not found" (DDB-TABLE-070).
    """
    name = table_name(call, name_or_arn)
    table = tables_in(call.world, call.account, call.region).get(name)
    if table is None:
        raise not_found(f"Table: {name} not found")
    return table


def require_settled(table: SandboxTable) -> None:
    """Refuse a change of a table that is being created or deleted (DDB-TABLE-001, 005, 006)."""
    if table.status == "CREATING":
        raise in_use(f"Table is being created: {table.name}")
    if table.status == "DELETING":
        raise in_use(f"Table is being deleted: {table.name}")


def require_active(table: SandboxTable) -> None:
    """Refuse a change of a table that is not ACTIVE, for calls that AWS never admits while UPDATING."""
    require_settled(table)
    if table.status != "ACTIVE":
        raise in_use(f"Table: {table.name} is in the process of being updated.")


def require_absent(call: ApiCall, name: str) -> None:
    """Refuse to create a table whose name is taken (DDB-TABLE-010, 444)."""
    table = tables_in(call.world, call.account, call.region).get(name)
    if table is None:
        return
    if table.status == "CREATING":
        raise in_use(f"Table is being {'used' if table.restoring else 'created'}: {name}")
    raise ApiError("ResourceInUseException", f"Table already exists: {name}")


def new_table_id() -> str:
    """A new TableId. Unlike the ARN it is never used for another table (DDB-TABLE-009)."""
    return str(uuid.uuid4())


def insert_table(world: World, table: SandboxTable) -> None:
    """Add a table to the region. Its empty moto table is hidden from data calls until `open_table`."""
    tables_in(world, table.account, table.region)[table.name] = table
    moto_bridge.attach(world, table)


def open_table(world: World, table: SandboxTable) -> None:
    """Set the table to ACTIVE and make it visible to data calls."""
    table.status = "ACTIVE"
    if table.restore is not None:
        table.restore["RestoreInProgress"] = False
    moto_bridge.open_data_plane(world, table)


def close_table(world: World, table: SandboxTable) -> None:
    """Set the table to DELETING and hide it from data calls."""
    table.status = "DELETING"
    table.running.clear()
    moto_bridge.close_data_plane(world, table)


def remove_table(world: World, table: SandboxTable) -> None:
    """Remove the table and its items."""
    del tables_in(world, table.account, table.region)[table.name]
    moto_bridge.detach(world, table)


def address(table: SandboxTable) -> dict[str, str]:
    """The data by which a scheduled event finds its table."""
    return {
        "account": table.account,
        "region": table.region,
        "table": table.name,
        "table_id": table.table_id,
    }


def recall(world: World, data: dict[str, Any]) -> SandboxTable | None:
    """The table of a scheduled event; None if it no longer exists (a new table of the same name does not count)."""
    table = tables_in(world, data["account"], data["region"]).get(data["table"])
    return table if table is not None and table.table_id == data["table_id"] else None


def table_action(name: str) -> Callable[[TableAction], TableAction]:
    """Register a scheduled action on a table; it does not run if the table is DELETING or no longer exists."""

    def register(function: TableAction) -> TableAction:
        @action(name)
        def run(world: World, data: dict[str, Any]) -> None:
            table = recall(world, data)
            if table is not None and table.status != "DELETING":
                function(world, table, data)

        return function

    return register
