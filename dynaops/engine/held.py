"""What there is of one table before and after its plan: every resource's settings, by address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dynaops.kinds.autoscaling.live_capacity import KIND as SCALING
from dynaops.kinds.autoscaling.mapping import dimension_at
from dynaops.kinds.kind import AddressDiff, TableChanges
from dynaops.model.change import Action
from dynaops.model.cost import Span
from dynaops.model.resource import Properties, Scope

_GIB = 1024.0**3


@dataclass(frozen=True)
class Thing:
    """One resource as it is, or will be."""

    kind: str
    region: str
    properties: Properties
    fresh: bool = False
    """It is made or made anew by the plan."""


@dataclass(frozen=True)
class Held:
    """All that there is of one table, on one side of its plan."""

    scope: Scope
    things: Mapping[str, Thing]

    @property
    def table(self) -> Thing | None:
        return self.things.get(self.scope.address)

    def of_kind(self, kind: str) -> Iterator[tuple[str, Thing]]:
        """The things of a kind, by address."""
        return ((address, one) for address, one in sorted(self.things.items()) if one.kind == kind)

    def regions(self) -> list[str]:
        """Home, then the replicas'."""
        return [self.scope.region, *(one.region for _, one in self.of_kind("replica"))]

    def table_class(self, region: str) -> str:
        """The class of the table, or of its replica in `region`."""
        table = self.table.properties if self.table else {}
        replica = self.things.get(self.scope.below("replica", region))
        own = replica.properties.get("table_class") if replica else None
        return str(own or table.get("table_class") or "STANDARD")

    def scaled(self, region: str, index: str | None, side: str) -> Span | None:
        """Between which bounds a capacity is scaled, by day or by night."""
        for address, one in self.of_kind(SCALING):
            dimension = dimension_at(self.scope, address)
            if (dimension.region, dimension.index, dimension.side) == (region, index, side):
                bounds = [one.properties, *(one.properties.get("schedules") or {}).values()]
                lows = [given["min"] for given in bounds if "min" in given]
                highs = [given["max"] for given in bounds if "max" in given]
                return Span(low=min(lows), high=max(highs)) if lows and highs else None
        return None


def before(work: TableChanges) -> Held:
    """What is live."""
    return Held(
        work.scope,
        {
            address: Thing(entry.kind, entry.region, entry.live.properties)
            for address, entry in work.entries.items()
            if entry.live is not None
        },
    )


def after(work: TableChanges) -> Held:
    """What will be live when the plan is carried out."""
    gone = {address for address, entry in work.entries.items() if entry.action is Action.DELETE}
    found = {}
    for address, entry in work.entries.items():
        if address in gone or _goes_along(entry, gone, work.entries):
            continue
        thing = _after(entry)
        if thing is not None:
            found[address] = thing
    return Held(work.scope, found)


def _goes_along(entry: AddressDiff, gone: set[str], entries: Mapping[str, AddressDiff]) -> bool:
    """Whether it goes with its owner, or with that one's owner."""
    while entry.owner is not None and entry.owner in entries:
        if entry.owner in gone:
            return True
        entry = entries[entry.owner]
    return False


def _after(entry: AddressDiff) -> Thing | None:
    live = entry.live.properties if entry.live else None
    if entry.action in (Action.NO_OP, Action.FORGET):
        return None if live is None else Thing(entry.kind, entry.region, live)
    assert entry.desired is not None, "what changes and stays is declared"
    if live is None or entry.action in (Action.CREATE, Action.REPLACE):
        return Thing(entry.kind, entry.region, entry.desired.properties, fresh=True)
    kept: dict[str, Any] = {name: live[name] for name in live if name not in _dropped(entry)}
    ignored = {name: live[name] for name in entry.desired.ignored if name in live}
    return Thing(entry.kind, entry.region, {**kept, **entry.desired.properties, **ignored})


def _dropped(entry: AddressDiff) -> set[str]:
    differences = entry.change.differences if entry.change else ()
    return {difference.path for difference in differences if difference.after is None}


@dataclass(frozen=True)
class Sizes:
    """GB that are live: of the table with its local indexes, and of each global index. None: not known."""

    table: float | None
    indexes: Mapping[str, float]


def sizes(work: TableChanges) -> Sizes:
    """As DescribeTable tells them, with the local indexes'."""
    raw = work.table.live.raw if work.table.live else {}
    if "TableSizeBytes" not in raw:
        return Sizes(None, {})
    local = sum(one.get("IndexSizeBytes", 0) for one in raw.get("LocalSecondaryIndexes", ()))
    indexes = {
        one["IndexName"]: one.get("IndexSizeBytes", 0) / _GIB for one in raw.get("GlobalSecondaryIndexes", ())
    }
    return Sizes((raw["TableSizeBytes"] + local) / _GIB, indexes)
