"""What surrounds the tables survives the sandbox's stop and start, too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dynaops.sandbox import SandboxServer
from tests.sandbox.companions.functions import let_read_streams, make_function

POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}],
    }
)
AWS_POLICY = "arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole"
TARGET: dict[str, Any] = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/orders",
    "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
}


def fill_lambda(server: SandboxServer) -> None:
    """A function with an alias, and its role with an inline policy, one of ours and one of AWS's."""
    _, role = make_function(server.client, "worker", Publish=True)
    server.client("lambda").create_alias(FunctionName="worker", Name="live", FunctionVersion="1")
    let_read_streams(server.client, role)
    iam = server.client("iam")
    policy = iam.create_policy(PolicyName="orders", PolicyDocument=POLICY)["Policy"]["Arn"]
    for arn in (policy, AWS_POLICY):
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)


def fill_scaling(server: SandboxServer) -> None:
    server.client("dynamodb").create_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )
    server.advance(30)
    scaling = server.client("application-autoscaling")
    scaling.register_scalable_target(**TARGET, MinCapacity=8, MaxCapacity=20)
    scaling.put_scaling_policy(
        **TARGET,
        PolicyName="reads",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 70.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
        },
    )


def fill_streams(server: SandboxServer) -> None:
    logs = server.client("logs")
    logs.create_log_group(logGroupName="group")
    logs.put_retention_policy(logGroupName="group", retentionInDays=7)
    kinesis = server.client("kinesis")
    kinesis.create_stream(StreamName="changes", ShardCount=1)
    kinesis.put_record(StreamName="changes", Data=b"one", PartitionKey="k")


def test_stop_and_start(tmp_path: Path) -> None:
    with SandboxServer(speed=0, data_dir=tmp_path) as server:
        fill_lambda(server)
        fill_scaling(server)
        fill_streams(server)
    with SandboxServer(speed=0, data_dir=tmp_path) as server:
        check_iam(server)
        check_lambda(server)
        check_scaling(server)
        check_streams(server)


def check_iam(server: SandboxServer) -> None:
    iam = server.client("iam")
    attached = iam.list_attached_role_policies(RoleName="worker-role")["AttachedPolicies"]
    assert [one["PolicyName"] for one in attached] == ["AWSLambdaDynamoDBExecutionRole", "orders"]
    iam.detach_role_policy(RoleName="worker-role", PolicyArn=attached[1]["PolicyArn"])
    iam.delete_policy(PolicyArn=attached[1]["PolicyArn"])


def check_lambda(server: SandboxServer) -> None:
    functions = server.client("lambda")
    assert functions.get_function(FunctionName="worker")["Configuration"]["Runtime"] == "python3.12"
    assert functions.get_alias(FunctionName="worker", Name="live")["FunctionVersion"] == "1"
    functions.create_alias(FunctionName="worker", Name="next", FunctionVersion="1")


def check_scaling(server: SandboxServer) -> None:
    scaling = server.client("application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (8, 20)
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="dynamodb")["ScalingPolicies"]
    alarms = server.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {one["AlarmName"] for one in alarms} == {one["AlarmName"] for one in policy["Alarms"]}
    server.advance(10)
    server.advance(10)
    shown = server.client("dynamodb").describe_table(TableName="orders")["Table"]
    assert shown["ProvisionedThroughput"]["ReadCapacityUnits"] == 8


def check_streams(server: SandboxServer) -> None:
    (group,) = server.client("logs").describe_log_groups()["logGroups"]
    assert group["retentionInDays"] == 7
    kinesis = server.client("kinesis")
    shard = kinesis.list_shards(StreamName="changes")["Shards"][0]["ShardId"]
    start = kinesis.get_shard_iterator(StreamName="changes", ShardId=shard, ShardIteratorType="TRIM_HORIZON")[
        "ShardIterator"
    ]
    assert [one["Data"] for one in kinesis.get_records(ShardIterator=start)["Records"]] == [b"one"]
