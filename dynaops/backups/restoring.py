"""Builds the operation that restores, or that waits for a restore which an earlier run started. Only reads AWS."""

from __future__ import annotations

import uuid
from datetime import UTC
from typing import TYPE_CHECKING, Any

from dynaops.aws.errors import AwsRefusal
from dynaops.backups.listing import table_of
from dynaops.backups.source import RestoreSource
from dynaops.backups.waits import restore_job_wait, restored
from dynaops.kinds.kind import AddressDiff
from dynaops.kinds.steps import operation, polling
from dynaops.model.errors import DynaopsError
from dynaops.model.operation import Operation, Tolerance, Wait

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

_TAKEN = (
    Tolerance(code="TableInUseException", retried=True),
    Tolerance(code="TableAlreadyExistsException", retried=True),
)
_BARE = {
    "BillingModeOverride": "PAY_PER_REQUEST",
    "GlobalSecondaryIndexOverride": [],
    "LocalSecondaryIndexOverride": [],
}
"""Overrides that restore the items only: without indexes a restore is faster and costs less."""


def under_way(aws: Aws, source: RestoreSource, target: str) -> Operation | bool:
    """A restore of an earlier run: an operation that waits for it, True if it is done, False if there is none.

    Raises DynaopsError if a table of that name exists which was not restored from this source.
    """
    response = aws.read("dynamodb", "DescribeTable", source.region, {"TableName": target})
    jobs = _jobs(aws, source) if source.by_service else []
    if response is None:
        for job in jobs:
            if job["Status"] in ("PENDING", "RUNNING") and _target_of(aws, source, job) == target:
                return _waiting(source, target, job["RestoreJobId"])
        return False
    table = response["Table"]
    if not source.made(table, [str(job.get("CreatedResourceArn")) for job in jobs]):
        raise DynaopsError(
            f"There is a table {target} in {source.region} already, which was not restored from this",
            f"A restore always makes a new table: choose a name that is free.{_other_time(source, table)}",
        )
    if table.get("TableStatus") == "DELETING":
        raise DynaopsError(f"The table {target} is being deleted", "Run the command again when it is gone.")
    if table.get("RestoreSummary", {}).get("RestoreInProgress") or table.get("TableStatus") == "CREATING":
        return _waiting(source, target, None)
    return True


def restoring(source: RestoreSource, target: str, role: str | None, bare: bool = False) -> Operation:
    """The operation that restores, with its wait. `role` is for AWS Backup; `bare` restores items without indexes."""
    return operation(
        AddressDiff(target, "table", source.region),
        title=f"restore {target} from {source.words}",
        id=f"{target}:restore",
        reason="it was asked for",
        slow=True,
        **(_by_service(source, target, role) if source.by_service else _native(source, target, bare)),
    )


def _native(source: RestoreSource, target: str, bare: bool) -> dict[str, Any]:
    named: dict[str, Any] = {"TargetTableName": target, **(_BARE if bare else {})}
    common = {
        "service": "dynamodb",
        "wait": restored(target),
        "tolerate": _TAKEN,
        "made": Wait(
            title=f"{target} is there", parameters={"TableName": target}, until="Table.RestoreSummary"
        ),
    }
    if source.backup is not None:
        return {
            **common,
            "api": "RestoreTableFromBackup",
            "parameters": {**named, "BackupArn": source.backup.arn},
        }
    point_in_time = {"RestoreDateTime": source.at} if source.at else {"UseLatestRestorableTime": True}
    return {
        **common,
        "api": "RestoreTableToPointInTime",
        "parameters": {**named, "SourceTableName": source.table, **point_in_time},
    }


def _by_service(source: RestoreSource, target: str, role: str | None) -> dict[str, Any]:
    assert source.backup is not None, "AWS Backup restores recovery points"
    return {
        "service": "backup",
        "api": "StartRestoreJob",
        "wait": restore_job_wait(target),
        "parameters": {
            "RecoveryPointArn": source.backup.arn,
            "Metadata": {"targetTableName": target},
            "IamRoleArn": role,
            "ResourceType": "DynamoDB",
            "IdempotencyToken": str(uuid.uuid4()),
        },
    }


def _waiting(source: RestoreSource, target: str, job: str | None) -> Operation:
    """An operation that only waits for a restore in progress."""
    wait = restore_job_wait(target, job) if job else restored(target)
    title = f"go on restoring {target} from {source.words}"
    subject = AddressDiff(target, "table", source.region)
    return polling(subject, wait, title, id=f"{target}:wait", reason="an earlier run began it", slow=True)


def _other_time(source: RestoreSource, table: dict[str, Any]) -> str:
    """A hint how to continue the restore of the same table to the time that was given before; else empty."""
    summary = table.get("RestoreSummary", {})
    restored_to = summary.get("RestoreDateTime")
    if source.backup is not None or "SourceBackupArn" in summary or restored_to is None:
        return ""
    if table_of(summary.get("SourceTableArn", "")) != source.table:
        return ""
    return f" To go on with this one, say --at {restored_to.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}."


def _jobs(aws: Aws, source: RestoreSource) -> list[dict[str, Any]]:
    """AWS Backup's restore jobs of the recovery point."""
    jobs = aws.read_all("backup", "ListRestoreJobs", source.region, {}, "RestoreJobs")
    arn = source.backup.arn if source.backup else ""
    return [job for job in jobs or () if job.get("RecoveryPointArn") == arn]


def _target_of(aws: Aws, source: RestoreSource, job: dict[str, Any]) -> str | None:
    """The table that a restore job creates, which is known before the table exists."""
    try:
        parameters = {"RestoreJobId": job["RestoreJobId"]}
        response = aws.read("backup", "GetRestoreJobMetadata", source.region, parameters) or {}
    except AwsRefusal:
        return None
    metadata = {name.lower(): value for name, value in response.get("Metadata", {}).items()}
    return metadata.get("targettablename")
