"""Blocks over the life of real resources: forgotten, moved and imported, of every kind, also half way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dynaops.engine.apply import apply_plan
from dynaops.engine.plan import PlanOptions, PlanRefused, make_plan
from dynaops.engine.state_effects import apply_effects
from dynaops.model.change import Action
from dynaops.model.event import Outcome
from dynaops.model.plan import Plan
from dynaops.model.state import State
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from dynaops.specs.load import document_of
from dynaops.specs.refactoring import Blocks, read_blocks
from dynaops.specs.yaml_tree import tree_of
from tests.companions.bench import BASE, REGION, Bench
from tests.companions.functions import make_function, make_role
from tests.companions.test_everything import EVERYTHING
from tests.conftest import FAST
from tests.e2e.census import census

CUSTOM = {"name": "users-reading", "statements": [{"Action": "dynamodb:GetItem", "Resource": "${table_arn}"}]}
WHOLE: dict[str, Any] = {
    **EVERYTHING,
    "iam": {"read_only": {"attach_to_roles": ["reader"]}, "custom": [CUSTOM]},
    "stream": {"view_type": "NEW_AND_OLD_IMAGES"},
}
APART = {"billing_mode", "read_capacity", "write_capacity", "attributes", "stream", "tags", "autoscaling"}
"""Keys that are no resources of their own, or that replicas need."""
KEYS = sorted(set(WHOLE) - APART)


def blocks(**said: Any) -> Blocks:
    findings: list[Any] = []
    found = read_blocks(tree_of(said, ("blocks.yaml", 1, 1)), findings)
    assert not findings, findings
    return found


def planned(
    bench: Bench, *specs: dict[str, Any], state: State | None = None, said: Blocks | None = None, **more: Any
) -> Plan:
    documents = [document_of({**BASE, **spec}) for spec in specs]
    options = PlanOptions(blocks=said or Blocks(), **more)
    return make_plan(documents, state or bench.state, bench.aws, options)


def applied(bench: Bench, *specs: dict[str, Any], said: Blocks) -> tuple[Plan, Outcome]:
    with bench.store.lock("apply"):
        plan = planned(bench, *specs, said=said)
        return plan, apply_plan(plan, bench.store, bench.aws, lambda _: None)


def without(key: str) -> dict[str, Any]:
    spec = {name: value for name, value in WHOLE.items() if name != key}
    if key == "global_secondary_indexes":
        spec["attributes"] = {"id": "S"}
    return spec


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A table with everything around it. Its tests only read."""
    with pytest.MonkeyPatch.context() as patch, SandboxServer(speed=FAST) as server:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        bench = Bench(tmp_path_factory.mktemp("everything"), server)
        make_role(bench, "reader")
        make_function(bench, "one", allowed=False)
        bench.client("kinesis").create_stream(StreamName="changes", ShardCount=1)
        _, outcome = bench.run(WHOLE)
        assert outcome.complete, outcome
        yield bench


@pytest.mark.parametrize("key", KEYS)
def test_what_is_removed_is_touched_neither_now_nor_later(everything: Bench, key: str) -> None:
    """Whatever leaves the spec with a block stays in AWS as it is; the next plan has nothing to say of it."""
    before = planned(everything, without(key))
    gone = [change.address for change in before.changes if change.action is Action.DELETE]
    gone += [effect.address for effect in before.updates if effect.forget]
    assert gone, f"nothing goes with {key}"
    plan = planned(everything, without(key), said=blocks(removed=gone))
    assert {change.address for change in plan.changes if change.action is Action.FORGET} == set(gone)
    touched = {operation.address for operation in plan.operations} | {
        operation.api for operation in plan.operations if operation.removes
    }
    assert not touched & set(gone), touched
    after = apply_effects(everything.state, plan.updates, {}, 0)
    assert not set(gone) & set(after.resources)
    again = planned(everything, without(key), state=after)
    assert [change.address for change in again.changes] == [
        change.address for change in plan.changes if change.action is not Action.FORGET
    ]
    assert not [operation for operation in again.operations if operation.address in gone]


def test_a_removed_table_is_forgotten_with_all_around_it(everything: Bench) -> None:
    different: tuple[dict[str, Any], ...] = ({}, {"read": ("specs",)}, {"refresh": False})
    for more in different:
        plan = planned(everything, said=blocks(removed=["users"]), **more)
        assert plan.operations == ()
        assert {change.action for change in plan.changes} == {Action.FORGET}
        assert {change.block for change in plan.changes} == {"blocks.yaml:1:1"}
        assert apply_effects(everything.state, plan.updates, {}, 0).resources == {}


def test_autoscaling_that_is_removed_goes_on(bench: Bench) -> None:
    capacity = {"billing_mode": "PROVISIONED", "read_capacity": 5, "write_capacity": 5}
    bench.apply({**capacity, "autoscaling": {"read": {"min": 5, "max": 50}}})
    plan, outcome = applied(bench, capacity, said=blocks(removed=["users/autoscaling/read"]))
    assert (outcome.complete, plan.operations) == (True, ())
    assert planned(bench, capacity).empty


def test_a_removal_needs_no_consent_of_a_table_that_is_not_to_be_destroyed(bench: Bench) -> None:
    bench.apply({"lifecycle": {"prevent_destroy": True}, "deletion_protection": True})
    plan, outcome = applied(bench, said=blocks(removed=["users"]))
    assert (outcome.complete, plan.destructive, bench.state.resources) == (True, (), {})
    assert bench.client("dynamodb").list_tables()["TableNames"] == ["users"]
    assert planned(bench, said=blocks(removed=["users"])).empty


def test_a_split_goes_by_blocks_on_either_side(bench: Bench, tmp_path: Path, server: SandboxServer) -> None:
    """Team A removes what team B imports; nothing is sent, and both have nothing left to do."""
    (tmp_path / "other").mkdir()
    other = Bench(tmp_path / "other", server)
    users, orders = {"ttl": {"attribute": "gone"}, "iam": {"read_only": True}}, {"table_name": "orders"}
    bench.apply(users, orders)
    before = census(server)
    forgotten, imported = blocks(removed=["users"]), blocks(**{"import": ["users"]})
    plan, _ = applied(bench, orders, said=forgotten)
    assert plan.operations == ()
    plan, _ = applied(other, users, said=imported)
    assert plan.operations == ()
    assert {change.block for change in plan.changes} == {"blocks.yaml:1:1"}
    assert census(server) == before
    assert planned(bench, orders, said=forgotten).empty
    assert planned(other, users, said=imported).empty
    assert set(other.state.resources) == {
        "users",
        "users/iam/read_only",
        "users/point_in_time_recovery",
        "users/ttl",
    }


def test_an_import_changes_what_differs_and_is_gone_on_with(bench: Bench) -> None:
    bench.apply({"tags": {"team": "one"}})
    bench.forget()
    wanted = {"tags": {"team": "two"}, "ttl": {"attribute": "gone"}}
    said = blocks(**{"import": [{"address": "users", "region": REGION}]})
    bench.server.faults.add(
        FaultRule("access_denied", service="dynamodb", operation="UpdateTimeToLive", times=20)
    )
    plan, outcome = applied(bench, wanted, said=said)
    assert not outcome.complete
    assert next(change.action for change in plan.changes if change.address == "users") is Action.ADOPT
    bench.server.faults.clear()
    plan, outcome = applied(bench, wanted, said=said)
    assert outcome.complete
    assert planned(bench, wanted, said=said).empty


def test_an_import_of_what_is_not_there_creates_nothing(bench: Bench) -> None:
    for address in ("users", "users/iam/read_only"):
        with pytest.raises(PlanRefused, match=rf"{address} is to be imported, and AWS has no such") as caught:
            planned(bench, {"iam": {"read_only": True}}, said=blocks(**{"import": [address]}))
        assert str(caught.value.findings[0].place) == "blocks.yaml:1:1"
    bench.apply({})
    bench.forget()
    with pytest.raises(PlanRefused) as caught:
        planned(bench, {}, said=blocks(**{"import": ["users"]}), refresh=False)
    assert "--no-refresh" in (caught.value.hint or "")


def test_a_moved_policy_keeps_its_arn_and_a_killed_run_converges(bench: Bench) -> None:
    bench.apply({"iam": {"custom": [CUSTOM]}})
    arn = bench.state.resources["users/iam/custom/users-reading"].arn
    said = blocks(moved=[{"from": "users/iam/custom/users-reading", "to": "users/iam/read_only"}])
    renamed = {"iam": {"read_only": {"name": "users-reading"}}}
    bench.server.faults.add(
        FaultRule("access_denied", service="iam", operation="CreatePolicyVersion", times=20)
    )
    plan, outcome = applied(bench, renamed, said=said)
    assert not outcome.complete
    assert plan.changes[0].previous_address == "users/iam/custom/users-reading"
    bench.server.faults.clear()
    plan, outcome = applied(bench, renamed, said=said)
    assert outcome.complete
    assert [operation.api for operation in plan.operations] == ["CreatePolicyVersion"]
    assert bench.state.resources["users/iam/read_only"].arn == arn
    assert planned(bench, renamed, said=said).empty


def test_a_move_between_tables_is_no_call(bench: Bench) -> None:
    group = {"log_group": {"name": "/shop", "retention_days": 7}}
    bench.apply(group, {"table_name": "orders"})
    said = blocks(moved=[{"from": "users/log_group", "to": "orders/log_group"}])
    narrow: tuple[tuple[dict[str, Any], int], ...] = (
        ({}, 1),
        ({"targets": ("users",)}, 0),
        ({"targets": ("orders/log_group",)}, 1),
    )
    for more, moves in narrow:
        plan = planned(bench, {}, {"table_name": "orders", **group}, said=said, **more)
        assert plan.operations == ()
        assert [change.action for change in plan.changes] == [Action.MOVE] * moves
        assert len([effect for effect in plan.updates if effect.moved_from]) == moves
    plan, outcome = applied(bench, {}, {"table_name": "orders", **group}, said=said)
    assert outcome.complete
    assert bench.plan({}, {"table_name": "orders", **group}).empty


def test_a_destroy_goes_by_the_state_alone(bench: Bench) -> None:
    bench.apply({})
    assert [
        change.action for change in planned(bench, {}, said=blocks(removed=["users"]), destroy=True).changes
    ]
