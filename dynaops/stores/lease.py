"""A lock between machines: a note with its holder, which the holder renews, and which expires after the holder dies.

The storage of the note (an object in S3, an item in DynamoDB, a file) must support conditional writes. Times come from
the clocks of the machines, which must differ by much less than the lease; they only decide when the lock of a dead
holder is taken over. The state is protected by two other rules: a save requires that the lock is still held, and that
the stored state has not changed.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

from pydantic import AwareDatetime, ValidationError

from dynaops.model.base import Model
from dynaops.model.errors import DynaopsError
from dynaops.stores.base import Holder, Lock, LockHeld
from dynaops.stores.lock_messages import myself, refusal, taken_away, takeover
from dynaops.stores.lock_wait import IMPATIENT, LockWait, Waiting
from dynaops.stores.process_identity import has_ended, identity

LEASE = 120.0
"""Seconds after its last renewal at which a lock expires."""
BEAT = 15.0
"""Seconds between two renewals."""
_GRACE = 0.2
"""Seconds that every caller waits, since others may hold the lock only for a save."""
_AGREE = 5.0
"""Difference of the clocks in seconds below which messages do not mention it."""
_POLL = 0.05
_TRIES = 5


class LockLocation(Protocol):
    """The storage of a lock's note. A tag identifies one content of the note. All methods raise StateError."""

    def read(self) -> tuple[bytes, str] | None:
        """The note and its tag; None if there is no note."""

    def write(self, note: bytes, tag: str | None) -> str | None:
        """Replace the note with that tag (None: no note). Returns the new tag, or None if the note has changed."""

    def remove(self, tag: str) -> bool:
        """Remove the note with that tag. False if the note has changed or does not exist."""


class Lease(Model):
    """A lock's note. `process` is the holder's identity, by which its machine can see whether it has ended."""

    holder: Holder
    process: str | None = None
    heartbeat_at: AwareDatetime
    expires_at: AwareDatetime

    @property
    def expired(self) -> bool:
        return self.expires_at < datetime.now(UTC)

    @property
    def abandoned(self) -> bool:
        """Whether the lease has expired, or the holder was a process of this machine and has ended."""
        return self.expired or (self.process is not None and has_ended(self.process))


class LeaseLock:
    """A lock whose note is kept in `storage`. `location` is the state's location as the user gave it.

    Between two renewals a thread waits for an event made by `new_event`, which is set when the lock is released.
    """

    def __init__(
        self,
        storage: LockLocation,
        location: str,
        lease: float = LEASE,
        interval: float = BEAT,
        patience: LockWait = IMPATIENT,
        new_event: Callable[[], threading.Event] = threading.Event,
    ) -> None:
        self._storage = storage
        self._new_event = new_event
        self._patience = patience
        self._location = location
        self._lease = lease
        self._beat = interval
        self._held: Holder | None = None
        self._tag = ""
        self._lost = False
        self._guard = threading.Lock()

    @property
    def held(self) -> bool:
        """Whether this object holds the lock, or held it until another process removed it."""
        return self._held is not None

    @contextlib.contextmanager
    def hold(self, operation: str, timeout: float) -> Iterator[Lock]:
        """Hold the lock; see Store.lock."""
        if self._held:
            raise refusal(self._location, self._held)
        holder = myself(operation)
        previous = self._acquired(holder, self._patience.begin(timeout, _GRACE, _POLL))
        self._held, self._lost = holder, False
        released = self._new_event()
        renewal = threading.Thread(target=self._live, args=(released,), name="lock", daemon=True)
        renewal.start()
        try:
            yield Lock(holder, takeover(previous) if previous else None)
        finally:
            released.set()
            renewal.join()
            self._release(holder)
            self._held = None

    def check(self) -> None:
        """Raise LockHeld if another process has the lock now. An expired lease is renewed first."""
        with self._guard:
            current = self._read()
            present = current[0] if current else None
            mine = present is not None and self._held is not None and present.holder.id == self._held.id
            if not mine or self._lost or (present and present.expired and not self._renew()):
                self._lost = True
                raise taken_away(self._location, present.holder if present else None)

    def holder(self) -> Holder | None:
        """The current holder; see Store.holder."""
        current = self._read()
        return current[0].holder if current and current[0] and not current[0].abandoned else None

    def unlock(self, force: bool) -> tuple[Holder | None, bool]:
        """Remove the lock, see Store.unlock. Returns (its holder or None if unknown, whether there was a lock)."""
        for _ in range(_TRIES):
            current = self._read()
            if current is None:
                return None, False
            lease, tag = current
            if not force and (lease is None or not lease.abandoned):
                raise self._refusal(lease)
            if self._storage.remove(tag):
                return lease.holder if lease else None, True
        raise self._refusal(lease)

    def _acquired(self, holder: Holder, waiting: Waiting) -> Holder | None:
        """Acquire the lock. If that is interrupted (Ctrl-C, lost response), remove a note that may be written."""
        try:
            previous = self._acquire(holder, waiting)
        except LockHeld:
            raise
        except BaseException:
            self._release(holder)
            raise
        waiting.ended()
        return previous

    def _acquire(self, holder: Holder, waiting: Waiting) -> Holder | None:
        """Write the note. Returns the holder of an abandoned lock that was taken over, if any."""
        while True:
            if self._take(holder, None):
                return None
            lease, tag = self._read() or (None, "")
            if lease is not None and lease.abandoned and self._take(holder, tag):
                return lease.holder
            if not waiting.goes_on(lease.holder if lease else None):
                raise self._refusal(lease)

    def _take(self, holder: Holder, tag: str | None) -> bool:
        written = self._storage.write(self._note(holder), tag)
        self._tag = written or ""
        return written is not None

    def _live(self, released: threading.Event) -> None:
        """Renew the lease until `released` is set, or until another process has the lock."""
        while not released.wait(self._beat):
            # A failed renewal is not fatal: the lease lasts for several attempts.
            with contextlib.suppress(DynaopsError), self._guard:
                if self._lost or not self._renew():
                    self._lost = True
                    return

    def _renew(self) -> bool:
        if self._held is None:
            return False
        written = self._storage.write(self._note(self._held), self._tag)
        self._tag = written or ""
        return written is not None

    def _release(self, holder: Holder) -> None:
        """Remove the note, unless another process has the lock. A note that cannot be removed expires."""
        with contextlib.suppress(DynaopsError):
            current = self._read()
            if current and current[0] and current[0].holder == holder:
                self._storage.remove(current[1])

    def _note(self, holder: Holder) -> bytes:
        now = datetime.now(UTC)
        lease = Lease(
            holder=holder,
            process=identity(),
            heartbeat_at=now,
            expires_at=now + timedelta(seconds=self._lease),
        )
        return lease.model_dump_json(indent=2).encode() + b"\n"

    def _read(self) -> tuple[Lease | None, str] | None:
        current = self._storage.read()
        if current is None:
            return None
        try:
            return Lease.model_validate_json(current[0]), current[1]
        except ValidationError:  # written by another tool, or damaged: it is not taken over
            return None, current[1]

    def _refusal(self, lease: Lease | None) -> LockHeld:
        if lease is None:
            return refusal(self._location, None)
        return refusal(self._location, lease.holder, f"; {_life(lease, datetime.now(UTC))}")


def _life(lease: Lease, now: datetime) -> str:
    """A phrase that says when the holder renewed the lease and when it expires."""
    heard, left = (now - lease.heartbeat_at).total_seconds(), (lease.expires_at - now).total_seconds()
    if heard < -_AGREE:
        at = lease.heartbeat_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"last heard of at {at} by its own clock, which is {-heard:.0f} s ahead of this machine's"
    last = f"last heard of {max(0.0, heard):.0f} s ago"
    if left < 0:
        return f"{last}, it has expired"
    return f"{last}, it expires in {left:.0f} s without another sign of life"
