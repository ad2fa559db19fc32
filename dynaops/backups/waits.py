"""The waits for backups and restores: what to poll, and when it is done."""

from __future__ import annotations

from dynaops.model.operation import Wait

_DAYS = 86_400.0


def available(name: str, arn: str) -> Wait:
    """Wait until an on-demand backup is AVAILABLE."""
    return Wait(
        title=f"{name} is AVAILABLE",
        api="DescribeBackup",
        parameters={"BackupArn": arn},
        until="BackupDescription.BackupDetails.BackupStatus=='AVAILABLE'",
        expected=5,
        timeout=3600,
    )


def job_wait(table: str, job: str = "${answer:BackupJobId}") -> Wait:
    """Wait until a backup job of AWS Backup is COMPLETED."""
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
    """Wait until a table that DynamoDB restores is ACTIVE.

    It takes minutes for an empty table, and hours for a large one.
    """
    return Wait(
        title=f"{table} is restored",
        parameters={"TableName": table},
        until="Table.TableStatus=='ACTIVE' && !(Table.RestoreSummary.RestoreInProgress==`true`)",
        expected=300,
        timeout=7 * _DAYS,
    )


def restore_job_wait(table: str, job: str = "${answer:RestoreJobId}") -> Wait:
    """Wait until a restore job of AWS Backup is COMPLETED; `table` is the name in the title."""
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
