"""Backups that go: those that are named, and those that retention is over for."""

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
    """Which backups of a table are kept: the newest `keep`, and those not older than `older_than` seconds.

    With both, only what is too old goes, and of that never the newest `keep`. Without `keep` the newest one stays,
    however old. `match` is a glob that names must fit to be counted at all.
    """

    keep: int | None = None
    older_than: float | None = None
    match: str = "*"

    def surplus(self, backups: Sequence[Backup], now: float, making: int = 0) -> list[Backup]:
        """The backups that go, oldest first. `making`: how many newer ones are being made in the same plan."""
        ours = [one for one in backups if one.ready and fnmatch.fnmatchcase(one.name, self.match)]
        ours.sort(key=lambda one: (one.created or 0, one.arn), reverse=True)
        least = (1 if self.keep is None else self.keep) - making
        spare = ours[max(0, least) :]
        if self.older_than is not None:
            spare = [one for one in spare if now - (one.created or now) > self.older_than]
        return spare[::-1]

    def reason(self, backup: Backup, now: float) -> str:
        """Why a backup is one too many."""
        if self.older_than is None:
            return f"only the newest {self.keep} stay" if self.keep else "none is to stay"
        age = (now - (backup.created or now)) / DAY
        return f"it is {age:.1f} days old, and {self.older_than / DAY:g} are kept"


def plan_delete(aws: Aws, references: Sequence[str], region: str) -> Plan:
    """The deletion of the backups that are named. Raises PlanRefused with all that stands against it."""
    found = find_all(aws, references, region)
    wrong = [make_finding(BACKUP110, why) for why in map(_undeletable, found) if why]
    if wrong:
        raise PlanRefused(wrong)
    pairs = [deletion(one, "it was asked for") for one in found]
    return plan_of([one for one, _ in pairs], [one for _, one in pairs], aws, destroy=True)


def plan_prune(
    aws: Aws, tables: Sequence[str], retention: Retention, region: str, via: Via = Via.DYNAMODB
) -> Plan:
    """The deletion of what retention is over for, of each table by itself. Raises DynaopsError."""
    if retention.keep is None and retention.older_than is None:
        raise DynaopsError("Nothing says which backups go", "Add --keep N, --older-than DURATION, or both.")
    pairs = []
    for table in dict.fromkeys(tables):
        found = [one for one in listing(aws, region, [table], via).backups if prunable(one, via)]
        now = aws.now
        for one in retention.surplus(found, now):
            pairs.append(deletion(one, retention.reason(one, now)))
    plan = plan_of([one for one, _ in pairs], [one for _, one in pairs], aws, destroy=True)
    return plan.model_copy(update={"tables": tuple(dict.fromkeys(tables))})


def prunable(backup: Backup, via: Via) -> bool:
    """Whether retention is about it: AWS's own backups of deleted tables end by themselves."""
    return backup.via is via and _undeletable(backup) is None


def _undeletable(backup: Backup) -> str | None:
    if backup.kind == "SYSTEM":
        return f"{backup.name} is AWS's own backup of a deleted table: it cannot be deleted, and ends after 35 days"
    return None
