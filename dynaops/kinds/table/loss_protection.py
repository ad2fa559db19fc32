"""How a table is kept from being lost: what its spec promises, and what the state remembers of that."""

from __future__ import annotations

from typing import Any

from dynaops.kinds.kind import TableChanges
from dynaops.model.change import Action

_LOST = (Action.DELETE, Action.REPLACE)


def prevented(work: TableChanges) -> bool:
    """Whether nothing may delete or replace the table or a replica of it: the state or the spec at hand says so."""
    return any(side.get("prevent_destroy") for side in _sides(work))


def on_destroy(work: TableChanges) -> str:
    """What becomes of a table that is to go: the most that state and spec at hand promise of keeping it."""
    promised = {element.get("on_destroy", "delete") for element in _sides(work)}
    return next((element for element in ("retain", "backup") if element in promised), "delete")


def is_lost(work: TableChanges) -> bool:
    """Whether the plan deletes or replaces a live table."""
    return work.table.action in _LOST and work.table.live is not None


def _sides(work: TableChanges) -> list[dict[str, Any]]:
    table = work.table
    sides = (
        table.record.properties if table.record else {},
        table.desired.properties if table.desired else {},
    )
    return [*(side.get("lifecycle") or {} for side in sides), work.promised]
