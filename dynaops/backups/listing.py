"""Which backups there are: DynamoDB's own, and the recovery points of AWS Backup. Only reads AWS."""

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
    """All backups in `region`, newest first; only those of `tables`, where some are named, with their windows.

    What the caller may not look at becomes one of the `gaps`, as long as anything may be looked at.
    """
    wanted: list[str | None] = list(tables) or [None]
    looks: list[Callable[[], _Part]] = []
    if via in (None, Via.DYNAMODB):
        looks += [partial(_told, partial(on_demand, aws, region, table)) for table in wanted]
    if via in (None, Via.AWS_BACKUP):
        looks += [partial(_points, aws, region, table) for table in wanted]
    parts = in_parallel(looks)
    windows = [one for one in in_parallel([partial(window, aws, region, table) for table in tables]) if one]
    found: dict[str, Backup] = {}
    for backups, _ in parts:
        found |= {
            backup.arn: backup for backup in backups
        }  # AWS Backup, which comes later, knows more of its own
    return Listing(
        backups=tuple(sorted(found.values(), key=lambda one: (-(one.created or 0), one.arn))),
        windows=tuple(windows),
        gaps=tuple(dict.fromkeys(gap for _, gaps in parts for gap in gaps)),
    )


def on_demand(aws: Aws, region: str, table: str | None = None) -> list[Backup]:
    """The backups that DynamoDB lists: users' own, those of deleted tables, and some that AWS Backup makes."""
    parameters = {"BackupType": "ALL", **({"TableName": table} if table else {})}
    found = aws.read_all(
        "dynamodb",
        "ListBackups",
        region,
        parameters,
        "BackupSummaries",
        "ExclusiveStartBackupArn",
        "LastEvaluatedBackupArn",
    )
    return [_on_demand(one, region) for one in found or ()]


def window(aws: Aws, region: str, table: str) -> RecoveryWindow | None:
    """The times that the table can be restored to; None where recovery is off, or the table is not there."""
    answer = aws.read("dynamodb", "DescribeContinuousBackups", region, {"TableName": table})
    told = (answer or {}).get("ContinuousBackupsDescription", {}).get("PointInTimeRecoveryDescription", {})
    earliest, latest = (epoch(told.get(f"{name}RestorableDateTime")) for name in ("Earliest", "Latest"))
    if told.get("PointInTimeRecoveryStatus") != "ENABLED" or earliest is None or latest is None:
        return None
    return RecoveryWindow(
        table=table,
        region=region,
        earliest=earliest,
        latest=latest,
        days=int(told.get("RecoveryPeriodInDays", 35)),
    )


def vaults(aws: Aws, region: str) -> list[str]:
    """The names of the region's backup vaults."""
    found = aws.read_all("backup", "ListBackupVaults", region, {}, "BackupVaultList")
    return sorted(str(one["BackupVaultName"]) for one in found or ())


def epoch(value: Any) -> float | None:
    """A time of an answer in epoch seconds."""
    if isinstance(value, datetime):
        return value.timestamp()
    return float(value) if value is not None else None


def table_of(arn: str) -> str:
    """The table that an ARN is of, or lies below."""
    return arn.partition(":table/")[2].partition("/")[0]


def _told(look: Callable[[], list[Backup]]) -> _Part:
    return look(), []


def _points(aws: Aws, region: str, table: str | None) -> _Part:
    """The recovery points of all vaults. Who uses no AWS Backup need not be allowed to look at it."""
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
        found = aws.read_all(
            "backup", "ListRecoveryPointsByBackupVault", region, parameters, "RecoveryPoints"
        )
    except AwsRefusal as error:
        return [], [f"vault {vault}: {error.message}"]
    return list(_recovery_points(found or (), region, vault)), []


def _recovery_points(found: Sequence[dict[str, Any]], region: str, vault: str) -> Iterator[Backup]:
    for one in found:
        arn = str(one["RecoveryPointArn"])
        yield Backup(
            via=Via.AWS_BACKUP,
            arn=arn,
            name=arn.rpartition("/" if "/backup/" in arn else ":")[2],
            table=table_of(str(one["ResourceArn"])),
            region=region,
            status=str(one["Status"]),
            kind="AWS_BACKUP",
            created=epoch(one.get("CreationDate")),
            size=one.get("BackupSizeInBytes"),
            expires=epoch((one.get("CalculatedLifecycle") or {}).get("DeleteAt")),
            vault=vault,
        )


def _on_demand(one: dict[str, Any], region: str) -> Backup:
    kind = str(one.get("BackupType", "USER"))
    return Backup(
        via=Via.AWS_BACKUP if kind == "AWS_BACKUP" else Via.DYNAMODB,
        arn=str(one["BackupArn"]),
        name=str(one["BackupName"]),
        table=str(one["TableName"]),
        region=region,
        status=str(one["BackupStatus"]),
        kind=kind,
        created=epoch(one.get("BackupCreationDateTime")),
        size=one.get("BackupSizeBytes"),
        expires=epoch(one.get("BackupExpiryDateTime")),
    )
