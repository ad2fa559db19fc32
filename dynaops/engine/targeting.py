"""Limit a plan to `--target`, and record the spec file of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from dynaops.engine.addresses import selected
from dynaops.engine.table_diff import TableDiff
from dynaops.engine.table_scopes import RunTarget
from dynaops.kinds.kind import AddressDiff
from dynaops.model.change import Action
from dynaops.model.operation import Effect


def narrowed(diff: TableDiff, targets: Sequence[str]) -> TableDiff:
    """`diff` limited to what `--target` selects, what is below it, and owners that must be created for it."""
    wanted: set[str] = set()
    for address, entry in diff.entries.items():
        if selected(address, targets) or (entry.known_as and selected(entry.known_as, targets)):
            wanted.update(_with_owners(entry, diff.entries))
    entries = {
        address: entry if address in wanted else replace(entry, change=None, known_as="")
        for address, entry in diff.entries.items()
    }
    updates = tuple(effect for effect in diff.updates if effect.address in wanted)
    fingerprints = {address: digests for address, digests in diff.fingerprints.items() if address in wanted}
    return replace(diff, entries=entries, updates=updates, fingerprints=fingerprints)


def _with_owners(entry: AddressDiff, entries: dict[str, AddressDiff]) -> Iterator[str]:
    yield entry.address
    owner = entries.get(entry.owner) if entry.owner else None
    while owner is not None and owner.action in (Action.CREATE, Action.REPLACE, Action.ADOPT):
        yield owner.address
        owner = entries.get(owner.owner) if owner.owner else None


def with_source(diff: TableDiff, target: RunTarget) -> TableDiff:
    """`diff` with an effect that records the table's spec file and ignored paths, if these have changed."""
    table = diff.entries[target.scope.address]
    update: dict[str, Any] = {}
    if target.source is not None and not (table.record and table.record.source == target.source):
        update["source"] = target.source
    if target.spec is not None and (table.record.ignores if table.record else ()) != target.ignores:
        update["ignores"] = target.ignores
    if not update:
        return diff
    updates = [
        effect.model_copy(update=update) if effect.address == table.address else effect
        for effect in diff.updates
    ]
    if not any(effect.address == table.address for effect in diff.updates) and table.record and table.live:
        updates.append(Effect(address=table.address, kind="table", region=table.region, **update))
    return replace(diff, updates=tuple(updates))
