"""Recovery points: describing, listing, changing their lifecycle, and deleting them."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.backup import lifecycle
from dynaops.sandbox.backup.model import Estate, RecoveryPoint, is_of_vault
from dynaops.sandbox.backup.pages import newest_first, page
from dynaops.sandbox.backup.refusals import invalid_parameter, invalid_request, invalid_state
from dynaops.sandbox.backup.registry import point_in_vault, points, points_in, vault_to_read
from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.world import World, action

DELETE_SECONDS = 10.0
RESOURCE_TYPE = "DynamoDB"


@operation("backup", "DescribeRecoveryPoint")
def describe(call: ApiCall) -> dict[str, Any]:
    point = point_in_vault(call)
    return {**_description(call, point), "StorageClass": _storage_class(point, call.now)}


@operation("backup", "ListRecoveryPointsByBackupVault")
def list_by_vault(call: ApiCall) -> dict[str, Any]:
    vault = vault_to_read(call)
    recovery_points = [
        point for point in points_in(call.here, vault.name, call.now) if _matches_filters(point, call.body)
    ]
    return page(
        call, "RecoveryPoints", ((_key(point), _description(call, point)) for point in recovery_points)
    )


@operation("backup", "ListRecoveryPointsByResource")
def list_by_resource(call: ApiCall) -> dict[str, Any]:
    arn = call.body["ResourceArn"]
    if not arn.startswith("arn:"):
        raise invalid_parameter(f"Invalid resource ARN: {arn}")
    recovery_points = [point for point in points(call.here, call.now) if point.resource == arn]
    return page(call, "RecoveryPoints", ((_key(point), _summary(point)) for point in recovery_points))


@operation("backup", "GetRecoveryPointRestoreMetadata")
def restore_metadata(call: ApiCall) -> dict[str, Any]:
    point = point_in_vault(call)
    encrypted = point.content is not None and "SSEDescription" in point.content.description
    return {
        "BackupVaultArn": vault_to_read(call).arn,
        "RecoveryPointArn": point.arn,
        "RestoreMetadata": {
            "originalTableName": point.table,
            "encryptionType": "KMS" if encrypted else "Default",
        },
        "ResourceType": RESOURCE_TYPE,
    }


@operation("backup", "UpdateRecoveryPointLifecycle")
def update_lifecycle(call: ApiCall) -> dict[str, Any]:
    """Replace the lifecycle; a member that is absent from the request is removed (service model)."""
    point = point_in_vault(call)
    given = call.body.get("Lifecycle") or {}
    lifecycle.check(given)
    _refuse_locked(call, point)
    cold = "MoveToColdStorageAfterDays"
    if _storage_class(point, call.now) == "COLD" and given.get(cold) != point.lifecycle.get(cold):
        raise invalid_parameter(f"{cold} cannot be changed after the move to cold storage")
    point.lifecycle = dict(given) if is_of_vault(point.arn) else lifecycle.without_cold(given)
    return {
        "BackupVaultArn": vault_to_read(call).arn,
        "RecoveryPointArn": point.arn,
        "Lifecycle": point.lifecycle,
        "CalculatedLifecycle": lifecycle.calculated(point.created, point.lifecycle),
    }


@operation("backup", "DeleteRecoveryPoint")
def delete(call: ApiCall) -> dict[str, Any]:
    point = point_in_vault(call)
    _refuse_locked(call, point)
    if point.status != "COMPLETED" or point.restoring:
        state = "being restored or copied" if point.restoring else point.status
        raise invalid_state(f"Recovery point {point.arn} cannot be deleted: it is {state}")
    point.status = "DELETING"
    call.world.schedule(
        DELETE_SECONDS, "backup.point.gone", account=call.account, region=call.region, arn=point.arn
    )
    return {}


@action("backup.point.gone")
def _remove_expired(world: World, data: dict[str, Any]) -> None:
    world.region(data["account"], data["region"]).holding(Estate).points.pop(data["arn"], None)


def _refuse_locked(call: ApiCall, point: RecoveryPoint) -> None:
    """Refuse deleting or changing a recovery point of a locked vault (developer guide, Vault Lock)."""
    if call.here.holding(Estate).vaults[point.vault].lock is not None:
        raise invalid_request(f"Backup vault {point.vault} is locked: its recovery points cannot be changed")


def _matches_filters(point: RecoveryPoint, body: dict[str, Any]) -> bool:
    return (
        body.get("ByResourceArn") in (None, point.resource)
        and body.get("ByResourceType") in (None, RESOURCE_TYPE)
        and body.get("ByBackupPlanId") in (None, point.created_by.get("BackupPlanId"))
        and body.get("ByParentRecoveryPointArn") is None
        and body.get("ByCreatedAfter", 0.0) <= point.created < body.get("ByCreatedBefore", float("inf"))
    )


def _key(point: RecoveryPoint) -> tuple[float, str]:
    return newest_first(point.created, point.arn)


def _storage_class(point: RecoveryPoint, now: float) -> str:
    moments = lifecycle.calculated(point.created, point.lifecycle)
    return "COLD" if moments.get("MoveToColdStorageAt", float("inf")) <= now else "WARM"


def _summary(point: RecoveryPoint) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "RecoveryPointArn": point.arn,
        "CreationDate": point.created,
        "Status": point.status,
        "BackupSizeBytes": point.content.size if point.content else 0,
        "BackupVaultName": point.vault,
        "IsParent": False,
        "ResourceName": point.table,
        "VaultType": "BACKUP_VAULT",
    }
    return summary | ({"EncryptionKeyArn": point.key} if point.key else {})


def _description(call: ApiCall, point: RecoveryPoint) -> dict[str, Any]:
    description: dict[str, Any] = {
        "RecoveryPointArn": point.arn,
        "BackupVaultName": point.vault,
        "BackupVaultArn": call.here.holding(Estate).vaults[point.vault].arn,
        "ResourceArn": point.resource,
        "ResourceType": RESOURCE_TYPE,
        "ResourceName": point.table,
        "IamRoleArn": point.role,
        "Status": point.status,
        "CreationDate": point.created,
        "InitiationDate": point.created,
        "BackupSizeInBytes": point.content.size if point.content else 0,
        "IsEncrypted": True,
        "IsParent": False,
        "VaultType": "BACKUP_VAULT",
    }
    optional = {
        "CompletionDate": point.completed,
        "SourceBackupVaultArn": point.source_vault,
        "LastRestoreTime": point.last_restored,
        "EncryptionKeyArn": point.key,
    }
    description |= {name: value for name, value in optional.items() if value is not None}
    if point.created_by:
        description["CreatedBy"] = point.created_by
    if point.lifecycle:
        description["Lifecycle"] = point.lifecycle
        description["CalculatedLifecycle"] = lifecycle.calculated(point.created, point.lifecycle)
    return description
