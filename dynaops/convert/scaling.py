"""Autoscaling, whose parts other tools keep apart: bounds, target and schedules of one side of a table or an index."""

from __future__ import annotations

from typing import Any

from dynaops.convert.notes import Notes, Where
from dynaops.convert.pieces import Kind, Piece, Spec

_COOLDOWNS = ("scale_in_cooldown", "scale_out_cooldown")


def dimension(resource_id: str, name: str) -> dict[str, Any] | None:
    """``table/orders/index/by-date`` and AWS's dimension as table, index and side; None if it is something else."""
    kind, _, rest = resource_id.partition("/")
    if kind != "table" or not name.startswith("dynamodb:") or not rest:
        return None
    table, _, index = rest.partition("/index/")
    side = "read" if "Read" in name else "write"
    return {"table": table, "index": index or None, "side": side}


def add_scaling(specs: dict[str, Spec], pieces: list[Piece], notes: Notes) -> None:
    """Put `autoscaling` blocks into the specs."""
    found: dict[tuple[str, str | None, str], Spec] = {}
    where: dict[tuple[str, str | None, str], Where] = {}
    for piece in pieces:
        key = (piece.table, piece.data["index"], piece.data["side"])
        said = {name: value for name, value in piece.data.items() if name not in ("table", "index", "side")}
        scaling = found.setdefault(key, {})
        where.setdefault(key, piece.where)
        if piece.kind is Kind.SCHEDULE:
            scaling.setdefault("schedules", []).append(said)
        else:
            scaling.update({name: value for name, value in said.items() if value is not None})
    for (table, index, side), scaling in found.items():
        if not _whole(scaling, where[table, index, side], notes):
            continue
        block = specs[table].setdefault("autoscaling", {})
        if index is not None:
            block = block.setdefault("indexes", {}).setdefault(index, {})
        block[side] = scaling


def _whole(scaling: Spec, where: Where, notes: Notes) -> bool:
    """Bounds and a target are needed, whatever their order in the source."""
    if "min" not in scaling or "max" not in scaling:
        notes.lost(where, "there is no scalable target with its minimum and maximum")
        return False
    if "target_utilization" not in scaling:
        notes.lost(where, "there is no target-tracking policy, and a spec's autoscaling has one")
        return False
    target = scaling["target_utilization"]
    if isinstance(target, int) and not 20 <= target <= 90:
        notes.lost(where, f"its target of {target} % is not between 20 and 90, which DynamoDB takes")
        return False
    return True
