"""Looking up vaults, recovery points and plans; and the expiry of recovery points."""

from __future__ import annotations

from dynaops.sandbox.backup.lifecycle import calculated
from dynaops.sandbox.backup.model import Estate, RecoveryPoint, StoredPlan, StoredVault
from dynaops.sandbox.backup.refusals import invalid_parameter, not_found
from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.world import Region


def vault_to_read(call: ApiCall) -> StoredVault:
    """The vault that a call which only reads names.

    Raises AccessDeniedException for a vault that does not exist, as AWS does for any caller (SDK for JavaScript
    issue 2625, boto3 issue 2269).
    """
    vault = call.here.holding(Estate).vaults.get(call.body["BackupVaultName"])
    if vault is None:
        raise ApiError("AccessDeniedException", "Insufficient privileges to perform this action.", 403)
    return vault


def vault_to_change(call: ApiCall, name: str) -> StoredVault:
    """The vault that a call which changes it names. Raises ResourceNotFoundException."""
    vault = call.here.holding(Estate).vaults.get(name)
    if vault is None:
        raise not_found(f"Backup vault not found: {name}")
    return vault


def plan_named(call: ApiCall) -> StoredPlan:
    """The plan that a call names by its id, if it is not deleted. Raises ResourceNotFoundException."""
    plan = call.here.holding(Estate).plans.get(call.body["BackupPlanId"])
    if plan is None or plan.deleted is not None:
        raise not_found(f"Cannot find Backup plan with ID {call.body['BackupPlanId']}")
    return plan


def points(region: Region, now: float) -> list[RecoveryPoint]:
    """The region's recovery points, without the expired ones."""
    held = region.holding(Estate).points
    for arn in [arn for arn, point in held.items() if _expired(point, now)]:
        del held[arn]
    return list(held.values())


def points_in(region: Region, vault: str, now: float) -> list[RecoveryPoint]:
    """A vault's recovery points, in any state."""
    return [point for point in points(region, now) if point.vault == vault]


def point_in_vault(call: ApiCall) -> RecoveryPoint:
    """The recovery point that a call names with its vault. Raises ResourceNotFoundException."""
    vault = vault_to_read(call)
    return point_named(call, call.body["RecoveryPointArn"], vault.name)


def point_named(call: ApiCall, arn: str, vault: str | None = None) -> RecoveryPoint:
    """The recovery point with an ARN (in `vault`, if given). Raises ResourceNotFoundException."""
    if not arn.startswith("arn:"):
        raise invalid_parameter(f"Invalid recovery point ARN: {arn}")
    for point in points(call.here, call.now):
        if point.arn == arn and vault in (None, point.vault):
            return point
    raise not_found(f"Recovery point not found: {arn}")


def _expired(point: RecoveryPoint, now: float) -> bool:
    if point.status != "COMPLETED" or point.restoring:
        return False
    return calculated(point.created, point.lifecycle).get("DeleteAt", float("inf")) <= now
