"""Edit a state by hand (``dynaops state list|show|rm|mv``): pure functions that never call AWS."""

from __future__ import annotations

import difflib

from dynaops.model.state import Record, State
from dynaops.stores.base import StateError


def addresses(state: State, prefix: str | None = None) -> list[str]:
    """All addresses, sorted; with `prefix` only that address and those below. Raises StateError if it is unknown."""
    if prefix is None:
        return sorted(state.resources)
    return _subtree(state, prefix)


def show(state: State, address: str) -> Record:
    """The record at `address`. Raises StateError if there is none."""
    record = state.resources.get(address)
    if record is None:
        raise _unknown(state, address)
    return record


def remove(state: State, address: str) -> State:
    """`state` without `address` and all below it, and without their operations in flight.

    The resources stay in AWS and are no longer owned. Raises StateError if the address is unknown.
    """
    removed = set(_subtree(state, address))
    kept = {
        name: _depending(record, tuple(other for other in record.depends_on if other not in removed))
        for name, record in state.resources.items()
        if name not in removed
    }
    in_flight = {
        operation: intent
        for operation, intent in state.in_flight.items()
        if not _is_within(intent.address, address)
    }
    return state.model_copy(update={"resources": kept, "in_flight": in_flight})


def move(state: State, source: str, target: str) -> State:
    """`state` with `source` and all below it moved to the address `target`.

    Raises StateError if `source` is unknown, `target` is taken or of another form, or an interrupted operation on the
    old address is not resolved yet.
    """
    _subtree(state, source)  # it must be there
    _check_target(state, source, target)
    return renamed(state, source, target)


def renamed(state: State, source: str, target: str) -> State:
    """`state` with `source` and all below it moved to the address `target`, also in operations in flight."""

    def name(address: str) -> str:
        return target + address.removeprefix(source) if _is_within(address, source) else address

    resources = {
        name(address): _depending(record, tuple(map(name, record.depends_on)))
        for address, record in state.resources.items()
    }
    in_flight = {
        key: intent.model_copy(
            update={
                "address": name(intent.address),
                "effects": tuple(
                    effect.model_copy(update={"address": name(effect.address)}) for effect in intent.effects
                ),
            }
        )
        for key, intent in state.in_flight.items()
    }
    return state.model_copy(update={"resources": resources, "in_flight": in_flight})


def _check_target(state: State, source: str, target: str) -> None:
    taken = [name for name in state.resources if _is_within(name, target)]
    if taken:
        raise StateError(
            f"Cannot move {source} to {target}: that is taken.",
            f"Choose another address, or forget it first: `dynaops state rm {target}`.",
        )
    record = state.resources.get(source)
    has_own_name = record is not None and "name" in record.properties and "/" in target
    if not has_own_name and _shape(source) != _shape(target):
        raise StateError(
            f"Cannot move {source} to {target}: that would be the address of another kind of resource.",
            "Only the names in an address may change, for example users/log_group to orders/log_group.",
        )
    if any(_is_within(intent.address, source) for intent in state.in_flight.values()):
        raise StateError(
            f"Cannot move {source}: an interrupted operation on it is not resolved yet.",
            "Run `dynaops apply` first: it finds out what became of the operation.",
        )


def _shape(address: str) -> tuple[int, list[str], bool]:
    """What a move must not change: the number of segments, the kinds in them (users/gsi/NAME), no empty segment."""
    parts = address.split("/")
    return len(parts), parts[1::2], all(parts)


def _subtree(state: State, address: str) -> list[str]:
    addresses = sorted(name for name in state.resources if _is_within(name, address))
    if not addresses:
        raise _unknown(state, address)
    return addresses


def _is_within(name: str, address: str) -> bool:
    return name == address or name.startswith(f"{address}/")


def _depending(record: Record, depends_on: tuple[str, ...]) -> Record:
    return record if depends_on == record.depends_on else record.model_copy(update={"depends_on": depends_on})


def _unknown(state: State, address: str) -> StateError:
    close = difflib.get_close_matches(address, state.resources, n=1)
    hint = f"Did you mean {close[0]}?" if close else "`dynaops state list` shows all addresses."
    return StateError(f"The state has no {address}.", hint)
