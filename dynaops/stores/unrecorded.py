"""A state that is kept nowhere: for runs that find all they must know in AWS, and own nothing afterwards."""

from __future__ import annotations

from dynaops.model.state import State


class Unrecorded:
    """A `Keeper` that forgets when the run ends."""

    def __init__(self) -> None:
        self._state = State.empty()

    def load(self) -> State:
        """The state as it was saved last; empty at first."""
        return self._state

    def save(self, state: State) -> State:
        """`state` with the next serial."""
        self._state = state.model_copy(update={"serial": self._state.serial + 1})
        return self._state
