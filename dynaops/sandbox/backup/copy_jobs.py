"""Copy jobs: a recovery point of one vault appears in another, in any region."""

from __future__ import annotations

import dataclasses
import uuid
from dataclasses import dataclass, field
from typing import Any

from dynaops.model.arns import partition_of
from dynaops.sandbox.backup import jobs, lifecycle, registry, roles
from dynaops.sandbox.backup.jobs import BackupServiceJob, Jobs
from dynaops.sandbox.backup.model import Estate, RecoveryPoint, StoredVault, is_of_vault
from dynaops.sandbox.backup.refusals import invalid_parameter, invalid_request, not_found
from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.world import Region, World, action

START_SECONDS, COPY_SECONDS = 10.0, 180.0


@dataclass
class CopyJob(BackupServiceJob):
    """A copy job; `copied` is the ARN of the copy."""

    source: str = ""
    source_vault: str = ""
    target_vault: str = ""
    copied: str = ""
    lifecycle: dict[str, Any] = field(default_factory=dict)
    created_by: dict[str, Any] = field(default_factory=dict)
    backup_job: str | None = None


@dataclass
class CopyJobs(Jobs[CopyJob]):
    """The copy jobs of an account in a region."""


@operation("backup", "StartCopyJob")
def start_job(call: ApiCall) -> dict[str, Any]:
    """A repeated request with the same IdempotencyToken returns the job that the first one created.

    A vault that does not exist fails the job, not the call.
    """
    body = call.body
    vault = registry.vault_to_change(call, body["SourceBackupVaultName"])
    point = registry.point_named(call, body["RecoveryPointArn"], vault.name)
    target = body["DestinationBackupVaultArn"]
    held = call.here.holding(CopyJobs)
    token = (body.get("IdempotencyToken", ""), point.arn, target)
    repeated = held.of_token(token)
    if repeated is not None:
        return _start_response(repeated)
    if _vault_of(target) is None:
        raise invalid_parameter(f"Invalid vault ARN: {target}")
    if target == vault.arn:
        raise invalid_parameter("The destination vault is the source vault")
    if point.status != "COMPLETED":
        raise invalid_request(f"Recovery point {point.arn} cannot be copied: it is {point.status}")
    if not is_of_vault(point.arn):
        raise invalid_request("Copying a DynamoDB backup needs DynamoDB's advanced features")
    roles.check(call, body["IamRoleArn"])
    lifecycle.check(body.get("Lifecycle"))
    job = begin(call.world, call.here, point, body["IamRoleArn"], target, body.get("Lifecycle"))
    held.keep_token(token, job)
    return _start_response(job)


def begin(
    world: World,
    here: Region,
    point: RecoveryPoint,
    role: str,
    target: str,
    life: dict[str, Any] | None,
    backup_job: str | None = None,
) -> CopyJob:
    """Store a copy job and start it; `backup_job` is the job whose plan rule asks for the copy."""
    job = CopyJob(
        account=here.account,
        region=here.name,
        resource=point.resource,
        role=role,
        created=world.now(),
        size=point.content.size if point.content else 0,
        source=point.arn,
        source_vault=here.holding(Estate).vaults[point.vault].arn,
        target_vault=target,
        lifecycle=life or {},
        created_by=point.created_by if backup_job else {},
        backup_job=backup_job,
    )
    here.holding(CopyJobs).by_id[job.job_id] = job
    point.restoring += 1
    world.schedule(START_SECONDS, "backup.copy.run", **job.address)
    return job


@operation("backup", "DescribeCopyJob")
def describe_job(call: ApiCall) -> dict[str, Any]:
    return {"CopyJob": _description(call.here.holding(CopyJobs).named(call.body["CopyJobId"]))}


@operation("backup", "ListCopyJobs")
def list_jobs(call: ApiCall) -> dict[str, Any]:
    return call.here.holding(CopyJobs).listed(call, "CopyJobs", _description)


@action("backup.copy.run")
def _start_copy(world: World, data: dict[str, Any]) -> None:
    here = world.region(data["account"], data["region"])
    job = here.holding(CopyJobs).by_id[data["job"]]
    point = here.holding(Estate).points[job.source]
    try:
        _target(world, job)
    except ApiError as error:
        point.restoring -= 1
        job.end("FAILED", world.now(), error.message)
        return
    job.state = "RUNNING"
    world.schedule(COPY_SECONDS, "backup.copy.done", **job.address)


@action("backup.copy.done")
def _end_copy(world: World, data: dict[str, Any]) -> None:
    here = world.region(data["account"], data["region"])
    job = here.holding(CopyJobs).by_id[data["job"]]
    point = here.holding(Estate).points[job.source]
    point.restoring -= 1
    try:
        region, vault = _target(world, job)
    except ApiError as error:
        job.end("FAILED", world.now(), error.message)
        return
    job.copied = f"arn:{partition_of(vault.region)}:backup:{vault.region}:{vault.account}:recovery-point:{uuid.uuid4()}"
    job.end("COMPLETED", world.now())
    region.holding(Estate).points[job.copied] = dataclasses.replace(
        point,
        arn=job.copied,
        vault=vault.name,
        role=job.role,
        created=job.created,
        completed=job.completed,
        lifecycle=dict(job.lifecycle),
        key=vault.key,
        tags=dict(point.tags),
        source_vault=job.source_vault,
        last_restored=None,
        restoring=0,
    )


def _target(world: World, job: CopyJob) -> tuple[Region, StoredVault]:
    parts = _vault_of(job.target_vault)
    region = world.region(parts[1], parts[0]) if parts else None
    vault = region.holding(Estate).vaults.get(parts[2]) if region and parts else None
    if region is None or vault is None:
        raise not_found(f"Backup vault not found: {job.target_vault}")
    problem = lifecycle.breaks(vault.lock, job.lifecycle)
    if problem is not None:
        raise invalid_request(f"Copy job failed: {problem}")
    return region, vault


def _vault_of(arn: str) -> tuple[str, str, str] | None:
    """Region, account and name from a vault's ARN; None for any other text."""
    parts = arn.split(":")
    if len(parts) != 7 or parts[0] != "arn" or (parts[2], parts[5]) != ("backup", "backup-vault"):
        return None
    return parts[3], parts[4], parts[6]


def _start_response(job: CopyJob) -> dict[str, Any]:
    return {"CopyJobId": job.job_id, "CreationDate": job.created, "IsParent": False}


def _description(job: CopyJob) -> dict[str, Any]:
    shown: dict[str, Any] = {
        **jobs.common(job),
        "CopyJobId": job.job_id,
        "SourceBackupVaultArn": job.source_vault,
        "SourceRecoveryPointArn": job.source,
        "DestinationBackupVaultArn": job.target_vault,
        "DestinationVaultType": "BACKUP_VAULT",
        "DestinationRecoveryPointLifecycle": job.lifecycle,
        "ResourceArn": job.resource,
        "ResourceName": job.table,
        "State": job.state,
    }
    optional = {
        "DestinationRecoveryPointArn": job.copied,
        "CreatedBy": job.created_by,
        "CreatedByBackupJobId": job.backup_job,
        "MessageCategory": "SUCCESS" if job.state == "COMPLETED" else None,
    }
    return shown | {name: value for name, value in optional.items() if value}
