"""Answers of the AWS CLI about a table and what is around it (DynamoDB, Lambda, Application Auto Scaling API)."""

from __future__ import annotations

from typing import Any

_ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/users"
_KEYS = [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}]
_SCALED = {"ResourceId": "table/users", "ScalableDimension": "dynamodb:table:ReadCapacityUnits"}
DESCRIPTIONS: list[dict[str, Any]] = [
    {
        "Table": {
            "TableName": "users",
            "TableArn": _ARN,
            "TableStatus": "ACTIVE",
            "AttributeDefinitions": [
                {"AttributeName": "id", "AttributeType": "S"},
                {"AttributeName": "n", "AttributeType": "N"},
            ],
            "KeySchema": _KEYS,
            "ProvisionedThroughput": {
                "ReadCapacityUnits": 5,
                "WriteCapacityUnits": 5,
                "NumberOfDecreasesToday": 0,
            },
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "by-n",
                    "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]},
                    "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
                }
            ],
            "LocalSecondaryIndexes": [
                {"IndexName": "local", "KeySchema": _KEYS, "Projection": {"ProjectionType": "ALL"}}
            ],
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
            "SSEDescription": {
                "Status": "ENABLED",
                "SSEType": "KMS",
                "KMSMasterKeyArn": "arn:aws:kms:a:1:key/a",
            },
            "Replicas": [{"RegionName": "us-east-1", "ReplicaStatus": "ACTIVE"}],
            "DeletionProtectionEnabled": False,
        }
    },
    {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "gone"}},
    {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": {
                "PointInTimeRecoveryStatus": "ENABLED",
                "RecoveryPeriodInDays": 35,
            },
        }
    },
    {"Tags": [{"Key": "team", "Value": "one"}]},
    {"Policy": '{"Version": "2012-10-17", "Statement": []}', "RevisionId": "1"},
    {"ScalableTargets": [{**_SCALED, "MinCapacity": 5, "MaxCapacity": 50}]},
    {"ScalingPolicies": [{**_SCALED, "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70.0}}]},
    {"ScheduledActions": [{**_SCALED, "ScheduledActionName": "n", "Schedule": "rate(1 day)"}]},
    {
        "EventSourceMappings": [
            {
                "EventSourceArn": f"{_ARN}/stream/2026-11-25T00:00:00.000",
                "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:worker",
                "State": "Enabled",
                "BatchSize": 100,
            }
        ]
    },
]
