"""Lists backups: DynamoDB's on-demand backups, and the recovery points of AWS Backup. Only reads AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from dynaops.aws.errors import AccessDenied, AwsRefusal
from dynaops.engine.observe import in_parallel
from dynaops.kinds.references import table_arn
from dynaops.model.backup import Backup, Listing, RecoveryWindow, Via
from dynaops.model.resource import Scope

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

_Part = tuple[list[Backup], list[str]]


def listing(aws: Aws, region: str, tables: Sequence[str] = (), via: Via | None = None) -> Listing:
    """All backups in `region`, newest first; if `tables` is not empty, only theirs, with their restorable windows.

    What the caller has no permission to read is named in `gaps`, as long as something can be read.
    """
    wanted: list[str | None] = list(tables) or [None]
    reads: list[Callable[[], _Part]] = []
    if via in (None, Via.DYNAMODB):
        reads += [partial(_without_gaps, partial(on_demand, aws, region, table)) for table in wanted]
    if via in (None, Via.AWS_BACKUP):
        reads += [partial(_points, aws, region, table) for table in wanted]
    parts = in_parallel(reads)
    windows = [
        backup for backup in in_parallel([partial(window, aws, region, table) for table in tables]) if backup
    ]
    backups_by_arn: dict[str, Backup] = {}
    for backups, _ in parts:
        backups_by_arn |= {
            backup.arn: backup for backup in backups
        }  # AWS Backup's entries come later and replace DynamoDB's, since they have more details
    return Listing(
        backups=tuple(
            sorted(backups_by_arn.values(), key=lambda backup: (-(backup.created or 0), backup.arn))
        ),
        windows=tuple(windows),
        gaps=tuple(dict.fromkeys(gap for _, gaps in parts for gap in gaps)),
    )


def on_demand(aws: Aws, region: str, table: str | None = None) -> list[Backup]:
    """The backups that ListBackups returns: on-demand ones, those of deleted tables, and some of AWS Backup's."""
    parameters = {"BackupType": "ALL", **({"TableName": table} if table else {})}
    summaries = aws.read_all(
        "dynamodb",
        "ListBackups",
        region,
        parameters,
        "BackupSummaries",
        "ExclusiveStartBackupArn",
        "LastEvaluatedBackupArn",
    )
    return [_on_demand(summary, region) for summary in summaries or ()]


def window(aws: Aws, region: str, table: str) -> RecoveryWindow | None:
    """The times that the table can be restored to; None if recovery is off, or the table does not exist."""
    response = aws.read("dynamodb", "DescribeContinuousBackups", region, {"TableName": table})
    recovery = (
        (response or {}).get("ContinuousBackupsDescription", {}).get("PointInTimeRecoveryDescription", {})
    )
    earliest, latest = (epoch(recovery.get(f"{name}RestorableDateTime")) for name in ("Earliest", "Latest"))
    if recovery.get("PointInTimeRecoveryStatus") != "ENABLED" or earliest is None or latest is None:
        return None
    return RecoveryWindow(
        table=table,
        region=region,
        earliest=earliest,
        latest=latest,
        days=int(recovery.get("RecoveryPeriodInDays", 35)),
    )


def vaults(aws: Aws, region: str) -> list[str]:
    """The names of the region's backup vaults."""
    listed = aws.read_all("backup", "ListBackupVaults", region, {}, "BackupVaultList")
    return sorted(str(vault["BackupVaultName"]) for vault in listed or ())


def epoch(value: Any) -> float | None:
    """A time of an AWS response in epoch seconds."""
    if isinstance(value, datetime):
        return value.timestamp()
    return float(value) if value is not None else None


def table_of(arn: str) -> str:
    """The table's name within the ARN of a table, or of an index, stream or backup of one; else empty."""
    return arn.partition(":table/")[2].partition("/")[0]


def _without_gaps(read: Callable[[], list[Backup]]) -> _Part:
    return read(), []


def _points(aws: Aws, region: str, table: str | None) -> _Part:
    """The recovery points of all vaults. If AWS Backup may not be read, this is a gap, not an error."""
    try:
        names = vaults(aws, region)
    except AccessDenied as error:
        return [], [error.message]
    arn = table_arn(Scope(table, table, region), aws.account) if table and names else None
    parts = in_parallel([partial(_in_vault, aws, region, name, arn) for name in names])
    return [backup for backups, _ in parts for backup in backups], [gap for _, gaps in parts for gap in gaps]


def _in_vault(aws: Aws, region: str, vault: str, arn: str | None) -> _Part:
    parameters = {
        "BackupVaultName": vault,
        "ByResourceType": "DynamoDB",
        **({"ByResourceArn": arn} if arn else {}),
    }
    try:
        points = aws.read_all(
            "backup", "ListRecoveryPointsByBackupVault", region, parameters, "RecoveryPoints"
        )
    except AwsRefusal as error:
        return [], [f"vault {vault}: {error.message}"]
    return list(_recovery_points(points or (), region, vault)), []


def _recovery_points(points: Sequence[dict[str, Any]], region: str, vault: str) -> Iterator[Backup]:
    for point in points:
        arn = str(point["RecoveryPointArn"])
        yield Backup(
            via=Via.AWS_BACKUP,
            arn=arn,
            name=arn.rpartition("/" if "/backup/" in arn else ":")[2],
            table=table_of(str(point["ResourceArn"])),
            region=region,
            status=str(point["Status"]),
            kind="AWS_BACKUP",
            created=epoch(point.get("CreationDate")),
            size=point.get("BackupSizeInBytes"),
            expires=epoch((point.get("CalculatedLifecycle") or {}).get("DeleteAt")),
            vault=vault,
        )


def _on_demand(summary: dict[str, Any], region: str) -> Backup:
    kind = str(summary.get("BackupType", "USER"))
    return Backup(
        via=Via.AWS_BACKUP if kind == "AWS_BACKUP" else Via.DYNAMODB,
        arn=str(summary["BackupArn"]),
        name=str(summary["BackupName"]),
        table=str(summary["TableName"]),
        region=region,
        status=str(summary["BackupStatus"]),
        kind=kind,
        created=epoch(summary.get("BackupCreationDateTime")),
        size=summary.get("BackupSizeBytes"),
        expires=epoch(summary.get("BackupExpiryDateTime")),
    )
