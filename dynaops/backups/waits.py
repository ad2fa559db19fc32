"""What tells that a backup is made, or a table restored."""

from __future__ import annotations

from dynaops.model.operation import Wait

_DAYS = 86_400.0


def available(name: str, arn: str) -> Wait:
    """Until an on-demand backup can be restored."""
    return Wait(
        title=f"{name} is AVAILABLE",
        api="DescribeBackup",
        parameters={"BackupArn": arn},
        until="BackupDescription.BackupDetails.BackupStatus=='AVAILABLE'",
        expected=5,
        timeout=3600,
    )


def job_wait(table: str, job: str = "${answer:BackupJobId}") -> Wait:
    """Until a backup job of AWS Backup has ended well."""
    return Wait(
        title=f"the recovery point of {table} is made",
        service="backup",
        api="DescribeBackupJob",
        parameters={"BackupJobId": job},
        until="State=='COMPLETED'",
        failed="contains(['FAILED', 'ABORTED', 'EXPIRED', 'PARTIAL'], State)",
        why="StatusMessage",
        expected=300,
        timeout=7 * _DAYS,
    )


def restored(table: str) -> Wait:
    """Until a table that DynamoDB restores can be used. It takes minutes for an empty one, hours for a large one."""
    return Wait(
        title=f"{table} is restored",
        parameters={"TableName": table},
        until="Table.TableStatus=='ACTIVE' && !(Table.RestoreSummary.RestoreInProgress==`true`)",
        expected=300,
        timeout=7 * _DAYS,
    )


def restore_job_wait(table: str, job: str = "${answer:RestoreJobId}") -> Wait:
    """Until a restore job of AWS Backup has ended well; `table` is what it is called in words."""
    return Wait(
        title=f"{table} is restored",
        service="backup",
        api="DescribeRestoreJob",
        parameters={"RestoreJobId": job},
        until="Status=='COMPLETED'",
        failed="contains(['FAILED', 'ABORTED'], Status)",
        why="StatusMessage",
        expected=400,
        timeout=7 * _DAYS,
    )
