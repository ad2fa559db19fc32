"""A lock between machines: a note that says who, renewed while its holder lives, and void some time after it died.

Where the note lies (an object in S3, an item in DynamoDB) only has to write on conditions. Times are the machines'
own clocks, which may differ by much less than the lease: that only decides when a dead holder's lock is taken over.
What keeps the state whole is that no save is made with a lock that is another's, nor over a state that has moved.
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
"""Seconds after its last sign of life at which a holder is taken for dead."""
BEAT = 15.0
"""Seconds between two signs of life."""
_GRACE = 0.2
"""Seconds that even an impatient caller waits: others save for a moment only."""
_AGREE = 5.0
"""Seconds by which clocks differ without that being worth a word."""
_POLL = 0.05
_TRIES = 5


class LockLocation(Protocol):
    """Where a lock's note lies. A tag tells one content of it from any other. All methods raise StateError."""

    def read(self) -> tuple[bytes, str] | None:
        """The note and its tag; None where there is none."""

    def write(self, note: bytes, tag: str | None) -> str | None:
        """Puts `note` in place of the one of that tag (None: where there is none); its tag, or None: overtaken."""

    def remove(self, tag: str) -> bool:
        """Takes the note of that tag away. False: it is another by now, or gone."""


class Lease(Model):
    """A lock's note. `process` tells the holder's machine whether it has ended."""

    holder: Holder
    process: str | None = None
    heartbeat_at: AwareDatetime
    expires_at: AwareDatetime

    @property
    def expired(self) -> bool:
        return self.expires_at < datetime.now(UTC)

    @property
    def abandoned(self) -> bool:
        """It has expired, or its holder was a process of this machine and has ended."""
        return self.expired or (self.process is not None and has_ended(self.process))


class LeaseLock:
    """The lock whose note lies at `place`. `location` is how the user named the state.

    Between two signs of life the holder waits for an event that `new_event` makes, set when the lock is released.
    """

    def __init__(
        self,
        place: LockLocation,
        location: str,
        lease: float = LEASE,
        beat: float = BEAT,
        patience: LockWait = IMPATIENT,
        new_event: Callable[[], threading.Event] = threading.Event,
    ) -> None:
        self._place = place
        self._new_event = new_event
        self._patience = patience
        self._location = location
        self._lease = lease
        self._beat = beat
        self._held: Holder | None = None
        self._tag = ""
        self._lost = False
        self._guard = threading.Lock()

    @property
    def held(self) -> bool:
        """Whether this object holds the lock, or did until it was taken away."""
        return self._held is not None

    @contextlib.contextmanager
    def hold(self, operation: str, timeout: float) -> Iterator[Lock]:
        """Holds the lock; see Store.lock."""
        if self._held:
            raise refusal(self._location, self._held)
        holder = myself(operation)
        previous = self._acquired(holder, self._patience.begin(timeout, _GRACE, _POLL))
        self._held, self._lost = holder, False
        ended = self._new_event()
        heart = threading.Thread(target=self._live, args=(ended,), name="lock", daemon=True)
        heart.start()
        try:
            yield Lock(holder, takeover(previous) if previous else None)
        finally:
            ended.set()
            heart.join()
            self._release(holder)
            self._held = None

    def check(self) -> None:
        """Raises LockHeld if the lock is another's by now. A sign of life that is overdue is given first."""
        with self._guard:
            found = self._read()
            present = found[0] if found else None
            mine = present is not None and self._held is not None and present.holder.id == self._held.id
            if not mine or self._lost or (present and present.expired and not self._renew()):
                self._lost = True
                raise taken_away(self._location, present.holder if present else None)

    def holder(self) -> Holder | None:
        """Who holds the lock; see Store.holder."""
        found = self._read()
        return found[0].holder if found and found[0] and not found[0].abandoned else None

    def unlock(self, force: bool) -> tuple[Holder | None, bool]:
        """Takes the lock away, see Store.unlock; whose it was, and whether there was one (its note may say nothing)."""
        for _ in range(_TRIES):
            found = self._read()
            if found is None:
                return None, False
            lease, tag = found
            if not force and (lease is None or not lease.abandoned):
                raise self._refusal(lease)
            if self._place.remove(tag):
                return lease.holder if lease else None, True
        raise self._refusal(lease)

    def _acquired(self, holder: Holder, waiting: Waiting) -> Holder | None:
        """Acquires the lock; where that is cut off (Ctrl-C, no answer), takes away what was perhaps written."""
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
        """Writes the note. Returns the holder that left without saying so, if any."""
        while True:
            if self._take(holder, None):
                return None
            lease, tag = self._read() or (None, "")
            if lease is not None and lease.abandoned and self._take(holder, tag):
                return lease.holder
            if not waiting.goes_on(lease.holder if lease else None):
                raise self._refusal(lease)

    def _take(self, holder: Holder, tag: str | None) -> bool:
        written = self._place.write(self._note(holder), tag)
        self._tag = written or ""
        return written is not None

    def _live(self, ended: threading.Event) -> None:
        """Give signs of life until `ended`, or until the lock is seen to be another's."""
        while not ended.wait(self._beat):
            # What keeps one sign from being given may have passed by the next: there is time for some.
            with contextlib.suppress(DynaopsError), self._guard:
                if self._lost or not self._renew():
                    self._lost = True
                    return

    def _renew(self) -> bool:
        if self._held is None:
            return False
        written = self._place.write(self._note(self._held), self._tag)
        self._tag = written or ""
        return written is not None

    def _release(self, holder: Holder) -> None:
        """Removes the note, unless it is another's by now. What cannot be removed expires."""
        with contextlib.suppress(DynaopsError):
            found = self._read()
            if found and found[0] and found[0].holder == holder:
                self._place.remove(found[1])

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
        found = self._place.read()
        if found is None:
            return None
        try:
            return Lease.model_validate_json(found[0]), found[1]
        except ValidationError:  # somebody else's, or half a one: nobody's to take
            return None, found[1]

    def _refusal(self, lease: Lease | None) -> LockHeld:
        if lease is None:
            return refusal(self._location, None)
        return refusal(self._location, lease.holder, f"; {_life(lease, datetime.now(UTC))}")


def _life(lease: Lease, now: datetime) -> str:
    """When the holder was last heard of, as far as the two clocks agree."""
    heard, left = (now - lease.heartbeat_at).total_seconds(), (lease.expires_at - now).total_seconds()
    if heard < -_AGREE:
        at = lease.heartbeat_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"last heard of at {at} by its own clock, which is {-heard:.0f} s ahead of this machine's"
    last = f"last heard of {max(0.0, heard):.0f} s ago"
    if left < 0:
        return f"{last}, it has expired"
    return f"{last}, it expires in {left:.0f} s without another sign of life"
