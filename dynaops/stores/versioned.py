"""What the stores of a state in a file and in an object share: generations, restoring, and work under the lock."""

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
    """A state that is replaced as a whole, and whose earlier contents are kept: one a run, not one a save.

    A run saves twice an operation, and what people go back to is how things stood before a run.
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
            lineage, beyond = self._present()
            with self._telling("restore"):
                state = self._generations.read(serial, lineage)
            return self._put_in_place(state, beyond)

    def adopt(self, state: State) -> State:
        with self._locked("state push"):
            return self._put_in_place(state, self._present()[1])

    def _put_in_place(self, state: State, beyond: int) -> State:
        """Makes `state` the present one, under a serial above all that are known, and above `beyond`."""
        with self._telling("restore"):
            kept = self._generations.newest(state.lineage)
        self._kept = False
        return self._write(state, max(state.serial, beyond, kept) + 1)

    @contextlib.contextmanager
    def _locked(self, operation: str) -> Iterator[None]:
        """Within the caller's lock, which must still be theirs, or within one for the moment.

        Where that takes over a dead run's lock, the write that follows is the fence.
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
        """Keep a run whose lock was taken away from saving."""

    def _telling(self, what: str) -> contextlib.AbstractContextManager[None]:
        """A context whose failures say that `what` could not be done. By default, they do."""
        return contextlib.nullcontext()

    @abstractmethod
    def _current(self) -> list[Generation]:
        """The present state, where there is one that can be read."""

    @abstractmethod
    def _present(self) -> tuple[str | None, int]:
        """The stored state's lineage and serial; a damaged one, which has no lineage, is kept apart."""

    @abstractmethod
    def _write(self, state: State, serial: int) -> State:
        """Saves `state` as `serial`, in place of what was read or written last."""
