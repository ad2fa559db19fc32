"""A vault's lock and its access policy."""

from __future__ import annotations

import json
from typing import Any

from dynaops.sandbox.backup.lifecycle import MOST_DAYS
from dynaops.sandbox.backup.model import DAY, VaultLock
from dynaops.sandbox.backup.refusals import invalid_parameter, invalid_request, missing_parameter, not_found
from dynaops.sandbox.backup.registry import vault_to_change, vault_to_read
from dynaops.sandbox.dispatch import ApiCall, operation

COOLING_DAYS = 3
"""Days before a lock becomes final (service model, ChangeableForDays)."""


@operation("backup", "PutBackupVaultLockConfiguration")
def put_lock(call: ApiCall) -> dict[str, Any]:
    """Replace the vault's lock."""
    vault = vault_to_change(call, call.body["BackupVaultName"])
    low, high = call.body.get("MinRetentionDays"), call.body.get("MaxRetentionDays")
    days = call.body.get("ChangeableForDays")
    for name, value, least in (
        ("MinRetentionDays", low, 1),
        ("MaxRetentionDays", high, 1),
        ("ChangeableForDays", days, COOLING_DAYS),
    ):
        if value is not None and not least <= value <= MOST_DAYS:
            raise invalid_parameter(f"{name} must be between {least} and {MOST_DAYS}, not {value}")
    if low is not None and high is not None and low > high:
        raise invalid_parameter("MinRetentionDays must not be greater than MaxRetentionDays")
    _refuse_frozen(vault.lock, vault.name, call.now)
    vault.lock = VaultLock(low, high, None if days is None else call.now + days * DAY)
    return {}


@operation("backup", "DeleteBackupVaultLockConfiguration")
def delete_lock(call: ApiCall) -> dict[str, Any]:
    vault = vault_to_change(call, call.body["BackupVaultName"])
    _refuse_frozen(vault.lock, vault.name, call.now)
    vault.lock = None
    return {}


def _refuse_frozen(lock: VaultLock | None, vault: str, now: float) -> None:
    if lock is not None and lock.frozen(now):
        raise invalid_request(f"Vault lock configuration of {vault} is final and cannot be changed")


@operation("backup", "PutBackupVaultAccessPolicy")
def put_policy(call: ApiCall) -> dict[str, Any]:
    vault = vault_to_change(call, call.body["BackupVaultName"])
    text = call.body.get("Policy")
    if text is None:
        raise missing_parameter("Policy is required")
    _check_policy(text)
    vault.policy = text
    return {}


@operation("backup", "GetBackupVaultAccessPolicy")
def get_policy(call: ApiCall) -> dict[str, Any]:
    vault = vault_to_read(call)
    if vault.policy is None:
        raise not_found(f"Backup vault {vault.name} has no associated policy")
    return {"BackupVaultName": vault.name, "BackupVaultArn": vault.arn, "Policy": vault.policy}


@operation("backup", "DeleteBackupVaultAccessPolicy")
def delete_policy(call: ApiCall) -> dict[str, Any]:
    vault_to_change(call, call.body["BackupVaultName"]).policy = None
    return {}


def _check_policy(text: str) -> None:
    try:
        document = json.loads(text)
    except ValueError:
        raise invalid_parameter("The specified policy is not valid JSON") from None
    statements = document.get("Statement") if isinstance(document, dict) else None
    listed = statements if isinstance(statements, list) else [statements]
    if not all(isinstance(each, dict) and each.get("Effect") in ("Allow", "Deny") for each in listed):
        raise invalid_parameter("The specified policy has no statements with an Effect of Allow or Deny")
