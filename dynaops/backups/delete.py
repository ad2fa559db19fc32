"""Plans the deletion of backups: those that the user names, and those that exceed a retention."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynaops.backups.find import find_all
from dynaops.backups.listing import listing
from dynaops.backups.plans import deletion, plan_of
from dynaops.engine.plan import PlanRefused
from dynaops.model.backup import Backup, Via
from dynaops.model.errors import DynaopsError
from dynaops.model.findings.commands import BACKUP110
from dynaops.model.findings.rule import make_finding
from dynaops.model.plan import Plan

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

DAY = 86_400.0


@dataclass(frozen=True)
class Retention:
    """The backups of a table that are kept: the newest `keep`, and those not older than `older_than` seconds.

    With both, only backups that are too old are deleted, and never the newest `keep`. Without `keep` the newest backup
    is kept at any age. `match` is a glob; backups whose names do not match are neither counted nor deleted.
    """

    keep: int | None = None
    older_than: float | None = None
    match: str = "*"

    def surplus(self, backups: Sequence[Backup], now: float, making: int = 0) -> list[Backup]:
        """The backups to delete, oldest first. `making` is the number of newer backups that the same plan creates."""
        matching = [
            backup for backup in backups if backup.ready and fnmatch.fnmatchcase(backup.name, self.match)
        ]
        matching.sort(key=lambda backup: (backup.created or 0, backup.arn), reverse=True)
        least = (1 if self.keep is None else self.keep) - making
        surplus = matching[max(0, least) :]
        if self.older_than is not None:
            surplus = [backup for backup in surplus if now - (backup.created or now) > self.older_than]
        return surplus[::-1]

    def reason(self, backup: Backup, now: float) -> str:
        """Why a backup is deleted, for the plan."""
        if self.older_than is None:
            return f"only the newest {self.keep} stay" if self.keep else "none is to stay"
        age = (now - (backup.created or now)) / DAY
        return f"it is {age:.1f} days old, and {self.older_than / DAY:g} are kept"


def plan_delete(aws: Aws, references: Sequence[str], region: str) -> Plan:
    """The plan that deletes the named backups. Raises PlanRefused with the findings of all of them."""
    backups = find_all(aws, references, region)
    findings = [make_finding(BACKUP110, reason) for reason in map(_undeletable, backups) if reason]
    if findings:
        raise PlanRefused(findings)
    pairs = [deletion(backup, "it was asked for") for backup in backups]
    return plan_of([backup for backup, _ in pairs], [backup for _, backup in pairs], aws, destroy=True)


def plan_prune(
    aws: Aws, tables: Sequence[str], retention: Retention, region: str, via: Via = Via.DYNAMODB
) -> Plan:
    """The plan that deletes the backups that exceed the retention, for each table separately. Raises DynaopsError."""
    if retention.keep is None and retention.older_than is None:
        raise DynaopsError("Nothing says which backups go", "Add --keep N, --older-than DURATION, or both.")
    pairs = []
    for table in dict.fromkeys(tables):
        backups = [backup for backup in listing(aws, region, [table], via).backups if prunable(backup, via)]
        now = aws.now
        for backup in retention.surplus(backups, now):
            pairs.append(deletion(backup, retention.reason(backup, now)))
    plan = plan_of([backup for backup, _ in pairs], [backup for _, backup in pairs], aws, destroy=True)
    return plan.model_copy(update={"tables": tuple(dict.fromkeys(tables))})


def prunable(backup: Backup, via: Via) -> bool:
    """Whether retention applies to the backup. AWS deletes its own (SYSTEM) backups of deleted tables itself."""
    return backup.via is via and _undeletable(backup) is None


def _undeletable(backup: Backup) -> str | None:
    if backup.kind == "SYSTEM":
        return f"{backup.name} is AWS's own backup of a deleted table: it cannot be deleted, and ends after 35 days"
    return None
