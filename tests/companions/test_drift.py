"""Changes by hand, by autoscaling and by others: one drift for plan, ``drift`` and ``validate --live``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dynaops.engine import drift
from dynaops.health.observations import Subject
from dynaops.health.run import examine
from dynaops.model.health import Status
from dynaops.model.plan import Plan
from dynaops.model.resource import Scope
from dynaops.sandbox.faults import FaultRule
from tests.companions.bench import REGION, Bench, calls

SCALED: dict[str, Any] = {
    "billing_mode": "PROVISIONED",
    "read_capacity": 5,
    "write_capacity": 5,
    "attributes": {"id": "S", "a": "S"},
    "global_secondary_indexes": [{"name": "by-a", "hash_key": "a"}],
    "autoscaling": {"read": {"min": 5, "max": 50}, "indexes": "all"},
    "tags": {"team": "one"},
    "point_in_time_recovery": False,
}
TARGET = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/users",
    "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
}


def told(bench: Bench, spec: dict[str, Any]) -> tuple[Plan, list[str], list[str]]:
    """The plan, the drift that all three tell (as address and path), and what is told as unmanaged."""
    plan = bench.plan(spec)
    found, unmanaged = drift.find(bench.state, bench.aws)
    assert plan.drift == found
    (report,) = examine(bench.aws, [Subject(Scope("users", "users", REGION))], bench.state, {})
    (result,) = [one for one in report.results if one.title.lower() == "drift"]
    assert (result.status is Status.PASS) == (not found), result
    paths = [f"{one.address} {each.path}" for one in found for each in one.differences]
    gone = [one.address for one in found if one.vanished]
    return plan, [*gone, *paths], [f"{one.address} {one.path or ''}".strip() for one in unmanaged]


def capacity(bench: Bench, read: int, write: int, index: tuple[int, int] | None = None) -> None:
    asked: dict[str, Any] = {
        "ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": write}
    }
    if index:
        units = {"ReadCapacityUnits": index[0], "WriteCapacityUnits": index[1]}
        asked["GlobalSecondaryIndexUpdates"] = [
            {"Update": {"IndexName": "by-a", "ProvisionedThroughput": units}}
        ]
    bench.client("dynamodb").update_table(TableName="users", **asked)
    bench.server.advance(60)


def by_autoscaling(bench: Bench) -> None:
    capacity(bench, 33, 5, (44, 5))


def by_hand(bench: Bench) -> None:
    capacity(bench, 33, 9, (44, 5))


def by_others(bench: Bench) -> None:
    bench.client("application-autoscaling").register_scalable_target(**TARGET, MinCapacity=7, MaxCapacity=70)
    bench.server.advance(600)
    capacity(bench, 5, 21)


def test_a_refusal_to_tell_of_targets_is_said(bench: Bench) -> None:
    """Whether the capacity is set back that others move is not known then, and that is no news that nobody does."""
    spec = {"billing_mode": "PROVISIONED", "read_capacity": 5, "write_capacity": 5}
    bench.apply(spec)
    by_others(bench)
    assert [one.code for one in bench.plan(spec).warnings] == ["DDB404"]
    bench.server.faults.add(FaultRule("access_denied", operation="DescribeScalableTargets", times=None))
    (warning,) = bench.plan(spec).warnings
    assert warning.code == "DDB405"
    assert "moves the write capacity of users" in warning.message
    assert "DescribeScalableTargets" in warning.message
    assert bench.plan({**spec, "write_capacity": 21}).warnings == ()


def tagged(bench: Bench) -> None:
    arn = bench.state.resources["users"].arn
    bench.client("dynamodb").tag_resource(ResourceArn=arn, Tags=[{"Key": "by", "Value": "hand"}])


def retagged(bench: Bench) -> None:
    arn = bench.state.resources["users"].arn
    bench.client("dynamodb").tag_resource(ResourceArn=arn, Tags=[{"Key": "team", "Value": "two"}])


def streamed(bench: Bench) -> None:
    on = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    bench.client("dynamodb").update_table(TableName="users", StreamSpecification=on)
    bench.server.advance(60)


def indexed(bench: Bench) -> None:
    create = {
        "IndexName": "by-hand",
        "KeySchema": [{"AttributeName": "h", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    }
    bench.client("dynamodb").update_table(
        TableName="users",
        AttributeDefinitions=[{"AttributeName": "h", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": create}],
    )
    bench.server.advance(3600)


def unscaled(bench: Bench) -> None:
    where = {**TARGET, "ScalableDimension": "dynamodb:table:ReadCapacityUnits"}
    bench.client("application-autoscaling").deregister_scalable_target(**where)


@pytest.mark.parametrize(
    ("change", "drifted", "added", "sent"),
    [
        (by_autoscaling, [], [], []),
        (by_hand, ["users write_capacity"], [], ["UpdateTable"]),
        (by_others, [], ["users/autoscaling/write"], []),
        (tagged, [], ["users tags.by"], []),
        (retagged, ["users tags.team"], [], ["TagResource"]),
        (streamed, [], ["users stream"], []),
        (indexed, [], ["users/gsi/by-hand"], []),
        (unscaled, ["users/autoscaling/read"], [], ["RegisterScalableTarget", "PutScalingPolicy"]),
    ],
)
def test_one_drift(
    bench: Bench, change: Callable[[Bench], None], drifted: list[str], added: list[str], sent: list[str]
) -> None:
    bench.apply(SCALED)
    assert told(bench, SCALED)[1:] == ([], [])
    change(bench)
    plan, found, unmanaged = told(bench, SCALED)
    assert (found, unmanaged) == (drifted, added)
    assert calls(plan) == sent, "what is drift is taken back, and nothing else"
    assert (not plan.empty) == bool(drifted), "exit codes agree"


@pytest.mark.parametrize("own", [SCALED, {**SCALED, "autoscaling": None}], ids=["beside ours", "alone"])
def test_capacity_that_anothers_target_moves_is_not_set_back_and_that_is_said(
    bench: Bench, own: dict[str, Any]
) -> None:
    bench.apply(own)
    by_others(bench)
    assert told(bench, own)[1:] == ([], ["users/autoscaling/write"])
    for spec in (own, {**own, "write_capacity": 8}):
        plan = bench.plan(spec)
        assert not any("ProvisionedThroughput" in one.parameters for one in plan.operations), spec
        (warning,) = [one for one in plan.warnings if one.code == "DDB404"]
        assert "stays at 21" in warning.message
        assert "7 to 70" in warning.message
    declared = {**SCALED, "autoscaling": {**SCALED["autoscaling"], "write": {"min": 7, "max": 70}}}
    adopted = bench.plan(declared)
    assert [one.action.value for one in adopted.changes if one.address == "users/autoscaling/write"] == [
        "adopt"
    ]
    client = bench.client("application-autoscaling")
    client.deregister_scalable_target(**TARGET)
    assert calls(bench.apply(own)) == ["UpdateTable"], "nobody moves it now"


def test_what_the_applied_spec_ignores_is_no_drift_without_the_spec(bench: Bench) -> None:
    ignoring = {**SCALED, "lifecycle": {"ignore_changes": ["tags.team"]}}
    bench.apply(ignoring)
    retagged(bench)
    assert told(bench, ignoring)[1] == []
    assert bench.plan(ignoring).empty
    watched = bench.plan(SCALED)
    assert calls(watched) == ["TagResource"], "no longer ignored"
    bench.apply(SCALED)
    retagged(bench)
    assert told(bench, SCALED)[1] == ["users tags.team"]


def test_an_older_state_learns_what_its_spec_ignores(bench: Bench) -> None:
    bench.apply(SCALED)
    ignoring = {**SCALED, "lifecycle": {"ignore_changes": ["tags.team"]}}
    plan = bench.plan(ignoring)
    assert plan.empty
    assert not bench.state.resources["users"].ignores
    bench.apply(ignoring)
    assert bench.state.resources["users"].ignores == ("tags.team",)


def test_looking_further_finds_what_nobody_names(bench: Bench) -> None:
    bench.apply({**SCALED, "autoscaling": None})
    bench.client("application-autoscaling").register_scalable_target(**TARGET, MinCapacity=5, MaxCapacity=70)
    assert drift.find(bench.state, bench.aws) == ((), ())
    found, unmanaged = drift.find(bench.state, bench.aws, discover=True)
    assert not found
    assert [one.address for one in unmanaged] == ["users/autoscaling/write"]
