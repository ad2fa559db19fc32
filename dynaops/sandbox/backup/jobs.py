"""What backup, copy and restore jobs have in common: their states, and how they are listed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from dynaops.sandbox.backup.pages import Row, newest_first
from dynaops.sandbox.backup.points import RESOURCE_TYPE
from dynaops.sandbox.backup.refusals import not_found

J = TypeVar("J", bound="Job")


@dataclass
class Job:
    """One job. `resource` is the table's ARN, `size` is in bytes; times are virtual epoch seconds."""

    account: str
    region: str
    resource: str
    role: str
    created: float
    job_id: str = field(default_factory=lambda: str(uuid.uuid4()).upper())
    state: str = "CREATED"
    message: str | None = None
    completed: float | None = None
    size: int = 0

    @property
    def table(self) -> str:
        return self.resource.rpartition("/")[2]

    def end(self, state: str, now: float, message: str | None = None) -> None:
        """Reach a final state."""
        self.state, self.completed, self.message = state, now, message

    @property
    def address(self) -> dict[str, str]:
        """What an event must carry to find its job again."""
        return {"account": self.account, "region": self.region, "job": self.job_id}


def found(jobs: Mapping[str, J], job_id: str) -> J:
    """The job of an id. Raises ResourceNotFoundException."""
    if job_id not in jobs:
        raise not_found(f"Cannot find job with ID {job_id}")
    return jobs[job_id]


def rows(body: dict[str, Any], listed: Iterable[tuple[Job, dict[str, Any]]]) -> Iterable[Row]:
    """The jobs that a list request asks for, latest first."""
    for job, shown in listed:
        if _wanted(body, job, shown):
            yield newest_first(job.created, job.job_id), shown


def _wanted(body: dict[str, Any], job: Job, shown: dict[str, Any]) -> bool:
    same = {
        "ByState": job.state,
        "ByStatus": job.state,
        "ByResourceArn": job.resource,
        "ByResourceType": RESOURCE_TYPE,
        "ByParentJobId": None,
        "ByMessageCategory": shown.get("MessageCategory"),
        "ByBackupVaultName": shown.get("BackupVaultName"),
        "ByDestinationVaultArn": shown.get("DestinationBackupVaultArn"),
        "BySourceRecoveryPointArn": shown.get("SourceRecoveryPointArn"),
    }
    if any(name in body and body[name] not in (value, "*") for name, value in same.items()):
        return False
    if body.get("ByAccountId", job.account) not in (job.account, "*"):
        return False
    if not body.get("ByCreatedAfter", 0.0) <= job.created < body.get("ByCreatedBefore", float("inf")):
        return False
    if "ByCompleteAfter" not in body and "ByCompleteBefore" not in body:
        return True
    if job.completed is None:
        return False
    return bool(
        body.get("ByCompleteAfter", 0.0) <= job.completed < body.get("ByCompleteBefore", float("inf"))
    )


def common(job: Job) -> dict[str, Any]:
    """The members that every kind of job shows."""
    shown: dict[str, Any] = {
        "AccountId": job.account,
        "IamRoleArn": job.role,
        "CreationDate": job.created,
        "ResourceType": RESOURCE_TYPE,
        "BackupSizeInBytes": job.size,
        "IsParent": False,
    }
    optional = {"CompletionDate": job.completed, "StatusMessage": job.message}
    return shown | {name: value for name, value in optional.items() if value is not None}
