"""Tables that stay in AWS when dynaops lets go of them: the state forgets them, and no call is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dynaops.engine.entries import Judged
from dynaops.kinds.kind import Entry, Work
from dynaops.kinds.table.promises import on_destroy
from dynaops.model.change import Action, Change
from dynaops.model.operation import Effect
from dynaops.model.resource import Properties
from dynaops.model.state import State


def is_retained(state: State, table: str, promised: Properties) -> bool:
    """Whether a table would stay in AWS if it were let go of, by what the state and its spec say."""
    record = state.resources.get(table)
    sides = ((record.properties.get("lifecycle") or {}) if record else {}, promised)
    return any(one.get("on_destroy") == "retain" for one in sides)


def retained(judged: Judged, work: Work) -> Judged | None:
    """`judged` with a table and all around it forgotten instead of deleted; None where nothing of that is asked for."""
    if work.table.action is not Action.DELETE or on_destroy(work) != "retain":
        return None
    table = work.table.address
    entries = {address: _kept(entry, table) for address, entry in work.entries.items()}
    return replace(judged, entries=entries, updates=tuple(_forgotten(work.entries)))


def _kept(entry: Entry, table: str) -> Entry:
    if entry.record is None or entry.live is None:
        return replace(entry, change=None)
    reason = "lifecycle.on_destroy: retain keeps it in AWS; the state forgets it"
    if entry.address != table:
        reason = f"it stays in AWS with {table}"
    change = Change(
        address=entry.address,
        kind=entry.kind,
        region=entry.region,
        action=Action.FORGET,
        reason=reason,
        before=entry.live.properties,
    )
    return replace(entry, change=change)


def _forgotten(entries: Mapping[str, Entry]) -> list[Effect]:
    return [
        Effect(address=address, kind=entry.kind, region=entry.region, forget=True)
        for address, entry in sorted(entries.items())
        if entry.record is not None
    ]
