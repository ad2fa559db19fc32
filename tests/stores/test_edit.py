"""list, show, rm and mv on plain states."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dynaops.model.state import Intent, Record, State
from dynaops.stores import state_edits
from dynaops.stores.base import StateError


def state(*addresses: str, in_flight: str | None = None, **depends_on: tuple[str, ...]) -> State:
    records = {
        name: Record(kind="x", region="r", id=name, depends_on=depends_on.get(name, ())) for name in addresses
    }
    intents = {}
    if in_flight:
        intents["1"] = Intent(operation="1", api="UpdateTable", address=in_flight, effects=(), at=0)
    return State(serial=5, lineage="b7d6", resources=records, in_flight=intents)


USERS = state(
    "users", "users/gsi/by-email", "users/ttl", "users-old", "orders", orders=("users", "users/ttl")
)


def test_listing() -> None:
    assert state_edits.addresses(USERS) == ["orders", "users", "users-old", "users/gsi/by-email", "users/ttl"]
    assert state_edits.addresses(USERS, "users") == ["users", "users/gsi/by-email", "users/ttl"]
    assert state_edits.addresses(USERS, "users/gsi") == ["users/gsi/by-email"]


def test_showing() -> None:
    assert state_edits.show(USERS, "users/ttl").id == "users/ttl"


@pytest.mark.parametrize(
    "attempt",
    [state_edits.addresses, state_edits.show, state_edits.remove, lambda s, a: state_edits.move(s, a, "x")],
)
def test_what_is_not_there_gets_a_suggestion(attempt: Callable[[State, str], object]) -> None:
    with pytest.raises(StateError, match=r"no user\.$") as caught:
        attempt(USERS, "user")
    assert caught.value.hint == "Did you mean users?"
    with pytest.raises(StateError) as caught:
        attempt(USERS, "zzz")
    assert "state list" in (caught.value.hint or "")


def test_forgetting_takes_what_is_below_and_leaves_the_rest() -> None:
    after = state_edits.remove(USERS, "users")
    assert sorted(after.resources) == ["orders", "users-old"]
    assert after.resources["orders"].depends_on == ()
    assert (after.serial, after.lineage) == (5, "b7d6")
    assert len(USERS.resources) == 5


def test_forgetting_one_below_leaves_its_table() -> None:
    after = state_edits.remove(USERS, "users/ttl")
    assert "users" in after.resources
    assert after.resources["orders"].depends_on == ("users",)


def test_forgetting_also_ends_what_was_in_flight_there() -> None:
    before = state("users", "users-old", in_flight="users")
    assert state_edits.remove(before, "users").in_flight == {}
    assert state_edits.remove(before, "users-old").in_flight == before.in_flight


def test_moving_takes_what_is_below_and_all_mentions() -> None:
    after = state_edits.move(USERS, "users", "people")
    assert sorted(after.resources) == ["orders", "people", "people/gsi/by-email", "people/ttl", "users-old"]
    assert after.resources["people/ttl"] == USERS.resources["users/ttl"]
    assert after.resources["orders"].depends_on == ("people", "people/ttl")


def test_moving_there_and_back_changes_nothing() -> None:
    assert state_edits.move(state_edits.move(USERS, "users", "people"), "people", "users") == USERS


def test_moving_an_index() -> None:
    after = state_edits.move(USERS, "users/gsi/by-email", "users/gsi/by-mail")
    assert "users/gsi/by-mail" in after.resources
    assert "users/gsi/by-email" not in after.resources


@pytest.mark.parametrize("target", ["orders", "users", "users-old"])
def test_nothing_is_moved_over_another(target: str) -> None:
    with pytest.raises(StateError, match="taken"):
        state_edits.move(USERS, "users", target)


def test_nothing_is_moved_into_a_place_whose_children_are_known() -> None:
    with pytest.raises(StateError, match="taken"):
        state_edits.move(state("users", "ghost/ttl"), "users", "ghost")


@pytest.mark.parametrize(
    "target", ["users/gsi/x/y", "people", "users/lsi/by-email", "users/gsi/", "", "/gsi/x"]
)
def test_a_name_of_another_kind_is_refused(target: str) -> None:
    with pytest.raises(StateError):
        state_edits.move(USERS, "users/gsi/by-email", target)


@pytest.mark.parametrize("target", ["", "a/b", "/"])
def test_a_table_stays_a_table(target: str) -> None:
    with pytest.raises(StateError, match="another kind"):
        state_edits.move(USERS, "users", target)


def test_an_unresolved_operation_is_not_left_behind() -> None:
    with pytest.raises(StateError, match="not resolved"):
        state_edits.move(state("users", "users/ttl", in_flight="users/ttl"), "users", "people")
