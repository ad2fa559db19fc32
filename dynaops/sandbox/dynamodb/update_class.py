"""Table class: at most two changes in 30 days; each takes some seconds."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb import registry, update_conflicts
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.errors import over_limit
from dynaops.sandbox.world import World

CLASS_SECONDS = 4.0
"""3.6-6.1 s (DDB-TABLE-284)."""
MOST_CHANGES = 2
WINDOW_DAYS = 30


def check(call: ApiCall, table: SandboxTable, wanted: str) -> None:
    """Refuse during a change, and after two changes in 30 days, even for the same class (DDB-TABLE-283)."""
    update_conflicts.check(table, "class")
    if table.table_class is None and wanted == "STANDARD":
        return
    since = call.now - WINDOW_DAYS * 86_400
    if sum(1 for moment in table.class_changes if moment > since) >= MOST_CHANGES:
        raise over_limit(
            f"Updates to TableClass are limited to {MOST_CHANGES} times in {WINDOW_DAYS} day(s)."
        )


def apply(call: ApiCall, table: SandboxTable, wanted: str) -> dict[str, Any]:
    """Start the change. The same class again, or a change during a hidden one, does nothing (DDB-TABLE-287, 365)."""
    if table.class_job is None and wanted != (table.table_class or "STANDARD"):
        table.class_job = wanted
        table.class_changes.append(call.now)
        detail = f"TableClassUpdateInProgress: {wanted}"
        update_conflicts.begin(call.world, table, update_conflicts.CLASS, CLASS_SECONDS, detail)
    return {"TableStatus": "UPDATING"}


@registry.table_action("dynamodb.class")
def _switched(world: World, table: SandboxTable, _data: dict[str, Any]) -> None:
    table.table_class, table.class_job = table.class_job, None
    table.class_changed = round(world.now(), 3)
    update_conflicts.finish(table, update_conflicts.CLASS)
