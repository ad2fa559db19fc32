"""Drift alone: how live differs from what was last applied, whatever the specs say now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dynaops.engine.identity import check_identity
from dynaops.engine.observe import observe
from dynaops.engine.plan import judged_without_spec
from dynaops.engine.scopes import Target, recorded_tables, scope_of
from dynaops.engine.sides import known_of
from dynaops.kinds.rooms import ROOMS
from dynaops.model.change import Drift, Unmanaged
from dynaops.model.state import State

if TYPE_CHECKING:
    from dynaops.aws.session import Aws


def find(
    state: State, aws: Aws, tables: Sequence[str] = ()
) -> tuple[tuple[Drift, ...], tuple[Unmanaged, ...]]:
    """The drift and the unmanaged settings of the recorded tables (or of those named)."""
    check_identity(state, aws)
    owned = recorded_tables(state)
    scopes = [
        scope_of(state, address, region)
        for address, region in sorted(owned.items())
        if not tables or address in tables
    ]
    known = {scope.address: known_of(Target(scope), state) for scope in scopes}
    live = observe(aws, scopes, ROOMS, known)
    judged = [judged_without_spec(scope, state, live[scope.address], aws) for scope in scopes]
    return (
        tuple(drift for one in judged for drift in one.drift),
        tuple(entry for one in judged for entry in one.unmanaged),
    )
