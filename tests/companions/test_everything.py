"""A table with everything around it: the order both ways, side by side, and a failure at every single call.

The long form tries every kind of failure at every call: ``scripts/test -m slow tests/companions/test_everything.py``.
"""

from __future__ import annotations

from typing import Any

import pytest

from dynaops.engine.apply import apply_plan
from dynaops.engine.plan import PlanOptions, make_plan
from dynaops.model.event import Outcome
from dynaops.model.operation import Operation
from dynaops.model.plan import Plan
from dynaops.sandbox.faults import FaultRule
from dynaops.specs.load import Document, document_of
from tests.companions.bench import BASE, REGION, Bench, calls
from tests.companions.functions import make_function, make_role
from tests.e2e.census import census

EVERYTHING: dict[str, Any] = {
    "attributes": {"id": "S", "a": "S"},
    "stream": {"view_type": "NEW_AND_OLD_IMAGES"},
    "billing_mode": "PROVISIONED",
    "read_capacity": 5,
    "write_capacity": 5,
    "global_secondary_indexes": [{"name": "by-a", "hash_key": "a"}],
    "autoscaling": {
        "read": {
            "min": 5,
            "max": 50,
            "schedules": [{"name": "n", "schedule": "cron(0 22 * * ? *)", "max": 9}],
        },
        "write": {"min": 5, "max": 50},
        "indexes": "all",
    },
    "ttl": {"attribute": "gone"},
    "contributor_insights": True,
    "iam": {"read_only": {"attach_to_roles": ["reader"]}},
    "lambda_triggers": [{"function": "one", "grant_role": True}],
    "pipes": [{"name": "orders", "target_arn": "arn:aws:sqs:eu-west-1:123456789012:orders"}],
    "log_group": {"name": "/dynaops/users", "retention_days": 7},
    "kinesis": {"stream_arn": "arn:aws:kinesis:eu-west-1:123456789012:stream/changes"},
    "backup": {"plan": {"rules": [{"name": "mine", "schedule": "cron(0 3 1 1 ? 2090)"}]}},
    "replicas": [{"region": "us-east-1", "point_in_time_recovery": True}],
    "alarms": {"throttles": True, "iterator_age": True},
    "items": [{"id": "one"}],
    "tags": {"team": "one"},
    "resource_policy": {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:role/reader"},
                "Action": "dynamodb:GetItem",
                "Resource": "${table_arn}",
            }
        ]
    },
}
CALLS = 60
"""At least as many as the plan has; beyond its last call there is nothing to fail."""
EFFECTS = ("drop_before", "drop_after", "access_denied", "error", "throttle")


@pytest.fixture
def world(bench: Bench) -> Bench:
    make_role(bench, "reader")
    make_function(bench, "one", allowed=False)
    bench.client("kinesis").create_stream(StreamName="changes", ShardCount=1)
    return bench


def strike(bench: Bench, plan: Plan, position: int, effect: str) -> None:
    """Let the plan's call at `position` fail, and its repetitions."""
    target = plan.operations[position]
    same = [one for one in plan.operations[: position + 1] if _call(one) == _call(target)]
    code: dict[str, Any] = {"code": "InternalServerError", "status": 500} if effect == "error" else {}
    bench.server.faults.add(
        FaultRule(effect, service=target.service, operation=target.api, nth=len(same), times=7, **code)
    )


def _call(operation: Any) -> tuple[str, str]:
    return operation.service, operation.api


def _a_failure_at(bench: Bench, position: int, effect: str) -> None:
    before = census(bench.server)
    plan = bench.plan(EVERYTHING)
    if position >= len(plan.operations):
        assert position > 20, "the plan has got short: does it still hold everything?"
        return
    strike(bench, plan, position, effect)
    bench.run(EVERYTHING)
    bench.server.faults.clear()
    bench.apply(EVERYTHING)
    _no_duplicates(bench)
    bench.server.advance(60)
    bench.destroy()
    assert census(bench.server) == before


def _no_duplicates(bench: Bench) -> None:
    found = census(bench.server)
    home = found["eu-west-1"]
    assert [len(home[kind]) for kind in ("tables", "mappings", "log groups", "vaults", "plans")] == [1] * 5
    assert len(home["scalable targets"]) == 4
    assert found["us-east-1"]["tables"] == ["users"]
    assert len(found["policies"]) == 2


def _a_failure_at_every(bench: Bench, effect: str) -> None:
    """Run after run, whatever was not struck yet fails for good, there and back, as far as the run gets."""
    before = census(bench.server)
    for specs in ([EVERYTHING], []):
        struck: set[tuple[str, str, str]] = set()
        while rules := _rules(bench.plan(*specs, destroy=not specs), effect, struck):
            for rule in rules:
                bench.server.faults.add(rule)
            bench.run(*specs, destroy=not specs)
            bench.server.faults.clear()
            hit = {(rule.service, rule.operation, rule.region) for rule in rules if rule.hit}
            assert hit, "nothing of it was tried: the next run would be the same"
            struck |= hit
        if specs:
            assert len(struck) > 20, "the plan has got short: does it still hold everything?"
            bench.apply(*specs)
            _no_duplicates(bench)
            bench.server.advance(60)
    bench.destroy()
    assert census(bench.server) == before


def _rules(plan: Plan, effect: str, struck: set[tuple[str, str, str]]) -> list[FaultRule]:
    """The plan's calls that are to fail however often they are tried; none where all had their turn."""
    calls_of = {(one.service, one.api, _region_of_fault(one)) for one in plan.operations}
    left = calls_of - struck
    return [
        FaultRule(effect, service, api, region=region, times=None) for service, api, region in sorted(left)
    ]


def _region_of_fault(operation: Operation) -> str:
    """The sandbox counts calls of IAM, which is one for all regions, under one region."""
    return "us-east-1" if operation.service == "iam" else operation.region


@pytest.mark.parametrize("effect", ["drop_after", "access_denied"])
def test_a_failure_at_every_call_in_turn(world: Bench, effect: str) -> None:
    """With `drop_after`, the hardest: each call had its effect, and nobody was told."""
    _a_failure_at_every(world, effect)


def test_what_outlives_its_table_still_goes_with_the_spec(world: Bench) -> None:
    """The table is gone, and what it leaves cannot go yet: the next run from the same files comes back for it."""
    before = census(world.server)

    def run(documents: list[Document]) -> Outcome:
        plan = make_plan(documents, world.state, world.aws, PlanOptions(read=("specs",)))
        return apply_plan(plan, world.store, world.aws, lambda _: None)

    assert run([document_of({**BASE, **EVERYTHING}, "specs/users.yaml")]).complete
    world.server.advance(60)
    denied = world.server.faults.add(FaultRule("access_denied", operation="DeleteBackupVault", times=None))
    assert not run([]).complete
    assert denied.hit
    assert "users" not in world.state.resources
    world.server.faults.clear()
    assert run([]).complete
    assert world.state.resources == {}
    assert census(world.server) == before


@pytest.mark.slow
@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("position", range(CALLS))
def test_any_failure_at_any_call(world: Bench, position: int, effect: str) -> None:
    _a_failure_at(world, position, effect)


def test_what_is_needed_comes_first_and_goes_last(world: Bench) -> None:
    made = world.apply(EVERYTHING)
    order = [one.api for one in made.operations if one.region == REGION]
    first = {api: order.index(api) for api in order}
    last = {api: len(order) - 1 - order[::-1].index(api) for api in order}
    assert order[0] == "CreateTable"
    assert last["PutScalingPolicy"] < first["UpdateTable"], "scaling comes before the replica"
    assert first["CreatePolicy"] < first["AttachRolePolicy"] < first["CreateEventSourceMapping"]
    assert first["CreateBackupVault"] < first["CreateBackupPlan"] < first["CreateBackupSelection"]
    world.server.advance(60)
    undone = calls(world.destroy())
    gone = {api: undone.index(api) for api in undone}
    table = gone["DeleteTable"]
    assert (
        max(gone[api] for api in ("DeleteEventSourceMapping", "DeregisterScalableTarget", "UpdateTable"))
        < table
    )
    assert gone["DeleteBackupSelection"] < table < gone["DeletePolicy"]
    assert gone["DeleteBackupSelection"] < gone["DeleteBackupPlan"] < gone["DeleteBackupVault"]


def test_two_tables_are_worked_on_side_by_side(bench: Bench) -> None:
    bench.server.requests.clear()
    bench.apply({"log_group": {"name": "/one"}}, {"table_name": "orders", "log_group": {"name": "/two"}})
    touched = [
        str(one.body.get("TableName")) for one in bench.server.requests.writes() if one.service == "dynamodb"
    ]
    spans = {name: (touched.index(name), len(touched) - touched[::-1].index(name)) for name in set(touched)}
    assert set(spans) == {"users", "orders"}
    assert max(start for start, _ in spans.values()) < min(end for _, end in spans.values()) - 1, (
        "each table's work began before the other's had ended"
    )


def test_turning_autoscaling_on_never_recreates_a_table(bench: Bench) -> None:
    provisioned = {"billing_mode": "PROVISIONED", "read_capacity": 5, "write_capacity": 5}
    bench.apply(provisioned)
    scaling = {"write": {"min": 5, "max": 9}}
    plan = bench.apply({**provisioned, "autoscaling": scaling})
    assert {one.action.value for one in plan.changes} == {"create"}
    assert all(one.service == "application-autoscaling" for one in plan.operations)
