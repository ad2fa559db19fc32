"""Deletion protection: changed at once, but not twice within fifteen seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb import moto_bridge, registry, update_conflicts
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.world import World

COOLDOWN_SECONDS = 15.0
"""Any write within this time of a real change is throttled (DDB-TABLE-003, 047)."""

REPLICATED_SECONDS = 36.0
"""A member of a global table is UPDATING for 34-39 s (DDB-TABLE-230, 263)."""


def check(call: ApiCall, table: SandboxTable) -> None:
    """Refuse within the cooldown of the last change."""
    update_conflicts.check(table, "protection")
    if table.protection_changed is None:
        return
    again = table.protection_changed + COOLDOWN_SECONDS
    if call.now < again:
        moment = datetime.fromtimestamp(again, UTC).isoformat(timespec="milliseconds")
        raise ApiError(
            "ThrottlingException",
            f"Deletion protection setting for table {table.name} modified within the previous 15000 "
            f"milliseconds. Please try again after {moment.removesuffix('+00:00')}",
        )


def apply(call: ApiCall, table: SandboxTable, wanted: bool) -> None:
    """Protect or unprotect; the same value again starts no cooldown."""
    if table.deletion_protection != wanted:
        table.deletion_protection = wanted
        table.protection_changed = call.now
        moto_bridge.sync(call.world, table)
        if table.replicated:
            update_conflicts.begin(call.world, table, update_conflicts.PROTECTION, REPLICATED_SECONDS)


@registry.table_action("dynamodb.protection")
def _end_update(_world: World, table: SandboxTable, _data: dict[str, Any]) -> None:
    update_conflicts.finish(table, update_conflicts.PROTECTION)
