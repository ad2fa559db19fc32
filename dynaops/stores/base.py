"""The protocol of all state stores, with its data classes and errors."""

from __future__ import annotations

import shlex
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dynaops.model.base import Model
from dynaops.model.errors import DynaopsError
from dynaops.model.exits import Exit
from dynaops.model.state import State

if TYPE_CHECKING:
    from dynaops.stores.side_files import Folder

DEFAULT_LOCATION = ".dynaops/state.json"


class Holder(Model):
    """The holder of a lock: `user` at `host`, process `pid`, running `operation` since `since` (ISO 8601, UTC).

    Every acquisition has a new `id`, so that a lock that was removed and acquired again is not mistaken for the first.
    """

    id: str
    user: str
    host: str
    pid: int
    operation: str
    since: str

    @property
    def name(self) -> str:
        return f"{self.user}@{self.host} (pid {self.pid})"


UNKNOWN_HOLDER = Holder(id="", user="unknown", host="unknown", pid=0, operation="unknown", since="unknown")
"""The holder of a lock whose file is damaged or not written yet."""


@dataclass(frozen=True)
class Lock:
    """A lock that is held. `note` is a message for the user if an abandoned lock was taken over."""

    holder: Holder
    note: str | None = None


class Generation(Model):
    """One kept content of a state, as it was when a run ended. `saved_at` is ISO 8601 in UTC, `size` in bytes.

    `resources` is the number of recorded addresses; it and `lineage` are None if the content cannot be read.
    """

    serial: int
    lineage: str | None
    saved_at: str
    size: int
    resources: int | None
    current: bool = False


class StateError(DynaopsError):
    """The state cannot be read, written or changed. The stored state is unchanged."""


class StateUnreadable(StateError):
    """The stored content is not a state that this version can read."""


class StateElsewhere(StateUnreadable):
    """The state was moved to the location `target`; the stored content only says so."""

    def __init__(self, place: str, target: str) -> None:
        super().__init__(
            f"The state {place} was moved: it lives at {target} now.",
            f"Name that place: --state {shell_word(target)}, or set DYNAOPS_STATE.",
        )
        self.target = target


class StateMoved(StateError):
    """The stored state has changed since it was loaded."""


def moved(location: str, state: State, serial: int | None, lineage: str = "") -> StateMoved:
    """The error that the store now has `serial` (None: no state) and `lineage`, not those of the loaded `state`."""
    if serial is None:
        how = "is gone"
    elif lineage != state.lineage:
        how = "is another one now (its lineage differs)"
    else:
        how = f"has moved from serial {state.serial} to {serial}"
    return StateMoved(
        f"The state {location} {how} since it was read: it was not saved over.",
        "Another run or hand has changed it. Run the command again to start from what is there now.",
    )


def shell_word(location: str) -> str:
    """A location quoted for a shell, since users copy it from hints."""
    return shlex.quote(location)


class LockHeld(StateError):
    """Another process holds the lock. `holder` is None if it is not known."""

    def __init__(self, message: str, hint: str | None, holder: Holder | None = None) -> None:
        super().__init__(message, hint, Exit.LOCKED)
        self.holder = holder


class Keeper(Protocol):
    """Loads and saves the state while a plan is applied. All methods raise StateError."""

    def load(self) -> State:
        """The last saved state."""

    def save(self, state: State) -> State:
        """Save `state` with the next serial, and return it."""


class Store(Keeper, Protocol):
    """A store of one state. All methods raise StateError with a hint that says what to do."""

    @property
    def location(self) -> str:
        """The location as the user gave it (``--state``)."""

    def describe(self) -> str:
        """The location as a phrase for messages."""

    def load(self) -> State:
        """The stored state, or State.empty() if there is none yet. Writes nothing.

        Raises StateUnreadable for content that is not a complete state of a known version.
        """

    def save(self, state: State) -> State:
        """Save `state` atomically with the next serial and return it. The state is on durable storage on return.

        `state` must come from the last load or save: raises StateMoved if the stored state has another serial or
        lineage. Acquires the lock for the save if it is not held.
        """

    def lock(self, operation: str, timeout: float = 0) -> AbstractContextManager[Lock]:
        """Hold the lock while `operation` (a command's name) runs. Waits up to `timeout` seconds.

        Raises LockHeld with the holder. The lock of a dead process is taken over, with a note.
        """

    def unlock(self, force: bool = False) -> Holder | None:
        """Remove an abandoned lock, or with `force` any lock; return its holder, or None if there was no lock.

        Returns UNKNOWN_HOLDER if the lock does not say who held it. Without `force`, raises LockHeld if the holder
        lives, or may live on another machine.
        """

    def holder(self) -> Holder | None:
        """The current holder of the lock."""

    def history(self) -> list[Generation]:
        """The current state and the kept generations, newest first."""

    def restore(self, serial: int) -> State:
        """Make the kept state of `serial` the current one, with a new serial. The replaced state is kept.

        Works if the current state is damaged or missing.
        """

    def adopt(self, state: State) -> State:
        """Make `state`, which comes from another store, the current one, with a serial above all known ones.

        The replaced state is kept. Works if the current state is damaged, missing or was moved away.
        """

    def retire(self, target: str) -> None:
        """Replace the state by a note that it was moved to `target`; the state itself is kept as a generation.

        A later load raises StateElsewhere. Does nothing if there is no state.
        """

    def drop(self) -> None:
        """Delete the state and its generations. The files of `beside` stay."""

    def beside(self, kind: str) -> Folder:
        """The folder of one `kind` of files that are kept beside the state: ``runs``, ``drills``."""
