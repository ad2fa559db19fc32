"""What stands in the way of a global table's changes."""

from __future__ import annotations

from collections.abc import Iterator

from dynaops.kinds.kind import AddressDiff, TableChanges
from dynaops.model.change import Action
from dynaops.model.finding import Finding
from dynaops.model.findings.global_tables import DDB469, DDB470, DDB471, DDB472, DDB473, DDB474
from dynaops.model.findings.rule import make_finding
from dynaops.model.resource import Properties


def check(work: TableChanges) -> Iterator[Finding]:
    """Foreign tables in replicas' regions, and changes that a strongly consistent group does not take."""
    entries = work.of_kind("replica")
    for entry in entries:
        yield from _foreign(work, entry)
    yield from _never_scaled(work, entries)
    yield from _frozen(work, entries)
    yield from _kept_stream(work, entries)


def _foreign(work: TableChanges, entry: AddressDiff) -> Iterator[Finding]:
    there = entry.desired.options.get("there") if entry.desired else None
    if entry.action is Action.CREATE and there and there != "DELETING":
        yield make_finding(
            DDB469,
            f"a table named {work.scope.table_name} is in {entry.region} already, and it is no replica of this one",
        )


def _never_scaled(work: TableChanges, entries: list[AddressDiff]) -> Iterator[Finding]:
    """A PROVISIONED table takes a replica only where a policy moves every write capacity (DDB-TABLE-188, 249)."""
    coming = [entry for entry in entries if entry.action is Action.CREATE and entry.desired]
    names = coming[0].desired.options.get("never_scaled") if coming and coming[0].desired else None
    if names and work.table.action is not Action.REPLACE:
        listed = ", ".join(names)
        yield make_finding(
            DDB474,
            f"{work.scope.table_name} cannot get a replica while the write capacity of {listed} is not autoscaled; "
            "the spec does not name such an index",
        )


def _kept_stream(work: TableChanges, entries: list[AddressDiff]) -> Iterator[Finding]:
    """AWS keeps the stream of a global table on as it is (DDB-TABLE-222), also for replicas that others made."""
    change = work.table.difference("stream")
    going = {entry.region for entry in entries if entry.action is Action.DELETE}
    raw = work.table.live.raw if work.table.live else {}
    staying = sorted(
        element["RegionName"] for element in raw.get("Replicas", ()) if element["RegionName"] not in going
    )
    if change is None or change.before is None or not staying or work.table.action is Action.REPLACE:
        return
    yield make_finding(
        DDB473,
        f"the stream of {work.scope.table_name} cannot be changed while it has replicas ({', '.join(staying)})",
    )


def _frozen(work: TableChanges, entries: list[AddressDiff]) -> Iterator[Finding]:
    if work.table.action in (Action.DELETE, Action.REPLACE):
        return
    together = work.entries.get(work.scope.below("global_table"))
    live = together.live.properties if together and together.live else {}
    wanted = together.desired.properties if together and together.desired else {}
    staying = [entry for entry in entries if entry.live and entry.action is not Action.DELETE]
    if live.get("consistency") == "STRONG" and (staying or wanted.get("consistency") == "STRONG"):
        yield from _fixed(entries, live, wanted)
    elif wanted.get("consistency") == "STRONG" and staying:
        yield make_finding(
            DDB471, f"{work.scope.table_name} has replicas already, which cannot become strongly consistent"
        )
    elif wanted.get("consistency") == "STRONG" and _items(work) and not live.get("consistency"):
        yield make_finding(
            DDB472,
            f"{work.scope.table_name} had {_items(work)} items when AWS last counted; "
            "a strongly consistent global table can only be made of an empty table",
        )


def _fixed(entries: list[AddressDiff], live: Properties, wanted: Properties) -> Iterator[Finding]:
    """A strongly consistent group is as it was made (DDB-TABLE-260)."""
    moving = [entry.name for entry in entries if entry.action in (Action.CREATE, Action.DELETE)]
    if live.get("witness_region") != wanted.get("witness_region"):
        moving.append("the witness")
    if wanted.get("consistency") != "STRONG":
        moving.append("its consistency")
    if moving:
        yield make_finding(
            DDB470,
            f"a strongly consistent global table is fixed as it was made; this changes {', '.join(moving)}",
        )


def _items(work: TableChanges) -> int:
    return int(work.table.live.raw.get("ItemCount", 0)) if work.table.live else 0
