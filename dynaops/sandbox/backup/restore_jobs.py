"""Restore jobs: create a table from a recovery point, with the same settings as a restore of DynamoDB itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dynaops.sandbox.backup import jobs, registry, roles
from dynaops.sandbox.backup.jobs import BackupServiceJob, Jobs
from dynaops.sandbox.backup.model import Estate, RecoveryPoint
from dynaops.sandbox.backup.points import RESOURCE_TYPE
from dynaops.sandbox.backup.refusals import invalid_parameter, invalid_request, missing_parameter
from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb import restore
from dynaops.sandbox.dynamodb.backups import StoredBackup
from dynaops.sandbox.dynamodb.registry import tables_in
from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.world import World, action

START_SECONDS = 10.0
_KEYS = ("targettablename", "originaltablename", "encryptiontype", "kmsmasterkeyarn")
"""Metadata is not case-sensitive (developer guide, Restore a DynamoDB table)."""
_OWNED, _MANAGED = ("default", "aws_owned"), ("kms", "aws_managed", "customer_managed")


@dataclass
class RestoreJob(BackupServiceJob):
    """A restore job; `target` is the new table's name, `encryption` the SSESpecification asked for."""

    state: str = "PENDING"
    point: str = ""
    vault: str = ""
    point_created: float = 0.0
    target: str = ""
    encryption: dict[str, Any] | None = None
    with_tags: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    table_arn: str | None = None


@dataclass
class RestoreJobs(Jobs[RestoreJob]):
    """The restore jobs of an account in a region."""


@operation("backup", "StartRestoreJob")
def start_job(call: ApiCall) -> dict[str, Any]:
    """A repeated request with the same IdempotencyToken returns the job that the first one created.

    A table name that is taken fails the job, not the call.
    """
    body = call.body
    point = registry.point_named(call, body["RecoveryPointArn"])
    held = call.here.holding(RestoreJobs)
    token = (body.get("IdempotencyToken", ""), point.arn)
    repeated = held.of_token(token)
    if repeated is not None:
        return {"RestoreJobId": repeated.job_id}
    if body.get("ResourceType", RESOURCE_TYPE) != RESOURCE_TYPE:
        raise invalid_parameter(f"Recovery point {point.arn} is of the resource type {RESOURCE_TYPE}")
    if "IamRoleArn" not in body:
        raise missing_parameter("IamRoleArn is required")
    roles.check(call, body["IamRoleArn"])
    target, encryption = _metadata(body["Metadata"])
    if point.status != "COMPLETED":
        raise invalid_request(f"Recovery point {point.arn} cannot be restored: it is {point.status}")
    job = RestoreJob(
        account=call.account,
        region=call.region,
        resource=point.resource,
        role=body["IamRoleArn"],
        created=call.now,
        size=point.content.size if point.content else 0,
        point=point.arn,
        vault=call.here.holding(Estate).vaults[point.vault].arn,
        point_created=point.created,
        target=target,
        encryption=encryption,
        with_tags=bool(body.get("CopySourceTagsToRestoredResource")),
        metadata=body["Metadata"],
    )
    held.by_id[job.job_id] = job
    held.keep_token(token, job)
    point.restoring += 1
    call.world.schedule(START_SECONDS, "backup.restore.run", **job.address)
    return {"RestoreJobId": job.job_id}


@operation("backup", "DescribeRestoreJob")
def describe_job(call: ApiCall) -> dict[str, Any]:
    return _description(call.here.holding(RestoreJobs).named(call.body["RestoreJobId"]))


@operation("backup", "GetRestoreJobMetadata")
def job_metadata(call: ApiCall) -> dict[str, Any]:
    """GetRestoreJobMetadata: the metadata of the job's request, in any state of the job."""
    job = call.here.holding(RestoreJobs).named(call.body["RestoreJobId"])
    return {"RestoreJobId": job.job_id, "Metadata": dict(job.metadata)}


@operation("backup", "ListRestoreJobs")
def list_jobs(call: ApiCall) -> dict[str, Any]:
    return call.here.holding(RestoreJobs).listed(call, "RestoreJobs", _description)


def _metadata(given: dict[str, str]) -> tuple[str, dict[str, Any] | None]:
    """The table's name and SSESpecification (None: as it was) that the metadata ask for."""
    lower = {name.lower(): value for name, value in given.items()}
    unknown = [name for name in given if name.lower() not in _KEYS and not name.startswith("aws:backup:")]
    if unknown:
        raise invalid_parameter(f"Invalid restore metadata for {RESOURCE_TYPE}: {', '.join(unknown)}")
    if not lower.get("targettablename"):
        raise invalid_parameter("Invalid restore metadata. targetTableName is required")
    kind, key = lower.get("encryptiontype"), lower.get("kmsmasterkeyarn")
    if kind is not None and kind.lower() not in (*_OWNED, *_MANAGED):
        raise invalid_parameter(f"Invalid restore metadata. Unknown encryptionType: {kind}")
    if kind is None and key is None:
        return lower["targettablename"], None
    if kind is not None and kind.lower() in _OWNED:
        if key is not None:
            raise invalid_parameter("Invalid restore metadata. kmsMasterKeyArn needs the encryptionType KMS")
        return lower["targettablename"], {"Enabled": False}
    chosen = {"Enabled": True, "SSEType": "KMS"} | ({"KMSMasterKeyId": key} if key else {})
    return lower["targettablename"], chosen


@action("backup.restore.run")
def _start_restore(world: World, data: dict[str, Any]) -> None:
    here = world.region(data["account"], data["region"])
    job = here.holding(RestoreJobs).by_id[data["job"]]
    point = here.holding(Estate).points[job.point]
    try:
        job.table_arn = _restore(world, job, point)
    except ApiError as error:
        point.restoring -= 1
        job.end("FAILED", world.now(), error.message)
        return
    job.state = "RUNNING"
    world.schedule(restore.RESTORE_SECONDS, "backup.restore.done", **job.address)


@action("backup.restore.done")
def _end_restore(world: World, data: dict[str, Any]) -> None:
    here = world.region(data["account"], data["region"])
    job = here.holding(RestoreJobs).by_id[data["job"]]
    point = here.holding(Estate).points[job.point]
    point.restoring -= 1
    table = tables_in(world, job.account, job.region).get(job.target)
    if table is None or table.status != "ACTIVE":
        job.end("FAILED", world.now(), f"Table not found: {job.target}")
        return
    if job.with_tags:
        table.tags = dict(point.resource_tags)
    point.last_restored = world.now()
    job.end("COMPLETED", world.now())


def _restore(world: World, job: RestoreJob, point: RecoveryPoint) -> str:
    """Begin the restore in DynamoDB; returns the new table's ARN. Raises ApiError as RestoreTableFromBackup does."""
    content = point.content
    assert content is not None  # a COMPLETED recovery point has its content
    encryption = job.encryption or _of_other_region(content, job.region)
    body = {"SSESpecificationOverride": encryption} if encryption else {}
    call = ApiCall(world, job.account, job.region, "RestoreTableFromBackup", body)
    summary = {"SourceBackupArn": point.arn, "SourceTableArn": point.resource}
    shown = restore.begin(call, job.target, content.table, content.description, content.items, summary)
    return str(shown["TableArn"])


def _of_other_region(content: StoredBackup, region: str) -> dict[str, Any] | None:
    """The content without its key, for a copy in another region: KMS keys are regional."""
    return None if content.table.region == region else {"Enabled": False}


def _description(job: RestoreJob) -> dict[str, Any]:
    shown: dict[str, Any] = {
        **jobs.common(job),
        "RestoreJobId": job.job_id,
        "RecoveryPointArn": job.point,
        "RecoveryPointCreationDate": job.point_created,
        "SourceResourceArn": job.resource,
        "BackupVaultArn": job.vault,
        "Status": job.state,
        "PercentDone": "100.00%" if job.state == "COMPLETED" else "0.00%",
    }
    return shown | ({"CreatedResourceArn": job.table_arn} if job.table_arn else {})
