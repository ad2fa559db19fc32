"""Backup in normal form: what a spec and AWS Backup's answers are both translated into, and back."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from dynaops.kinds.policy_document import canonical
from dynaops.model.arns import arn, global_region, iam_arn, partition_of
from dynaops.model.resource import Properties, Resource
from dynaops.model.state import Record

if TYPE_CHECKING:
    from dynaops.kinds.backup_plan import Backup, Copy, Rule

VAULT, ROLE, PLAN, SELECTION = "backup_vault", "backup_role", "backup_plan", "backup_selection"
OWN_ROLE = "dynaops-backup-default"
AWS_ROLE = "AWSBackupDefaultServiceRole"
"""The role that AWS Backup's console makes in an account (developer guide, Default service role)."""
ROLE_PATH = "/service-role/"
ROLE_POLICIES = ("AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores")
TRUST = canonical(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "backup.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
RETIRED = {"plan": "retired_plan", "selection": "retired_selection"}
"""Where the plan and selection stand that are still to be deleted, once the spec gives the plan another name."""
MADE_BY = "dynaops-"
"""How the CreatorRequestId begins of all that is made here."""

_DAILY, _WEEKLY = "cron(0 5 ? * * *)", "cron(0 5 ? * SUN *)"
_START, _COMPLETION, _ZONE = 480, 10_080, "Etc/UTC"
"""AWS Backup's defaults, windows in minutes (developer guide, Backup plan options)."""
_NAME_LIMIT = 50
_TAG = "aws:ResourceTag/"
"""How a tag is named in the conditions of a selection (AWS Backup developer guide, Assign resources with AWS CLI)."""
_SAID = {
    *("RuleName", "RuleId", "TargetBackupVaultName", "ScheduleExpression", "ScheduleExpressionTimezone"),
    *("StartWindowMinutes", "CompletionWindowMinutes", "Lifecycle", "EnableContinuousBackup", "CopyActions"),
}


def vault_name(block: Backup, table: str) -> str:
    """The vault's name; without one in the spec, one of the table's (vault names have no dots)."""
    return block.vault.name if block.vault else shortened(table.replace(".", "-"), "-backup")


def plan_name(block: Backup, table: str) -> str:
    """The plan's name."""
    return (block.plan.name if block.plan else None) or shortened(table, "-backup")


def shortened(name: str, suffix: str = "") -> str:
    """A name for AWS Backup (50 characters), which what is too long is cut to in a unique way."""
    if len(name) + len(suffix) <= _NAME_LIMIT:
        return name + suffix
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: _NAME_LIMIT - len(suffix) - 9]}-{digest}{suffix}"


def wanted_rules(block: Backup, vault: str) -> Properties:
    """The plan's rules by name: the shorthands', then the others."""
    result: Properties = {}
    if block.daily:
        result["daily"] = _normal(vault, _DAILY, delete=block.daily.retention_days)
    if block.weekly:
        result["weekly"] = _normal(
            vault, _WEEKLY, block.weekly.retention_days, block.weekly.cold_storage_after_days
        )
    for rule in declared_rules(block):
        result[rule.name] = _declared(rule, vault)
    return result


def declared_rules(block: Backup) -> list[Rule]:
    """The rules of the plan that are written in full."""
    return (block.plan.rules if block.plan else None) or []


def is_switched(desired: Resource | None, record: Record | None) -> bool:
    """Whether the spec gives the plan another name than the recorded one: that is another plan."""
    if desired is None or record is None:
        return False
    was = record.properties.get("name")
    return was is not None and was != desired.properties["name"]


def all_tables(region: str) -> str:
    """The pattern that selects all tables, as in AWS Backup's guide (Assign resources with AWS CLI)."""
    return f"arn:{partition_of(region)}:dynamodb:*:*:table/*"


def covers_tables(wanted: list[str], live: list[str]) -> bool:
    """Whether a live selection by tag takes in all tables with the tags, as the wanted one does.

    One without resources (a list of tags) or with all resources does, whatever else it takes in.
    """
    by_tag = len(wanted) == 1 and wanted[0].endswith(":table/*")
    return wanted == live or (by_tag and (not live or "*" in live))


def plan_of(document: Properties) -> Properties:
    """A BackupPlan in normal form."""
    result: Properties = {
        "name": document["BackupPlanName"],
        "rules": {rule["RuleName"]: _rule_of(rule) for rule in document["Rules"]},
    }
    if document.get("AdvancedBackupSettings"):
        result["settings"] = document["AdvancedBackupSettings"]
    return result


def document_of(plan: Properties, settings: Any = None) -> Properties:
    """The BackupPlan that creates or replaces a plan; `settings` are those of others, which stay."""
    rules = [_rule(name, rule) for name, rule in plan["rules"].items()]
    result: Properties = {"BackupPlanName": plan["name"], "Rules": rules}
    return {**result, "AdvancedBackupSettings": settings} if settings else result


def selection_of(document: Properties, plan: str) -> Properties:
    """A BackupSelection of the plan of that name in normal form. `other`: what a spec cannot say."""
    result: Properties = {
        "name": document["SelectionName"],
        "role_arn": document["IamRoleArn"],
        "resources": sorted(document.get("Resources") or ()),
    }
    other = {
        name: value
        for name, value in document.items()
        if name not in ("SelectionName", "IamRoleArn", "Resources") and _says(value)
    }
    tags = _tags_of(other, result["resources"])
    return {**result, "plan": plan, "tags": tags, "other": {}} if tags else {**result, "other": other}


def selection_document(selection: Properties) -> Properties:
    """The BackupSelection that makes a selection of a spec."""
    result = {
        "SelectionName": selection["name"],
        "IamRoleArn": selection["role_arn"],
        "Resources": selection["resources"],
    }
    if "tags" not in selection:
        return result
    equal = [
        {"ConditionKey": f"{_TAG}{key}", "ConditionValue": value}
        for key, value in sorted(selection["tags"].items())
    ]
    return {**result, "Conditions": {"StringEquals": equal}}


def _tags_of(members: Properties, resources: list[str]) -> dict[str, str]:
    """The tags that all selected resources have, where the selection says no more than that.

    Conditions are joined by AND; a list of tags is joined by OR, and with resources that are named.
    """
    conditions = {name: value for name, value in (members.get("Conditions") or {}).items() if _says(value)}
    if set(members) == {"Conditions"} and set(conditions) == {"StringEquals"}:
        pairs = [
            (string_equal["ConditionKey"], string_equal["ConditionValue"])
            for string_equal in conditions["StringEquals"]
        ]
        if all(key.startswith(_TAG) for key, _ in pairs) and len(dict(pairs)) == len(pairs):
            return {key.removeprefix(_TAG): value for key, value in pairs}
    listed = members.get("ListOfTags") or []
    if set(members) == {"ListOfTags"} and len(listed) == 1 and not resources:
        return {listed[0]["ConditionKey"].removeprefix(_TAG): listed[0]["ConditionValue"]}
    return {}


def role_arn(account: str, region: str, name: str) -> str:
    """The ARN of a service role."""
    return iam_arn(region, account, f"role{ROLE_PATH}{name}")


def role_policies(region: str) -> dict[str, bool]:
    """The ARNs of AWS's policies for the service role."""
    return {iam_arn(region, "aws", f"policy{ROLE_PATH}{name}"): True for name in ROLE_POLICIES}


def role_region(region: str) -> str:
    """Where IAM is told of: it has one place for all regions of a partition."""
    return global_region(partition_of(region))


def vault_arn(account: str, region: str, name: str) -> str:
    """The ARN of a vault."""
    return arn("backup", region, account, f"backup-vault:{name}")


def _declared(rule: Rule, vault: str) -> Properties:
    result = _normal(vault, rule.schedule, rule.delete_after_days, rule.cold_storage_after_days)
    result["start_window"] = rule.start_window or _START
    result["completion_window"] = rule.completion_window or max(_COMPLETION, result["start_window"] + 60)
    result["continuous"] = rule.continuous
    if rule.copy_to:
        result["copy_to"] = _by_vault([_copied(copy_rule) for copy_rule in rule.copy_to])
    return result


def _normal(vault: str, schedule: str, delete: int | None = None, cold: int | None = None) -> Properties:
    return {
        "vault": vault,
        "schedule": schedule,
        "timezone": _ZONE,
        "start_window": _START,
        "completion_window": _COMPLETION,
        "continuous": False,
        **_days(delete, cold),
    }


def _copied(copy: Copy) -> Properties:
    return {"vault_arn": copy.vault_arn, **_days(copy.delete_after_days, copy.cold_storage_after_days)}


def _rule_of(rule: Properties) -> Properties:
    result: Properties = {
        "vault": rule["TargetBackupVaultName"],
        "schedule": rule.get("ScheduleExpression", _DAILY),
        "timezone": rule.get("ScheduleExpressionTimezone", _ZONE),
        "start_window": rule.get("StartWindowMinutes", _START),
        "completion_window": rule.get("CompletionWindowMinutes", _COMPLETION),
        "continuous": rule.get("EnableContinuousBackup", False),
        **_lifecycle_of(rule),
    }
    copies = [
        {"vault_arn": element["DestinationBackupVaultArn"], **_lifecycle_of(element)}
        for element in rule.get("CopyActions") or ()
    ]
    if copies:
        result["copy_to"] = _by_vault(copies)
    other = {name: value for name, value in rule.items() if name not in _SAID and _says(value)}
    return {**result, "other": other} if other else result


def _lifecycle_of(element: Properties) -> Properties:
    """-1 is AWS's word for never."""
    lifecycle = element.get("Lifecycle") or {}
    days = {name: value for name, value in lifecycle.items() if value != -1}
    return _days(days.get("DeleteAfterDays"), days.get("MoveToColdStorageAfterDays"))


def _days(delete: int | None, cold: int | None) -> Properties:
    result = {"delete_after_days": delete, "cold_storage_after_days": cold}
    return {name: value for name, value in result.items() if value is not None}


def _by_vault(copies: list[Properties]) -> list[Properties]:
    return sorted(copies, key=lambda element: str(element["vault_arn"]))


def _rule(name: str, rule: Properties) -> Properties:
    result: Properties = {
        "RuleName": name,
        "TargetBackupVaultName": rule["vault"],
        "ScheduleExpression": rule["schedule"],
        "ScheduleExpressionTimezone": rule["timezone"],
        "StartWindowMinutes": rule["start_window"],
        "CompletionWindowMinutes": rule["completion_window"],
        "EnableContinuousBackup": rule["continuous"],
        **_lifecycle(rule),
    }
    if rule.get("copy_to"):
        result["CopyActions"] = [
            {"DestinationBackupVaultArn": element["vault_arn"], **_lifecycle(element)}
            for element in rule["copy_to"]
        ]
    return result


def _lifecycle(element: Properties) -> Properties:
    days = {
        "DeleteAfterDays": element.get("delete_after_days"),
        "MoveToColdStorageAfterDays": element.get("cold_storage_after_days"),
    }
    result = {name: value for name, value in days.items() if value is not None}
    return {"Lifecycle": result} if result else {}


def _says(value: Any) -> bool:
    """Whether a member that AWS answers says anything: it shows much that is empty."""
    if isinstance(value, dict):
        return any(_says(element) for element in value.values())
    return value not in (None, [], "", False)
