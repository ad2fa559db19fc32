"""The base class of the local and the S3 store: generations, restore, and saving under the lock."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator

from dynaops.model.state import State
from dynaops.stores import format as form
from dynaops.stores.base import Generation, Holder, Lock
from dynaops.stores.generations import BaseGenerations
from dynaops.stores.lease import LeaseLock
from dynaops.stores.lock import StateLock


class VersionedStore(ABC):
    """A store that replaces the state as a whole, and keeps one generation for each run.

    A run saves twice for each operation, but users restore the state before a run, so a save alone makes no generation.
    """

    _generations: BaseGenerations
    _lock: StateLock | LeaseLock

    def __init__(self, location: str, check: form.Check | None) -> None:
        self._location = location
        self._check = check or form.unchecked
        self._kept = False
        self._encoder = form.Encoder()

    @property
    def location(self) -> str:
        return self._location

    @contextlib.contextmanager
    def lock(self, operation: str, timeout: float = 0) -> Iterator[Lock]:
        with self._lock.hold(operation, timeout) as lock:
            self._kept = False
            if lock.note:
                self._fence()
            yield lock

    def holder(self) -> Holder | None:
        return self._lock.holder()

    def history(self) -> list[Generation]:
        with self._telling("list the history of"):
            return [*self._current(), *self._generations.listed()]

    def restore(self, serial: int) -> State:
        with self._locked("state restore"):
            lineage, lower_bound = self._present()
            with self._telling("restore"):
                state = self._generations.read(serial, lineage)
            return self._put_in_place(state, lower_bound)

    def adopt(self, state: State) -> State:
        with self._locked("state push"):
            return self._put_in_place(state, self._present()[1])

    def _put_in_place(self, state: State, lower_bound: int) -> State:
        """Save `state` as the current one, with a serial above all known ones and above `lower_bound`."""
        with self._telling("restore"):
            kept = self._generations.newest(state.lineage)
        self._kept = False
        return self._write(state, max(state.serial, lower_bound, kept) + 1)

    @contextlib.contextmanager
    def _locked(self, operation: str) -> Iterator[None]:
        """A context that holds the lock: the caller's lock, which is checked, or a new one for the duration.

        If the lock of a dead run is taken over, the write that follows makes any late save of that run fail.
        """
        if self._lock.held:
            self._lock.check()
            yield
        else:
            with self._lock.hold(operation, 0):
                self._kept = False
                yield

    @abstractmethod
    def _fence(self) -> None:
        """Prevent a run whose lock was removed from saving."""

    def _telling(self, action: str) -> contextlib.AbstractContextManager[None]:
        """A context that raises failures of `action` as StateError; by default they are StateErrors already."""
        return contextlib.nullcontext()

    @abstractmethod
    def _current(self) -> list[Generation]:
        """The current state as a list of one generation; empty if there is none or it cannot be read."""

    @abstractmethod
    def _present(self) -> tuple[str | None, int]:
        """(lineage, serial) of the stored state. A damaged one is kept in a separate file, and has no lineage."""

    @abstractmethod
    def _write(self, state: State, serial: int) -> State:
        """Save `state` with `serial`, in place of the content that was last read or written."""
