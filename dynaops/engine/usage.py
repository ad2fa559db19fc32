"""What AWS bills by the month of one table: quantities before and after its plan. What they cost is `dynaops.costs`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from dynaops.engine.held import Held, Sizes, after, before, sizes
from dynaops.kinds.alarm import mapping as alarms
from dynaops.kinds.kind import TableChanges
from dynaops.model.arns import region_of
from dynaops.model.cost import ByUse, Span, Usage
from dynaops.model.schedules import ScheduleError, parse

_IA = "STANDARD_INFREQUENT_ACCESS"
Key = tuple[str, str, str]
"""Address, region and item of something that is billed."""


@dataclass
class Billed:
    """One side of a plan: quantities by what is billed, and what is billed by use."""

    quantities: dict[Key, Span] = field(default_factory=dict)
    by_use: dict[Key, None] = field(default_factory=dict)

    def add(self, address: str, region: str, item: str, quantity: Span | float | None) -> None:
        """Bill `quantity`; None: it depends on what will happen."""
        key = (address, region, item)
        if quantity is None:
            self.by_use[key] = None
            return
        span = quantity if isinstance(quantity, Span) else Span(low=quantity, high=quantity)
        self.quantities[key] = self.quantities.get(key, Span()) + span


def usage_of(work: TableChanges) -> tuple[tuple[Usage, ...], tuple[ByUse, ...]]:
    """What is billed for one table, before and after."""
    size = sizes(work)
    old, new = (_billed(held, size) for held in (before(work), after(work)))
    quantities = tuple(
        Usage(
            address=address,
            region=region,
            item=item,
            before=old.quantities.get((address, region, item), Span()),
            after=new.quantities.get((address, region, item), Span()),
        )
        for address, region, item in sorted({*old.quantities, *new.quantities})
        if (address, region, item) not in new.by_use or (address, region, item) in old.quantities
    )
    by_use = tuple(
        ByUse(address=address, region=region, item=item, new=(address, region, item) not in old.by_use)
        for address, region, item in new.by_use
    )
    return quantities, by_use


def _billed(held: Held, size: Sizes) -> Billed:
    found = Billed()
    if held.table is not None:
        for region in held.regions():
            _throughput(found, held, region)
            _storage(found, held, region, size)
            _recovery(found, held, region, size)
        _backups(found, held, size)
    for address, alarm in held.of_kind("alarm"):
        place = alarms.place_of(held.scope, address)
        watched, _ = alarms.metrics_of(held.scope.table_name, place.rest)
        found.add(held.scope.address, alarm.region, "alarm", float(len(watched)))
    return found


def _throughput(found: Billed, held: Held, region: str) -> None:
    """Capacity of the table and of each index; on demand, what is read and written."""
    table = held.table
    assert table is not None, "asked only of a table that is there"
    replicated = "replicated_" if len(held.regions()) > 1 else ""
    infrequent = "ia_" if held.table_class(region) == _IA else ""
    items = {"read": f"{infrequent}read", "write": f"{infrequent}{replicated}write"}
    provisioned = table.properties.get("billing_mode") == "PROVISIONED"
    parts: Iterable[tuple[str, str | None, dict[str, Any]]] = [
        (held.scope.address, None, table.properties),
        *(
            (address, address.rpartition("/")[2], one.properties)
            for address, one in held.of_kind("gsi")
            if provisioned
        ),
    ]
    for address, index, properties in parts:
        for side, item in items.items():
            if not provisioned:
                found.add(address, region, f"{item}_requests", None)
                continue
            units = float(properties.get(f"{side}_capacity") or 0)
            found.add(address, region, f"{item}_capacity", held.scaled(region, index, side) or units)


def _storage(found: Billed, held: Held, region: str, size: Sizes) -> None:
    item = "ia_storage" if held.table_class(region) == _IA else "storage"
    table = _size_of_table(held, size)
    found.add(held.scope.address, region, item, table)
    for address, index in held.of_kind("gsi"):
        live = None if index.fresh else size.indexes.get(address.rpartition("/")[2])
        if live is not None:
            found.add(address, region, item, live)
        elif table:
            found.add(address, region, item, Span(low=0, high=table))


def _recovery(found: Billed, held: Held, region: str, size: Sizes) -> None:
    if region == held.scope.region:
        thing = held.things.get(held.scope.below("point_in_time_recovery"))
        on = thing is not None and thing.properties.get("enabled")
    else:
        replica = held.things.get(held.scope.below("replica", region))
        on = replica is not None and bool(replica.properties.get("point_in_time_recovery"))
    if on:
        found.add(held.scope.address, region, "recovery", _size_of_table(held, size))


def _size_of_table(held: Held, size: Sizes) -> float | None:
    """GB of one copy of the table; None where it is new, or not known."""
    return None if held.table is None or held.table.fresh else size.table


def _backups(found: Billed, held: Held, size: Sizes) -> None:
    """The recovery points that are kept once the first are deleted again, as large as the table is now."""
    table = _size_of_table(held, size)
    for address, plan in held.of_kind("backup_plan"):
        for rule in (plan.properties.get("rules") or {}).values():
            often = _times_a_day(str(rule.get("schedule", "")))
            for region, kept in _kept(rule, plan.region):
                for item, days in kept:
                    points = None if often is None or days is None else often * days
                    known = points is not None and table is not None
                    found.add(address, region, item, (points or 0) * (table or 0) if known else None)


def _times_a_day(schedule: str) -> float | None:
    """None where it is not known: a live plan may hold what the grammar of this version does not describe."""
    try:
        return parse(schedule).times_a_day
    except ScheduleError:
        return None


def _kept(rule: dict[str, Any], home: str) -> Iterator[tuple[str, list[tuple[str, float | None]]]]:
    """Per region: days that each recovery point lies in warm and in cold storage (None: for ever)."""
    yield home, _days(rule)
    for copy in rule.get("copy_to") or ():
        yield region_of(str(copy["vault_arn"]), home), _days(copy)


def _days(lifecycle: dict[str, Any]) -> list[tuple[str, float | None]]:
    deleted, cold = lifecycle.get("delete_after_days"), lifecycle.get("cold_storage_after_days")
    if cold is None:
        return [("backup", deleted)]
    return [("backup", cold), ("cold_backup", None if deleted is None else deleted - cold)]
