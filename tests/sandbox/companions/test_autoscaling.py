"""Application Auto Scaling of DynamoDB: targets, policies, scheduled actions, tags, and their rules."""

from __future__ import annotations

from typing import Any

import pytest

from dynaops.sandbox import Sandbox
from tests.sandbox.companions.scaling_desk import (
    INDEX,
    INDEX_WRITES,
    READS,
    ROLE,
    TABLE,
    WRITES,
    Desk,
    refused,
)


@pytest.fixture
def desk(sandbox: Sandbox) -> Desk:
    made = Desk(sandbox)
    made.create()
    return made


class TestTargets:
    def test_register_and_describe(self, desk: Desk) -> None:
        arn = desk.register(2, 20, Tags={"team": "a"}, RoleARN="arn:aws:iam::123456789012:role/other")
        (target,) = desk.targets()
        created = target.pop("CreationTime").timestamp()
        assert created == pytest.approx(desk.sandbox.clock.now(), abs=0.01)
        assert target == {
            "ServiceNamespace": "dynamodb",
            "ResourceId": "table/orders",
            "ScalableDimension": READS,
            "MinCapacity": 2,
            "MaxCapacity": 20,
            "RoleARN": ROLE,
            "SuspendedState": {
                "DynamicScalingInSuspended": False,
                "DynamicScalingOutSuspended": False,
                "ScheduledScalingSuspended": False,
            },
            "ScalableTargetARN": arn,
        }
        roles = [role["RoleName"] for role in desk.sandbox.client("iam").list_roles()["Roles"]]
        assert roles == ["AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"]

    def test_registering_again_changes_only_what_is_given(self, desk: Desk) -> None:
        first = desk.register(2, 20)
        again = desk.scaling.register_scalable_target(**TABLE, MaxCapacity=30)["ScalableTargetARN"]
        desk.scaling.register_scalable_target(**TABLE, SuspendedState={"DynamicScalingInSuspended": True})
        (target,) = desk.targets()
        assert (target["MinCapacity"], target["MaxCapacity"], again) == (2, 30, first)
        assert target["SuspendedState"]["DynamicScalingInSuspended"] is True
        assert target["SuspendedState"]["DynamicScalingOutSuspended"] is False

    @pytest.mark.parametrize(
        ("given", "text"),
        [
            ({"MinCapacity": 9, "MaxCapacity": 3}, "Maximum capacity cannot be less than minimum capacity"),
            ({"MinCapacity": 0, "MaxCapacity": 3}, "Minimum capacity must be greater than or equal to 1"),
            ({"MinCapacity": 1}, "must be specified when registering"),
            ({"ResourceId": "table/none"}, "DynamoDB table does not exist: table/none"),
            (
                {"ResourceId": "table/orders/index/no", "ScalableDimension": INDEX_WRITES},
                "DynamoDB index does not exist: table/orders/index/no",
            ),
            ({"ScalableDimension": INDEX_WRITES}, "Unsupported service namespace, resource type or scalable"),
            ({"ResourceId": "orders"}, "Unsupported service namespace, resource type or scalable dimension"),
            ({"ScalableDimension": "dynamodb:table:Units"}, "failed to satisfy constraint"),
            ({"Tags": {"aws:x": "1"}}, "reserved"),
        ],
    )
    def test_refused(self, desk: Desk, given: dict[str, Any], text: str) -> None:
        body = {**TABLE, "MinCapacity": 1, "MaxCapacity": 10, **given}
        if given == {"MinCapacity": 1}:
            del body["MaxCapacity"]
        refused(lambda: desk.scaling.register_scalable_target(**body), "ValidationException", text)
        assert desk.targets() == []

    def test_a_partial_change_keeps_the_bounds_in_order(self, desk: Desk) -> None:
        desk.register(2, 20)
        refused(
            lambda: desk.scaling.register_scalable_target(**TABLE, MinCapacity=21),
            "ValidationException",
            "Maximum capacity cannot be less",
        )

    def test_filters_and_pages(self, desk: Desk) -> None:
        desk.register()
        desk.register(ScalableDimension=WRITES)
        desk.register(**INDEX)
        assert len(desk.targets(ResourceIds=["table/orders"])) == 2
        assert len(desk.targets(ResourceIds=["table/orders"], ScalableDimension=WRITES)) == 1
        refused(
            lambda: desk.targets(ScalableDimension=WRITES), "ValidationException", "also specify a resource"
        )
        pages = desk.scaling.get_paginator("describe_scalable_targets").paginate(
            ServiceNamespace="dynamodb", PaginationConfig={"PageSize": 2}
        )
        assert [len(page["ScalableTargets"]) for page in pages] == [2, 1]

    def test_deregistering_takes_policies_schedules_and_alarms_along(self, desk: Desk) -> None:
        cloudwatch = desk.sandbox.client("cloudwatch")
        desk.register()
        desk.put_policy()
        desk.scaling.put_scheduled_action(
            **TABLE,
            ScheduledActionName="s",
            Schedule="rate(1 day)",
            ScalableTargetAction={"MinCapacity": 1},
        )
        assert len(cloudwatch.describe_alarms()["MetricAlarms"]) == 4
        desk.scaling.deregister_scalable_target(**TABLE)
        desk.register()
        assert desk.policies() == []
        assert desk.scaling.describe_scheduled_actions(ServiceNamespace="dynamodb")["ScheduledActions"] == []
        assert cloudwatch.describe_alarms()["MetricAlarms"] == []

    def test_deregistering_what_is_not_there(self, desk: Desk) -> None:
        refused(
            lambda: desk.scaling.deregister_scalable_target(**TABLE),
            "ObjectNotFoundException",
            "No scalable target found for service namespace: dynamodb, resource ID: table/orders, "
            "scalable dimension: dynamodb:table:ReadCapacityUnits",
        )

    def test_targets_outlive_their_table_and_its_mode(self, desk: Desk) -> None:
        """DDB-TABLE-194, 317, 323."""
        desk.register()
        desk.register(**INDEX)
        desk.dynamodb.update_table(TableName="orders", BillingMode="PAY_PER_REQUEST")
        desk.pass_time(130)
        desk.dynamodb.update_table(
            TableName="orders", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-a"}}]
        )
        desk.pass_time(10)
        desk.dynamodb.delete_table(TableName="orders")
        desk.pass_time(15)
        assert len(desk.targets()) == 2
        desk.scaling.deregister_scalable_target(**INDEX)
        assert [each["ScalableDimension"] for each in desk.targets()] == [READS]

    def test_tags(self, desk: Desk) -> None:
        arn = desk.register(Tags={"a": "1"})
        desk.scaling.tag_resource(ResourceARN=arn, Tags={"a": "2", "b": "3"})
        assert desk.scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"a": "2", "b": "3"}
        desk.scaling.untag_resource(ResourceARN=arn, TagKeys=["a", "other"])
        assert desk.scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"b": "3"}
        refused(
            lambda: desk.scaling.list_tags_for_resource(ResourceARN=arn[:-1] + "x"),
            "ResourceNotFoundException",
            "doesn't exist",
        )
        many = {f"k{number}": "" for number in range(50)}
        refused(
            lambda: desk.scaling.tag_resource(ResourceARN=arn, Tags=many),
            "TooManyTagsException",
            "at most 50",
        )

    def test_other_services_targets_are_motos(self, desk: Desk) -> None:
        where = {
            "ServiceNamespace": "lambda",
            "ResourceId": "function:f:1",
            "ScalableDimension": "lambda:function:ProvisionedConcurrency",
        }
        desk.scaling.register_scalable_target(**where, MinCapacity=0, MaxCapacity=2)
        found = desk.scaling.describe_scalable_targets(ServiceNamespace="lambda")["ScalableTargets"]
        assert [each["ResourceId"] for each in found] == ["function:f:1"]
        assert desk.targets() == []


class TestPolicies:
    def test_put_describe_delete(self, desk: Desk) -> None:
        desk.register()
        configuration = {
            "TargetValue": 55.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
            "ScaleOutCooldown": 0,
            "ScaleInCooldown": 120,
            "DisableScaleIn": True,
        }
        answer = desk.put_policy(Configuration=configuration)
        assert [each["AlarmName"].rsplit("-", 6)[1] for each in answer["Alarms"]] == [
            "AlarmHigh",
            "AlarmLow",
            "ProvisionedCapacityHigh",
            "ProvisionedCapacityLow",
        ]
        assert answer["PolicyARN"].endswith(":resource/dynamodb/table/orders:policyName/p")
        (shown,) = desk.scaling.describe_scaling_policies(
            ServiceNamespace="dynamodb", ResourceId="table/orders", PolicyNames=["p"]
        )["ScalingPolicies"]
        assert shown["TargetTrackingScalingPolicyConfiguration"] == configuration
        assert (shown["PolicyARN"], shown["Alarms"]) == (answer["PolicyARN"], answer["Alarms"])
        desk.scaling.delete_scaling_policy(**TABLE, PolicyName="p")
        assert desk.policies() == []
        assert desk.sandbox.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
        refused(
            lambda: desk.scaling.delete_scaling_policy(**TABLE, PolicyName="p"),
            "ObjectNotFoundException",
            "No scaling policy found for service namespace: dynamodb, resource ID: table/orders",
        )

    def test_its_alarms_watch_the_table(self, desk: Desk) -> None:
        """DDB-TABLE-314: 70 % of 5 units for a minute is 210, 20 points below is 150."""
        desk.register()
        desk.put_policy()
        alarms = desk.sandbox.client("cloudwatch").describe_alarms()["MetricAlarms"]
        told = {one["AlarmName"].rsplit("-", 6)[1]: (one["MetricName"], one["Threshold"]) for one in alarms}
        assert told == {
            "AlarmHigh": ("ConsumedReadCapacityUnits", 210.0),
            "AlarmLow": ("ConsumedReadCapacityUnits", 150.0),
            "ProvisionedCapacityHigh": ("ProvisionedReadCapacityUnits", 5.0),
            "ProvisionedCapacityLow": ("ProvisionedReadCapacityUnits", 5.0),
        }

    def test_the_name_is_the_policy(self, desk: Desk) -> None:
        """DDB-TABLE-240."""
        desk.register()
        first = desk.put_policy()
        assert desk.put_policy()["Alarms"] == first["Alarms"]
        changed = desk.put_policy(percent=50.0)
        assert changed["PolicyARN"] == first["PolicyARN"]
        assert desk.policies() == ["p"]

    @pytest.mark.parametrize(
        ("more", "text"),
        [
            ({"percent": 19.0}, "between 20 and 90"),
            ({"percent": 91.0}, "between 20 and 90"),
            ({"PolicyType": "StepScaling"}, "not supported"),
            ({"Configuration": {"TargetValue": 50.0}}, "PredefinedMetricSpecification"),
            (
                {
                    "Configuration": {
                        "TargetValue": 50.0,
                        "PredefinedMetricSpecification": {
                            "PredefinedMetricType": "DynamoDBWriteCapacityUtilization"
                        },
                    }
                },
                "does not go with",
            ),
            ({"name": "q"}, "Only one TargetTrackingScaling policy for a given metric specification"),
        ],
    )
    def test_refused(self, desk: Desk, more: dict[str, Any], text: str) -> None:
        desk.register()
        if "name" in more:
            desk.put_policy("p")
        refused(lambda: desk.put_policy(**more), "ValidationException", text)

    def test_needs_a_target(self, desk: Desk) -> None:
        refused(
            desk.put_policy,
            "ObjectNotFoundException",
            "No scalable target registered for service namespace: dynamodb, resource ID: table/orders, "
            "scalable dimension: dynamodb:table:ReadCapacityUnits",
        )


class TestSchedules:
    def put(self, desk: Desk, **more: Any) -> None:
        given = {"Schedule": "cron(0 6 ? * MON-FRI *)", "ScalableTargetAction": {"MinCapacity": 5}, **more}
        desk.scaling.put_scheduled_action(**TABLE, ScheduledActionName="s", **given)

    def shown(self, desk: Desk) -> dict[str, Any]:
        (found,) = desk.scaling.describe_scheduled_actions(ServiceNamespace="dynamodb")["ScheduledActions"]
        return dict(found)

    def test_put_change_delete(self, desk: Desk) -> None:
        desk.register()
        self.put(desk, Timezone="Europe/Berlin", StartTime=1_800_000_000)
        first = self.shown(desk)
        assert first["Schedule"] == "cron(0 6 ? * MON-FRI *)"
        assert first["StartTime"].timestamp() == 1_800_000_000
        desk.scaling.put_scheduled_action(
            **TABLE, ScheduledActionName="s", Schedule="at(2027-01-01T00:00:00)"
        )
        changed = self.shown(desk)
        assert "StartTime" not in changed
        assert (changed["Timezone"], changed["ScalableTargetAction"]) == ("Europe/Berlin", {"MinCapacity": 5})
        assert changed["ScheduledActionARN"] == first["ScheduledActionARN"]
        desk.scaling.delete_scheduled_action(**TABLE, ScheduledActionName="s")
        refused(
            lambda: desk.scaling.delete_scheduled_action(**TABLE, ScheduledActionName="s"),
            "ObjectNotFoundException",
            "No scheduled action found",
        )

    @pytest.mark.parametrize(
        "expression",
        [
            "rate(1 minute)",
            "rate(7 days)",
            "cron(0/15 8-18 * * ? 2027,2028)",
            "cron(0 0 L * ? *)",
            "cron(0 0 ? JAN-MAR FRI#2 *)",
        ],
    )
    def test_accepted(self, desk: Desk, expression: str) -> None:
        desk.register()
        self.put(desk, Schedule=expression)
        assert self.shown(desk)["Schedule"] == expression

    @pytest.mark.parametrize(
        "expression",
        [
            "every day",
            "rate(1 days)",
            "rate(0 days)",
            "rate(2 weeks)",
            "at(2027-13-01T00:00:00)",
            "at(2027-01-01T00:00)",
            "cron(0 6 * * *)",
            "cron(0 6 * * * *)",
            "cron(60 6 ? * MON *)",
            "cron(0 6 ? * MON * *)",
            "cron(0 6 ? * FUN *)",
            "cron(0 6 ? * MON *",
        ],
    )
    def test_no_schedule(self, desk: Desk, expression: str) -> None:
        desk.register()
        refused(lambda: self.put(desk, Schedule=expression), "ValidationException", "Schedule expression")

    @pytest.mark.parametrize(
        ("more", "text"),
        [
            ({"Timezone": "Europe/Nowhere"}, "Invalid timezone"),
            ({"ScalableTargetAction": {}}, "At least one of minimum capacity and maximum capacity should be"),
            ({"ScalableTargetAction": {"MinCapacity": 5, "MaxCapacity": 1}}, "cannot be less than"),
            ({"StartTime": 1_800_000_000, "EndTime": 1_700_000_000}, "End time must be after"),
        ],
    )
    def test_refused(self, desk: Desk, more: dict[str, Any], text: str) -> None:
        desk.register()
        refused(lambda: self.put(desk, **more), "ValidationException", text)

    def test_needs_a_target(self, desk: Desk) -> None:
        refused(lambda: self.put(desk), "ObjectNotFoundException", "No scalable target registered")
