"""The resources of AWS Backup in an account and region. Times are virtual epoch seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dynaops.model.arns import parse, partition_of
from dynaops.sandbox.dynamodb.backups import StoredBackup

DAY = 86_400.0


@dataclass
class VaultLock:
    """A vault lock: how long recovery points must be kept, and from when it cannot be changed (None: it always can)."""

    min_days: int | None = None
    max_days: int | None = None
    since: float | None = None

    def frozen(self, now: float) -> bool:
        return self.since is not None and now >= self.since


@dataclass
class StoredVault:
    """A backup vault."""

    name: str
    account: str
    region: str
    key: str
    created: float
    creator_request: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    policy: str | None = None
    lock: VaultLock | None = None

    @property
    def arn(self) -> str:
        return f"arn:{partition_of(self.region)}:backup:{self.region}:{self.account}:backup-vault:{self.name}"


@dataclass
class Selection:
    """Which resources a plan covers."""

    selection_id: str
    created: float
    document: dict[str, Any]
    creator_request: str | None = None


@dataclass
class PlanVersion:
    """One version of a plan's document, with defaults filled in."""

    version_id: str
    created: float
    document: dict[str, Any]


@dataclass
class StoredPlan:
    """A backup plan: its versions, oldest first; the last one is in force until `deleted`."""

    plan_id: str
    account: str
    region: str
    creator_request: str | None
    versions: list[PlanVersion]
    tags: dict[str, str] = field(default_factory=dict)
    selections: dict[str, Selection] = field(default_factory=dict)
    deleted: float | None = None
    last_run: float | None = None

    @property
    def arn(self) -> str:
        return (
            f"arn:{partition_of(self.region)}:backup:{self.region}:{self.account}:backup-plan:{self.plan_id}"
        )

    @property
    def current(self) -> PlanVersion:
        return self.versions[-1]


@dataclass
class RecoveryPoint:
    """A copy of a table in a vault; `content` is None until copying has begun."""

    arn: str
    vault: str
    resource: str
    role: str
    created: float
    lifecycle: dict[str, Any]
    status: str = "CREATING"
    completed: float | None = None
    content: StoredBackup | None = None
    key: str | None = None
    created_by: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    resource_tags: dict[str, str] = field(default_factory=dict)
    source_vault: str | None = None
    last_restored: float | None = None
    restoring: int = 0
    """Number of restore and copy jobs that are reading it."""

    @property
    def table(self) -> str:
        return self.resource.rpartition("/")[2]


@dataclass
class Estate:
    """Vaults by name, plans and recovery points by id and ARN."""

    vaults: dict[str, StoredVault] = field(default_factory=dict)
    plans: dict[str, StoredPlan] = field(default_factory=dict)
    points: dict[str, RecoveryPoint] = field(default_factory=dict)


def is_of_vault(arn: str) -> bool:
    """Whether a recovery point has an ARN of AWS Backup. Without advanced features it has a DynamoDB backup's ARN."""
    parsed = parse(arn)
    return parsed is not None and parsed.service == "backup"
