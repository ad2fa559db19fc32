"""Release tables and parts of tables: the state forgets them, and they stay in AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dynaops.engine.addresses import is_below
from dynaops.engine.table_diff import TableDiff
from dynaops.kinds.kind import AddressDiff, TableChanges
from dynaops.kinds.registry import TABLE_HANDLER
from dynaops.model.change import Action, Change
from dynaops.model.operation import Effect
from dynaops.model.resource import Properties
from dynaops.model.state import State
from dynaops.specs.refactoring import Removal

_LOST = (Action.DELETE, Action.REPLACE)


def is_retained(state: State, table: str, promised: Properties) -> bool:
    """Whether the table's record or its spec says that it stays in AWS when it is destroyed (on_destroy: retain)."""
    record = state.resources.get(table)
    sides = ((record.properties.get("lifecycle") or {}) if record else {}, promised)
    return any(side.get("on_destroy") == "retain" for side in sides)


def retained(diff: TableDiff, work: TableChanges, removed: Mapping[str, Removal]) -> TableDiff | None:
    """`diff` with the table and its surroundings forgotten instead of deleted; None if that is not asked for."""
    table = work.table.address
    removal = removed.get(table)
    if removal is not None and removal.alone:
        return None
    if removal is None and (
        work.table.action is not Action.DELETE or TABLE_HANDLER.on_destroy(work) != "retain"
    ):
        return None
    why = "lifecycle.on_destroy: retain keeps it in AWS; the state forgets it"
    entries = {
        address: _kept(
            entry,
            (_reason(removal) if removal else why) if address == table else f"it stays in AWS with {table}",
            removal,
        )
        for address, entry in work.entries.items()
    }
    return replace(diff, entries=entries, updates=tuple(_forgotten(work.entries)))


def released(diff: TableDiff, removed: Mapping[str, Removal]) -> TableDiff:
    """`diff` with parts of a table forgotten instead of deleted, unless they are deleted with their table.

    The handlers see no change for them; `with_removals` adds the FORGET changes at the end.
    """
    released_entries = [entry for entry in diff.entries.values() if is_released(entry, diff.entries, removed)]
    addresses = {entry.address for entry in released_entries}
    return replace(
        diff,
        entries={
            **diff.entries,
            **{entry.address: replace(entry, change=None) for entry in released_entries},
        },
        updates=(
            *(effect for effect in diff.updates if effect.address not in addresses),
            *_forgotten({entry.address: entry for entry in released_entries}),
        ),
    )


def with_removals(
    entries: Mapping[str, AddressDiff], removed: Mapping[str, Removal]
) -> dict[str, AddressDiff]:
    """The entries with a FORGET change for each released part."""
    return {
        address: _kept(entry, _reason(removal), removal)
        if entry.change is None
        and is_released(entry, entries, removed)
        and (removal := removal_of(address, removed))
        else entry
        for address, entry in entries.items()
    }


def is_released(
    entry: AddressDiff, entries: Mapping[str, AddressDiff], removed: Mapping[str, Removal]
) -> bool:
    if entry.record is None or entry.desired is not None or removal_of(entry.address, removed) is None:
        return False
    owner = entries.get(entry.owner) if entry.owner else None
    return owner is None or owner.action not in _LOST or is_released(owner, entries, removed)


def removal_of(address: str, removed: Mapping[str, Removal]) -> Removal | None:
    """The `removed` block that covers an address; None if there is none."""
    return next(
        (
            block
            for root, block in removed.items()
            if address == root or (not block.alone and is_below(address, root))
        ),
        None,
    )


def _reason(removal: Removal) -> str:
    return f"{removal.why or 'a `removed` block'} lets the state forget it; AWS keeps it"


def _kept(entry: AddressDiff, reason: str, removal: Removal | None) -> AddressDiff:
    if entry.record is None or entry.live is None:
        return replace(entry, change=None)
    change = Change(
        address=entry.address,
        kind=entry.kind,
        region=entry.region,
        action=Action.FORGET,
        reason=reason,
        before=entry.live.properties,
        block=str(removal.place) if removal else None,
    )
    return replace(entry, change=change)


def _forgotten(entries: Mapping[str, AddressDiff]) -> list[Effect]:
    return [
        Effect(address=address, kind=entry.kind, region=entry.region, forget=True)
        for address, entry in sorted(entries.items())
        if entry.record is not None
    ]
