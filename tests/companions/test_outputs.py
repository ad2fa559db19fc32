"""Outputs are what AWS says, for every kind around a table."""

from __future__ import annotations

from typing import Any

from dynaops.engine import outputs
from tests.companions.bench import REGION, Bench
from tests.companions.functions import make_function

SPEC: dict[str, Any] = {
    "range_key": "at",
    "attributes": {"id": "S", "at": "S", "mail": "S"},
    "global_secondary_indexes": [{"name": "by-mail", "hash_key": "mail"}],
    "local_secondary_indexes": [{"name": "by-mail-too", "range_key": "mail"}],
    "ttl": {"attribute": "gone"},
    "lambda_triggers": [{"function": "worker"}],
    "iam": {"lambda_access": True, "read_only": {"name": "reader"}},
    "log_group": {"name": "/aws/lambda/worker"},
    "replicas": [{"region": "us-east-1"}],
    "backup": {"daily": {"retention_days": 7}},
    "billing_mode": "PROVISIONED",
    "read_capacity": 5,
    "write_capacity": 5,
    "autoscaling": {"write": {"min": 5, "max": 9}, "indexes": "all"},
    "kinesis": {"stream_arn": "arn:aws:kinesis:eu-west-1:123456789012:stream/changes"},
}


def test_outputs_are_what_aws_says(bench: Bench) -> None:
    make_function(bench, "worker")
    bench.client("kinesis").create_stream(StreamName="changes", ShardCount=1)
    bench.apply(SPEC)
    found = outputs.of(bench.state)["users"]
    table = bench.client("dynamodb").describe_table(TableName="users")["Table"]
    assert found["table_arn"] == table["TableArn"]
    assert found["table_id"] == table["TableId"]
    assert found["stream_arn"] == table["LatestStreamArn"]
    assert found["stream_label"] == table["LatestStreamLabel"]
    assert found["region"] == REGION
    assert found["index_arns"] == {
        one["IndexName"]: one["IndexArn"]
        for one in [*table["GlobalSecondaryIndexes"], *table["LocalSecondaryIndexes"]]
    }
    mapping = bench.client("lambda").list_event_source_mappings()["EventSourceMappings"][0]
    assert found["triggers"]["worker"] == {
        "mapping_id": mapping["UUID"],
        "function_arn": mapping["FunctionArn"],
    }
    policies = {one["Arn"] for one in bench.client("iam").list_policies(Scope="Local")["Policies"]}
    assert set(found["policy_arns"].values()) == policies
    group = bench.client("logs").describe_log_groups()["logGroups"][0]
    assert found["log_group_arn"] == group["logGroupArn"].removesuffix(":*")
    assert found["replica_regions"] == ["us-east-1"]
    replica = bench.client("dynamodb", "us-east-1").describe_table(TableName="users")["Table"]
    assert found["replica_arns"] == {"us-east-1": replica["TableArn"]}
    backup = bench.client("backup")
    plan = backup.list_backup_plans()["BackupPlansList"][0]
    assert found["backup"]["plan_id"] == plan["BackupPlanId"]
    assert found["backup"]["plan_arn"] == plan["BackupPlanArn"]
    assert (
        found["backup"]["vault_name"] == backup.list_backup_vaults()["BackupVaultList"][0]["BackupVaultName"]
    )
    selection = backup.list_backup_selections(BackupPlanId=plan["BackupPlanId"])["BackupSelectionsList"][0]
    assert found["backup"]["selection_id"] == selection["SelectionId"]
    (policy,) = bench.client("application-autoscaling").describe_scaling_policies(
        ServiceNamespace="dynamodb", ResourceId="table/users"
    )["ScalingPolicies"]
    scaled = found["autoscaling"]["write"]
    assert (scaled["target_id"], scaled["policy_name"]) == ("table/users", policy["PolicyName"])
    assert found["kinesis"] == {"stream_arn": SPEC["kinesis"]["stream_arn"], "status": "ACTIVE"}
    assert found["billing_mode"] == "PROVISIONED"
    assert (found["hash_key"], found["range_key"]) == ("id", "at")
    assert found["ttl_attribute"] == "gone"
    assert found["point_in_time_recovery"] is True


def test_what_is_off_is_said(bench: Bench) -> None:
    bench.apply({"point_in_time_recovery": False})
    found = outputs.of(bench.state)["users"]
    assert found["point_in_time_recovery"] is False
    assert found["deletion_protection"] is False
    assert "stream_arn" not in found


def test_a_stream_that_was_turned_off_is_no_output(bench: Bench) -> None:
    bench.apply({"stream": {"view_type": "KEYS_ONLY"}})
    assert "stream_arn" in outputs.of(bench.state)["users"]
    bench.apply({})
    assert not [name for name in outputs.of(bench.state)["users"] if name.startswith("stream")]
