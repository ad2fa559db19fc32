"""A store that keeps the state only in memory: for runs that record nothing (such as grants)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynaops.model.state import State

if TYPE_CHECKING:
    from dynaops.stores.recorder import RunRecorder


class MemoryStore:
    """A `Keeper` in memory. `recorder` records the run nevertheless, since it changes AWS."""

    def __init__(self, recorder: RunRecorder | None = None) -> None:
        self._state = State.empty()
        self.recorder = recorder

    def load(self) -> State:
        """The last saved state; empty at first."""
        return self._state

    def save(self, state: State) -> State:
        """`state` with the next serial."""
        self._state = state.model_copy(update={"serial": self._state.serial + 1})
        return self._state
