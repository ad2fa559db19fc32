"""Move a state to another store, and check a state that is pushed from a file."""

from __future__ import annotations

from dynaops.model.state import State
from dynaops.stores.base import StateElsewhere, StateError, StateUnreadable, Store

_OWN_WORD = "Nothing was changed."


def migrate(source: Store, target: Store) -> State:
    """Move the state of `source` to `target`, and leave a note in `source`. Returns the state at `target`.

    After an interruption it can be run again: a state that has been copied already is known by its lineage and
    content. Both stores are locked. Raises StateError if `source` has no state, or `target` has another one.
    """
    with source.lock("init --migrate"), target.lock("init --migrate"):
        state = source.load()
        if not state.serial:
            raise StateError(
                f"There is no state to move at {source.describe()}.", "Name its place with --from."
            )
        target_state = _at(target)
        if target_state is None or not _same(state, target_state):
            _check_free(state, target_state, target)
            target_state = target.adopt(state)
        source.retire(target.location)
        return target_state


def _at(target: Store) -> State | None:
    """The state at the target; None if it was moved away from there, so that it may be moved back."""
    try:
        return target.load()
    except StateElsewhere:
        return None


def _same(state: State, target_state: State) -> bool:
    """Whether the state has been copied already: all but the serial is equal."""
    return target_state.model_copy(update={"serial": state.serial}) == state


def _check_free(state: State, target_state: State | None, target: Store) -> None:
    if target_state is None or not (target_state.resources or target_state.in_flight):
        return
    if target_state.lineage == state.lineage and target_state.serial <= state.serial:
        return
    raise StateError(
        f"At {target.describe()} there is another state, which names {len(target_state.resources)} addresses.",
        f"{_OWN_WORD} Choose another place, or put this one there by hand: `dynaops state pull`, then "
        "`dynaops state push --force`.",
    )


def check_push(given: State, store: Store) -> State | None:
    """The stored state that `given` is to replace. Raises StateError if it may not be replaced without --force."""
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
