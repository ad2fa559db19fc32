"""Tables that stay in AWS when dynaops lets go of them: the state forgets them, and no call is made."""

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
    """Whether a table would stay in AWS if it were let go of, by what the state and its spec say."""
    record = state.resources.get(table)
    sides = ((record.properties.get("lifecycle") or {}) if record else {}, promised)
    return any(side.get("on_destroy") == "retain" for side in sides)


def retained(judged: TableDiff, work: TableChanges, removed: Mapping[str, Removal]) -> TableDiff | None:
    """`judged` with a table and all around it forgotten instead of deleted; None where nothing of that is asked for."""
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
    return replace(judged, entries=entries, updates=tuple(_forgotten(work.entries)))


def released(judged: TableDiff, removed: Mapping[str, Removal]) -> TableDiff:
    """`judged` with parts of a table forgotten instead of deleted; what goes with its table is not kept.

    Nothing becomes of them for the handlers; that they are forgotten is told at the end (`with_removals`).
    """
    gone = [entry for entry in judged.entries.values() if is_released(entry, judged.entries, removed)]
    addresses = {entry.address for entry in gone}
    return replace(
        judged,
        entries={**judged.entries, **{entry.address: replace(entry, change=None) for entry in gone}},
        updates=(
            *(effect for effect in judged.updates if effect.address not in addresses),
            *_forgotten({entry.address: entry for entry in gone}),
        ),
    )


def with_removals(
    entries: Mapping[str, AddressDiff], removed: Mapping[str, Removal]
) -> dict[str, AddressDiff]:
    """The entries, whose changes tell what is forgotten."""
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
    """The block that makes the state forget an address, if any does."""
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
