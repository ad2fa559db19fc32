"""AWS Backup vault, plan and selection: parsed and checked now, applied by a later version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from dynaops.model.finding import Finding, Severity
from dynaops.model.spec import Fragment

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

COLD_DAYS = 90
"""Days a recovery point stays in cold storage at least (AWS Backup, Lifecycle)."""


class Vault(Fragment):
    """Where recovery points are kept; made unless `create` is false."""

    name: str
    kms_key_arn: str | None = None
    create: bool = True


class Copy(Fragment):
    """A copy of each recovery point in another vault."""

    vault_arn: str
    delete_after_days: int | None = Field(None, ge=1)
    cold_storage_after_days: int | None = Field(None, ge=1)


class Rule(Fragment):
    """When recovery points are made and how long they live. Windows are in minutes."""

    name: str
    schedule: str
    start_window: int | None = Field(None, ge=60)
    completion_window: int | None = Field(None, ge=60)
    delete_after_days: int | None = Field(None, ge=1)
    cold_storage_after_days: int | None = Field(None, ge=1)
    continuous: bool = False
    copy_to: list[Copy] | None = None


class BackupPlan(Fragment):
    """A plan of any rules."""

    name: str | None = None
    rules: list[Rule]


class Daily(Fragment):
    """One recovery point a day."""

    retention_days: int = Field(ge=1)


class Weekly(Fragment):
    """One recovery point a week."""

    retention_days: int = Field(ge=1)
    cold_storage_after_days: int | None = Field(None, ge=1)


class Backup(Fragment):
    """The table's AWS Backup."""

    vault: Vault | None = None
    plan: BackupPlan | None = None
    role_arn: str | None = None
    daily: Daily | None = None
    weekly: Weekly | None = None


def rules(spec: TableSpec) -> Iterator[Finding]:
    """What goes to cold storage stays there for 90 days (AWS Backup, Lifecycle)."""
    block = spec.backup
    if block is None:
        return
    lives = (
        [("backup.weekly", block.weekly.cold_storage_after_days, block.weekly.retention_days)]
        if block.weekly
        else []
    )
    for number, rule in enumerate(block.plan.rules if block.plan else ()):
        path = f"backup.plan.rules.{number}"
        lives.append((path, rule.cold_storage_after_days, rule.delete_after_days or 36_500))
        if not rule.schedule.startswith(("cron(", "rate(")):
            yield _error(
                "DDB452", f"{rule.schedule!r} is neither cron(...) nor rate(...)", f"{path}.schedule"
            )
    for path, cold, deleted in lives:
        if cold is not None and deleted < cold + COLD_DAYS:
            yield _error(
                "DDB451",
                f"{path}: deleted after {deleted} days, but what goes to cold storage after {cold} days stays for "
                f"{COLD_DAYS} more",
                f"{path}.cold_storage_after_days",
            )


def _error(code: str, message: str, path: str) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, message=message, path=path)
