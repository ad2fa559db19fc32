"""What every store can do, whatever the place: the protocol, its nouns and its errors."""

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
    """Who holds a lock: `user` at `host`, process `pid`, doing `operation` since `since` (ISO 8601, UTC).

    `id` is new for every lock taken, so that a lock taken away and taken again is not mistaken for the first.
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
"""Whose lock it was whose note is damaged, or not written yet."""


@dataclass(frozen=True)
class Lock:
    """A lock that is held. `note` tells people what happened on the way: whose lock was taken over."""

    holder: Holder
    note: str | None = None


class Generation(Model):
    """A state as it stood when a run ended. `saved_at` is ISO 8601 in UTC, `size` in bytes.

    `resources` is how many addresses it names; that and `lineage` are None where it cannot be read.
    """

    serial: int
    lineage: str | None
    saved_at: str
    size: int
    resources: int | None
    current: bool = False


class StateError(DynaopsError):
    """The state cannot be read, written or changed as asked. What is stored is as it was before."""


class StateUnreadable(StateError):
    """What is stored is no state that this version understands."""


class StateElsewhere(StateUnreadable):
    """The state was moved to another place, which is `target`; what is stored only says so."""

    def __init__(self, place: str, target: str) -> None:
        super().__init__(
            f"The state {place} was moved: it lives at {target} now.",
            f"Name that place: --state {shell_word(target)}, or set DYNAOPS_STATE.",
        )
        self.target = target


class StateMoved(StateError):
    """What is stored has changed since it was loaded."""


def moved(location: str, state: State, serial: int | None, lineage: str = "") -> StateMoved:
    """What is stored at `location` is not what `state` was loaded from, but of `serial` (None: gone) and `lineage`."""
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
    """A location as a shell takes it, whoever wrote it: people copy it from hints."""
    return shlex.quote(location)


class LockHeld(StateError):
    """Somebody else holds the lock. `holder` is None where they have not said who they are."""

    def __init__(self, message: str, hint: str | None, holder: Holder | None = None) -> None:
        super().__init__(message, hint, Exit.LOCKED)
        self.holder = holder


class Keeper(Protocol):
    """What keeps a state while a plan is carried out. All methods raise StateError."""

    def load(self) -> State:
        """The state as it was saved last."""

    def save(self, state: State) -> State:
        """Keeps `state` with the next serial, and returns that."""


class Store(Keeper, Protocol):
    """A place for one state. All methods raise StateError, in words that say what to do."""

    @property
    def location(self) -> str:
        """The place as the user gave it (``--state``)."""

    def describe(self) -> str:
        """The place in words, for messages."""

    def load(self) -> State:
        """The stored state; State.empty() where there is none yet, which writes nothing.

        Raises StateUnreadable for anything that is no whole state of a known version.
        """

    def save(self, state: State) -> State:
        """Stores `state` with the next serial and returns that; whole or not at all, durable on return.

        `state` must come from the last load or save: raises StateMoved when what is stored has another
        serial or lineage. Takes the lock for the moment where it is not held.
        """

    def lock(self, operation: str, timeout: float = 0) -> AbstractContextManager[Lock]:
        """Excludes all others while `operation` (a command's name) runs. Waits up to `timeout` seconds.

        Raises LockHeld, naming the holder. The lock of a process that died is taken over with a note.
        """

    def unlock(self, force: bool = False) -> Holder | None:
        """Takes an abandoned lock away, or with `force` anyone's; whose it was, or None if there was none.

        It is UNKNOWN_HOLDER where the lock does not say whose it was.

        Raises LockHeld where the holder lives, or may live on another machine, and `force` is not given.
        """

    def holder(self) -> Holder | None:
        """Who holds the lock at present."""

    def history(self) -> list[Generation]:
        """The present state and the kept ones, newest first."""

    def restore(self, serial: int) -> State:
        """Makes the kept state of `serial` the present one, under a new serial. What it replaces is kept.

        Works where the present state is damaged or gone.
        """

    def adopt(self, state: State) -> State:
        """Makes `state`, which comes from elsewhere, the present one, under a serial above all that are known.

        What it replaces is kept. Works where the present state is damaged, gone or was moved away.
        """

    def retire(self, target: str) -> None:
        """Leaves word that the state lives at `target` now, in its place; it is kept itself.

        Whoever loads it is told by StateElsewhere. Does nothing where there is no state.
        """

    def drop(self) -> None:
        """Deletes the state and the kept ones. What is kept `beside` it stays."""

    def beside(self, kind: str) -> Folder:
        """The folder of the files of one `kind` that are kept beside the state: ``runs``, ``drills``."""
