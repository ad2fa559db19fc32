"""Which changes a table admits while another change is in progress.

Each running change is an activity; most show as TableStatus UPDATING. Which further call an activity
refuses, and its message, was measured on AWS (DDB-TABLE-002, 119, 120, 163, 175, 286, 369, 370,
375, 376, 444, 458, 459). Where no measurement is known, the stricter answer is given.
"""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.dynamodb.registry import address, require_settled
from dynaops.sandbox.errors import ApiError, in_use
from dynaops.sandbox.world import World

IOPS, BILLING, STREAM, CLASS = "iops", "billing", "stream", "class"
ALLOCATION, REMOVAL, REPLICA, PROTECTION = "allocation", "removal", "replica", "protection"

_GLOBAL_TABLE = "The resource which you are attempting to change is in use."

# (activity, concern of the new call) -> message; {t} the table, {d} the activity's detail.
_REFUSALS: dict[tuple[str, str], str] = {
    (IOPS, "iops"): "Table IOPS are currently being updated. Table: {t}",
    (IOPS, "on-demand"): "OnDemandThroughput cannot be updated while table IOPS update is in progress",
    (IOPS, "stream"): "Can't enable or disable stream while table IOPS are being updated. Table: {t}",
    (IOPS, "encryption"): "Table IOPS are currently being updated. Table: {t}",
    (IOPS, "class"): "Can't update table class while table IOPS are being updated. Table: {t}",
    (IOPS, "warm"): "Table IOPS are currently being updated. Table: {t}",
    (IOPS, "index"): "Can't create or delete indexes while table IOPS are being updated. Table: {t}",
    (IOPS, "index-iops"): "Table IOPS are currently being updated. Table: {t}",
    (BILLING, "index-iops"): "Table IOPS are currently being updated. Table: {t}",
    (IOPS, "delete"): "Table: {t} is in the process of being updated.",
    (BILLING, "iops"): "Table IOPS are currently being updated. Table: {t}",
    (BILLING, "on-demand"): "OnDemandThroughput cannot be updated while BillingMode update is in progress",
    (BILLING, "stream"): "Can't enable or disable stream while table IOPS are being updated. Table: {t}",
    (BILLING, "encryption"): "Table IOPS are currently being updated. Table: {t}",
    (BILLING, "class"): "Can't update table class while table IOPS are being updated. Table: {t}",
    (BILLING, "index"): "Can't create or delete indexes while table IOPS are being updated. Table: {t}",
    (BILLING, "delete"): "Table: {t} is in the process of being updated.",
    (STREAM, "iops"): "Can't change table IOPS when stream status is being updated. Table: {t} {d}",
    (STREAM, "on-demand"): "OnDemandThroughput cannot be updated while stream status update is in progress",
    (STREAM, "stream"): "A stream status change is currently in progress. Table: {t} {d}",
    (STREAM, "class"): "Can't update table class when stream status is being updated. Table: {t} {d}",
    (STREAM, "index"): "Can't create or delete an index when stream status is being updated. Table: {t} {d}",
    (STREAM, "delete"): "Cannot delete table while stream is being enabled/disabled.",
    (CLASS, "iops"): "Can't change table IOPS when a table class update is in progress. Table: {t} {d}",
    (CLASS, "on-demand"): "OnDemandThroughput cannot be updated while TableClass update is in progress. {d}",
    (CLASS, "stream"): "Can't change stream status when a table class update is in progress. Table: {t} {d}",
    (CLASS, "class"): "Can't update table class when a table class update is in progress. Table: {t} {d}",
    (CLASS, "warm"): "Can't update WarmThroughput when a table class update is in progress. Table: {t} {d}",
    (
        CLASS,
        "index",
    ): "Can't create or delete an index when a table class update is in progress. Table: {t} {d}",
    (CLASS, "delete"): "Table: {t} is in the process of being updated.",
    (ALLOCATION, "iops"): "Can't change table IOPS when an index is being created. Table: {t} Indexes: [{d}]",
    (ALLOCATION, "on-demand"): "OnDemandThroughput cannot be updated while index creation is in progress "
    "for indexes: [{d}]",
    (
        ALLOCATION,
        "stream",
    ): "Can't change stream status when an index is being created. Table: {t} Indexes: [{d}]",
    (
        ALLOCATION,
        "class",
    ): "Can't update table class when an index is being created. Table: {t} Indexes: [{d}]",
    (REMOVAL, "iops"): "Can't change table IOPS when an index is being deleted. Table: {t} Indexes: [{d}]",
    (REMOVAL, "on-demand"): "OnDemandThroughput cannot be updated while index deletion is in progress "
    "for indexes: [{d}]",
    (
        REMOVAL,
        "stream",
    ): "Can't change stream status when an index is being deleted. Table: {t} Indexes: [{d}]",
    (REMOVAL, "encryption"): "Table: {t} is in the process of being updated.",
    (REMOVAL, "class"): "Can't update table class when an index is being deleted. Table: {t} Indexes: [{d}]",
    (REMOVAL, "warm"): "Table: {t} is in the process of being updated.",
}


def begin(
    world: World, table: SandboxTable, activity: str, seconds: float, detail: str = "", **data: Any
) -> None:
    """Start an activity; the action ``dynamodb.<activity>`` is due in `seconds` and must `finish` it."""
    table.running[activity] = detail
    refresh(table)
    world.schedule(seconds, f"dynamodb.{activity}", **address(table), **data)


def finish(table: SandboxTable, activity: str) -> None:
    """Record the end of an activity."""
    table.running.pop(activity, None)
    refresh(table)


def refresh(table: SandboxTable) -> None:
    """Set TableStatus and `busy` from the activities in progress."""
    if table.status in ("ACTIVE", "UPDATING"):
        table.status = "UPDATING" if table.running else "ACTIVE"
        table.busy = next(iter(table.running), None)


def check(table: SandboxTable, concern: str) -> None:
    """Refuse a change of `concern` that the activities in progress on the table do not admit.

    Concerns: iops, index-iops, billing, on-demand, stream, encryption, class, warm, protection, index,
    delete.
    """
    require_settled(table)
    if table.replica_jobs or REPLICA in table.running:
        raise ApiError("ResourceInUseException", _GLOBAL_TABLE)
    for activity, detail in table.running.items():
        text = _REFUSALS.get((activity, concern))
        if text is not None:
            raise _refusal(table, text.format(t=table.name, d=detail))
    _check_warming(table, concern)
    _check_backfill(table, concern)
    _check_encryption(table, concern)
    if concern == "delete":
        _check_deletable(table)


def _refusal(table: SandboxTable, text: str) -> ApiError:
    """The error with a message; for tables with replicas AWS's message does not name the activity (DDB-TABLE-444)."""
    if table.replicated:
        return ApiError("ResourceInUseException", _GLOBAL_TABLE)
    return in_use(text)


def _check_warming(table: SandboxTable, concern: str) -> None:
    if concern == "warm" and ALLOCATION in table.running:
        raise ApiError(
            "InternalServerError", "Table is under system maintenance, please try again later", status=500
        )
    # Capacity during an increase of warm throughput was not tried on AWS: the stricter answer.
    if concern == "iops" and table.warm is not None and table.warm.status != "ACTIVE":
        raise _refusal(table, f"Table: {table.name} is in the process of being updated.")


def _check_backfill(table: SandboxTable, concern: str) -> None:
    building = [index.name for index in table.global_indexes.values() if index.backfilling]
    if building and concern in ("on-demand", "stream", "class", "billing"):
        listed = ", ".join(building)
        messages = {
            "on-demand": "OnDemandThroughput cannot be updated while index creation is in progress for "
            f"indexes: [{listed}]",
            "stream": f"Can't change stream status when an index is being created. Table: {table.name} "
            f"Indexes: [{listed}]",
            "class": f"Can't update table class when an index is being created. Table: {table.name} "
            f"Indexes: [{listed}]",
            "billing": f"Can't change table IOPS when an index is being created. Table: {table.name} "
            f"Indexes: [{listed}]",
        }[concern]
        raise _refusal(table, messages)


def _check_encryption(table: SandboxTable, concern: str) -> None:
    if not is_encrypting(table):
        return
    if concern == "delete":
        raise _refusal(table, f"Table: {table.name} is in the process of being updated.")
    if concern in ("iops", "on-demand", "encryption", "warm"):
        raise _refusal(table, "Server-Side Encryption is still being updated")


def _check_deletable(table: SandboxTable) -> None:
    indexes = [*table.global_indexes.values(), *table.vector_indexes.values()]
    if any(index.status != "ACTIVE" for index in indexes):
        raise _refusal(table, "Cannot delete table while indexes are being created, updated, or deleted.")
    warm = [table.warm, *(index.warm for index in indexes)]
    if table.running or any(held is not None and held.status != "ACTIVE" for held in warm):
        raise _refusal(table, f"Table: {table.name} is in the process of being updated.")


def internal_failure() -> ApiError:
    """The HTTP 500 without details that AWS answers to some invalid requests (DDB-TABLE-437, 448)."""
    return ApiError("InternalFailure", "", status=500)


def is_encrypting(table: SandboxTable) -> bool:
    """Whether an encryption change is under way (shown by SSEDescription, not by TableStatus)."""
    return table.sse is not None and table.sse["Status"] in ("UPDATING", "ENABLING", "DISABLING")
