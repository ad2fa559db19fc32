"""The account of a command: checked when the state is read, and shown in the headline of every plan."""

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


def state_of(store: Store, aws: Aws) -> State:
    """The stored state, checked to be of the caller's account and endpoint. Raises WrongPlace, StateError."""
    from dynaops.cli.run_records import called_with
    from dynaops.engine.state_account import check_identity

    called_with(store, aws)
    state = store.load()
    check_identity(state, aws, store.location)
    return state


def region_of(table: str, settings: GlobalSettings, aws: Aws) -> str:
    """The region of a table: ``--region``, else that of a recorded table of that name, else the default region.

    Raises WrongPlace if the table is recorded and the caller is of another account or endpoint; only
    GetCallerIdentity is called for that.
    """
    region = settings.asked_region or os.environ.get("AWS_REGION")
    store = wiring.store(settings)
    state = store.load()
    record = state.resources.get(table)
    if record is None or record.kind != "table" or region not in (None, record.region):
        return region or aws.region
    # This imports all kinds, which a load into a table without a record does not need.
    from dynaops.engine.state_account import check_identity

    check_identity(state, aws, store.location)
    return record.region


def region_of_any(tables: Sequence[str], settings: GlobalSettings, aws: Aws) -> str:
    """The region of the first of `tables` (see `region_of`); without tables, the default region.

    Raises WrongPlace if the state has one of the tables (without `tables`: any resource) in another account or
    endpoint.
    """
    if not tables:
        state_of(wiring.store(settings), aws)
    regions = [region_of(table, settings, aws) for table in tables or ("",)]
    return regions[0]


def headline_of(state: State, settings: GlobalSettings, store: Store, aws: Aws) -> Headline:
    """The headline of a report about the tables of a state."""
    from dynaops.engine.table_scopes import recorded_tables
    from dynaops.model.headline import Headline

    caller = aws.known_caller
    return Headline(
        environment=settings.environment,
        account=caller.account if caller else None,
        partition=caller.partition if caller else None,
        regions=tuple(sorted(set(recorded_tables(state).values()))),
        state=store.location,
    )


def headed(plan: Plan, settings: GlobalSettings, store: Keeper, aws: Aws) -> Plan:
    """The plan with the data for its headline: environment, account, regions, and the state's location."""
    caller = aws.known_caller
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
