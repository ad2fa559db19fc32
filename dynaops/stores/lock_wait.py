"""Wait for a lock that another process holds (``--lock-timeout``), with messages for the user."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from dynaops.stores.base import Holder

_LONGEST_PAUSE = 2.0
"""The longest pause in seconds between two checks of a lock; a check of a lock in S3 is a request."""
_GROWTH = 1.5
_REMINDER = 30.0
"""Seconds between two messages that the command still waits."""


@dataclass(frozen=True)
class LockWait:
    """How long to wait, in seconds; `tell` shows a message to the user. Tests pass their own clock."""

    seconds: float = 0
    tell: Callable[[str], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def begin(self, timeout: float, grace: float, pause: float) -> Waiting:
        """Start a wait for the longest of `seconds`, `timeout` and `grace`; the first pause is `pause`.

        `grace` is the least time that every caller waits, without a message.
        """
        return Waiting(self, max(self.seconds, timeout, grace), grace, pause)


IMPATIENT = LockWait()
"""Waits only for `grace`, the short time in which others check a lock or save."""


class Waiting:
    """One wait for a lock. Times are seconds."""

    def __init__(self, patience: LockWait, limit: float, grace: float, pause: float) -> None:
        self._patience = patience
        self._limit = limit
        self._pause = pause
        self._started = patience.clock()
        self._next_message = grace
        self._was_shown = False

    def goes_on(self, holder: Holder | None) -> bool:
        """Pause and return True; return False if the time is over. `holder` is None if it is not known."""
        waited = self._patience.clock() - self._started
        if waited >= self._limit:
            return False
        if waited >= self._next_message:
            self._patience.tell(_message(holder, waited, self._limit, first=not self._was_shown))
            self._was_shown = True
            self._next_message = waited + _REMINDER
        self._patience.sleep(min(self._pause, self._limit - waited))
        self._pause = min(self._pause * _GROWTH, _LONGEST_PAUSE)
        return True

    def ended(self) -> None:
        """The lock is acquired: show a message if there was one about the wait."""
        if self._was_shown:
            self._patience.tell(f"The lock is free after {self._patience.clock() - self._started:.0f} s")


def _message(holder: Holder | None, waited: float, limit: float, first: bool) -> str:
    whose = f"{holder.name}: `{holder.operation}` since {holder.since}" if holder else "another process"
    if first:
        return f"Waiting up to {limit:.0f} s for the lock of the state, which is held by {whose}"
    return f"Still waiting for the lock of the state, {waited:.0f} of {limit:.0f} s; it is held by {whose}"
