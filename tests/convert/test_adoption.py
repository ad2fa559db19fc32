"""What a source describes is made by other hands first; the converted spec adopts it, with nothing to send."""

from __future__ import annotations

import json
from typing import Any

from tests.companions.bench import Bench, actions
from tests.convert.converted import conversion, spec_of

ACCOUNT = "123456789012"
ARN = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/"
BACKUP_ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup-worker"


def adopts(bench: Bench, *specs: dict[str, Any]) -> None:
    """The plan only records; applying it sends nothing, and leaves nothing to do."""
    plan = bench.plan(*specs)
    assert not plan.operations, [(one.api, one.parameters) for one in plan.operations]
    assert set(actions(plan).values()) == {"adopt"}
    before = bench.server.requests.since()[-1].number
    bench.apply(*specs)
    assert not bench.server.requests.writes(before)


def wait(bench: Bench, table: str) -> None:
    bench.client("dynamodb").get_waiter("table_exists").wait(
        TableName=table, WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )


def backed_up(
    bench: Bench, name: str, table: str, schedule: str, days: int, rule: str, **windows: int
) -> None:
    """A vault, a plan with one rule, and a selection of one table, all of one name."""
    backup = bench.client("backup")
    backup.create_backup_vault(BackupVaultName=name)
    rules = [
        {
            "RuleName": rule,
            "TargetBackupVaultName": name,
            "ScheduleExpression": schedule,
            "Lifecycle": {"DeleteAfterDays": days},
            **windows,
        }
    ]
    made = backup.create_backup_plan(BackupPlan={"BackupPlanName": name, "Rules": rules})
    selection = {"SelectionName": "theirs", "IamRoleArn": BACKUP_ROLE, "Resources": [f"{ARN}{table}"]}
    backup.create_backup_selection(BackupPlanId=made["BackupPlanId"], BackupSelection=selection)


def orders_as_terraform_makes_them(bench: Bench) -> None:
    """What `terraform/resources.tf` describes."""
    dynamodb = bench.client("dynamodb")
    made = dynamodb.create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("order_id", "created_at", "customer")
        ],
        KeySchema=[
            {"AttributeName": "order_id", "KeyType": "HASH"},
            {"AttributeName": "created_at", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-customer",
                "KeySchema": [
                    {"AttributeName": "customer", "KeyType": "HASH"},
                    {"AttributeName": "created_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "by-customer-local",
                "KeySchema": [
                    {"AttributeName": "order_id", "KeyType": "HASH"},
                    {"AttributeName": "customer", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        SSESpecification={"Enabled": True},
        Tags=[{"Key": "team", "Value": "shop"}],
    )
    wait(bench, "orders")
    dynamodb.update_continuous_backups(
        TableName="orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    dynamodb.update_time_to_live(
        TableName="orders", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"}
    )
    dynamodb.update_contributor_insights(TableName="orders", ContributorInsightsAction="ENABLE")
    item = {"order_id": {"S": "0"}, "created_at": {"S": "2024-01-01"}, "total": {"N": "9.95"}}
    dynamodb.put_item(TableName="orders", Item=item)
    bench.client("lambda").create_event_source_mapping(
        EventSourceArn=made["TableDescription"]["LatestStreamArn"],
        FunctionName="order-worker",
        StartingPosition="LATEST",
        BatchSize=25,
        MaximumBatchingWindowInSeconds=5,
        BisectBatchOnFunctionError=True,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        FilterCriteria={"Filters": [{"Pattern": '{"eventName":["INSERT"]}'}]},
    )
    logs = bench.client("logs")
    logs.create_log_group(logGroupName="/aws/lambda/order-worker")
    logs.put_retention_policy(logGroupName="/aws/lambda/order-worker", retentionInDays=14)
    statement = {
        "Sid": "Read",
        "Effect": "Allow",
        "Action": ["dynamodb:Query", "dynamodb:GetItem"],
        "Resource": [f"{ARN}orders/index/*", f"{ARN}orders"],
    }
    iam = bench.client("iam")
    policy = iam.create_policy(
        PolicyName="orders-read",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    iam.attach_role_policy(RoleName="order-worker", PolicyArn=policy["Policy"]["Arn"])
    windows = {"StartWindowMinutes": 60, "CompletionWindowMinutes": 180}  # the provider's defaults
    backed_up(bench, "orders-nightly", "orders", "cron(0 3 * * ? *)", 35, "nightly", **windows)
    bench.server.advance(120)


def baskets_as_cloudformation_makes_them(bench: Bench) -> None:
    """What `cloudformation/shop.yaml` describes."""
    dynamodb = bench.client("dynamodb")
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    made = dynamodb.create_table(
        TableName="prod-baskets",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("basket", "owner")],
        KeySchema=[{"AttributeName": "basket", "KeyType": "HASH"}],
        ProvisionedThroughput=units,
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-owner",
                "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": units,
            }
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        SSESpecification={"Enabled": True},
        Tags=[{"Key": "environment", "Value": "prod"}, {"Key": "stack", "Value": "shop-prod"}],
    )
    wait(bench, "prod-baskets")
    dynamodb.update_continuous_backups(
        TableName="prod-baskets",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7},
    )
    dynamodb.update_time_to_live(
        TableName="prod-baskets", TimeToLiveSpecification={"Enabled": True, "AttributeName": "gone_at"}
    )
    dynamodb.update_contributor_insights(
        TableName="prod-baskets",
        ContributorInsightsAction="ENABLE",
        ContributorInsightsMode="THROTTLED_KEYS",
    )
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/reader"},
        "Action": "dynamodb:GetItem",
        "Resource": f"{ARN}prod-baskets",
    }
    dynamodb.put_resource_policy(
        ResourceArn=f"{ARN}prod-baskets",
        Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    dimension = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/prod-baskets",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    }
    scaling = bench.client("application-autoscaling")
    scaling.register_scalable_target(**dimension, MinCapacity=5, MaxCapacity=40)
    scaling.put_scaling_policy(
        **dimension,
        PolicyName="reads",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 60.0,
            "ScaleInCooldown": 60,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
        },
    )
    scaling.put_scheduled_action(
        **dimension,
        ScheduledActionName="morning",
        Schedule="cron(0 6 * * ? *)",
        ScalableTargetAction={"MinCapacity": 20},
    )
    bench.client("lambda").create_event_source_mapping(
        EventSourceArn=made["TableDescription"]["LatestStreamArn"],
        FunctionName="basket-watch",
        StartingPosition="TRIM_HORIZON",
        BatchSize=10,
        MaximumRetryAttempts=2,
    )
    backed_up(bench, "baskets", "prod-baskets", "cron(0 4 ? * SUN *)", 90, "weekly")
    bench.server.advance(120)


def test_what_terraform_has_made(surroundings: Bench) -> None:
    orders_as_terraform_makes_them(surroundings)
    adopts(surroundings, spec_of(conversion("terraform/resources.tf")))


def test_what_cloudformation_has_made(surroundings: Bench) -> None:
    baskets_as_cloudformation_makes_them(surroundings)
    adopts(surroundings, spec_of(conversion("cloudformation/shop.yaml")))
