"""Global tables: members join and leave one at a time, and keep settings of their own."""

from __future__ import annotations

from typing import Any

import pytest

from dynaops.engine.plan import PlanRefused
from dynaops.sandbox.faults import FaultRule
from tests.companions.bench import Bench, actions, calls

WEST, SOUTH = "us-west-2", "ap-southeast-2"


def spec(*replicas: Any, **more: Any) -> dict[str, Any]:
    listed = [{"region": one} if isinstance(one, str) else one for one in replicas]
    return {"replicas": listed, **more}


def regions(bench: Bench) -> list[str]:
    table = bench.client("dynamodb").describe_table(TableName="users")["Table"]
    return sorted(one["RegionName"] for one in table.get("Replicas", ()))


def table_in(bench: Bench, region: str) -> dict[str, Any]:
    found: dict[str, Any] = bench.client("dynamodb", region).describe_table(TableName="users")["Table"]
    return found


def tags_in(bench: Bench, region: str) -> dict[str, str]:
    client = bench.client("dynamodb", region)
    found = client.list_tags_of_resource(ResourceArn=table_in(bench, region)["TableArn"])["Tags"]
    return {one["Key"]: one["Value"] for one in found}


def test_life(bench: Bench) -> None:
    plan = bench.apply(spec(WEST, tags={"team": "one"}))
    assert plan.operations[0].parameters["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert regions(bench) == [WEST]
    assert tags_in(bench, WEST) == {"team": "one"}
    plan = bench.apply(spec(WEST, SOUTH, tags={"team": "one"}))
    assert actions(plan) == {f"users/replica/{SOUTH}": "create"}
    assert regions(bench) == sorted([WEST, SOUTH])
    plan = bench.plan(spec(SOUTH, tags={"team": "one"}))
    assert [one.title for one in plan.destructive] == [f"remove the replica of users in {WEST}"]
    bench.apply(spec(SOUTH, tags={"team": "one"}))
    assert regions(bench) == [SOUTH]
    plan = bench.destroy()
    assert calls(plan) == ["UpdateTable", "DeleteTable"]
    assert bench.client("dynamodb", SOUTH).list_tables()["TableNames"] == []


def test_members_join_one_at_a_time(bench: Bench) -> None:
    plan = bench.apply(spec(WEST, SOUTH))
    joins = [
        one.parameters["ReplicaUpdates"] for one in plan.operations if "ReplicaUpdates" in one.parameters
    ]
    assert [len(one) for one in joins] == [1, 1]


def test_settings_of_a_member_change_in_its_own_region(bench: Bench) -> None:
    plain = {
        "region": WEST,
        "point_in_time_recovery": True,
        "deletion_protection": True,
        "tags": {"own": "1"},
    }
    bench.apply(spec(plain, tags={"team": "one"}))
    there = table_in(bench, WEST)
    assert there["DeletionProtectionEnabled"] is True
    assert tags_in(bench, WEST) == {"team": "one", "own": "1"}
    changed = {
        "region": WEST,
        "point_in_time_recovery": {"recovery_period_days": 7},
        "table_class": "STANDARD_INFREQUENT_ACCESS",
        "tags": {"own": "2"},
        "propagate_tags": False,
    }
    bench.server.advance(60)
    plan = bench.apply(spec(changed, tags={"team": "one"}))
    assert {one.region for one in plan.operations if one.api != "UpdateTable"} == {WEST}
    assert tags_in(bench, WEST) == {"own": "2"}
    there = table_in(bench, WEST)
    assert there["DeletionProtectionEnabled"] is False
    assert there["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert [one.danger for one in plan.destructive] == ["recovery", "unprotect"]
    bench.apply(spec(WEST))


def test_a_protected_member_is_unprotected_before_it_goes(bench: Bench) -> None:
    bench.apply(spec({"region": WEST, "deletion_protection": True}))
    bench.server.advance(60)
    plan = bench.destroy()
    assert calls(plan) == ["UpdateTable", "UpdateTable", "DeleteTable"]


def test_a_setting_that_fails_does_not_skip_the_rest(bench: Bench) -> None:
    wanted = spec(
        {"region": WEST, "point_in_time_recovery": True, "deletion_protection": True}, tags={"a": "b"}
    )
    bench.server.faults.add(
        FaultRule("access_denied", operation="UpdateContinuousBackups", region=WEST, times=None)
    )
    _, outcome = bench.run(wanted)
    assert len(outcome.failed) == 1
    assert outcome.skipped == ()
    assert tags_in(bench, WEST) == {"a": "b"}
    bench.server.faults.clear()
    assert calls(bench.apply(wanted)) == ["UpdateContinuousBackups"]


def test_a_change_of_key_is_announced(bench: Bench) -> None:
    keys = {region: [_key(bench, region) for _ in range(2)] for region in ("eu-west-1", WEST)}
    base = {"encryption": {"kms_key_arn": keys["eu-west-1"][0]}}
    bench.apply(spec({"region": WEST, "kms_key_arn": keys[WEST][0]}, **base))
    plan = bench.apply(spec({"region": WEST, "kms_key_arn": keys[WEST][1]}, **base))
    (operation,) = plan.operations
    assert operation.region == WEST
    assert keys[WEST][1] in operation.title
    assert plan.changes[0].differences[0].note


def _key(bench: Bench, region: str) -> str:
    return str(bench.client("kms", region).create_key()["KeyMetadata"]["Arn"])


def test_undeclared_replicas_are_shown_and_kept(bench: Bench) -> None:
    bench.apply({"stream": {"view_type": "NEW_AND_OLD_IMAGES"}})
    bench.client("dynamodb").update_table(
        TableName="users", ReplicaUpdates=[{"Create": {"RegionName": WEST}}]
    )
    bench.server.advance(120)
    plan = bench.apply({"stream": {"view_type": "NEW_AND_OLD_IMAGES"}})
    assert [one.address for one in plan.unmanaged] == [f"users/replica/{WEST}"]
    assert regions(bench) == [WEST]


def test_a_foreign_table_in_the_region_is_reported_not_overwritten(bench: Bench) -> None:
    bench.client("dynamodb", WEST).create_table(
        TableName="users",
        AttributeDefinitions=[{"AttributeName": "x", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "x", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    bench.apply({})
    for prepared in (bench.plan, bench.plan):
        with pytest.raises(PlanRefused, match=f"is in {WEST} already"):
            prepared(spec(WEST))
    assert table_in(bench, WEST)["KeySchema"][0]["AttributeName"] == "x"


def test_stream_off_and_replicas_gone_in_one_edit_are_ordered(bench: Bench) -> None:
    bench.apply(spec(WEST))
    plan = bench.apply({})
    assert [one.parameters.get("ReplicaUpdates") is not None for one in plan.operations] == [True, False]
    assert plan.operations[1].parameters["StreamSpecification"] == {"StreamEnabled": False}


def test_indexes_and_ttl_follow(bench: Bench) -> None:
    bench.apply(spec(WEST))
    bench.apply(
        spec(
            WEST,
            attributes={"id": "S", "a": "S"},
            global_secondary_indexes=[{"name": "by-a", "hash_key": "a"}],
            ttl={"attribute": "gone"},
        )
    )
    assert [one["IndexName"] for one in table_in(bench, WEST)["GlobalSecondaryIndexes"]] == ["by-a"]
    expiry = bench.client("dynamodb", WEST).describe_time_to_live(TableName="users")
    assert expiry["TimeToLiveDescription"]["AttributeName"] == "gone"


def test_a_replaced_table_gets_its_replicas_again(bench: Bench) -> None:
    bench.apply(spec(WEST))
    plan = bench.apply(spec(WEST, hash_key="key", attributes={"key": "S"}))
    assert calls(plan)[:4] == ["UpdateTable", "DeleteTable", "CreateTable", "UpdateContinuousBackups"]
    assert table_in(bench, WEST)["KeySchema"][0]["AttributeName"] == "key"


def test_a_strong_group_is_made_and_ended_at_once(bench: Bench) -> None:
    wanted = spec("eu-west-2", multi_region_consistency="STRONG", witness_region="eu-west-3")
    plan = bench.apply(wanted)
    (made,) = [one for one in plan.operations if "ReplicaUpdates" in one.parameters]
    assert made.parameters["MultiRegionConsistency"] == "STRONG"
    table = bench.client("dynamodb").describe_table(TableName="users")["Table"]
    assert table["MultiRegionConsistency"] == "STRONG"
    assert [one["RegionName"] for one in table["GlobalTableWitnesses"]] == ["eu-west-3"]
    with pytest.raises(PlanRefused, match="fixed as it was made"):
        bench.plan(spec("eu-west-2", "eu-west-3", multi_region_consistency="STRONG"))
    with pytest.raises(PlanRefused, match="its consistency"):
        bench.plan(spec("eu-west-2"))
    plan = bench.destroy()
    assert calls(plan) == ["UpdateTable", "DeleteTable"]


def test_replicas_cannot_become_strong(bench: Bench) -> None:
    bench.apply(spec("eu-west-2", "eu-west-3"))
    with pytest.raises(PlanRefused, match="cannot become strongly consistent"):
        bench.plan(spec("eu-west-2", "eu-west-3", multi_region_consistency="STRONG"))


def test_adopted_drifted_and_found_without_a_state(bench: Bench) -> None:
    wanted = spec({"region": WEST, "point_in_time_recovery": True}, tags={"team": "one"})
    bench.apply(wanted)
    bench.forget()
    plan = bench.apply(wanted)
    assert calls(plan) == []
    assert actions(plan)[f"users/replica/{WEST}"] == "adopt"
    exported = bench.exported()
    assert [one["region"] for one in exported["replicas"]] == [WEST]
    bench.client("dynamodb", WEST).update_continuous_backups(
        TableName="users", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    plan = bench.plan(wanted)
    assert [d.path for one in plan.drift for d in one.differences] == ["point_in_time_recovery"]
    bench.apply(wanted)


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "access_denied"])
def test_a_failure_half_way_converges(bench: Bench, nth: int, effect: str) -> None:
    wanted = spec({"region": WEST, "point_in_time_recovery": True}, SOUTH, tags={"team": "one"})
    bench.apply({"stream": {"view_type": "NEW_AND_OLD_IMAGES"}, "tags": {"team": "one"}})
    for pattern in ("Update*", "TagResource"):
        bench.server.faults.add(FaultRule(effect, operation=pattern, nth=nth, times=7))
    bench.run(wanted)
    bench.server.faults.clear()
    bench.apply(wanted)
    assert regions(bench) == sorted([WEST, SOUTH])


def test_an_index_that_others_made_must_be_autoscaled_before_a_replica_comes(bench: Bench) -> None:
    provisioned = {"billing_mode": "PROVISIONED", "read_capacity": 1, "write_capacity": 1}
    index = {"name": "by-a", "hash_key": "a"}
    bench.apply({**provisioned, "attributes": {"id": "S", "a": "S"}, "global_secondary_indexes": [index]})
    bench.forget()
    scaling = {"min": 1, "max": 9}
    ours = {**provisioned, "autoscaling": {"write": scaling, "read": scaling}, **spec(WEST)}
    with pytest.raises(PlanRefused) as refused:
        bench.plan(ours)
    assert [one.code for one in refused.value.findings] == ["DDB474"]
    assert "by-a" in refused.value.message
    target = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/users/index/by-a",
        "ScalableDimension": "dynamodb:index:WriteCapacityUnits",
    }
    client = bench.client("application-autoscaling")
    client.register_scalable_target(**target, MinCapacity=1, MaxCapacity=9)
    client.put_scaling_policy(
        **target,
        PolicyName="theirs",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 70,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"},
        },
    )
    bench.apply(ours)


def test_replicas_are_exported_in_an_order_of_their_own(bench: Bench) -> None:
    """AWS gives them as they came, so one that left and came back would make another spec of the same table."""
    for regions in (("eu-west-2", "eu-west-3"), ("eu-west-3",), ("eu-west-2", "eu-west-3")):
        bench.apply(spec(*regions))
    table = bench.client("dynamodb").describe_table(TableName="users")["Table"]
    assert [one["RegionName"] for one in table["Replicas"]] == ["eu-west-3", "eu-west-2"]
    assert [one["region"] for one in bench.exported()["replicas"]] == ["eu-west-2", "eu-west-3"]
