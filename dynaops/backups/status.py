"""What AWS is doing about backups, whoever asked for it: and waiting for its end. Only reads AWS."""

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
"""How the names of tables begin that a verification restores into."""
_RECENT = 86_400.0
"""Failures of the last day are told, too (seconds)."""
_AT_WORK = {"CREATED", "PENDING", "RUNNING", "ABORTING"}


def jobs(aws: Aws, region: str, tables: Sequence[str] = ()) -> tuple[list[BackupJobStatus], list[str]]:
    """What is going on, and what failed within a day, oldest first; and what could not be looked at, and why.

    `tables`: only what is about these, as source or as target.
    """
    gaps: list[str] = []
    found = [*_being_made(aws, region), *_restoring(aws, region)]
    try:
        found += [*_backup_jobs(aws, region), *_restore_jobs(aws, region)]
    except AccessDenied as error:
        gaps.append(error.message)
    wanted = [one for one in found if not tables or one.table in tables or one.target in tables]
    return sorted(_once(wanted), key=lambda one: one.started or 0), gaps


def plan_wait(aws: Aws, waiting: Sequence[BackupJobStatus]) -> Plan:
    """A plan that changes nothing: it waits for what is running, each by itself."""
    operations = [_waiting(one) for one in waiting if one.running and one.kind != "verify"]
    return plan_of((), operations, aws)


def _waiting(job: BackupJobStatus) -> Operation:
    """A look at AWS in the place of a call, and the wait that the call would have had."""
    wait = _wait_of(job)
    subject = AddressDiff(job.target or job.table, job.kind, job.region)
    return polling(subject, wait, described(job), id=f"{job.kind}:{job.id}", reason="it is running")


def described(job: BackupJobStatus) -> str:
    """What a job is about, in words."""
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


def _once(found: Sequence[BackupJobStatus]) -> Iterator[BackupJobStatus]:
    """A restore by AWS Backup shows as its job and as its table: the job knows more."""
    by_service = {one.target for one in found if one.kind == "restore" and one.via is Via.AWS_BACKUP}
    for one in found:
        if not (one.kind == "restore" and one.via is Via.DYNAMODB and one.target in by_service):
            yield one


def _being_made(aws: Aws, region: str) -> Iterator[BackupJobStatus]:
    for one in on_demand(aws, region):
        if one.status == "CREATING":
            yield BackupJobStatus(
                kind="backup",
                id=one.arn,
                table=one.table,
                region=region,
                state=one.status,
                via=Via.DYNAMODB,
                started=one.created,
            )


def _restoring(aws: Aws, region: str) -> Iterator[BackupJobStatus]:
    """Tables that are being restored, and scratch tables: each table says so of itself only."""
    looks = [
        partial(aws.read, "dynamodb", "DescribeTable", region, {"TableName": table_name})
        for table_name in table_names(aws, region)
    ]
    for answer in in_parallel(looks):
        table: dict[str, Any] = (answer or {}).get("Table", {})
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
    for one in _listed(aws, region, "ListBackupJobs", "BackupJobs"):
        state = str(one["State"])
        yield BackupJobStatus(
            kind="backup",
            id=str(one["BackupJobId"]),
            table=table_of(str(one.get("ResourceArn", ""))),
            running=state in _AT_WORK,
            **_common(one, region, state),
        )


def _restore_jobs(aws: Aws, region: str) -> Iterator[BackupJobStatus]:
    for one in _listed(aws, region, "ListRestoreJobs", "RestoreJobs"):
        state = str(one["Status"])
        target = table_of(str(one.get("CreatedResourceArn", ""))) or None
        yield BackupJobStatus(
            kind="restore",
            id=str(one["RestoreJobId"]),
            table=table_of(str(one.get("SourceResourceArn", ""))),
            target=target,
            running=state in _AT_WORK,
            **_common(one, region, state),
        )


def _listed(aws: Aws, region: str, api: str, member: str) -> Iterator[dict[str, Any]]:
    """The jobs about tables that are running, or failed within a day."""
    asked = {"ByResourceType": "DynamoDB", "ByCreatedAfter": int(aws.now - 8 * _RECENT)}
    for one in aws.read_all("backup", api, region, asked, member) or ():
        state = one.get("State") or one.get("Status")
        recent = (epoch(one.get("CompletionDate")) or 0) > aws.now - _RECENT
        if state in _AT_WORK or (state != "COMPLETED" and recent):
            yield one


def _common(one: dict[str, Any], region: str, state: str) -> dict[str, Any]:
    return {
        "region": region,
        "state": state,
        "via": Via.AWS_BACKUP,
        "started": epoch(one.get("CreationDate")),
        "percent": one.get("PercentDone"),
        "message": one.get("StatusMessage"),
    }
