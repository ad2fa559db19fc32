"""Protected resources: the tables that have recovery points."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.backup.model import Estate, RecoveryPoint
from dynaops.sandbox.backup.pages import by_name, page
from dynaops.sandbox.backup.points import RESOURCE_TYPE
from dynaops.sandbox.backup.refusals import invalid_parameter, not_found
from dynaops.sandbox.backup.registry import points
from dynaops.sandbox.backup.restore_jobs import RestoreJobs
from dynaops.sandbox.dispatch import ApiCall, operation


@operation("backup", "ListProtectedResources")
def list_resources(call: ApiCall) -> dict[str, Any]:
    rows = ((by_name(arn), _description(call, point)) for arn, point in _latest(call).items())
    return page(call, "Results", rows)


@operation("backup", "DescribeProtectedResource")
def describe_resource(call: ApiCall) -> dict[str, Any]:
    arn = call.body["ResourceArn"]
    if not arn.startswith("arn:"):
        raise invalid_parameter(f"Invalid resource ARN: {arn}")
    point = _latest(call).get(arn)
    if point is None:
        raise not_found(f"Resource is not protected: {arn}")
    return {**_description(call, point), **_last_restore(call, arn)}


def _latest(call: ApiCall) -> dict[str, RecoveryPoint]:
    """The last finished recovery point of each resource."""
    latest: dict[str, RecoveryPoint] = {}
    for point in sorted(points(call.here, call.now), key=lambda point: point.created):
        if point.status == "COMPLETED":
            latest[point.resource] = point
    return latest


def _description(call: ApiCall, point: RecoveryPoint) -> dict[str, Any]:
    return {
        "ResourceArn": point.resource,
        "ResourceType": RESOURCE_TYPE,
        "ResourceName": point.table,
        "LastBackupTime": point.completed,
        "LastBackupVaultArn": call.here.holding(Estate).vaults[point.vault].arn,
        "LastRecoveryPointArn": point.arn,
    }


def _last_restore(call: ApiCall, arn: str) -> dict[str, Any]:
    done = [
        job
        for job in call.here.holding(RestoreJobs).by_id.values()
        if job.resource == arn and job.state == "COMPLETED"
    ]
    if not done:
        return {}
    last = max(done, key=lambda job: job.created)
    return {
        "LatestRestoreExecutionTimeMinutes": round(((last.completed or 0.0) - last.created) / 60),
        "LatestRestoreJobCreationDate": last.created,
        "LatestRestoreRecoveryPointCreationDate": last.point_created,
    }
