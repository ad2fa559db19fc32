"""Events: what apply tells while it works. Views draw them; nothing in the engine prints.

Times are real epoch seconds.
"""

from __future__ import annotations

from enum import StrEnum

from dynaops.model.base import Model


class Stage(StrEnum):
    """Where an operation stands."""

    BLOCKED = "blocked"
    """Waiting for AWS before the call can be made (see `detail`)."""
    CALLING = "calling"
    WAITING = "waiting"
    """The call was accepted; AWS is working (see `detail`)."""
    DONE = "done"
    LEFT = "left"
    """Submitted, its wait left to the next apply (``--no-wait`` or an interrupt)."""
    SKIPPED = "skipped"
    """Not sent: something it needs did not finish."""
    FAILED = "failed"


class Event(Model):
    """One step of one operation.

    `detail` is for people: what is waited for, what AWS said last, or why it failed. `expected` is in seconds.
    """

    at: float
    operation: str
    address: str
    title: str
    stage: Stage
    detail: str = ""
    expected: float | None = None
    position: int = 0
    total: int = 0


class Outcome(Model):
    """How an apply ended: operation ids by what became of them, and what failed (id -> message)."""

    done: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    failed: dict[str, str] = {}
    hints: dict[str, str] = {}
    interrupted: bool = False
    serial: int = 0
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """All that was planned has been sent (waits may be left)."""
        return not self.skipped and not self.failed and not self.interrupted
