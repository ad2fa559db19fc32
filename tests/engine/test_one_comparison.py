"""Drift is one thing: a plan tells the same of it as ``drift`` and ``validate --live``, whatever its spec says."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from dynaops.engine.comparison import being_deleted, compared
from dynaops.engine.plan import PlanOptions, plan_table
from dynaops.engine.table_scopes import RunTarget
from dynaops.model.change import Drift
from dynaops.model.state import State
from dynaops.specs.load import document_of
from tests.engine.cases import NOW
from tests.engine.test_saved_plans import CHANGED, EVERYTHING, SCOPE, Live, moves, recorded, world

IGNORED = ("tags", "ttl", "global_secondary_indexes.by-a", "iam.read_only", "stream", "table_class")


def drift_of_plan(live: Live, state: State, spec: dict[str, Any] | None) -> tuple[Drift, ...]:
    target = RunTarget(SCOPE, document_of(spec).spec if spec else None)
    return plan_table(target, state, live, None, PlanOptions(), NOW).drift


def drift_alone(live: Live, state: State) -> tuple[Drift, ...]:
    return compared(RunTarget(SCOPE), state, being_deleted(SCOPE, live)[1], None).drift


def with_ignored(state: State) -> State:
    table = state.resources["users"].model_copy(update={"ignores": IGNORED})
    return state.model_copy(update={"resources": {**state.resources, "users": table}})


@pytest.mark.parametrize("ignoring", [False, True])
def test_every_move_of_every_kind_is_the_same_drift_everywhere(ignoring: bool) -> None:
    state = with_ignored(recorded()) if ignoring else recorded()
    lifecycle = {"lifecycle": {"ignore_changes": list(IGNORED)}} if ignoring else {}
    differ = same = 0
    for address, what, live in islice(moves(), 0, None, 2):
        try:
            told = drift_alone(live, state)
            plans = [drift_of_plan(live, state, {**one, **lifecycle}) for one in (EVERYTHING, CHANGED)]
        except (KeyError, ValueError):
            assert what.endswith("is gone"), (address, what)
            continue
        assert all(told == planned for planned in plans), (address, what)
        differ, same = differ + bool(told), same + (not told)
    assert differ > 20
    assert same > 5


def test_what_vanishes_is_the_same_drift_everywhere() -> None:
    for address in world():
        live = {key: one for key, one in world().items() if key != address}
        told = drift_alone(live, recorded())
        assert told == drift_of_plan(live, recorded(), EVERYTHING)
        assert any(one.vanished and one.address == address for one in told), address


def test_a_table_that_is_being_deleted_is_gone_everywhere() -> None:
    live = {**world(), "users": replace(world()["users"], being_deleted=True)}
    told = drift_alone(live, recorded())
    assert told == drift_of_plan(live, recorded(), EVERYTHING)
    assert any(one.vanished and one.address == "users" for one in told)


@pytest.mark.parametrize("side", ["read_capacity", "write_capacity"])
@pytest.mark.parametrize("address", ["users", "users/gsi/by-a"])
def test_capacity_that_autoscaling_moves_is_no_drift_anywhere(side: str, address: str) -> None:
    unscaled = {**EVERYTHING, "autoscaling": None, "replicas": None}
    for units in (6, 49, 50):
        one = world()[address]
        live = {**world(), address: replace(one, properties={**one.properties, side: units})}
        assert drift_alone(live, recorded()) == ()
        for spec in (EVERYTHING, CHANGED, unscaled):
            assert drift_of_plan(live, recorded(), spec) == (), spec
