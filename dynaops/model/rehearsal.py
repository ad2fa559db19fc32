"""Rehearsals: what became of a plan on a sandbox made like the live account."""

from __future__ import annotations

from typing import Any

from dynaops.model.base import Model


class Rehearsed(Model):
    """One operation as it went. Times are seconds of AWS's time from the start; None where it was not sent.

    `stage` is done, failed or skipped. `blocked` says what AWS said, or what was waited for, before it took the call,
    and `blocked_for` how long that was.
    """

    operation: str
    address: str
    title: str
    stage: str
    start: float | None = None
    end: float | None = None
    blocked: str | None = None
    blocked_for: float = 0.0
    message: str | None = None
    hint: str | None = None


class Rehearsal(Model):
    """How a whole plan went; `notes` are what could not be made like the live account, or was assumed."""

    operations: tuple[Rehearsed, ...] = ()
    seconds: float = 0.0
    """How long all of it takes, in AWS's time."""
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Rehearsed, ...]:
        return tuple(operation for operation in self.operations if operation.stage == "failed")

    @property
    def skipped(self) -> tuple[Rehearsed, ...]:
        return tuple(operation for operation in self.operations if operation.stage == "skipped")

    @property
    def passes(self) -> bool:
        """All operations would be carried out."""
        return not self.failed and not self.skipped

    def public(self) -> dict[str, Any]:
        """The rehearsal as ``plan --rehearse --json`` prints it."""
        return {"passes": self.passes, **self.model_dump(mode="json")}
