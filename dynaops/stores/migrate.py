"""Bringing a state to another place, and taking one in that comes as a file."""

from __future__ import annotations

from dynaops.model.state import State
from dynaops.stores.base import StateElsewhere, StateError, StateUnreadable, Store

_OWN_WORD = "Nothing was changed."


def migrate(source: Store, target: Store) -> State:
    """Moves the state of `source` to `target`, and leaves word of it there; the state as it is at `target`.

    Cut off anywhere, it is completed by running it again: what has arrived already is known by its lineage and
    content. Both are locked meanwhile. Raises StateError where `source` has none, or `target` another one.
    """
    with source.lock("init --migrate"), target.lock("init --migrate"):
        state = source.load()
        if not state.serial:
            raise StateError(
                f"There is no state to move at {source.describe()}.", "Name its place with --from."
            )
        there = _at(target)
        if there is None or not _same(state, there):
            _check_free(state, there, target)
            there = target.adopt(state)
        source.retire(target.location)
        return there


def _at(target: Store) -> State | None:
    """The state at the target; None where that was moved away, so that it may come back."""
    try:
        return target.load()
    except StateElsewhere:
        return None


def _same(state: State, there: State) -> bool:
    """Whether it has arrived already: all but the serial, which arriving raises."""
    return there.model_copy(update={"serial": state.serial}) == state


def _check_free(state: State, there: State | None, target: Store) -> None:
    if there is None or not (there.resources or there.in_flight):
        return
    if there.lineage == state.lineage and there.serial <= state.serial:
        return
    raise StateError(
        f"At {target.describe()} there is another state, which names {len(there.resources)} addresses.",
        f"{_OWN_WORD} Choose another place, or put this one there by hand: `dynaops state pull`, then "
        "`dynaops state push --force`.",
    )


def check_push(given: State, store: Store) -> State | None:
    """The stored state, which `given` may replace; None where that is damaged. Raises StateError where it may not."""
    try:
        stored = store.load()
    except StateUnreadable as error:
        raise StateError(
            f"{error.message} It is only replaced with --force.", f"{_OWN_WORD} {error.hint or ''}".strip()
        ) from error
    if not stored.serial:
        return stored
    if stored.lineage != given.lineage:
        raise StateError(
            f"That is another state than the one at {store.describe()}: its lineage differs.",
            f"{_OWN_WORD} If it shall take that one's place all the same, add --force.",
        )
    if given.serial < stored.serial:
        raise StateError(
            f"That state is older (serial {given.serial}) than the one at {store.describe()} "
            f"(serial {stored.serial}).",
            f"{_OWN_WORD} `dynaops state pull` gives the present one; --force goes back.",
        )
    return stored
