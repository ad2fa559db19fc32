"""Tables that stay in AWS when dynaops lets go of them: the state forgets them, and no call is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dynaops.engine.addresses import is_below
from dynaops.engine.entries import Judged
from dynaops.kinds.kind import Entry, Work
from dynaops.kinds.table.promises import on_destroy
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
    return any(one.get("on_destroy") == "retain" for one in sides)


def retained(judged: Judged, work: Work, removed: Mapping[str, Removal]) -> Judged | None:
    """`judged` with a table and all around it forgotten instead of deleted; None where nothing of that is asked for."""
    table = work.table.address
    removal = removed.get(table)
    if removal is None and (work.table.action is not Action.DELETE or on_destroy(work) != "retain"):
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


def released(judged: Judged, removed: Mapping[str, Removal]) -> Judged:
    """`judged` with parts of a table forgotten instead of deleted; what goes with its table is not kept."""
    entries = dict(judged.entries)
    for address, entry in judged.entries.items():
        removal = next((block for root, block in removed.items() if is_below(address, root)), None)
        owner = judged.entries.get(entry.owner) if entry.owner else None
        if removal is None or entry.record is None or (owner and owner.action in _LOST):
            continue
        entries[address] = _kept(entry, _reason(removal), removal)
    gone = [address for address, entry in entries.items() if entry.action is Action.FORGET]
    updates = [effect for effect in judged.updates if effect.address not in gone]
    return replace(
        judged, entries=entries, updates=(*updates, *_forgotten({one: entries[one] for one in gone}))
    )


def _reason(removal: Removal) -> str:
    why = removal.why or f"the `removed` block at {removal.place}"
    return f"{why} lets the state forget it; AWS keeps it"


def _kept(entry: Entry, reason: str, removal: Removal | None) -> Entry:
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


def _forgotten(entries: Mapping[str, Entry]) -> list[Effect]:
    return [
        Effect(address=address, kind=entry.kind, region=entry.region, forget=True)
        for address, entry in sorted(entries.items())
        if entry.record is not None
    ]
