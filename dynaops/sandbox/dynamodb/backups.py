"""On-demand and system backups: copies that remain when their table is deleted."""

from __future__ import annotations

import copy
import uuid
from dataclasses import dataclass, field
from typing import Any

from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb import moto_bridge, recovery, registry
from dynaops.sandbox.dynamodb.describe import describe
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.errors import ApiError, validation
from dynaops.sandbox.world import Region, World

SYSTEM_DAYS = 35
"""Seconds for which AWS keeps the system backup of a deleted table with recovery on (DDB-TABLE-167)."""


@dataclass
class StoredBackup:
    """A backup of a table with its items (moto's item objects). Times are virtual epoch seconds."""

    arn: str
    name: str
    kind: str
    created: float
    table: SandboxTable
    description: dict[str, Any]
    items: list[Any]
    size: int
    restoring: str | None = None

    @property
    def expires(self) -> float | None:
        return self.created + SYSTEM_DAYS * 86_400 if self.kind == "SYSTEM" else None


@dataclass
class StoredBackups:
    """The backups of an account in a region, by ARN."""

    by_arn: dict[str, StoredBackup] = field(default_factory=dict)


@operation("dynamodb", "CreateBackup")
def create_backup(call: ApiCall) -> dict[str, Any]:
    check_shape(call.operation, call.body)
    table = _require_table(call, call.body["TableName"])
    backup = take(call.world, call.here, table, call.body["BackupName"], "USER")
    return {"BackupDetails": details(backup)}


def take(world: World, region: Region, table: SandboxTable, name: str, kind: str) -> StoredBackup:
    """Create a backup of the table as it is now, and store it in the region."""
    backup = snapshot(world, table, name, kind)
    region.holding(StoredBackups).by_arn[backup.arn] = backup
    return backup


def snapshot(world: World, table: SandboxTable, name: str, kind: str) -> StoredBackup:
    """A backup of the table as it is now, which is not stored in the region."""
    now = round(world.now(), 3)
    shown = describe(world, table)
    return StoredBackup(
        arn=f"{table.arn}/backup/{int(now * 1000):014d}-{uuid.uuid4().hex[:8]}",
        name=name,
        kind=kind,
        created=now,
        table=_without_unsaved_settings(table),
        description=shown,
        items=copy.deepcopy(moto_bridge.items_of(world, table)),
        size=int(shown.get("TableSizeBytes", 0)),
    )


def _without_unsaved_settings(table: SandboxTable) -> SandboxTable:
    """A copy of the table without the settings that a backup does not contain (DDB-TABLE-215)."""
    frozen = copy.deepcopy(table)
    frozen.facets = {}
    frozen.tags = {}
    return frozen


def on_table_deleted(world: World, table: SandboxTable) -> None:
    """Create a system backup of a deleted table if its point-in-time recovery was on (DDB-TABLE-167)."""
    if table.facet(recovery.RecoveryState).since is not None:
        region = world.region(table.account, table.region)
        take(world, region, table, f"{table.name}$DeletedTableBackup", "SYSTEM")


@operation("dynamodb", "DescribeBackup")
def describe_backup(call: ApiCall) -> dict[str, Any]:
    check_shape(call.operation, call.body)
    return {"BackupDescription": described(backup_of_arn(call, call.body["BackupArn"]))}


@operation("dynamodb", "DeleteBackup")
def delete_backup(call: ApiCall) -> dict[str, Any]:
    check_shape(call.operation, call.body)
    backup = backup_of_arn(call, call.body["BackupArn"])
    if backup.kind == "SYSTEM":
        raise validation("User is not allowed to delete the system backup")
    if backup.restoring is not None:
        raise ApiError("BackupInUseException", f"Backup is being used to restore a table: {backup.arn}")
    del call.here.holding(StoredBackups).by_arn[backup.arn]
    description = described(backup)
    description["BackupDetails"]["BackupStatus"] = "DELETED"
    return {"BackupDescription": description}


@operation("dynamodb", "ListBackups")
def list_backups(call: ApiCall) -> dict[str, Any]:
    """Oldest first; USER ones unless asked for others (DDB-BACKUP-011)."""
    check_shape(call.operation, call.body)
    body = call.body
    wanted = body.get("BackupType", "USER")
    after = body.get("ExclusiveStartBackupArn")
    backups = sorted(_unexpired(call), key=lambda backup: backup.arn)
    listed = [
        backup
        for backup in backups
        if wanted in ("ALL", backup.kind)
        and ("TableName" not in body or backup.table.name == registry.table_name(call, body["TableName"]))
        and body.get("TimeRangeLowerBound", 0) <= backup.created < body.get("TimeRangeUpperBound", 1e18)
        and (after is None or backup.arn > after)
    ]
    page = listed[: body.get("Limit", 100)]
    answer: dict[str, Any] = {"BackupSummaries": [_summary(backup) for backup in page]}
    if len(page) < len(listed):
        answer["LastEvaluatedBackupArn"] = page[-1].arn
    return answer


def backup_of_arn(call: ApiCall, arn: str) -> StoredBackup:
    """The backup with that ARN. Raises BackupNotFoundException."""
    backup = next((candidate for candidate in _unexpired(call) if candidate.arn == arn), None)
    if backup is None:
        raise ApiError("BackupNotFoundException", f"Backup not found: {arn}")
    return backup


def _unexpired(call: ApiCall) -> list[StoredBackup]:
    everything = call.here.holding(StoredBackups).by_arn
    for arn in [
        arn for arn, backup in everything.items() if backup.expires is not None and backup.expires < call.now
    ]:
        del everything[arn]
    return list(everything.values())


def details(backup: StoredBackup) -> dict[str, Any]:
    """The backup as BackupDetails."""
    shown: dict[str, Any] = {
        "BackupArn": backup.arn,
        "BackupName": backup.name,
        "BackupSizeBytes": backup.size,
        "BackupStatus": "AVAILABLE",
        "BackupType": backup.kind,
        "BackupCreationDateTime": backup.created,
    }
    if backup.expires is not None:
        shown["BackupExpiryDateTime"] = backup.expires
    return shown


def described(backup: StoredBackup) -> dict[str, Any]:
    """The backup as BackupDescription: the backup, and the table's settings at that time."""
    was = backup.description
    source: dict[str, Any] = {
        "TableName": backup.table.name,
        "TableId": backup.table.table_id,
        "TableArn": backup.table.arn,
        "TableSizeBytes": backup.size,
        "KeySchema": was["KeySchema"],
        "TableCreationDateTime": was["CreationDateTime"],
        "ProvisionedThroughput": {
            "ReadCapacityUnits": backup.table.throughput.read,
            "WriteCapacityUnits": backup.table.throughput.write,
        },
        "ItemCount": len(backup.items),
        "BillingMode": backup.table.billing_mode,
    }
    if "OnDemandThroughput" in was:
        source["OnDemandThroughput"] = was["OnDemandThroughput"]
    features: dict[str, Any] = {}
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if was.get(member):
            features[member] = [
                {key: index[key] for key in ("IndexName", "KeySchema", "Projection")} for index in was[member]
            ]
    for member in ("StreamSpecification", "SSEDescription"):
        if member in was:
            features["StreamDescription" if member.startswith("Stream") else member] = was[member]
    return {
        "BackupDetails": details(backup),
        "SourceTableDetails": source,
        "SourceTableFeatureDetails": features,
    }


def _summary(backup: StoredBackup) -> dict[str, Any]:
    return {
        "TableName": backup.table.name,
        "TableId": backup.table.table_id,
        "TableArn": backup.table.arn,
        **details(backup),
    }


def _require_table(call: ApiCall, name: str) -> SandboxTable:
    try:
        table = registry.lookup(call, name)
    except ApiError as error:
        if error.code != "ResourceNotFoundException":
            raise
        raise ApiError("TableNotFoundException", f"Table not found: {name}") from None
    if table.status == "CREATING":
        raise ApiError(
            "ContinuousBackupsUnavailableException",
            f"Backups are being enabled for the table: {table.name}. Please retry later",
        )
    if table.status == "DELETING":
        raise ApiError("TableNotFoundException", f"Table not found: {name}")
    return table
