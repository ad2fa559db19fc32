"""AWS Backup vault, plan and selection."""

from __future__ import annotations

from pydantic import Field

from dynaops.kinds.backup_plan.checks import rules
from dynaops.model.spec import Fragment

__all__ = ["Backup", "BackupPlan", "Copy", "Daily", "Rule", "Vault", "Weekly", "rules"]


class Vault(Fragment):
    """Where recovery points are kept; made unless `create` is false."""

    name: str
    """The vault's name: 2 to 50 of a-z, A-Z, 0-9, - and _."""
    kms_key_arn: str | None = None
    """The key of a vault that is created; fixed."""
    create: bool = True
    """False: the vault is there already, and never changed or deleted."""


class Copy(Fragment):
    """A copy of each recovery point in another vault."""

    vault_arn: str
    """Where the copy goes, in this or another region."""
    delete_after_days: int | None = Field(None, ge=1)
    """Days until the copy is deleted; none: never."""
    cold_storage_after_days: int | None = Field(None, ge=1)
    """Days until it moves to cold storage; deletion at least 90 days later."""


class Rule(Fragment):
    """When recovery points are made and how long they live. Windows are in minutes."""

    name: str
    """The rule's name: 1 to 50 characters."""
    schedule: str
    """A cron expression in UTC, such as cron(0 5 ? * * *)."""
    start_window: int | None = Field(None, ge=60)
    """Minutes within which a backup must start; AWS's default is 480."""
    completion_window: int | None = Field(None, ge=60)
    """Minutes within which it must end; AWS's default is 10080."""
    delete_after_days: int | None = Field(None, ge=1)
    """Days until a recovery point is deleted; none: never."""
    cold_storage_after_days: int | None = Field(None, ge=1)
    """Days until it moves to cold storage; deletion at least 90 days later."""
    continuous: bool = False
    """Continuous backups by AWS Backup. AWS does not take this for DynamoDB: use point_in_time_recovery."""
    copy_to: list[Copy] | None = None
    """Copies in other vaults."""


class BackupPlan(Fragment):
    """A plan of any rules. Tables that give the same name have one plan together."""

    name: str | None = None
    """The plan's name. Default: TABLE-backup."""
    rules: list[Rule] | None = None
    """When backups are made, and how long they are kept; beside daily and weekly."""


class Daily(Fragment):
    """One recovery point a day."""

    retention_days: int = Field(ge=1)
    """Days that each is kept."""


class Weekly(Fragment):
    """One recovery point a week."""

    retention_days: int = Field(ge=1)
    """Days that each is kept."""
    cold_storage_after_days: int | None = Field(None, ge=1)
    """Days until it moves to cold storage; deletion at least 90 days later."""


class Backup(Fragment):
    """The table's AWS Backup."""

    vault: Vault | None = None
    """Where recovery points are kept. Default: a vault TABLE-backup."""
    plan: BackupPlan | None = None
    """The plan in full."""
    role_arn: str | None = None
    """The role that AWS Backup takes on. Created when absent."""
    daily: Daily | None = None
    """Short for a rule every day at 05:00 UTC."""
    weekly: Weekly | None = None
    """Short for a rule every Sunday at 05:00 UTC."""
    select_by_tag: dict[str, str] | None = None
    """The plan backs up all tables of the region that have these tags, not this one by name. All tables that share the
    plan say the same, and have the tags."""
