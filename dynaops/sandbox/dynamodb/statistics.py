"""Item counts and sizes of tables and indexes, computed from the items.

AWS refreshes these figures about every six hours; here they follow the number of items at once, and
sizes are computed again after at most six hours of virtual time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from moto.dynamodb.models.dynamo_type import Item

from dynaops.sandbox.dynamodb import moto_bridge
from dynaops.sandbox.dynamodb.model import Index, SandboxTable
from dynaops.sandbox.world import World

_REFRESH = 6 * 3600.0


@dataclass
class Measure:
    """A number of items and their bytes."""

    count: int = 0
    size: int = 0


@dataclass
class MeasuredSizes:
    """The last measurement of a table and its indexes, and its time."""

    taken: float = 0.0
    table: Measure = field(default_factory=Measure)
    indexes: dict[str, Measure] = field(default_factory=dict)

    def of_index(self, name: str) -> Measure:
        """The measure of an index; empty while it is being built."""
        return self.indexes.get(name) or Measure()


def measure(world: World, table: SandboxTable) -> MeasuredSizes:
    """The table's figures; computed again if the number of items or indexes has changed."""
    held = table.facet(MeasuredSizes)
    now = world.now()
    readable = _readable(table)
    count = moto_bridge.item_count(world, table)
    same = held.table.count == count and set(held.indexes) == {index.name for index in readable}
    if same and now - held.taken < _REFRESH:
        return held
    items = moto_bridge.items_of(world, table)
    held.taken = now
    held.table = Measure(len(items), sum(_size(item) for item in items))
    held.indexes = {index.name: _measure_index(items, index, table) for index in readable}
    return held


def _readable(table: SandboxTable) -> list[Index]:
    built = [index for index in table.global_indexes.values() if moto_bridge.is_readable(index)]
    vectors = [index for index in table.vector_indexes.values() if moto_bridge.is_readable(index)]
    return [*table.local_indexes.values(), *built, *vectors]


def _measure_index(items: list[Item], index: Index, table: SandboxTable) -> Measure:
    keys = [key["AttributeName"] for key in index.key_schema]
    wanted = keys or [index.vector["VectorAttribute"]["AttributeName"]] if index.vector else keys
    held = [item for item in items if all(name in item.attrs for name in wanted)]
    projected = {*wanted, *(key["AttributeName"] for key in table.key_schema)}
    projected |= set(index.projection.get("NonKeyAttributes") or ())
    whole = index.projection["ProjectionType"] == "ALL"
    return Measure(len(held), sum(_size(item, None if whole else projected) for item in held))


def _size(item: Item, only: set[str] | None = None) -> int:
    return sum(
        len(name.encode()) + int(value.size())
        for name, value in item.attrs.items()
        if only is None or name in only
    )
