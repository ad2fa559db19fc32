"""The source of a restore: a backup, or a table at a point in time. Only reads AWS."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dynaops.backups.find import find, is_arn, region_of
from dynaops.backups.listing import on_demand, table_of, window
from dynaops.model.backup import Backup, Via
from dynaops.model.errors import DynaopsError

if TYPE_CHECKING:
    from dynaops.aws.session import Aws


@dataclass(frozen=True)
class RestoreSource:
    """A backup of `table`, or (if `backup` is None) the table at the time `at`; None: the latest restorable time."""

    table: str
    region: str
    backup: Backup | None = None
    at: int | None = None

    @property
    def words(self) -> str:
        """The source in words, for titles and messages."""
        if self.backup is not None:
            kind = "backup" if self.backup.via is Via.DYNAMODB else "recovery point"
            return f"{kind} {self.backup.name} of {self.table}"
        return (
            f"{self.table} as it was at {moment(self.at)}"
            if self.at
            else f"{self.table} at its latest restorable time"
        )

    @property
    def key(self) -> str:
        """A text that identifies the source."""
        return self.backup.arn if self.backup else f"{self.region}/{self.table}/{self.at or 'latest'}"

    @property
    def by_service(self) -> bool:
        """Whether AWS Backup restores the source (else DynamoDB does)."""
        return self.backup is not None and self.backup.via is Via.AWS_BACKUP

    def made(self, table: dict[str, Any], jobs: list[str]) -> bool:
        """Whether `table` (as DescribeTable has it) was restored from this source.

        `jobs` are ARNs of the tables that AWS Backup restored from it.
        """
        if table.get("TableArn") in jobs:
            return True
        summary = table.get("RestoreSummary", {})
        if self.backup is not None:
            return bool(summary.get("SourceBackupArn") == self.backup.arn)
        if "SourceBackupArn" in summary or table_of(summary.get("SourceTableArn", "")) != self.table:
            return False
        restored_to = summary.get("RestoreDateTime")
        return self.at is None or (
            isinstance(restored_to, datetime) and int(restored_to.timestamp()) == self.at
        )


def source_of(
    aws: Aws, reference: str, region: str, at: float | None = None, latest: bool = False
) -> RestoreSource:
    """The source that `reference` names: with `at` (epoch seconds) or `latest` a table, else a backup.

    Raises DynaopsError if it does not exist or cannot be restored.
    """
    if at is None and not latest:
        return _backup(aws, reference, region)
    if is_arn(reference):
        raise DynaopsError(
            f"{reference} is a backup, which has one time only",
            "Leave out --at and --latest, or name the table.",
        )
    table = table_of(reference) or reference
    source_region = region_of(reference, region)
    times = window(aws, source_region, table)
    if times is None:
        raise _unrecoverable(aws, table, source_region)
    if at is not None and not times.earliest <= at <= times.latest:
        raise DynaopsError(
            f"{table} cannot be restored to {moment(at)}",
            f"It can be restored to any second from {moment(times.earliest)} to {moment(times.latest)}.",
        )
    return RestoreSource(table, source_region, at=None if at is None else math.floor(at))


def moment(epoch: float | None) -> str:
    """A time in UTC, in a form that --at accepts."""
    return f"{datetime.fromtimestamp(epoch or 0, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _backup(aws: Aws, reference: str, region: str) -> RestoreSource:
    try:
        backup = find(aws, reference, region)
    except DynaopsError as error:
        if not is_arn(reference) and window(aws, region, reference) is not None:
            raise DynaopsError(
                f"{error.message}, but a table",
                "Add --latest or --at TIME to restore the table to a time; or name one of its backups: "
                f"dynaops backup list {reference}",
            ) from None
        raise
    if not backup.ready:
        raise DynaopsError(
            f"{backup.name} cannot be restored: it is {backup.status}",
            "Wait until it is made (dynaops backup status --wait)."
            if backup.status == "CREATING"
            else "Choose another backup (dynaops backup list).",
        )
    return RestoreSource(backup.table, backup.region, backup)


def _unrecoverable(aws: Aws, table: str, region: str) -> DynaopsError:
    """The error for a table without restorable times, with its backups as an alternative."""
    others = [backup.name for backup in on_demand(aws, region, table)]
    instead = f"Restore one of its backups: {', '.join(others[-3:])}." if others else ""
    if aws.read("dynamodb", "DescribeTable", region, {"TableName": table}) is None:
        return DynaopsError(
            f"There is no table {table} in {region}, and only tables that are there have a past to restore",
            instead or "Check the name and the region (--region).",
        )
    return DynaopsError(
        f"Point-in-time recovery of {table} is off",
        instead or "It has no past to restore, and no on-demand backup either (dynaops backup list).",
    )
