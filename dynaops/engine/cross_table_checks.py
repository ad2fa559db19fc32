"""Checks across the tables of a plan: shared resources, and declarations that contradict each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from dynaops.engine.addresses import check_patterns, selected, table_of
from dynaops.engine.duplicate_tables import claimed_twice
from dynaops.engine.release import is_retained, removal_of
from dynaops.engine.shared_resources import SharedUses, contradicting_records, contradictions, uses_of
from dynaops.engine.table_inputs import declared_by
from dynaops.engine.table_scopes import RunTarget
from dynaops.kinds.kind import AddressDiff
from dynaops.kinds.registry import PROPERTY_RULES
from dynaops.model.finding import Finding, Place
from dynaops.model.resource import Scope
from dynaops.model.state import State

if TYPE_CHECKING:
    from dynaops.specs.load import Document


def uses_of_plan(targets: Sequence[RunTarget], state: State, patterns: Sequence[str]) -> SharedUses:
    """Which addresses use shared resources, and which uses end with this plan (limited to `patterns`)."""
    declared = {address: resource for target in targets for address, resource in declared_by(target).items()}
    stays = {
        target.scope.address: target.spec is None
        and is_retained(state, target.scope.address, target.promised)
        for target in targets
    }
    retained = {table for table, is_kept in stays.items() if is_kept}
    removed = {address: block for target in targets for address, block in target.removed.items()}
    chosen = {root: block for root, block in removed.items() if selected(root, patterns)}

    def is_released(address: str) -> bool:
        if removal_of(address, chosen):
            return True
        return table_of(address) in retained and selected(table_of(address), patterns)

    def ends(address: str) -> bool:
        if stays.get(table_of(address), True) or removal_of(address, removed):
            return False
        return selected(address, patterns)

    return uses_of(declared, state, ends, PROPERTY_RULES, is_released)


def contradicting(
    entries: Mapping[str, Mapping[str, AddressDiff]],
    scopes: Sequence[Scope],
    state: State,
    patterns: Sequence[str],
    refreshed: bool,
    documents: Iterable[Document],
) -> list[Finding]:
    """Errors for contradictions within one plan; `entries` are those of each table, `documents` the specs.

    Raises DynaopsError for a pattern that matches no address.
    """
    every = [entry for below in entries.values() for _, entry in sorted(below.items())]
    check_patterns(patterns, [entry.address for entry in every])
    by_table = {document.spec.table_name: document for document in documents}

    def place_of(entry: AddressDiff) -> Place | None:
        document = by_table.get(table_of(entry.address))
        return document.place(PROPERTY_RULES[entry.kind].spec_key) if document else None

    return [
        *claimed_twice(entries, scopes, state, refreshed),
        *contradictions(every, PROPERTY_RULES, place_of),
        *contradicting_records(every, state, entries, PROPERTY_RULES, place_of),
    ]
