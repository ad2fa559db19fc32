"""Scheduled backups: at each rule's times, backup jobs start for the selected tables."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from dynaops.model import schedules
from dynaops.sandbox.backup import backup_jobs, settings
from dynaops.sandbox.backup.model import Estate, Selection, StoredPlan
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.dynamodb.registry import tables_in
from dynaops.sandbox.world import Region, World, action

_TAG = "aws:ResourceTag/"


def plan_changed(world: World, plan: StoredPlan) -> None:
    """Schedule the next run of each rule of the current version; events of older versions are ignored."""
    for rule in plan.current.document["Rules"]:
        _schedule_next_run(world, plan, rule)


def _schedule_next_run(world: World, plan: StoredPlan, rule: dict[str, Any]) -> None:
    due = schedules.parse(rule["ScheduleExpression"]).after(world.now(), rule["ScheduleExpressionTimezone"])
    if due is not None:
        world.schedule(
            due - world.now(),
            "backup.rule",
            account=plan.account,
            region=plan.region,
            plan=plan.plan_id,
            version=plan.current.version_id,
            rule=rule["RuleId"],
        )


@action("backup.rule")
def _start_backup_jobs(world: World, data: dict[str, Any]) -> None:
    here = world.region(data["account"], data["region"])
    plan = here.holding(Estate).plans[data["plan"]]
    if plan.deleted is not None or plan.current.version_id != data["version"]:
        return
    rule = next(rule for rule in plan.current.document["Rules"] if rule["RuleId"] == data["rule"])
    _schedule_next_run(world, plan, rule)
    chosen = {table.arn: role for table, role in _selected_tables(world, here, plan)}
    if chosen:
        plan.last_run = world.now()
    for arn, role in chosen.items():
        backup_jobs.begin(world, _new_job(world, plan, rule, arn, role))


def _new_job(
    world: World, plan: StoredPlan, rule: dict[str, Any], arn: str, role: str
) -> backup_jobs.BackupJob:
    return backup_jobs.BackupJob(
        account=plan.account,
        region=plan.region,
        resource=arn,
        role=role,
        created=world.now(),
        vault=rule["TargetBackupVaultName"],
        lifecycle=dict(rule.get("Lifecycle") or {}),
        tags=dict(rule.get("RecoveryPointTags") or {}),
        created_by=_creator(plan, rule),
        copies=rule.get("CopyActions") or [],
        start_window=rule["StartWindowMinutes"],
        completion_window=rule["CompletionWindowMinutes"],
    )


def _creator(plan: StoredPlan, rule: dict[str, Any]) -> dict[str, Any]:
    return {
        "BackupPlanId": plan.plan_id,
        "BackupPlanArn": plan.arn,
        "BackupPlanName": plan.current.document["BackupPlanName"],
        "BackupPlanVersion": plan.current.version_id,
        "BackupRuleId": rule["RuleId"],
        "BackupRuleName": rule["RuleName"],
        "BackupRuleCron": rule["ScheduleExpression"],
        "BackupRuleTimezone": rule["ScheduleExpressionTimezone"],
    }


def _selected_tables(world: World, here: Region, plan: StoredPlan) -> Iterator[tuple[SandboxTable, str]]:
    """The tables that the plan's selections cover, each with the IAM role for its backup."""
    tables = [
        table for table in tables_in(world, plan.account, plan.region).values() if table.status != "DELETING"
    ]
    opted_in = settings.opted_in(here)
    for selection in plan.selections.values():
        for table in tables:
            if _covers(selection, table, opted_in):
                yield table, selection.document["IamRoleArn"]


def _covers(selection: Selection, table: SandboxTable, opted_in: bool) -> bool:
    """Whether a selection covers a table: by its ARN always, by wildcard or tag only if the type is opted in."""
    document = selection.document
    if any(fnmatchcase(table.arn, pattern) for pattern in document.get("NotResources") or []):
        return False
    patterns = document.get("Resources") or []
    if table.arn in patterns or (
        opted_in and any(fnmatchcase(table.arn, condition) for condition in patterns)
    ):
        return _conditions_hold(document.get("Conditions") or {}, table.tags)
    listed = document.get("ListOfTags") or []
    return opted_in and any(
        table.tags.get(condition["ConditionKey"]) == condition["ConditionValue"] for condition in listed
    )


def _conditions_hold(conditions: dict[str, Any], tags: dict[str, str]) -> bool:
    return (
        all(
            _tag(condition, tags) == condition["ConditionValue"]
            for condition in conditions.get("StringEquals") or []
        )
        and all(
            _tag(condition, tags) != condition["ConditionValue"]
            for condition in conditions.get("StringNotEquals") or []
        )
        and all(_tag_matches(condition, tags) for condition in conditions.get("StringLike") or [])
        and not any(_tag_matches(condition, tags) for condition in conditions.get("StringNotLike") or [])
    )


def _tag(condition: dict[str, str], tags: dict[str, str]) -> str | None:
    return tags.get(condition["ConditionKey"].removeprefix(_TAG))


def _tag_matches(condition: dict[str, str], tags: dict[str, str]) -> bool:
    value = _tag(condition, tags)
    return value is not None and fnmatchcase(value, condition["ConditionValue"])
