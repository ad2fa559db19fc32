"""What leaves a state and stays in AWS bears no mark afterwards, over all kinds: another state may adopt it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dynaops.aws.session import Aws
from dynaops.engine.apply import apply_plan
from dynaops.engine.ownership_mark import DEFAULT_KEY
from dynaops.engine.plan import PlanOptions, make_plan
from dynaops.kinds.registry import PROPERTY_RULES
from dynaops.kinds.tags import live_tags
from dynaops.model.finding import Place
from dynaops.model.operation import Danger
from dynaops.model.plan import Plan
from dynaops.specs.load import document_of
from dynaops.specs.refactoring import Blocks, Removal
from tests.companions.bench import BASE, REGION, Bench, actions
from tests.companions.functions import make_role
from tests.companions.test_everything import EVERYTHING
from tests.companions.test_marks import MARKED, TAGGED, another, marking, marks
from tests.companions.test_saved_plans import Died, DyingAws
from tests.e2e.census import census

__all__ = ["marking"]
RETAINED: dict[str, Any] = {**EVERYTHING, "lifecycle": {"on_destroy": "retain"}}
SHARED = {"log_group": {"name": "/both", "retention_days": 7}}
ORDERS = {"table_name": "orders", **SHARED}


def removing(bench: Bench, *addresses: str, specs: tuple[dict[str, Any], ...] = ()) -> Plan:
    """The plan of `removed` blocks beside specs; the tables of the blocks are as `BASE`."""
    removed = tuple(Removal(address, Place(file="specs.yaml", line=1, column=1)) for address in addresses)
    options = PlanOptions(blocks=Blocks(removed=removed))
    return make_plan([document_of({**BASE, **spec}) for spec in specs], bench.state, bench.aws, options)


def run(bench: Bench, plan: Plan, aws: Aws | None = None) -> None:
    with bench.store.lock("apply"):
        outcome = apply_plan(plan, bench.store, aws or bench.aws, lambda _: None)
    assert outcome.complete, outcome


def untagged(plan: Plan) -> set[str]:
    """The kinds of what loses its mark by a plan."""
    return {one.kind for one in plan.operations if one.api.startswith("Untag")}


def test_a_retained_table_and_all_around_it_lose_the_mark_and_another_state_adopts_them(
    marking: Bench, tmp_path: Path
) -> None:
    marking.apply(RETAINED)
    there = census(marking.server)
    plan = marking.plan(destroy=True)
    assert untagged(plan) == MARKED and len(plan.operations) == len(marks(marking))
    assert plan.operations[-1].address == "users", "the record that says that all is retained goes last"
    assert set(plan.operations[-1].needs) == {one.id for one in plan.operations[:-1]}
    marking.destroy()
    assert census(marking.server) == there
    other = another(marking, tmp_path / "other")
    adopting = other.plan(RETAINED)
    assert {one.danger for one in adopting.changes} <= {None, Danger.ADOPT}
    assert {one.owner for one in adopting.changes} == {None}
    run(other, adopting)
    assert set(marks(other).values()) == {other.state.lineage}


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_each_call_it_is_retained_all_the_same(marking: Bench, when: str) -> None:
    marking.apply({**TAGGED, "lifecycle": {"on_destroy": "retain"}})
    there = census(marking.server)
    aws = DyingAws(region=REGION, endpoint_url=marking.server.url, poll_cap=0.02, mark=DEFAULT_KEY)
    aws.when, aws.died = when, set()
    deaths = 0
    while marking.state.resources:
        plan = marking.plan(destroy=True)
        assert {one.action.value for one in plan.changes} <= {"forget"}, actions(plan)
        try:
            run(marking, plan, aws)
        except Died:
            deaths += 1
    assert deaths > len(MARKED)
    assert census(marking.server) == there


def test_what_another_address_of_the_state_has_keeps_its_mark_until_that_leaves_too(marking: Bench) -> None:
    marking.apply(SHARED, ORDERS)
    owner = marking.state.lineage
    run(marking, removing(marking, "users/log_group", specs=({}, ORDERS)))
    assert "users/log_group" not in marking.state.resources
    assert marks_of_group(marking) == owner
    kept = removing(marking, "orders", specs=({},))
    assert untagged(kept) == {"table", "log_group"}
    run(marking, kept)
    assert marks_of_group(marking) is None


def test_a_group_that_two_tables_leave_at_once_loses_its_mark_by_one_call(marking: Bench) -> None:
    marking.apply(SHARED, ORDERS)
    plan = removing(marking, "users", "orders")
    assert sorted(one.kind for one in plan.operations) == ["log_group", "table", "table"]
    run(marking, plan)
    assert marking.state.resources == {} and marks_of_group(marking) is None


def test_a_group_that_one_table_leaves_and_another_deletes_loses_its_mark(marking: Bench) -> None:
    marking.apply(SHARED, ORDERS)
    run(marking, removing(marking, "users", specs=({"table_name": "orders"},)))
    assert {one.partition("/")[0] for one in marking.state.resources} == {"orders"}
    assert marks_of_group(marking) is None, "it stays, since a `removed` block keeps it"


def test_the_mark_of_another_state_is_never_taken_away(marking: Bench) -> None:
    marking.apply(SHARED)
    group = "arn:aws:logs:eu-west-1:123456789012:log-group:/both"
    marking.client("logs").tag_resource(resourceArn=group, tags={DEFAULT_KEY: "another"})
    plan = removing(marking, "users")
    assert untagged(plan) == {"table"}
    run(marking, plan)
    assert marking.state.resources == {} and marks_of_group(marking) == "another"


def test_a_policy_that_stays_for_a_role_of_others_loses_the_mark(marking: Bench) -> None:
    make_role(marking, "others")
    marking.apply({"iam": {"read_only": {"attach_to_roles": ["reader"]}}})
    arn = marking.state.resources["users/iam/read_only"].arn
    marking.client("iam").attach_role_policy(RoleName="others", PolicyArn=arn)
    marking.apply({})
    tags = marking.client("iam").list_policy_tags(PolicyArn=arn)["Tags"]
    assert DEFAULT_KEY not in json.dumps(tags)
    assert "users/iam/read_only" not in marking.state.resources


def test_without_a_look_at_aws_it_is_said_that_the_mark_stays(marking: Bench) -> None:
    marking.apply(SHARED)
    removed = (Removal("users", Place(file="specs.yaml", line=1, column=1)),)
    options = PlanOptions(blocks=Blocks(removed=removed), refresh=False)
    plan = make_plan([], marking.state, marking.aws, options)
    assert not plan.operations
    assert {(one.code, one.address) for one in plan.warnings} == {
        ("PLAN139", "users"),
        ("PLAN139", "users/log_group"),
    }


def test_off_no_mark_is_looked_for(marking: Bench) -> None:
    marking.apply(SHARED)
    marking.aws.mark = None
    assert not removing(marking, "users").operations


def marks_of_group(bench: Bench) -> str | None:
    calls = PROPERTY_RULES["log_group"].tags
    assert calls is not None
    group = bench.client("logs").describe_log_groups(logGroupNamePrefix="/both")["logGroups"][0]
    return live_tags(bench.aws, calls, group["arn"].removesuffix(":*"), REGION).get(DEFAULT_KEY)
