"""Shared by backup, copy and restore jobs: their states, and how they are listed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from dynaops.sandbox.backup.pages import newest_first, page
from dynaops.sandbox.backup.points import RESOURCE_TYPE
from dynaops.sandbox.backup.refusals import not_found
from dynaops.sandbox.dispatch import ApiCall

J = TypeVar("J", bound="BackupServiceJob")


@dataclass
class BackupServiceJob:
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
        """The data by which a scheduled event finds its job."""
        return {"account": self.account, "region": self.region, "job": self.job_id}


@dataclass
class Jobs(Generic[J]):
    """An account's jobs of one kind in a region, by id; and the job ids by idempotency token."""

    by_id: dict[str, J] = field(default_factory=dict)
    by_token: dict[tuple[str, ...], str] = field(default_factory=dict)

    def of_token(self, token: tuple[str, ...]) -> J | None:
        """The job of an earlier request with the same `token` (its first part is the IdempotencyToken), or None."""
        return self.by_id[self.by_token[token]] if token[0] and token in self.by_token else None

    def keep_token(self, token: tuple[str, ...], job: J) -> None:
        """Store the token, so that a repeated request finds the job."""
        if token[0]:
            self.by_token[token] = job.job_id

    def named(self, job_id: str) -> J:
        """The job with an id. Raises ResourceNotFoundException."""
        if job_id not in self.by_id:
            raise not_found(f"Cannot find job with ID {job_id}")
        return self.by_id[job_id]

    def listed(self, call: ApiCall, member: str, show: Callable[[J], dict[str, Any]]) -> dict[str, Any]:
        """The response to a list request: the jobs that match its filters, latest first."""
        shown = ((job, show(job)) for job in self.by_id.values())
        wanted = ((job, each) for job, each in shown if _matches_filters(call.body, job, each))
        return page(call, member, ((newest_first(job.created, job.job_id), each) for job, each in wanted))


def _matches_filters(body: dict[str, Any], job: BackupServiceJob, shown: dict[str, Any]) -> bool:
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


def common(job: BackupServiceJob) -> dict[str, Any]:
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
