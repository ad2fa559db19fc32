"""Backups that are made on demand, by DynamoDB itself or by AWS Backup, and what retention then takes away."""

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
"""CreateBackup, BackupName."""


@dataclass(frozen=True)
class Creation:
    """What is to be made. `name` is for on-demand backups only; `days` are those of `--retention`, `keep` a number.

    AWS Backup deletes by itself after `days`; on-demand backups have no such life, so older ones are pruned here.
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
        """What is pruned after an on-demand backup."""
        if self.via is not Via.DYNAMODB or (self.days is None and self.keep is None):
            return None
        return Retention(self.keep, None if self.days is None else self.days * DAY)


def plan_create(creation: Creation, state: State, aws: Aws) -> Plan:
    """The plan of it. Raises PlanRefused with all that stands against it, of all tables."""
    wrong = [*_misnamed(creation)]
    changes: list[Change] = []
    operations: list[Operation] = []
    for table in dict.fromkeys(creation.tables):
        arn = _arn(aws, table, creation.region)
        if isinstance(arn, Finding):
            wrong.append(arn)
        elif creation.via is Via.DYNAMODB:
            made = list(_on_demand(creation, table, aws))
            changes += [one for one, _ in made]
            operations += [one for _, one in made]
        else:
            pair = _point(creation, table, arn, state, aws)
            if isinstance(pair, tuple):
                changes.append(pair[0])
                operations.append(pair[1])
            else:
                wrong += pair
    if wrong:
        raise PlanRefused(list({one.message: one for one in wrong}.values()))
    pruning = any(one.destructive for one in operations)
    plan = plan_of(changes, operations, aws, destroy=pruning)
    return plan.model_copy(update={"tables": tuple(dict.fromkeys(creation.tables))})


def _misnamed(creation: Creation) -> Iterator[Finding]:
    if creation.name is not None and not _NAME.fullmatch(creation.name):
        yield make_finding(BACKUP102, f"{creation.name!r} is not the name of a backup")


def _arn(aws: Aws, table: str, region: str) -> str | Finding:
    """The ARN of a table that can be backed up; or why it cannot."""
    answer = aws.read("dynamodb", "DescribeTable", region, {"TableName": table})
    if answer is None:
        return make_finding(
            BACKUP101, f"There is no table {table} in {region}", "Check the name and the region (--region)."
        )
    status = answer["Table"].get("TableStatus")
    if status in ("CREATING", "DELETING"):
        return make_finding(
            BACKUP101, f"The table {table} is {status}", "Run the command again when it is ACTIVE."
        )
    return str(answer["Table"]["TableArn"])


def _on_demand(creation: Creation, table: str, aws: Aws) -> Iterator[tuple[Change, Operation]]:
    """CreateBackup, and the deletions that need it to have succeeded."""
    there = on_demand(aws, creation.region, table)
    now = aws.now
    when = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    name = creation.name or f"{table[:200]}-{when}"
    made = _creation(table, name, creation.region, there)
    yield made
    retention = creation.retention
    if retention is None:
        return
    for one in retention.surplus([each for each in there if prunable(each, Via.DYNAMODB)], now, making=1):
        change, operation = deletion(one, retention.reason(one, now))
        need = (made[1].id,)
        yield change, operation.model_copy(update={"after": need, "needs": need})


def _creation(table: str, name: str, region: str, there: list[Backup]) -> tuple[Change, Operation]:
    """CreateBackup has no token and names need not be unique: a lost answer is looked for among the new ones."""
    known = literal([one.arn for one in there if one.name == name])
    new = f"BackupSummaries[?BackupName=='{name}' && !contains({known}, BackupArn)]"
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
            until=f"length({new})>`0`",
        ),
        wait=available(name, f"${{answer:BackupDetails.BackupArn || ({new}.BackupArn | [0])}}"),
        outputs={"arn": "BackupDescription.BackupDetails.BackupArn"},
        slow=True,
    )
    return change, call


def _point(
    creation: Creation, table: str, arn: str, state: State, aws: Aws
) -> tuple[Change, Operation] | list[Finding]:
    """StartBackupJob; or why it cannot be started."""
    check_identity(state, aws)
    vault = vault_of(aws, state, table, creation.region, creation.vault)
    role = role_of(aws, state, table, creation.region, creation.role)
    if isinstance(vault, Finding) or isinstance(role, Finding):
        return [one for one in (vault, role) if isinstance(one, Finding)]
    life = {"DeleteAfterDays": creation.days} if creation.days is not None else {}
    parameters: dict[str, Any] = {
        "BackupVaultName": vault,
        "ResourceArn": arn,
        "IamRoleArn": role,
        "IdempotencyToken": str(uuid.uuid4()),
        **({"Lifecycle": life} if life else {}),
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
