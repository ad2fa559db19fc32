"""Plans on-demand backups by DynamoDB or by AWS Backup, and the deletion of backups that exceed the retention."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynaops.backups.delete import DAY, Retention, prunable
from dynaops.backups.listing import on_demand
from dynaops.backups.plans import ON_DEMAND, POINT, deletion, plan_of
from dynaops.backups.service import role_of, vault_of
from dynaops.backups.waits import available, job_wait
from dynaops.engine.plan import PlanRefused
from dynaops.engine.state_account import check_identity
from dynaops.kinds.steps import operation
from dynaops.model.backup import Backup, Via
from dynaops.model.change import Action, Change
from dynaops.model.finding import Finding
from dynaops.model.findings.commands import BACKUP101, BACKUP102
from dynaops.model.findings.rule import make_finding
from dynaops.model.jmespath import literal
from dynaops.model.operation import Operation, Wait
from dynaops.model.plan import Plan

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.model.state import State

_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
"""The pattern of BackupName (API reference, CreateBackup)."""


@dataclass(frozen=True)
class Creation:
    """The backups to create. `name` is for on-demand backups only; `days` comes from `--retention`, `keep` is a number.

    AWS Backup deletes a recovery point after `days` by itself. DynamoDB has no lifecycle for on-demand backups, so the
    plan deletes the older ones.
    """

    tables: tuple[str, ...]
    region: str
    via: Via = Via.DYNAMODB
    name: str | None = None
    vault: str | None = None
    role: str | None = None
    days: int | None = None
    keep: int | None = None

    @property
    def retention(self) -> Retention | None:
        """The retention by which old on-demand backups are deleted; None if nothing is deleted here."""
        if self.via is not Via.DYNAMODB or (self.days is None and self.keep is None):
            return None
        return Retention(self.keep, None if self.days is None else self.days * DAY)


def plan_create(creation: Creation, state: State, aws: Aws) -> Plan:
    """The plan that creates the backups. Raises PlanRefused with the findings of all tables."""
    findings = [*_misnamed(creation)]
    changes: list[Change] = []
    operations: list[Operation] = []
    for table in dict.fromkeys(creation.tables):
        arn = _arn(aws, table, creation.region)
        if isinstance(arn, Finding):
            findings.append(arn)
        elif creation.via is Via.DYNAMODB:
            pairs = list(_on_demand(creation, table, aws))
            changes += [change for change, _ in pairs]
            operations += [call for _, call in pairs]
        else:
            pair = _point(creation, table, arn, state, aws)
            if isinstance(pair, tuple):
                changes.append(pair[0])
                operations.append(pair[1])
            else:
                findings += pair
    if findings:
        raise PlanRefused(list({finding.message: finding for finding in findings}.values()))
    pruning = any(call.destructive for call in operations)
    plan = plan_of(changes, operations, aws, destroy=pruning)
    return plan.model_copy(update={"tables": tuple(dict.fromkeys(creation.tables))})


def _misnamed(creation: Creation) -> Iterator[Finding]:
    if creation.name is not None and not _NAME.fullmatch(creation.name):
        yield make_finding(BACKUP102, f"{creation.name!r} is not the name of a backup")


def _arn(aws: Aws, table: str, region: str) -> str | Finding:
    """The ARN of the table, or a finding if it cannot be backed up."""
    response = aws.read("dynamodb", "DescribeTable", region, {"TableName": table})
    if response is None:
        return make_finding(
            BACKUP101, f"There is no table {table} in {region}", "Check the name and the region (--region)."
        )
    status = response["Table"].get("TableStatus")
    if status in ("CREATING", "DELETING"):
        return make_finding(
            BACKUP101, f"The table {table} is {status}", "Run the command again when it is ACTIVE."
        )
    return str(response["Table"]["TableArn"])


def _on_demand(creation: Creation, table: str, aws: Aws) -> Iterator[tuple[Change, Operation]]:
    """CreateBackup, and the deletions of old backups, which run only if CreateBackup succeeded."""
    existing = on_demand(aws, creation.region, table)
    now = aws.now
    timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    name = creation.name or f"{table[:200]}-{timestamp}"
    creation_pair = _creation(table, name, creation.region, existing)
    yield creation_pair
    retention = creation.retention
    if retention is None:
        return
    for backup in retention.surplus(
        [candidate for candidate in existing if prunable(candidate, Via.DYNAMODB)], now, making=1
    ):
        change, operation = deletion(backup, retention.reason(backup, now))
        needed = (creation_pair[1].id,)
        yield change, operation.model_copy(update={"after": needed, "needs": needed})


def _creation(table: str, name: str, region: str, existing: list[Backup]) -> tuple[Change, Operation]:
    """The change and the CreateBackup operation.

    CreateBackup has no idempotency token, and backup names need not be unique. So if its response is lost, the backup
    is recognised among those of this name whose ARN did not exist before.
    """
    known_arns = literal([backup.arn for backup in existing if backup.name == name])
    new_backups = f"BackupSummaries[?BackupName=='{name}' && !contains({known_arns}, BackupArn)]"
    change = Change(
        address=f"{table}/backup/{name}",
        kind=ON_DEMAND,
        region=region,
        action=Action.CREATE,
        reason="",
        after={"service": Via.DYNAMODB.value},
    )
    call = operation(
        change,
        "CreateBackup",
        f"back up {table} as {name}",
        {"TableName": table, "BackupName": name},
        id=f"{change.address}:create",
        reason="it was asked for",
        made=Wait(
            title=f"{name} is there",
            api="ListBackups",
            parameters={"TableName": table, "BackupType": "USER"},
            until=f"length({new_backups})>`0`",
        ),
        wait=available(name, f"${{answer:BackupDetails.BackupArn || ({new_backups}.BackupArn | [0])}}"),
        outputs={"arn": "BackupDescription.BackupDetails.BackupArn"},
        slow=True,
    )
    return change, call


def _point(
    creation: Creation, table: str, arn: str, state: State, aws: Aws
) -> tuple[Change, Operation] | list[Finding]:
    """The change and the StartBackupJob operation; or the findings if the job cannot be started."""
    check_identity(state, aws)
    vault = vault_of(aws, state, table, creation.region, creation.vault)
    role = role_of(aws, state, table, creation.region, creation.role)
    if isinstance(vault, Finding) or isinstance(role, Finding):
        return [resolved for resolved in (vault, role) if isinstance(resolved, Finding)]
    lifecycle = {"DeleteAfterDays": creation.days} if creation.days is not None else {}
    parameters: dict[str, Any] = {
        "BackupVaultName": vault,
        "ResourceArn": arn,
        "IamRoleArn": role,
        "IdempotencyToken": str(uuid.uuid4()),
        **({"Lifecycle": lifecycle} if lifecycle else {}),
    }
    change = Change(
        address=f"{table}/backup/{vault}",
        kind=POINT,
        region=creation.region,
        action=Action.CREATE,
        reason="",
        after={"service": creation.via.value, "vault": vault, "days": creation.days, "role": role},
    )
    call = operation(
        change,
        "StartBackupJob",
        f"back up {table} into vault {vault}",
        parameters,
        id=f"{change.address}:start",
        reason="it was asked for",
        service="backup",
        wait=job_wait(table),
        outputs={"arn": "RecoveryPointArn", "id": "BackupJobId"},
        slow=True,
    )
    return change, call
