"""A store that records every change of the state as a run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from dynaops.model.state import State
from dynaops.stores.base import Generation, Holder, Lock, StateError, Store
from dynaops.stores.recorder import RunRecorder
from dynaops.stores.side_files import Folder


class RecordedStore:
    """A `Store` that forwards all calls to `store`, and reports changes of the state to `recorder`."""

    def __init__(self, store: Store, recorder: RunRecorder) -> None:
        self._store = store
        self.recorder = recorder
        self._loaded: State | None = None

    @property
    def loaded(self) -> State | None:
        """The state that was last loaded or saved."""
        return self._loaded

    @property
    def location(self) -> str:
        return self._store.location

    def describe(self) -> str:
        return self._store.describe()

    def load(self) -> State:
        self._loaded = None
        self._loaded = self._store.load()
        return self._loaded

    def save(self, state: State) -> State:
        with self.recorder.run("save"):
            # A state that was never saved has another lineage at each load.
            before = (
                self._loaded
                if self._loaded and self._loaded.serial
                else state.model_copy(update={"resources": {}})
            )
            self.recorder.changing(before)
            self._loaded = self._store.save(state)
            self.recorder.changed(self._loaded)
            return self._loaded

    @contextlib.contextmanager
    def lock(self, operation: str, timeout: float = 0) -> Iterator[Lock]:
        with self._store.lock(operation, timeout) as lock, self.recorder.run(operation):
            yield lock

    def unlock(self, force: bool = False) -> Holder | None:
        return self._store.unlock(force)

    def holder(self) -> Holder | None:
        return self._store.holder()

    def history(self) -> list[Generation]:
        return self._store.history()

    def restore(self, serial: int) -> State:
        with self.recorder.run("state restore"):
            self.recorder.changing(self._present())
            return self._put(self._store.restore(serial))

    def adopt(self, state: State) -> State:
        with self.recorder.run("state push"):
            self.recorder.changing(self._present())
            return self._put(self._store.adopt(state))

    def retire(self, target: str) -> None:
        with self.recorder.run("init --migrate"):
            self.recorder.changing(self._present())
            self._store.retire(target)

    def drop(self) -> None:
        with self.recorder.run("workspace delete"):
            self.recorder.changing(self._present())
            self._store.drop()

    def beside(self, kind: str) -> Folder:
        return self._store.beside(kind)

    def _present(self) -> State | None:
        """The stored state; None if it cannot be read."""
        try:
            return self._loaded or self.load()
        except StateError:
            return None

    def _put(self, state: State) -> State:
        self._loaded = state
        self.recorder.changed(state)
        return state
