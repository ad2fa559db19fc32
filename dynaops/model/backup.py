"""Backups: what there is, what is being made or restored, and what a restored copy came to. Times are epoch seconds."""

from __future__ import annotations

from enum import StrEnum

from dynaops.model.base import Model


class Via(StrEnum):
    """Which service keeps a backup."""

    DYNAMODB = "dynamodb"
    """DynamoDB itself: on-demand backups, kept until they are deleted, and those it makes of deleted tables."""
    AWS_BACKUP = "aws-backup"
    """AWS Backup: recovery points of a vault, with a life."""


class Backup(Model):
    """One backup of a table. `name` is that of an on-demand backup, and the id of a recovery point, which has no name.

    `status` is AWS's word; `ready` is what can be restored. `kind` is AWS's BackupType (USER, SYSTEM, AWS_BACKUP).
    """

    via: Via
    arn: str
    name: str
    table: str
    region: str
    status: str
    kind: str
    created: float | None = None
    size: int | None = None
    expires: float | None = None
    vault: str | None = None

    @property
    def ready(self) -> bool:
        return self.status in ("AVAILABLE", "COMPLETED")


class RecoveryWindow(Model):
    """The times that a table can be restored to by point-in-time recovery, which keeps `days`."""

    table: str
    region: str
    earliest: float
    latest: float
    days: int


class Listing(Model):
    """All backups that were found, newest first. `gaps` are what could not be looked at, and why."""

    backups: tuple[Backup, ...] = ()
    windows: tuple[RecoveryWindow, ...] = ()
    gaps: tuple[str, ...] = ()


class BackupJobStatus(Model):
    """Something about backups that AWS is doing, or failed to do of late.

    `kind` is ``backup``, ``restore`` or ``verify`` (a scratch table that a verification left). `table` is what is
    backed up or restored from, `target` the table that a restore makes. `percent` is AWS's word of progress.
    """

    kind: str
    id: str
    table: str
    region: str
    state: str
    via: Via
    target: str | None = None
    started: float | None = None
    percent: str | None = None
    message: str | None = None
    running: bool = True


class Differing(Model):
    """Items that are not the same on both sides. `keys` are some of them, as DynamoDB JSON."""

    changed: int = 0
    missing: int = 0
    """In the source, not in the copy."""
    extra: int = 0
    """In the copy, not in the source."""
    keys: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return self.changed + self.missing + self.extra


class Verified(Model):
    """What the comparison of a restored copy with its table came to.

    `method` is ``digest`` (every item), ``sample`` (`compared` items of each side) or ``count`` (the table is gone:
    the copy's items against those that AWS counted at the backup). Counts are None where nobody knows.
    """

    table: str
    copy_name: str
    method: str
    items: int
    expected: int | None
    compared: int = 0
    differing: Differing = Differing()
    digest: str | None = None
    seconds: float = 0.0
    units: float = 0.0

    @property
    def identical(self) -> bool:
        counted = self.expected is None or self.items == self.expected
        return counted and not self.differing.total


class DrillCandidate(Model):
    """A table that a restore drill may be made of. `succeeded_at`: when the last successful drill was, None for never.

    `reference` is what a drill restores: a backup's ARN, or with `latest` the table's name. None: nothing can be
    restored.
    """

    table: str
    region: str
    succeeded_at: int | None = None
    reference: str | None = None
    latest: bool = False


class DrillEnd(StrEnum):
    """How a drill ended, or why there was none."""

    IDENTICAL = "identical"
    DIFFERS = "differs"
    FAILED = "failed"
    NO_BACKUP = "no_backup"
    INTERRUPTED = "interrupted"
    NOT_RUN = "not_run"


class DrillResult(Model):
    """What a drill came to. `source` is what was restored, in words; `message` says why there is no comparison."""

    candidate: DrillCandidate
    end: DrillEnd
    source: str | None = None
    verified: Verified | None = None
    message: str | None = None
    hint: str | None = None
