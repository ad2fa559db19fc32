"""Combines scalable targets, scaling policies and scheduled actions into `autoscaling` blocks of tables and indexes."""

from __future__ import annotations

from typing import Any

from dynaops.convert.notes import Notes, SourcePlace
from dynaops.convert.pieces import PieceKind, ResourcePiece, Spec

_Dimension = tuple[str, str | None, str]
"""Table, index, and read or write."""


def dimension(resource_id: str, name: str) -> dict[str, Any] | None:
    """Table, index and side (read or write) of ``table/orders/index/by-date`` and AWS's dimension; None for others."""
    kind, _, rest = resource_id.partition("/")
    if kind != "table" or not name.startswith("dynamodb:") or not rest:
        return None
    table, _, index = rest.partition("/index/")
    side = "read" if "Read" in name else "write"
    return {"table": table, "index": index or None, "side": side}


def add_scaling(specs: dict[str, Spec], pieces: list[ResourcePiece], notes: Notes) -> None:
    """Put `autoscaling` blocks into the specs."""
    dimensions: dict[_Dimension, Spec] = {}
    places: dict[_Dimension, list[SourcePlace]] = {}
    for piece in pieces:
        key = (piece.table, piece.data["index"], piece.data["side"])
        known = {name: value for name, value in piece.data.items() if value is not None}
        settings = {name: value for name, value in known.items() if name not in ("table", "index", "side")}
        scaling = dimensions.setdefault(key, {})
        if piece.kind is PieceKind.SCHEDULE:
            scaling.setdefault("schedules", []).append(settings)
        elif any(name in scaling and scaling[name] != value for name, value in settings.items()):
            notes.lost(piece.where, f"{piece.table} has another {piece.kind} of that dimension already")
            continue
        else:
            scaling.update(settings)
        places.setdefault(key, []).append(piece.where)
    for key, scaling in dimensions.items():
        table, index, side = key
        why = _lacking(scaling)
        if why is not None:
            for where in places[key]:
                notes.lost(where, why)
            continue
        block = specs[table].setdefault("autoscaling", {})
        if index is not None:
            block = block.setdefault("indexes", {}).setdefault(index, {})
        block[side] = scaling


def _lacking(scaling: Spec) -> str | None:
    """Why the parts are not a complete autoscaling block (which needs bounds and a target); None if they are."""
    if "min" not in scaling or "max" not in scaling:
        return "there is no scalable target with its minimum and maximum"
    if "target_utilization" not in scaling:
        return "there is no target-tracking policy, and a spec's autoscaling has one"
    target = scaling["target_utilization"]
    if isinstance(target, int) and not 20 <= target <= 90:
        return f"its target of {target} % is not between 20 and 90, which DynamoDB takes"
    return None
