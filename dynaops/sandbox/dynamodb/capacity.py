"""Capacity units that a data call consumes of the table and its indexes.

A write unit is 1 KB, a read unit 4 KB (half of it where the read may be stale). Index writes as measured on AWS by a
public test suite (August 2026): no write if the projected attributes stay the same, two writes if the key changes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from dynaops.sandbox.dynamodb import moto_bridge, schema
from dynaops.sandbox.dynamodb.model import Index, SandboxTable
from dynaops.sandbox.dynamodb.values import Attributes, size_of

WRITE_BYTES = 1024
READ_BYTES = 4096


@dataclass
class Consumed:
    """Units consumed of one table: the table's own, and those of its indexes by name."""

    table: SandboxTable
    units: float = 0.0
    indexes: dict[str, float] = field(default_factory=dict)

    def write(self, old: Attributes | None, new: Attributes | None, times: int = 1) -> None:
        """Count a write that replaced `old` by `new`; `times` is 2 in a transaction."""
        sizes = [size_of(each) for each in (old, new) if each is not None]
        self.units += times * _write_units(max(sizes, default=0))
        for index in (*self.table.global_indexes.values(), *self.table.local_indexes.values()):
            units = _index_units(self.table, index, old, new)
            if units:
                self.indexes[index.name] = self.indexes.get(index.name, 0.0) + times * units

    def read(self, size: int, consistent: bool, index: str | None = None) -> None:
        """Count a read of `size` bytes."""
        units = read_units(size, consistent)
        if index is None:
            self.units += units
        else:
            self.indexes[index] = self.indexes.get(index, 0.0) + units

    def shown(self, mode: str) -> dict[str, Any]:
        """The ConsumedCapacity that `mode` (TOTAL or INDEXES) asks for."""
        shown: dict[str, Any] = {
            "TableName": self.table.name,
            "CapacityUnits": self.units + sum(self.indexes.values()),
        }
        if mode == "INDEXES":
            shown["Table"] = {"CapacityUnits": self.units}
            for member, held in (
                ("GlobalSecondaryIndexes", self.table.global_indexes),
                ("LocalSecondaryIndexes", self.table.local_indexes),
            ):
                arms = {
                    name: {"CapacityUnits": units} for name, units in self.indexes.items() if name in held
                }
                if arms:
                    shown[member] = arms
        return shown


def read_units(size: int, consistent: bool) -> float:
    """The read units of `size` bytes; never less than one read."""
    return max(1, math.ceil(size / READ_BYTES)) * (1.0 if consistent else 0.5)


def _write_units(size: int) -> float:
    return float(max(1, math.ceil(size / WRITE_BYTES)))


def _index_units(table: SandboxTable, index: Index, old: Attributes | None, new: Attributes | None) -> float:
    if index.status is not None and not moto_bridge.is_readable(index):
        return 0.0
    before, after = _entry(table, index, old), _entry(table, index, new)
    if before == after:
        return 0.0
    keys = schema.names(index.key_schema)
    moved = before is not None and after is not None and any(before[name] != after[name] for name in keys)
    sizes = [_write_units(size_of(entry)) for entry in (before, after) if entry is not None]
    return sum(sizes) if moved else max(sizes)


def _entry(table: SandboxTable, index: Index, attributes: Attributes | None) -> Attributes | None:
    """The attributes of an item that an index holds; None if the item is not in the index."""
    keys = schema.names(index.key_schema)
    if attributes is None or any(name not in attributes for name in keys):
        return None
    if index.projection["ProjectionType"] == "ALL":
        return dict(attributes)
    projected = {*keys, *schema.names(table.key_schema), *(index.projection.get("NonKeyAttributes") or ())}
    return {name: value for name, value in attributes.items() if name in projected}


def consumption_mode(body: dict[str, Any]) -> str | None:
    """The request's ReturnConsumedCapacity; None if it is absent or NONE."""
    mode = body.get("ReturnConsumedCapacity")
    return mode if mode in ("TOTAL", "INDEXES") else None


def show(body: dict[str, Any], answer: dict[str, Any], consumed: Iterable[Consumed]) -> None:
    """Add the ConsumedCapacity of several tables to a response, if the request asks for it."""
    mode = consumption_mode(body)
    answer.pop("ConsumedCapacity", None)
    if mode is not None:
        answer["ConsumedCapacity"] = [each.shown(mode) for each in consumed]


def show_one(body: dict[str, Any], answer: dict[str, Any], consumed: Consumed | None) -> None:
    """Add the ConsumedCapacity of one table to a response, if the request asks for it."""
    mode = consumption_mode(body)
    answer.pop("ConsumedCapacity", None)
    if mode is not None and consumed is not None:
        answer["ConsumedCapacity"] = consumed.shown(mode)
