"""Global tables of version 2017.11.29: refused by AWS since 2026 (DDB-GLOBALTABLE-001 to 004)."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.errors import ApiError, invalid, validation

_DEAD = (
    "DynamoDB global tables version 2017.11.29 is not supported. We recommend using DynamoDB global tables "
    "version 2019.11.21, instead of version 2017.11.29 (Legacy)."
)


@operation("dynamodb", "CreateGlobalTable")
def create_global_table(call: ApiCall) -> dict[str, Any]:
    """Refused, after the request's shape has been checked."""
    check_shape("CreateGlobalTable", call.body)
    raise invalid(_DEAD)


@operation("dynamodb", "UpdateGlobalTable")
def update_global_table(call: ApiCall) -> dict[str, Any]:
    """Refused: there is nothing to update, and nothing can be created."""
    check_shape("UpdateGlobalTable", call.body)
    updates = call.body["ReplicaUpdates"]
    if not updates:
        raise validation("One or more parameter values were invalid")
    if any(update.get("Create") is not None for update in updates):
        raise invalid(_DEAD)
    raise _not_found(call, "Global table not found: ")


@operation("dynamodb", "DescribeGlobalTable")
def describe_global_table(call: ApiCall) -> dict[str, Any]:
    """Always GlobalTableNotFoundException, also for a global table of the present version."""
    check_shape("DescribeGlobalTable", call.body)
    raise _not_found(call, "Global table not found: ")


@operation("dynamodb", "DescribeGlobalTableSettings")
def describe_global_table_settings(call: ApiCall) -> dict[str, Any]:
    """Always GlobalTableNotFoundException."""
    check_shape("DescribeGlobalTableSettings", call.body)
    raise _not_found(call)


@operation("dynamodb", "UpdateGlobalTableSettings")
def update_global_table_settings(call: ApiCall) -> dict[str, Any]:
    """Always GlobalTableNotFoundException."""
    check_shape("UpdateGlobalTableSettings", call.body)
    raise _not_found(call)


@operation("dynamodb", "ListGlobalTables")
def list_global_tables(call: ApiCall) -> dict[str, Any]:
    """Always an empty list."""
    check_shape("ListGlobalTables", call.body)
    return {"GlobalTables": []}


def _not_found(call: ApiCall, lead: str = "") -> ApiError:
    name = call.body["GlobalTableName"]
    return ApiError("GlobalTableNotFoundException", f"{lead}Global table with name: '{name}' does not exist.")
