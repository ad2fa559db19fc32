"""Builds the plans about backups, which do not change the state: their lineage is empty, their serial is 0."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dynaops import __version__
from dynaops.engine.parameters import check_parameters
from dynaops.kinds.steps import operation
from dynaops.model.backup import Backup, Via
from dynaops.model.change import Action, Change
from dynaops.model.finding import Finding
from dynaops.model.operation import Danger, Operation, Tolerance, Wait
from dynaops.model.plan import Plan

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

ON_DEMAND, POINT = "on_demand_backup", "recovery_point"


def plan_of(
    changes: Iterable[Change],
    operations: Sequence[Operation],
    aws: Aws,
    *,
    warnings: Iterable[Finding] = (),
    destroy: bool = False,
) -> Plan:
    """A plan of these operations, checked against AWS's service model. Raises DynaopsError."""
    check_parameters(operations, aws)
    return Plan(
        dynaops_version=__version__,
        created_at=datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="seconds"),
        serial=0,
        lineage="",
        endpoint=aws.endpoint_url,
        changes=tuple(changes),
        operations=tuple(operations),
        warnings=tuple(warnings),
        destroy=destroy,
    )


def address_of(backup: Backup) -> str:
    """The address of a backup in a plan."""
    return f"{backup.table}/backup/{backup.name}"


def deletion(backup: Backup, reason: str) -> tuple[Change, Operation]:
    """The change and the operation that delete a backup, which cannot be undone."""
    change = Change(
        address=address_of(backup),
        kind=ON_DEMAND if backup.via is Via.DYNAMODB else POINT,
        region=backup.region,
        action=Action.DELETE,
        reason=reason,
        before=backup.model_dump(mode="json"),
    )
    call = _delete_on_demand(backup) if backup.via is Via.DYNAMODB else _delete_point(backup)
    return change, operation(change, **call, id=f"{backup.arn}:delete", danger=Danger.DESTROY)


def _delete_on_demand(backup: Backup) -> dict[str, Any]:
    return {
        "title": f"delete backup {backup.name} of {backup.table}",
        "service": "dynamodb",
        "api": "DeleteBackup",
        "parameters": {"BackupArn": backup.arn},
        "tolerate": (Tolerance(code="BackupNotFoundException"),),
    }


def _delete_point(backup: Backup) -> dict[str, Any]:
    """AWS Backup answers 200 even if its role may not delete: then the recovery point is EXPIRED and is not deleted."""
    parameters = {"BackupVaultName": backup.vault, "RecoveryPointArn": backup.arn}
    return {
        "title": f"delete recovery point {backup.name} of {backup.table}",
        "service": "backup",
        "api": "DeleteRecoveryPoint",
        "parameters": parameters,
        "tolerate": (Tolerance(code="ResourceNotFoundException"),),
        "wait": Wait(
            title=f"recovery point {backup.name} is gone",
            service="backup",
            api="DescribeRecoveryPoint",
            parameters=parameters,
            failed="Status=='EXPIRED'",
            why="StatusMessage",
            gone=True,
            expected=10,
            timeout=3600,
        ),
    }
