"""Whose account a command works in: checked when the state is read, and told in the headline of every plan."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dynaops.cli import wiring
from dynaops.cli.settings import GlobalSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynaops.aws.session import Aws
    from dynaops.model.headline import Headline
    from dynaops.model.plan import Plan
    from dynaops.model.state import State
    from dynaops.stores.base import Keeper, Store


def state_of(store: Store, way: Aws) -> State:
    """The stored state, whose resources are of the caller's account and endpoint. Raises WrongPlace, StateError."""
    from dynaops.cli.run_records import called_with
    from dynaops.engine.state_account import check_identity

    called_with(store, way)
    state = store.load()
    check_identity(state, way, store.location)
    return state


def region_of(table: str, settings: GlobalSettings, way: Aws) -> str:
    """The region of a table: ``--region``, else what the state knows of a table of that name, else the default region.

    Raises WrongPlace where the table is one of the state, and the caller is of another account or endpoint; AWS is
    asked for no more than GetCallerIdentity before.
    """
    asked = settings.asked_region or os.environ.get("AWS_REGION")
    store = wiring.store(settings)
    state = store.load()
    record = state.resources.get(table)
    if record is None or record.kind != "table" or asked not in (None, record.region):
        return asked or way.region
    # Imports all kinds, which a load into a table that no state names does not need.
    from dynaops.engine.state_account import check_identity

    check_identity(state, way, store.location)
    return record.region


def region_of_any(tables: Sequence[str], settings: GlobalSettings, way: Aws) -> str:
    """The region of the first of `tables`, as far as anyone says; without any, the default region.

    Raises WrongPlace where the caller is of another account or endpoint than one of the tables, by the state; without
    `tables`, than the state.
    """
    if not tables:
        state_of(wiring.store(settings), way)
    regions = [region_of(table, settings, way) for table in tables or ("",)]
    return regions[0]


def headline_of(state: State, settings: GlobalSettings, store: Store, way: Aws) -> Headline:
    """What a report is of that looks at the tables of a state."""
    from dynaops.engine.table_scopes import recorded_tables
    from dynaops.model.headline import Headline

    caller = way.known_caller
    return Headline(
        environment=settings.environment,
        account=caller.account if caller else None,
        partition=caller.partition if caller else None,
        regions=tuple(sorted(set(recorded_tables(state).values()))),
        state=store.location,
    )


def headed(plan: Plan, settings: GlobalSettings, store: Keeper, way: Aws) -> Plan:
    """The plan with what its headline tells: environment, account, regions, and the state's place where it has one."""
    caller = way.known_caller
    regions = plan.regions or tuple(sorted({operation.region for operation in plan.operations}))
    return plan.model_copy(
        update={
            "environment": settings.environment,
            "account": plan.account or (caller.account if caller else None),
            "partition": plan.partition or (caller.partition if caller else None),
            "regions": regions,
            "state": getattr(store, "location", None),
        }
    )
