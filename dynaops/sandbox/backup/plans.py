"""Backup plans: documents with versions; a plan is deleted only when it has no selections."""

from __future__ import annotations

import base64
import uuid
from typing import Any

from dynaops.model import schedules
from dynaops.sandbox.backup import plan_rules, schedule, tags
from dynaops.sandbox.backup.model import Estate, PlanVersion, StoredPlan
from dynaops.sandbox.backup.pages import newest_first, page
from dynaops.sandbox.backup.refusals import already_exists, invalid_request, not_found
from dynaops.sandbox.backup.registry import plan_named
from dynaops.sandbox.dispatch import ApiCall, operation


@operation("backup", "CreateBackupPlan")
def create(call: ApiCall) -> dict[str, Any]:
    """A repeated request with the same CreatorRequestId returns its plan; an identical document is refused otherwise.

    SDKs generate a CreatorRequestId, so a different id alone does not make a different plan.
    """
    request = call.body.get("CreatorRequestId")
    plans = [plan for plan in call.here.holding(Estate).plans.values() if plan.deleted is None]
    for plan in plans:
        if request is not None and plan.creator_request == request:
            return {**_ids(plan), "CreationDate": plan.versions[0].created}
    document = plan_rules.checked(call, call.body["BackupPlan"])
    given = tags.checked(call.body.get("BackupPlanTags") or {})
    for plan in plans:
        if plan_rules.without_ids(plan.current.document) == plan_rules.without_ids(document):
            raise already_exists(
                "Backup plan with the same plan document already exists", plan.arn, plan.creator_request
            )
    plan = StoredPlan(
        str(uuid.uuid4()), call.account, call.region, request, [_version(document, call.now)], given
    )
    call.here.holding(Estate).plans[plan.plan_id] = plan
    schedule.plan_changed(call.world, plan)
    return {**_ids(plan), "CreationDate": call.now}


@operation("backup", "GetBackupPlan")
def get(call: ApiCall) -> dict[str, Any]:
    """A version of a deleted plan can still be read by its version id (service model, DeleteBackupPlan)."""
    wanted = call.body.get("VersionId")
    if wanted is None:
        plan = plan_named(call)
        version = plan.current
    else:
        plan, version = _version_named(call, wanted)
    answer = {"BackupPlan": version.document, **_row(plan, version)}
    answer.pop("BackupPlanName")
    if call.body.get("MaxScheduledRunsPreview"):
        answer["ScheduledRunsPreview"] = _preview(
            version.document, call.now, call.body["MaxScheduledRunsPreview"]
        )
    return answer


@operation("backup", "ListBackupPlans")
def list_plans(call: ApiCall) -> dict[str, Any]:
    shown = bool(call.body.get("IncludeDeleted"))
    plans = [plan for plan in call.here.holding(Estate).plans.values() if shown or plan.deleted is None]
    rows = (
        (newest_first(plan.versions[0].created, plan.plan_id), _row(plan, plan.current)) for plan in plans
    )
    return page(call, "BackupPlansList", rows)


@operation("backup", "ListBackupPlanVersions")
def list_versions(call: ApiCall) -> dict[str, Any]:
    plan = plan_named(call)
    rows = (
        (newest_first(version.created, version.version_id), _row(plan, version)) for version in plan.versions
    )
    return page(call, "BackupPlanVersionsList", rows)


@operation("backup", "UpdateBackupPlan")
def update(call: ApiCall) -> dict[str, Any]:
    """Replace the document of a plan, as a new version."""
    plan = plan_named(call)
    document = plan_rules.checked(call, call.body["BackupPlan"], plan.current.document)
    plan.versions.append(_version(document, call.now))
    schedule.plan_changed(call.world, plan)
    return {**_ids(plan), "CreationDate": call.now}


@operation("backup", "DeleteBackupPlan")
def delete(call: ApiCall) -> dict[str, Any]:
    plan = plan_named(call)
    if plan.selections:
        raise invalid_request(
            "Related backup plan selections must be deleted prior to backup plan deletion: "
            f"{len(plan.selections)} left"
        )
    plan.deleted = call.now
    return {
        "BackupPlanId": plan.plan_id,
        "BackupPlanArn": plan.arn,
        "DeletionDate": plan.deleted,
        "VersionId": plan.current.version_id,
    }


def _version_named(call: ApiCall, version_id: str) -> tuple[StoredPlan, PlanVersion]:
    plan = call.here.holding(Estate).plans.get(call.body["BackupPlanId"])
    if plan is not None:
        for version in plan.versions:
            if version.version_id == version_id:
                return plan, version
    raise not_found("Failed reading Backup plan with provided version")


def _version(document: dict[str, Any], now: float) -> PlanVersion:
    return PlanVersion(base64.b64encode(str(uuid.uuid4()).encode()).decode(), now, document)


def _ids(plan: StoredPlan) -> dict[str, Any]:
    ids = {
        "BackupPlanId": plan.plan_id,
        "BackupPlanArn": plan.arn,
        "VersionId": plan.current.version_id,
    }
    settings = plan.current.document.get("AdvancedBackupSettings")
    return ids | ({"AdvancedBackupSettings": settings} if settings else {})


def _row(plan: StoredPlan, version: PlanVersion) -> dict[str, Any]:
    row: dict[str, Any] = {
        **_ids(plan),
        "VersionId": version.version_id,
        "CreationDate": version.created,
        "BackupPlanName": version.document["BackupPlanName"],
    }
    optional = {
        "CreatorRequestId": plan.creator_request,
        "DeletionDate": plan.deleted,
        "LastExecutionDate": plan.last_run,
    }
    return row | {name: value for name, value in optional.items() if value is not None}


def _preview(document: dict[str, Any], now: float, count: int) -> list[dict[str, Any]]:
    runs = []
    for rule in document["Rules"]:
        times, zone = schedules.parse(rule["ScheduleExpression"]), rule["ScheduleExpressionTimezone"]
        due = times.after(now, zone)
        for _ in range(count):
            if due is None:
                break
            runs.append({"ExecutionTime": due, "RuleId": rule["RuleId"], "RuleExecutionType": _kind(rule)})
            due = times.after(due, zone)
    return sorted(runs, key=lambda run: run["ExecutionTime"])[:count]


def _kind(rule: dict[str, Any]) -> str:
    return "CONTINUOUS_AND_SNAPSHOTS" if rule["EnableContinuousBackup"] else "SNAPSHOTS"
