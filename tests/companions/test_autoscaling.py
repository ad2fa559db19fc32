"""Autoscaling of the table and its indexes, through its whole life."""

from __future__ import annotations

from typing import Any

import pytest

from dynaops.sandbox.faults import FaultRule
from tests.companions.bench import Bench, actions, calls

SCALING: dict[str, Any] = {"min": 5, "max": 50, "target_utilization": 60}
PROVISIONED: dict[str, Any] = {"billing_mode": "PROVISIONED", "read_capacity": 5, "write_capacity": 5}
INDEXED: dict[str, Any] = {
    **PROVISIONED,
    "attributes": {"id": "S", "a": "S"},
    "global_secondary_indexes": [{"name": "by-a", "hash_key": "a"}],
}
DYNAMODB = {"ServiceNamespace": "dynamodb"}


def spec(read: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {**PROVISIONED, "autoscaling": {"read": read or SCALING, **more}}


def targets(bench: Bench) -> dict[tuple[str, str], tuple[int, int]]:
    found = bench.client("application-autoscaling").describe_scalable_targets(**DYNAMODB)["ScalableTargets"]
    return {
        (one["ResourceId"], one["ScalableDimension"].split(":")[2][:4]): (
            one["MinCapacity"],
            one["MaxCapacity"],
        )
        for one in found
    }


def policies(bench: Bench) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = bench.client("application-autoscaling").describe_scaling_policies(
        **DYNAMODB
    )["ScalingPolicies"]
    return found


def test_life(bench: Bench) -> None:
    bench.apply(PROVISIONED)
    assert calls(bench.apply(spec())) == ["RegisterScalableTarget", "PutScalingPolicy"]
    assert targets(bench) == {("table/users", "Read"): (5, 50)}
    tracking = policies(bench)[0]["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == 60
    assert calls(bench.apply(spec({**SCALING, "max": 90}))) == ["RegisterScalableTarget"]
    cooled = {**SCALING, "max": 90, "scale_in_cooldown": 30, "scale_out_cooldown": 10}
    assert calls(bench.apply(spec(cooled))) == ["PutScalingPolicy"]
    tracking = policies(bench)[0]["TargetTrackingScalingPolicyConfiguration"]
    assert (tracking["ScaleInCooldown"], tracking["ScaleOutCooldown"]) == (30, 10)
    assert calls(bench.apply(PROVISIONED)) == ["DeregisterScalableTarget"]
    assert (targets(bench), policies(bench)) == ({}, [])


def test_scheduled_actions_come_change_and_go(bench: Bench) -> None:
    night = {"name": "night", "schedule": "cron(0 22 * * ? *)", "timezone": "Europe/Berlin", "max": 9}
    bench.apply(spec({**SCALING, "schedules": [night]}))
    client = bench.client("application-autoscaling")
    (made,) = client.describe_scheduled_actions(**DYNAMODB)["ScheduledActions"]
    assert (made["Timezone"], made["ScalableTargetAction"]) == ("Europe/Berlin", {"MaxCapacity": 9})
    changed = bench.apply(spec({**SCALING, "schedules": [{**night, "max": 8}]}))
    assert calls(changed) == ["PutScheduledAction"]
    assert calls(bench.apply(spec())) == ["DeleteScheduledAction"]
    assert client.describe_scheduled_actions(**DYNAMODB)["ScheduledActions"] == []


def test_capacity_that_autoscaling_moves_is_no_drift(bench: Bench) -> None:
    bench.apply(spec())
    bench.client("dynamodb").update_table(
        TableName="users", ProvisionedThroughput={"ReadCapacityUnits": 33, "WriteCapacityUnits": 5}
    )
    plan = bench.plan(spec())
    assert (plan.empty, plan.drift) == (True, ())
    changed = bench.apply({**spec(), "write_capacity": 7})
    asked = changed.operations[0].parameters["ProvisionedThroughput"]
    assert asked == {"ReadCapacityUnits": 33, "WriteCapacityUnits": 7}, "the scaled side is left where it is"


def test_targets_go_before_the_table_is_paid_for_by_request(bench: Bench) -> None:
    bench.apply(spec(write=SCALING))
    assert calls(bench.apply({})) == ["DeregisterScalableTarget", "DeregisterScalableTarget", "UpdateTable"]
    assert targets(bench) == {}
    back = calls(bench.apply(spec(write=SCALING)))
    assert back[0] == "UpdateTable", "and come after it has capacity again"


def test_all_indexes_are_scaled_and_a_target_never_outlives_its_index(bench: Bench) -> None:
    scaled = {**INDEXED, "autoscaling": {"write": SCALING, "indexes": "all"}}
    bench.apply(scaled)
    assert set(targets(bench)) == {("table/users", "Writ"), ("table/users/index/by-a", "Writ")}
    dropped = calls(bench.apply({**PROVISIONED, "autoscaling": {"write": SCALING, "indexes": "all"}}))
    assert dropped == ["DeregisterScalableTarget", "UpdateTable"]
    assert set(targets(bench)) == {("table/users", "Writ")}
    rebuilt = {
        **scaled,
        "global_secondary_indexes": [{"name": "by-a", "hash_key": "a", "projection": {"type": "KEYS_ONLY"}}],
    }
    bench.apply(scaled)
    bench.apply(rebuilt)
    assert ("table/users/index/by-a", "Writ") in targets(bench)


def test_targets_do_not_outlive_the_table(bench: Bench) -> None:
    bench.apply({**INDEXED, "autoscaling": {"read": SCALING, "write": SCALING, "indexes": "all"}})
    assert len(targets(bench)) == 4
    undone = calls(bench.destroy())
    assert undone[:4] == ["DeregisterScalableTarget"] * 4
    assert (targets(bench), policies(bench)) == ({}, [])


def test_targets_of_a_table_that_vanished_are_cleaned_up(bench: Bench) -> None:
    bench.apply(spec())
    bench.client("dynamodb").delete_table(TableName="users")
    bench.server.advance(60)
    bench.apply(PROVISIONED)
    assert targets(bench) == {}


def test_drift_is_told_and_undone(bench: Bench) -> None:
    bench.apply(spec())
    client = bench.client("application-autoscaling")
    where = {
        **DYNAMODB,
        "ResourceId": "table/users",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    }
    client.register_scalable_target(**where, MinCapacity=1, MaxCapacity=2)
    plan = bench.plan(spec())
    assert [one.address for one in plan.drift] == ["users/autoscaling/read"]
    assert calls(bench.apply(spec())) == ["RegisterScalableTarget"]
    client.deregister_scalable_target(**where)
    assert calls(bench.apply(spec())) == ["RegisterScalableTarget", "PutScalingPolicy"]


def test_what_others_made_is_adopted_by_its_name(bench: Bench) -> None:
    bench.apply(spec())
    name = policies(bench)[0]["PolicyName"]
    bench.forget()
    plan = bench.apply(spec({**SCALING, "target_utilization": 75}))
    assert actions(plan)["users/autoscaling/read"] == "adopt"
    assert calls(plan) == ["PutScalingPolicy"]
    assert [one["PolicyName"] for one in policies(bench)] == [name]
    bench.forget()
    assert calls(bench.apply(PROVISIONED)) == []
    assert targets(bench), "what nobody declares is left alone"
    assert bench.exported()["autoscaling"] == {"read": {**SCALING, "target_utilization": 75}}


def test_the_service_linked_role_is_awss_own(bench: Bench) -> None:
    bench.apply(spec())
    roles = [one["RoleName"] for one in bench.client("iam").list_roles()["Roles"]]
    assert "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable" in roles
    bench.destroy()


@pytest.mark.parametrize("api", ["RegisterScalableTarget", "PutScalingPolicy", "PutScheduledAction"])
@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "access_denied"])
def test_a_failure_half_way_converges(bench: Bench, api: str, effect: str) -> None:
    wanted = spec({**SCALING, "schedules": [{"name": "night", "schedule": "rate(1 day)", "max": 9}]})
    bench.server.faults.add(FaultRule(effect, service="application-autoscaling", operation=api, times=7))
    bench.run(wanted)
    bench.server.faults.clear()
    bench.apply(wanted)
    assert targets(bench) == {("table/users", "Read"): (5, 50)}
    assert len(policies(bench)) == 1


def test_a_replicated_table_drops_an_index_and_is_then_paid_for_by_request(bench: Bench) -> None:
    """Scaling stops first: AWS refuses only new indexes of a replicated table whose writes are not scaled."""
    around = {"attributes": {"id": "S", "a": "S"}, "replicas": [{"region": "us-east-1"}]}
    scaled = {**INDEXED, "autoscaling": {"read": SCALING, "write": SCALING, "indexes": "all"}}
    bench.apply({**scaled, **around})
    renewed = {"name": "by-a-too", "hash_key": "a"}
    bench.apply({**around, "global_secondary_indexes": [renewed]})
    table = bench.client("dynamodb").describe_table(TableName="users")["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert [one["IndexName"] for one in table["GlobalSecondaryIndexes"]] == ["by-a-too"]
    assert targets(bench) == {}


REPLICATED: dict[str, Any] = {
    **INDEXED,
    "replicas": [{"region": "us-east-1"}],
    "autoscaling": {"write": SCALING, "indexes": "all"},
}


def test_a_rebuilt_index_of_a_replicated_table_is_scaled_as_the_spec_says(bench: Bench) -> None:
    """AWS scales the writes of each index it builds there by itself: in every region, over what was set."""
    bench.apply(REPLICATED)
    rebuilt = {"name": "by-a", "hash_key": "a", "projection": {"type": "KEYS_ONLY"}}
    plan = bench.apply({**REPLICATED, "global_secondary_indexes": [rebuilt]})
    assert {address: action for address, action in actions(plan).items() if "autoscaling" in address} == {
        "users/autoscaling/index/by-a/write": "replace",
        "users/replica/us-east-1/autoscaling/index/by-a/write": "replace",
    }
    for region in ("eu-west-1", "us-east-1"):
        client = bench.client("application-autoscaling", region)
        found = client.describe_scaling_policies(**DYNAMODB, ResourceId="table/users/index/by-a")
        (policy,) = found["ScalingPolicies"]
        assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 60
    assert targets(bench)["table/users/index/by-a", "Writ"] == (5, 50)


def test_the_scaling_of_an_index_that_is_replaced_lasts_until_its_successor_stands(bench: Bench) -> None:
    """AWS builds no index in a replicated table while the writes of any other are not scaled."""
    bench.apply(REPLICATED)
    successor = {"name": "by-a-too", "hash_key": "a", "replaces": "by-a"}
    bench.apply({**REPLICATED, "global_secondary_indexes": [successor]})
    assert set(targets(bench)) == {("table/users", "Writ"), ("table/users/index/by-a-too", "Writ")}
