"""Lists the backup and restore jobs in progress, of any caller, and plans waiting for them. Only reads AWS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from dynaops.aws.errors import AccessDenied
from dynaops.backups.listing import epoch, on_demand, table_of
from dynaops.backups.plans import plan_of
from dynaops.backups.waits import available, job_wait, restore_job_wait, restored
from dynaops.engine.observe import in_parallel, table_names
from dynaops.kinds.kind import AddressDiff
from dynaops.kinds.steps import polling
from dynaops.model.backup import BackupJobStatus, Via
from dynaops.model.operation import Operation, Wait
from dynaops.model.plan import Plan

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

SCRATCH = "dynaops-verify-"
"""Prefix of the names of the scratch tables into which a verification restores."""
_RECENT = 86_400.0
"""Failed jobs that ended within this time are listed, too (seconds)."""
_AT_WORK = {"CREATED", "PENDING", "RUNNING", "ABORTING"}


def jobs(aws: Aws, region: str, tables: Sequence[str] = ()) -> tuple[list[BackupJobStatus], list[str]]:
    """The jobs in progress and those that failed within a day, oldest first; and messages on what could not be read.

    `tables`: only jobs with one of these as source or target; all jobs if empty.
    """
    gaps: list[str] = []
    all_jobs = [*_being_made(aws, region), *_restoring(aws, region)]
    try:
        all_jobs += [*_backup_jobs(aws, region), *_restore_jobs(aws, region)]
    except AccessDenied as error:
        gaps.append(error.message)
    wanted = [job for job in all_jobs if not tables or job.table in tables or job.target in tables]
    return sorted(_once(wanted), key=lambda job: job.started or 0), gaps


def plan_wait(aws: Aws, waiting: Sequence[BackupJobStatus]) -> Plan:
    """A plan that changes nothing: it waits for each running job."""
    operations = [_waiting(job) for job in waiting if job.running and job.kind != "verify"]
    return plan_of((), operations, aws)


def _waiting(job: BackupJobStatus) -> Operation:
    """An operation that only reads AWS, and waits for the end of the job."""
    wait = _wait_of(job)
    subject = AddressDiff(job.target or job.table, job.kind, job.region)
    return polling(subject, wait, described(job), id=f"{job.kind}:{job.id}", reason="it is running")


def described(job: BackupJobStatus) -> str:
    """The job in words, for titles."""
    if job.kind == "backup":
        return f"backup of {job.table}"
    source = f" from {job.table}" if job.table else ""
    return f"restore of {job.target or 'a table'}{source}"


def _wait_of(job: BackupJobStatus) -> Wait:
    if job.kind == "restore":
        return (
            restored(job.target or job.id) if job.via is Via.DYNAMODB else restore_job_wait(job.table, job.id)
        )
    if job.via is Via.AWS_BACKUP:
        return job_wait(job.table, job.id)
    return available(f"the backup of {job.table}", job.id)


def _once(listed: Sequence[BackupJobStatus]) -> Iterator[BackupJobStatus]:
    """The jobs without duplicates: a restore by AWS Backup is listed as its job, not also as its table."""
    by_service = {job.target for job in listed if job.kind == "restore" and job.via is Via.AWS_BACKUP}
    for job in listed:
        if not (job.kind == "restore" and job.via is Via.DYNAMODB and job.target in by_service):
            yield job


def _being_made(aws: Aws, region: str) -> Iterator[BackupJobStatus]:
    for backup in on_demand(aws, region):
        if backup.status == "CREATING":
            yield BackupJobStatus(
                kind="backup",
                id=backup.arn,
                table=backup.table,
                region=region,
                state=backup.status,
                via=Via.DYNAMODB,
                started=backup.created,
            )


def _restoring(aws: Aws, region: str) -> Iterator[BackupJobStatus]:
    """Tables that are being restored, and scratch tables, found by DescribeTable of each table in the region."""
    reads = [
        partial(aws.read, "dynamodb", "DescribeTable", region, {"TableName": table_name})
        for table_name in table_names(aws, region)
    ]
    for response in in_parallel(reads):
        table: dict[str, Any] = (response or {}).get("Table", {})
        summary = table.get("RestoreSummary", {})
        running = bool(summary.get("RestoreInProgress"))
        scratch = str(table.get("TableName", "")).startswith(SCRATCH)
        if running or scratch:
            yield BackupJobStatus(
                kind="restore" if running else "verify",
                id=str(table["TableName"]),
                table=table_of(str(summary.get("SourceTableArn", ""))),
                target=str(table["TableName"]),
                region=region,
                state="RESTORING" if running else str(table["TableStatus"]),
                via=Via.DYNAMODB,
                started=epoch(table.get("CreationDateTime")),
                running=running,
                message="left by `dynaops backup verify`: run it again, it goes on and cleans up"
                if scratch
                else None,
            )


def _backup_jobs(aws: Aws, region: str) -> Iterator[BackupJobStatus]:
    for job in _listed(aws, region, "ListBackupJobs", "BackupJobs"):
        state = str(job["State"])
        yield BackupJobStatus(
            kind="backup",
            id=str(job["BackupJobId"]),
            table=table_of(str(job.get("ResourceArn", ""))),
            running=state in _AT_WORK,
            **_common(job, region, state),
        )


def _restore_jobs(aws: Aws, region: str) -> Iterator[BackupJobStatus]:
    for job in _listed(aws, region, "ListRestoreJobs", "RestoreJobs"):
        state = str(job["Status"])
        target = table_of(str(job.get("CreatedResourceArn", ""))) or None
        yield BackupJobStatus(
            kind="restore",
            id=str(job["RestoreJobId"]),
            table=table_of(str(job.get("SourceResourceArn", ""))),
            target=target,
            running=state in _AT_WORK,
            **_common(job, region, state),
        )


def _listed(aws: Aws, region: str, api: str, member: str) -> Iterator[dict[str, Any]]:
    """The jobs about tables that are running, or failed within a day."""
    parameters = {"ByResourceType": "DynamoDB", "ByCreatedAfter": int(aws.now - 8 * _RECENT)}
    for job in aws.read_all("backup", api, region, parameters, member) or ():
        state = job.get("State") or job.get("Status")
        recent = (epoch(job.get("CompletionDate")) or 0) > aws.now - _RECENT
        if state in _AT_WORK or (state != "COMPLETED" and recent):
            yield job


def _common(job: dict[str, Any], region: str, state: str) -> dict[str, Any]:
    return {
        "region": region,
        "state": state,
        "via": Via.AWS_BACKUP,
        "started": epoch(job.get("CreationDate")),
        "percent": job.get("PercentDone"),
        "message": job.get("StatusMessage"),
    }
