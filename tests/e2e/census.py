"""What an account holds, by every service's list calls: equal before and after means nothing was left behind."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox import SandboxServer

REGIONS = ("eu-west-1", "us-east-1", "ap-southeast-2")


def census(server: SandboxServer) -> dict[str, Any]:
    """Everything there is, by service and region (what AWS keeps for itself after a deletion left out)."""
    found: dict[str, Any] = {}
    iam = server.client("iam")
    found["policies"] = sorted(one["Arn"] for one in iam.list_policies(Scope="Local")["Policies"])
    # AWS makes its service-linked roles when they are first needed, and keeps them.
    roles = [one for one in iam.list_roles()["Roles"] if "/aws-service-role/" not in one["Arn"]]
    found["roles"] = sorted(one["Arn"] for one in roles)
    for role in roles:
        attached = iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
        found[f"attached to {role['RoleName']}"] = sorted(one["PolicyName"] for one in attached)
    for region in REGIONS:
        found[region] = _regional(server, region)
    return found


def _regional(server: SandboxServer, region: str) -> dict[str, Any]:
    def client(service: str) -> Any:
        return server.client(service, region)

    scaling = client("application-autoscaling")
    dynamodb = {"ServiceNamespace": "dynamodb"}
    backup = client("backup")
    return {
        "tables": client("dynamodb").list_tables()["TableNames"],
        "backups": client("dynamodb").list_backups()["BackupSummaries"],
        "mappings": client("lambda").list_event_source_mappings()["EventSourceMappings"],
        "functions": [one["FunctionName"] for one in client("lambda").list_functions()["Functions"]],
        "log groups": [one["logGroupName"] for one in client("logs").describe_log_groups()["logGroups"]],
        "scalable targets": scaling.describe_scalable_targets(**dynamodb)["ScalableTargets"],
        "scaling policies": scaling.describe_scaling_policies(**dynamodb)["ScalingPolicies"],
        "scheduled actions": scaling.describe_scheduled_actions(**dynamodb)["ScheduledActions"],
        "vaults": [one["BackupVaultName"] for one in backup.list_backup_vaults()["BackupVaultList"]],
        "plans": [one["BackupPlanName"] for one in backup.list_backup_plans()["BackupPlansList"]],
        "kinesis": client("kinesis").list_streams()["StreamNames"],
        "alarms": client("cloudwatch").describe_alarms()["MetricAlarms"],
    }
