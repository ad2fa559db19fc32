"""Backup vaults: names, keys, and deletion only when empty."""

from __future__ import annotations

import re
import uuid
from typing import Any

from dynaops.model.arns import partition_of
from dynaops.sandbox.backup import tags
from dynaops.sandbox.backup.model import Estate, StoredVault
from dynaops.sandbox.backup.pages import by_name, page
from dynaops.sandbox.backup.refusals import already_exists, invalid_parameter, invalid_request
from dynaops.sandbox.backup.registry import points_in, vault_to_change, vault_to_read
from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.world import Region

_NAME = re.compile(r"[a-zA-Z0-9\-_]{2,50}")
_KEY = re.compile(r"arn:[\w-]+:kms:[a-z0-9-]+:\d{12}:key/.+")


@operation("backup", "CreateBackupVault")
def create_vault(call: ApiCall) -> dict[str, Any]:
    """A repeated request with the same CreatorRequestId returns the vault that the first one created."""
    name, request = call.body["BackupVaultName"], call.body.get("CreatorRequestId")
    if not _NAME.fullmatch(name):
        raise invalid_parameter(
            f"Invalid vault name: {name}. A vault name has 2 to 50 letters, digits, hyphens and underscores"
        )
    key = call.body.get("EncryptionKeyArn") or _own_key(call)
    if not _KEY.fullmatch(key):
        raise invalid_parameter(f"Invalid encryption key ARN: {key}")
    given = tags.checked(call.body.get("BackupVaultTags") or {})
    vaults = call.here.holding(Estate).vaults
    vault = vaults.get(name)
    if vault is None:
        vault = vaults[name] = StoredVault(name, call.account, call.region, key, call.now, request, given)
    elif request is None or request != vault.creator_request:
        raise already_exists(
            "Backup vault with the same name already exists", vault.arn, vault.creator_request
        )
    return {"BackupVaultName": name, "BackupVaultArn": vault.arn, "CreationDate": vault.created}


@operation("backup", "DescribeBackupVault")
def describe_vault(call: ApiCall) -> dict[str, Any]:
    vault = vault_to_read(call)
    return {**vault_description(call.here, vault, call.now), "VaultState": "AVAILABLE"}


@operation("backup", "ListBackupVaults")
def list_vaults(call: ApiCall) -> dict[str, Any]:
    wanted = call.body.get("ByVaultType", "BACKUP_VAULT")
    vaults = call.here.holding(Estate).vaults.values() if wanted == "BACKUP_VAULT" else ()
    rows = ((by_name(vault.name), vault_description(call.here, vault, call.now)) for vault in vaults)
    return page(call, "BackupVaultList", rows)


@operation("backup", "DeleteBackupVault")
def delete_vault(call: ApiCall) -> dict[str, Any]:
    vault = vault_to_change(call, call.body["BackupVaultName"])
    held = len(points_in(call.here, vault.name, call.now))
    if held:
        raise invalid_request(f"Backup vault cannot be deleted (contains {held} recovery points)")
    del call.here.holding(Estate).vaults[vault.name]
    return {}


def vault_description(region: Region, vault: StoredVault, now: float) -> dict[str, Any]:
    """The vault as ListBackupVaults and DescribeBackupVault show it."""
    description: dict[str, Any] = {
        "BackupVaultName": vault.name,
        "BackupVaultArn": vault.arn,
        "VaultType": "BACKUP_VAULT",
        "EncryptionKeyArn": vault.key,
        "CreationDate": vault.created,
        "NumberOfRecoveryPoints": len(points_in(region, vault.name, now)),
        "Locked": vault.lock is not None,
    }
    lock = vault.lock
    optional = {
        "CreatorRequestId": vault.creator_request,
        "MinRetentionDays": lock.min_days if lock else None,
        "MaxRetentionDays": lock.max_days if lock else None,
        "LockDate": lock.since if lock else None,
    }
    return description | {name: value for name, value in optional.items() if value is not None}


def _own_key(call: ApiCall) -> str:
    """The ARN of the AWS managed key aws/backup: one for each account and region."""
    identity = uuid.uuid5(uuid.NAMESPACE_URL, f"aws/backup/{call.account}/{call.region}")
    return f"arn:{partition_of(call.region)}:kms:{call.region}:{call.account}:key/{identity}"
