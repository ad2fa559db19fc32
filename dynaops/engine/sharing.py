"""What several tables use (a backup vault, a role, a log group) is deleted only with the last of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from dynaops.engine.entries import Judged
from dynaops.kinds.kind import Entry, Policy, Work
from dynaops.model.change import Action
from dynaops.model.operation import Effect
from dynaops.model.state import Record


def let_go(judged: Judged, others: Mapping[str, Record], policies: Mapping[str, Policy]) -> Judged:
    """`judged`, where nothing is deleted that a record of `others` uses: it is only forgotten."""
    entries = dict(judged.entries)
    updates = list(judged.updates)
    for address, entry in judged.entries.items():
        if entry.action not in (Action.DELETE, Action.REPLACE) or not _is_shared(
            entry, others, policies[entry.kind].shared
        ):
            continue
        if entry.action is Action.DELETE:
            updates.append(Effect(address=address, kind=entry.kind, region=entry.region, forget=True))
            entries[address] = replace(entry, change=None)
        elif entry.change is not None:
            made = entry.change.model_copy(update={"action": Action.CREATE, "before": None})
            entries[address] = replace(entry, live=None, change=made)
    return replace(judged, entries=entries, updates=tuple(updates))


def forgotten(work: Work) -> Iterator[Effect]:
    """The forgetting of what rooms have let go."""
    for address, entry in sorted(work.entries.items()):
        if entry.let_go and entry.record is not None:
            yield Effect(address=address, kind=entry.kind, region=entry.region, forget=True)


def _is_shared(entry: Entry, others: Mapping[str, Record], member: str) -> bool:
    if not member or entry.live is None:
        return False
    name = entry.live.properties.get(member)
    return any(
        one.kind == entry.kind and one.region == entry.region and one.properties.get(member) == name
        for one in others.values()
    )
