"""Find drift: differences between AWS and the last apply, without looking at the specs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dynaops.engine.addresses import selected
from dynaops.engine.comparison import being_deleted, compared
from dynaops.engine.observe import observe
from dynaops.engine.ownership_mark import claim_of
from dynaops.engine.recover_intents import recovered
from dynaops.engine.state_account import check_identity
from dynaops.engine.table_diff import TableDiff
from dynaops.engine.table_inputs import known_of
from dynaops.engine.table_scopes import RunTarget, recorded_tables, scope_of
from dynaops.kinds.registry import HANDLERS
from dynaops.model.change import Drift, Unmanaged
from dynaops.model.resource import Observed, Scope
from dynaops.model.state import State

if TYPE_CHECKING:
    from dynaops.aws.session import Aws


def find(
    state: State, aws: Aws, tables: Sequence[str] = (), discover: bool = False
) -> tuple[tuple[Drift, ...], tuple[Unmanaged, ...]]:
    """The drift and the unmanaged settings of the recorded tables (or of those that `tables` name, as patterns).

    A plan reports the same drift. `discover`: also look for resources that neither the state nor the table names, such
    as scalable targets and event source mappings.
    """
    check_identity(state, aws)
    owned = recorded_tables(state)
    scopes = [scope_of(state, table, owned[table]) for table in chosen(state, tables)]
    known = {scope.address: known_of(RunTarget(scope), state, discover) for scope in scopes}
    live = observe(aws, scopes, HANDLERS, known)
    all_live = {address: diff for observed in live.values() for address, diff in observed.items()}
    resolved, _ = recovered(state, all_live, set(live), time.time(), claim_of(state, aws.mark))
    diffs = [_diff_of(scope, resolved, live[scope.address], aws) for scope in scopes]
    return (
        tuple(drift for diff in diffs for drift in diff.drift),
        tuple(
            entry
            for scope, diff in zip(scopes, diffs, strict=True)
            if scope.address in state.resources  # else it is others' (external), or gone
            for entry in diff.unmanaged
        ),
    )


def chosen(state: State, patterns: Sequence[str]) -> list[str]:
    """The recorded tables that match the patterns; all tables without patterns."""
    return [table for table in sorted(recorded_tables(state)) if selected(table, patterns)]


def _diff_of(scope: Scope, state: State, live: dict[str, Observed], aws: Aws) -> TableDiff:
    _, remaining = being_deleted(scope, live)
    return compared(RunTarget(scope), state, remaining, aws)
