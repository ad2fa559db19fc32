"""A table in a sandbox, and the calls of Application Auto Scaling that its tests make most."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from dynaops.sandbox import Sandbox

READS = "dynamodb:table:ReadCapacityUnits"
WRITES = "dynamodb:table:WriteCapacityUnits"
INDEX_WRITES = "dynamodb:index:WriteCapacityUnits"
TABLE: dict[str, Any] = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/orders",
    "ScalableDimension": READS,
}
INDEX: dict[str, Any] = {**TABLE, "ResourceId": "table/orders/index/by-a", "ScalableDimension": INDEX_WRITES}
ROLE = (
    "arn:aws:iam::123456789012:role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
)


class Desk:
    """One table in a sandbox, and the calls that the tests make most."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.dynamodb = sandbox.client("dynamodb")
        self.scaling = sandbox.client("application-autoscaling")

    def create(self, read: int = 5, write: int = 5) -> None:
        units = {"ReadCapacityUnits": read, "WriteCapacityUnits": write}
        self.dynamodb.create_table(
            TableName="orders",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("a", "pk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            ProvisionedThroughput=units,
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by-a",
                    "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                    "ProvisionedThroughput": units,
                }
            ],
        )
        self.pass_time(60)

    def pass_time(self, seconds: int) -> None:
        for _ in range(seconds):
            self.sandbox.advance(1)

    def register(self, least: int = 1, most: int = 10, **more: Any) -> str:
        where = {**TABLE, **more}
        arn: str = self.scaling.register_scalable_target(**where, MinCapacity=least, MaxCapacity=most)[
            "ScalableTargetARN"
        ]
        return arn

    def put_policy(self, name: str = "p", percent: float = 70.0, **more: Any) -> dict[str, Any]:
        metric = "Read" if more.get("ScalableDimension", READS).endswith("ReadCapacityUnits") else "Write"
        configuration = more.pop("Configuration", None) or {
            "TargetValue": percent,
            "PredefinedMetricSpecification": {"PredefinedMetricType": f"DynamoDB{metric}CapacityUtilization"},
        }
        answer: dict[str, Any] = self.scaling.put_scaling_policy(
            **{**TABLE, "PolicyType": "TargetTrackingScaling", **more},
            PolicyName=name,
            TargetTrackingScalingPolicyConfiguration=configuration,
        )
        return answer

    def targets(self, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.scaling.describe_scalable_targets(
            ServiceNamespace="dynamodb", **query
        )["ScalableTargets"]
        return found

    def policies(self) -> list[str]:
        found = self.scaling.describe_scaling_policies(ServiceNamespace="dynamodb")["ScalingPolicies"]
        return [each["PolicyName"] for each in found]

    def activities(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.scaling.describe_scaling_activities(ServiceNamespace="dynamodb")[
            "ScalingActivities"
        ]
        return found

    def units(self) -> tuple[int, int]:
        shown = self.dynamodb.describe_table(TableName="orders")["Table"]["ProvisionedThroughput"]
        return shown["ReadCapacityUnits"], shown["WriteCapacityUnits"]


def refused(call: Any, code: str, text: str) -> None:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    assert (error["Code"], text in error["Message"]) == (code, True), error
