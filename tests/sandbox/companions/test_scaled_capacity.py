"""What Application Auto Scaling does to tables: capacity within bounds, and global tables' regions."""

from __future__ import annotations

from typing import Any

import pytest

from dynaops.sandbox import Sandbox
from tests.sandbox.companions.scaling_desk import INDEX, ROLE, TABLE, WRITES, Desk, refused


@pytest.fixture
def desk(sandbox: Sandbox) -> Desk:
    made = Desk(sandbox)
    made.create()
    return made


class TestCapacity:
    """DDB-TABLE-195, 314, 315."""

    def test_a_higher_minimum_raises_the_table(self, desk: Desk) -> None:
        desk.register(8, 20)
        desk.pass_time(3)
        assert desk.units() == (5, 5)
        desk.pass_time(3)
        assert desk.units() == (8, 5)
        (activity,) = desk.activities()
        assert activity["StatusCode"] == "InProgress"
        desk.pass_time(4)
        (activity,) = desk.activities()
        assert (activity["Description"], activity["Cause"], activity["StatusCode"]) == (
            "Setting read capacity units to 8.",
            "minimum capacity was set to 8",
            "Successful",
        )
        assert activity["StatusMessage"] == (
            "Successfully set read capacity units to 8. Change successfully fulfilled by dynamodb."
        )
        assert activity["EndTime"] > activity["StartTime"]

    def test_a_lower_maximum_cuts_it(self, desk: Desk) -> None:
        desk.register(1, 3)
        desk.pass_time(10)
        assert desk.units() == (3, 5)
        assert desk.activities()[0]["Cause"] == "maximum capacity was set to 3"

    def test_both_dimensions_one_after_the_other(self, desk: Desk) -> None:
        desk.register(8, 20)
        desk.register(9, 20, ScalableDimension=WRITES)
        desk.pass_time(20)
        assert desk.units() == (8, 9)
        assert {each["StatusCode"] for each in desk.activities()} == {"Successful"}

    def test_an_index(self, desk: Desk) -> None:
        desk.register(8, 20, **INDEX)
        desk.pass_time(10)
        (index,) = desk.dynamodb.describe_table(TableName="orders")["Table"]["GlobalSecondaryIndexes"]
        assert index["ProvisionedThroughput"]["WriteCapacityUnits"] == 8
        assert index["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
        assert desk.activities()[0]["ResourceId"] == "table/orders/index/by-a"

    def test_only_registering_looks_at_it(self, desk: Desk) -> None:
        desk.register(4, 20)
        desk.pass_time(10)
        desk.dynamodb.update_table(
            TableName="orders", ProvisionedThroughput={"ReadCapacityUnits": 2, "WriteCapacityUnits": 5}
        )
        desk.pass_time(60)
        assert desk.units() == (2, 5)
        assert desk.activities() == []
        desk.scaling.register_scalable_target(**TABLE)
        desk.pass_time(10)
        assert desk.units() == (4, 5)

    def test_on_demand_has_nothing_to_scale(self, desk: Desk) -> None:
        desk.dynamodb.update_table(TableName="orders", BillingMode="PAY_PER_REQUEST")
        desk.pass_time(130)
        desk.register(8, 20)
        desk.pass_time(10)
        assert (desk.units(), desk.activities()) == ((0, 0), [])

    def test_a_change_that_dynamodb_refuses_is_told(self, desk: Desk) -> None:
        desk.register(50_000, 60_000)
        desk.pass_time(10)
        (activity,) = desk.activities()
        assert activity["StatusCode"] == "Failed"
        assert "above the per table maximum" in activity["StatusMessage"]
        assert desk.units() == (5, 5)

    def test_its_calls_are_not_the_users(self, desk: Desk) -> None:
        desk.sandbox.requests.clear()
        desk.register(8, 20)
        desk.pass_time(10)
        assert [one.operation for one in desk.sandbox.requests.writes()] == ["RegisterScalableTarget"]


class TestGlobalTables:
    AWAY = "eu-west-1"

    def replicate(self, desk: Desk) -> None:
        desk.register(1, 10, ScalableDimension=WRITES)
        desk.put_policy("custom", 55.0, ScalableDimension=WRITES)
        desk.register(1, 10, **INDEX)
        desk.put_policy(**INDEX)
        desk.dynamodb.update_table(TableName="orders", ReplicaUpdates=[{"Create": {"RegionName": self.AWAY}}])
        desk.pass_time(40)

    def away(self, desk: Desk, **query: Any) -> list[tuple[str, int, int]]:
        found = desk.sandbox.client("application-autoscaling", self.AWAY).describe_scalable_targets(
            ServiceNamespace="dynamodb", **query
        )["ScalableTargets"]
        return [(each["ResourceId"], each["MinCapacity"], each["MaxCapacity"]) for each in found]

    def test_a_replica_gets_the_write_targets(self, desk: Desk) -> None:
        """DDB-TABLE-288, 292; they stay behind when it goes."""
        self.replicate(desk)
        assert self.away(desk) == [("table/orders", 1, 10), ("table/orders/index/by-a", 1, 10)]
        policies = desk.sandbox.client("application-autoscaling", self.AWAY).describe_scaling_policies(
            ServiceNamespace="dynamodb"
        )["ScalingPolicies"]
        assert [each["PolicyName"] for each in policies] == ["custom", "p"]

    def test_a_new_index_is_scaled_in_all_regions(self, desk: Desk) -> None:
        """DDB-TABLE-322."""
        self.replicate(desk)
        desk.dynamodb.update_table(
            TableName="orders",
            AttributeDefinitions=[{"AttributeName": "b", "AttributeType": "S"}],
            GlobalSecondaryIndexUpdates=[
                {
                    "Create": {
                        "IndexName": "by-b",
                        "KeySchema": [{"AttributeName": "b", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "ALL"},
                        "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
                    }
                }
            ],
        )
        index = ("table/orders/index/by-b", 1, 10)
        assert index in self.away(desk)
        assert index[0] in [each["ResourceId"] for each in desk.targets()]

    def test_dynamodbs_view_is_the_same_thing(self, desk: Desk) -> None:
        """DDB-TABLE-189, 193, 195, 237, 240."""
        self.replicate(desk)
        shown = self.view(desk)
        assert [each["RegionName"] for each in shown] == ["eu-west-1", "us-east-1"]
        for replica in shown:
            assert replica["ReplicaProvisionedReadCapacityAutoScalingSettings"] == {
                "AutoScalingDisabled": True,
                "ScalingPolicies": [],
            }
            assert replica["ReplicaProvisionedWriteCapacityAutoScalingSettings"] == {
                "MinimumUnits": 1,
                "MaximumUnits": 10,
                "AutoScalingRoleArn": ROLE,
                "ScalingPolicies": [
                    {
                        "PolicyName": "custom",
                        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 55.0},
                    }
                ],
            }
        tracking = {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 60.0}}
        settings = {"MinimumUnits": 2, "MaximumUnits": 9, "ScalingPolicyUpdate": tracking}
        desk.dynamodb.update_table_replica_auto_scaling(
            TableName="orders",
            ProvisionedWriteCapacityAutoScalingUpdate=settings,
            ReplicaUpdates=[
                {"RegionName": self.AWAY, "ReplicaProvisionedReadCapacityAutoScalingUpdate": settings}
            ],
        )
        assert self.away(desk, ResourceIds=["table/orders"]) == [("table/orders", 2, 9)] * 2
        assert desk.policies() == ["DynamoDBWriteCapacityUtilization:table/orders", "p"]

    def test_switching_it_off_deregisters(self, desk: Desk) -> None:
        """DDB-TABLE-242, 290: in both regions."""
        self.replicate(desk)
        desk.dynamodb.update_table_replica_auto_scaling(
            TableName="orders", ProvisionedWriteCapacityAutoScalingUpdate={"AutoScalingDisabled": True}
        )
        assert [each["ResourceId"] for each in desk.targets()] == ["table/orders/index/by-a"]
        assert self.away(desk) == [("table/orders/index/by-a", 1, 10)]

    @pytest.mark.parametrize(
        ("given", "text"),
        [
            ({"MinimumUnits": 1, "MaximumUnits": 2}, "Parameters 'ScalingPolicyUpdate' are required unless"),
            (
                {"ScalingPolicyUpdate": {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 60.0}}},
                "Parameters 'MaximumUnits', 'MinimumUnits' are required unless auto scaling is being disabled.",
            ),
            ({"AutoScalingDisabled": True, "MinimumUnits": 1}, "'MinimumUnits'"),
        ],
    )
    def test_only_whole_settings(self, desk: Desk, given: dict[str, Any], text: str) -> None:
        """DDB-TABLE-241."""
        self.replicate(desk)
        refused(
            lambda: desk.dynamodb.update_table_replica_auto_scaling(
                TableName="orders", ProvisionedWriteCapacityAutoScalingUpdate=given
            ),
            "ValidationException",
            text,
        )

    def test_an_unknown_index(self, desk: Desk) -> None:
        self.replicate(desk)
        off = {
            "IndexName": "nope",
            "ProvisionedWriteCapacityAutoScalingUpdate": {"AutoScalingDisabled": True},
        }
        refused(
            lambda: desk.dynamodb.update_table_replica_auto_scaling(
                TableName="orders", GlobalSecondaryIndexUpdates=[off]
            ),
            "ResourceNotFoundException",
            "indexes with names: ‘[nope]’ do not exist.",
        )

    def view(self, desk: Desk) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = desk.dynamodb.describe_table_replica_auto_scaling(TableName="orders")[
            "TableAutoScalingDescription"
        ]["Replicas"]
        return found
