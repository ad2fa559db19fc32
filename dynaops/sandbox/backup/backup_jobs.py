"""Backup jobs: a table's description and items become a recovery point of a vault."""

from __future__ import annotations

import copy
import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from dynaops.model.arns import partition_of
from dynaops.sandbox.backup import copy_jobs, jobs, lifecycle, plan_rules, registry, roles, settings, tags
from dynaops.sandbox.backup.jobs import BackupServiceJob, Jobs
from dynaops.sandbox.backup.model import Estate, RecoveryPoint, StoredVault, is_of_vault
from dynaops.sandbox.backup.refusals import invalid_parameter, invalid_request
from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb import backups
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.dynamodb.registry import tables_in
from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.world import Region, World, action

START_SECONDS, COPY_SECONDS, STOP_SECONDS = 10.0, 120.0, 10.0
"""Only orders of magnitude: AWS Backup guarantees no more than the job's windows."""


@dataclass
class BackupJob(BackupServiceJob):
    """A backup job. Windows in minutes; `copies` are the CopyActions of its plan rule."""

    vault: str = ""
    point: str = ""
    lifecycle: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    created_by: dict[str, Any] = field(default_factory=dict)
    copies: list[dict[str, Any]] = field(default_factory=list)
    start_window: int = plan_rules.DEFAULT_START
    completion_window: int = plan_rules.DEFAULT_COMPLETION


@dataclass
class BackupJobs(Jobs[BackupJob]):
    """The backup jobs of an account in a region."""


@operation("backup", "StartBackupJob")
def start_job(call: ApiCall) -> dict[str, Any]:
    """A repeated request with the same IdempotencyToken returns the job that the first one created.

    A table that does not exist fails the job, not the call.
    """
    body = call.body
    vault = registry.vault_to_change(call, body["BackupVaultName"])
    _check_table_arn(call, body["ResourceArn"])
    held = call.here.holding(BackupJobs)
    token = (body.get("IdempotencyToken", ""), body["ResourceArn"], vault.name)
    repeated = held.of_token(token)
    if repeated is not None:
        return _start_response(repeated)
    roles.check(call, body["IamRoleArn"])
    start = body.get("StartWindowMinutes", plan_rules.DEFAULT_START)
    completion = body.get(
        "CompleteWindowMinutes", max(plan_rules.DEFAULT_COMPLETION, start + plan_rules.LEAST_WINDOW)
    )
    plan_rules.check_windows(start, completion)
    lifecycle.check(body.get("Lifecycle"))
    job = BackupJob(
        account=call.account,
        region=call.region,
        resource=body["ResourceArn"],
        role=body["IamRoleArn"],
        created=call.now,
        vault=vault.name,
        lifecycle=body.get("Lifecycle") or {},
        tags=tags.checked(body.get("RecoveryPointTags") or {}),
        start_window=start,
        completion_window=completion,
    )
    begin(call.world, job)
    held.keep_token(token, job)
    return _start_response(job)


def begin(world: World, job: BackupJob) -> None:
    """Store the job and start it."""
    here = world.region(job.account, job.region)
    if settings.advanced(here):
        job.point = (
            f"arn:{partition_of(job.region)}:backup:{job.region}:{job.account}:recovery-point:{uuid.uuid4()}"
        )
    else:
        job.point = f"{job.resource}/backup/{int(world.now() * 1000):014d}-{uuid.uuid4().hex[:8]}"
        job.lifecycle = lifecycle.without_cold(job.lifecycle)
    here.holding(BackupJobs).by_id[job.job_id] = job
    world.schedule(START_SECONDS, "backup.job.run", **job.address)


@operation("backup", "DescribeBackupJob")
def describe_job(call: ApiCall) -> dict[str, Any]:
    return _description(call.here, call.here.holding(BackupJobs).named(call.body["BackupJobId"]))


@operation("backup", "ListBackupJobs")
def list_jobs(call: ApiCall) -> dict[str, Any]:
    return call.here.holding(BackupJobs).listed(call, "BackupJobs", partial(_description, call.here))


@operation("backup", "StopBackupJob")
def stop_job(call: ApiCall) -> dict[str, Any]:
    job = call.here.holding(BackupJobs).named(call.body["BackupJobId"])
    if job.state not in ("CREATED", "RUNNING"):
        raise invalid_request(f"Job {job.job_id} cannot be stopped: it is {job.state}")
    job.state = "ABORTING"
    call.world.schedule(STOP_SECONDS, "backup.job.stopped", **job.address)
    return {}


@action("backup.job.run")
def _start_backup(world: World, data: dict[str, Any]) -> None:
    here, job = _event_job(world, data)
    if job is None or job.state != "CREATED":
        return
    try:
        table, vault = _source(world, job), _target(here, job)
    except ApiError as error:
        job.end("FAILED", world.now(), error.message)
        return
    content = backups.snapshot(world, table, job.job_id, "AWS_BACKUP")
    job.state, job.size = "RUNNING", content.size
    here.holding(Estate).points[job.point] = RecoveryPoint(
        arn=job.point,
        vault=job.vault,
        resource=job.resource,
        role=job.role,
        created=job.created,
        lifecycle=job.lifecycle,
        content=content,
        key=_key(job, vault, content),
        created_by=job.created_by,
        tags={**table.tags, **job.tags},
        resource_tags=dict(table.tags),
    )
    world.schedule(COPY_SECONDS, "backup.job.done", **job.address)


@action("backup.job.done")
def _end_backup(world: World, data: dict[str, Any]) -> None:
    here, job = _event_job(world, data)
    if job is None or job.state != "RUNNING":
        return
    job.end("COMPLETED", world.now())
    point = here.holding(Estate).points[job.point]
    point.status, point.completed = "COMPLETED", world.now()
    for copy_action in job.copies:
        copy_jobs.begin(
            world,
            here,
            point,
            job.role,
            copy_action["DestinationBackupVaultArn"],
            copy_action.get("Lifecycle"),
            job.job_id,
        )


@action("backup.job.stopped")
def _end_stop(world: World, data: dict[str, Any]) -> None:
    here, job = _event_job(world, data)
    if job is not None and job.state == "ABORTING":
        job.end("ABORTED", world.now(), "Backup job was stopped by user.")
        here.holding(Estate).points.pop(job.point, None)


def _event_job(world: World, data: dict[str, Any]) -> tuple[Region, BackupJob | None]:
    here = world.region(data["account"], data["region"])
    return here, here.holding(BackupJobs).by_id.get(data["job"])


def _source(world: World, job: BackupJob) -> SandboxTable:
    table = tables_in(world, job.account, job.region).get(job.table)
    if table is None or table.status in ("CREATING", "DELETING"):
        raise ApiError("ResourceNotFoundException", f"Table not found: {job.table}")
    return table


def _target(here: Region, job: BackupJob) -> StoredVault:
    vault = here.holding(Estate).vaults.get(job.vault)
    if vault is None:
        raise ApiError("ResourceNotFoundException", f"Backup vault not found: {job.vault}")
    problem = lifecycle.breaks(vault.lock, job.lifecycle)
    if problem is not None:
        raise ApiError("InvalidParameterValueException", f"Backup job failed: {problem}")
    return vault


def _key(job: BackupJob, vault: StoredVault, content: backups.StoredBackup) -> str | None:
    """The ARN of the key: the vault's with advanced features, the table's for DynamoDB's own backups."""
    if is_of_vault(job.point):
        return vault.key
    key_arn: str | None = content.description.get("SSEDescription", {}).get("KMSMasterKeyArn")
    return key_arn


def _check_table_arn(call: ApiCall, arn: str) -> None:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        raise invalid_parameter(f"Invalid resource ARN: {arn}")
    if parts[2] != "dynamodb" or not parts[5].startswith("table/") or parts[5].count("/") != 1:
        raise ApiError("NotImplemented", f"dynaops sandbox: AWS Backup knows only DynamoDB tables, not {arn}")
    if (parts[3], parts[4]) != (call.region, call.account):
        raise invalid_parameter(f"The resource is not of this account and region: {arn}")


def _start_response(job: BackupJob) -> dict[str, Any]:
    response: dict[str, Any] = {"BackupJobId": job.job_id, "CreationDate": job.created, "IsParent": False}
    advanced = is_of_vault(job.point)
    return response | ({"RecoveryPointArn": job.point} if advanced else {})


def _description(here: Region, job: BackupJob) -> dict[str, Any]:
    done = job.state == "COMPLETED"
    shown: dict[str, Any] = {
        **jobs.common(job),
        "BackupJobId": job.job_id,
        "BackupVaultName": job.vault,
        "BackupVaultArn": f"arn:{partition_of(job.region)}:backup:{job.region}:{job.account}:backup-vault:{job.vault}",
        "VaultType": "BACKUP_VAULT",
        "ResourceArn": job.resource,
        "ResourceName": job.table,
        "State": job.state,
        "PercentDone": "100.0" if done else "0.0",
        "BytesTransferred": job.size if done else 0,
        "StartBy": job.created + job.start_window * 60,
        "ExpectedCompletionDate": job.created + job.completion_window * 60,
        "InitiationDate": job.created,
        "RecoveryPointLifecycle": copy.deepcopy(job.lifecycle),
    }
    if job.created_by:
        shown["CreatedBy"] = job.created_by
    if job.point in here.holding(Estate).points or done:
        shown["RecoveryPointArn"] = job.point
    if done:
        shown["MessageCategory"] = "SUCCESS"
    return shown
