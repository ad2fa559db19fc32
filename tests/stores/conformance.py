"""What every store must do, whatever the place. A store's tests inherit this and say how to reach it."""

from __future__ import annotations

from typing import Protocol

import pytest

from dynaops.model.operation import Effect
from dynaops.model.state import Intent, Record, RecordFault, State
from dynaops.stores.base import (
    LockHeld,
    StateElsewhere,
    StateError,
    StateMoved,
    StateUnreadable,
    Store,
)
from dynaops.stores.format import Check


class Place(Protocol):
    """One place for a state, and a way around the store to what lies there."""

    def open(self, generations: int = 10, check: Check | None = None) -> Store:
        """A new client, which shares nothing with others but the place."""

    def raw(self) -> bytes | None:
        """What is stored, or None."""

    def overwrite(self, raw: bytes) -> None:
        """What a hand or another tool might have put there."""

    def remove(self) -> None:
        """Drops the present state."""


def filled(state: State, name: str, **outputs: object) -> State:
    """`state` with one more table."""
    record = Record(
        kind="table",
        region="eu-central-1",
        id="0f1e",
        arn=f"arn:aws:dynamodb:eu-central-1:123456789012:table/{name}",
        properties={"hash_key": "id", "read_capacity": 5, "tags": {"team": "Größe"}},
        outputs=outputs,
        depends_on=("other",),
        stamps={"decrease": [1763985600.25]},
        applied_at="2026-11-24T12:00:00Z",
    )
    return state.model_copy(update={"resources": {**state.resources, name: record}})


class LockConformance:
    """The part of the contract that is about the lock."""

    def test_a_held_lock_names_its_holder_and_how_to_unlock(self, place: Place) -> None:
        mine, other = place.open(), place.open()
        with mine.lock("apply") as lock:
            assert lock.note is None
            with pytest.raises(LockHeld) as caught:
                other.lock("destroy").__enter__()
        assert caught.value.exit_code == 4
        assert caught.value.holder == lock.holder
        message = str(caught.value)
        assert lock.holder.user in message and lock.holder.host in message
        assert "`apply`" in message and lock.holder.since in message
        assert "state unlock" in (caught.value.hint or "")

    def test_a_lock_ends_with_its_block_also_by_an_exception(self, place: Place) -> None:
        mine, other = place.open(), place.open()
        with pytest.raises(ZeroDivisionError), mine.lock("apply"):
            raise ZeroDivisionError
        with other.lock("apply") as lock:
            assert lock.note is None
            assert mine.holder() == other.holder() == lock.holder
        assert mine.holder() is None

    def test_a_lock_is_not_taken_twice_by_one_client(self, place: Place) -> None:
        store = place.open()
        with store.lock("apply"), pytest.raises(LockHeld):
            store.lock("plan").__enter__()

    def test_saving_needs_the_lock_that_another_holds(self, place: Place) -> None:
        mine, other = place.open(), place.open()
        state = mine.load()
        with other.lock("apply"), pytest.raises(LockHeld):
            mine.save(state)
        assert place.raw() is None

    def test_a_living_lock_is_only_broken_by_force_and_its_holder_notices(self, place: Place) -> None:
        mine, other = place.open(), place.open()
        with mine.lock("apply") as lock:
            state = mine.save(mine.load())
            with pytest.raises(LockHeld):
                other.unlock()
            assert other.unlock(force=True) == lock.holder
            with other.lock("destroy"):
                other.save(filled(other.load(), "theirs"))
                before = place.raw()
                with pytest.raises(LockHeld, match="taken away"):
                    mine.save(filled(state, "mine"))
                assert place.raw() == before
                assert other.holder() is not None

    def test_leaving_a_broken_lock_does_not_end_its_successor(self, place: Place) -> None:
        mine, other, third = place.open(), place.open(), place.open()
        block = mine.lock("apply")
        block.__enter__()
        other.unlock(force=True)
        with other.lock("destroy") as lock:
            block.__exit__(None, None, None)
            assert third.holder() == lock.holder
            with pytest.raises(LockHeld):
                third.lock("apply").__enter__()

    def test_nothing_to_unlock(self, place: Place) -> None:
        assert place.open().unlock() is None
        assert place.open().unlock(force=True) is None
        assert place.raw() is None


class StoreConformance(LockConformance):
    """The contract of dynaops.stores.base.Store."""

    def test_nothing_stored_is_an_empty_state_and_writes_nothing(self, place: Place) -> None:
        state = place.open().load()
        assert (state.serial, state.resources, state.in_flight) == (0, {}, {})
        assert place.raw() is None

    def test_what_is_saved_is_loaded_by_others(self, place: Place) -> None:
        store = place.open()
        effect = Effect(
            address="users", kind="table", region="eu-central-1", set={"a.b": [1, None]}, unset=("c",)
        )
        intent = Intent(operation="1", api="UpdateTable", address="users", effects=(effect,), at=1763985600.5)
        state = filled(store.load(), "users").model_copy(update={"in_flight": {"1": intent}})
        saved = store.save(state)
        assert saved == state.model_copy(update={"serial": 1})
        assert place.open().load() == saved

    def test_every_save_has_the_next_serial_of_one_lineage(self, place: Place) -> None:
        store = place.open()
        state = store.load()
        lineage = state.lineage
        for serial in (1, 2, 3):
            state = store.save(state)
            assert (state.serial, state.lineage) == (serial, lineage)

    def test_equal_states_are_equal_bytes_in_whatever_order_they_were_made(self, place: Place) -> None:
        store = place.open()
        first = store.save(filled(filled(store.load(), "a"), "b"))
        one = place.raw()
        place.remove()
        turned = State(lineage=first.lineage, resources=dict(reversed(first.resources.items())))
        place.open().save(turned)
        assert place.raw() == one

    def test_numbers_beyond_64_bits_survive(self, place: Place) -> None:
        big = 12345678901234567890123456789012345678
        store = place.open()
        store.save(filled(store.load(), "users", number=big, negative=-big))
        assert place.open().load().resources["users"].outputs == {"number": big, "negative": -big}

    def test_what_json_cannot_say_is_refused_and_nothing_changes(self, place: Place) -> None:
        store = place.open()
        state = store.save(store.load())
        before = place.raw()
        with pytest.raises(StateError, match="cannot be written"):
            store.save(filled(state, "users", text="\ud800"))
        assert place.raw() == before

    def test_a_state_that_has_moved_is_not_saved_over(self, place: Place) -> None:
        mine, other = place.open(), place.open()
        state = mine.save(mine.load())
        other.save(other.load())
        before = place.raw()
        with pytest.raises(StateMoved, match="from serial 1 to 2"):
            mine.save(filled(state, "users"))
        assert place.raw() == before

    def test_two_first_saves_are_not_merged(self, place: Place) -> None:
        mine, other = place.open(), place.open()
        state = mine.load()
        other.save(other.load())
        with pytest.raises(StateMoved, match="lineage differs"):
            mine.save(state)

    def test_a_state_that_has_gone_is_not_made_again_in_silence(self, place: Place) -> None:
        store = place.open()
        state = store.save(store.load())
        place.remove()
        with pytest.raises(StateMoved, match="is gone"):
            store.save(state)
        assert place.raw() is None

    def test_no_way_in_leads_past_the_check_of_records(self, place: Place) -> None:
        def check(state: State) -> list[RecordFault]:
            return [RecordFault(("resources", name), "is odd") for name in state.resources if name == "odd"]

        unchecked, store = place.open(), place.open(check=check)
        odd = unchecked.save(filled(unchecked.load(), "odd"))
        for attempt in (store.load, store.history, lambda: store.save(odd)):
            if attempt == store.history:
                assert not any(one.current for one in store.history())
                continue
            with pytest.raises(StateError, match="resources > odd is odd"):
                attempt()
        with unchecked.lock("apply"):
            unchecked.save(odd.model_copy(update={"resources": {}}))
        assert [one.resources for one in store.history()] == [0, 1]
        with pytest.raises(StateUnreadable, match="resources > odd is odd"):
            store.restore(odd.serial)

    @pytest.mark.parametrize(
        "raw", [b"", b"{", b'{"version": 4, "terraform_version": "1.9", "lineage": "x"}', b"[]"]
    )
    def test_what_is_no_state_is_refused_and_left_alone(self, place: Place, raw: bytes) -> None:
        store = place.open()
        state = store.save(store.load())
        place.overwrite(raw)
        for attempt in (store.load, place.open().load, lambda: store.save(state)):
            with pytest.raises(StateUnreadable) as caught:
                attempt()
            assert caught.value.hint
        assert place.raw() == raw

    def test_no_history_without_a_state(self, place: Place) -> None:
        assert place.open().history() == []

    def test_a_run_keeps_one_generation_however_often_it_saves(self, place: Place) -> None:
        store = place.open()
        for run in range(3):
            with store.lock("apply"):
                state = store.load()
                for step in range(4):
                    state = store.save(filled(state, f"t{run}-{step}"))
        history = place.open().history()
        assert [(entry.serial, entry.resources, entry.current) for entry in history] == [
            (12, 12, True),
            (8, 8, False),
            (4, 4, False),
        ]
        assert {entry.lineage for entry in history} == {state.lineage}

    def test_generations_are_bounded(self, place: Place) -> None:
        store = place.open(generations=3)
        state = store.load()
        for _ in range(8):
            state = store.save(state)
        assert [entry.serial for entry in store.history()] == [8, 7, 6, 5]

    def test_none_are_kept_if_none_are_wanted(self, place: Place) -> None:
        store = place.open(generations=0)
        store.save(store.save(store.load()))
        assert [entry.serial for entry in store.history()] == [2]

    def test_restoring_makes_an_earlier_state_the_newest(self, place: Place) -> None:
        store = place.open()
        one = store.save(filled(store.load(), "users"))
        two = store.save(filled(one, "orders"))
        restored = place.open().restore(1)
        assert restored == one.model_copy(update={"serial": 3})
        assert place.open().load() == restored
        assert [entry.serial for entry in store.history()] == [3, 2, 1]
        assert place.open().restore(2).resources == two.resources

    def test_restoring_goes_on_after_the_plan_of_the_old_state_is_stale(self, place: Place) -> None:
        store = place.open()
        one = store.save(store.load())
        two = store.save(one)
        place.open().restore(1)
        with pytest.raises(StateMoved):
            store.save(two)

    def test_restoring_mends_a_damaged_and_a_lost_state(self, place: Place) -> None:
        store = place.open()
        one = store.save(filled(store.load(), "users"))
        store.save(one)
        place.overwrite(b"<<<<<<< HEAD\n")
        assert place.open().restore(1).resources == one.resources
        place.remove()
        mended = place.open().restore(1)
        assert mended.resources == one.resources
        assert mended.serial > 1
        assert place.open().load() == mended

    @pytest.mark.parametrize("damage", ["half of it", "a key twice", "nothing of it", "it is gone"])
    def test_restoring_never_gives_a_serial_again(self, place: Place, damage: str) -> None:
        """A plan that was saved on a lost serial must not fit another state."""
        store = place.open()
        state = store.save(filled(store.load(), "users"))
        with store.lock("apply"):
            for _ in range(5):
                state = store.save(state)
        assert [entry.serial for entry in store.history()] == [6, 1]
        raw = place.raw() or b""
        if damage == "it is gone":
            place.remove()
        else:
            half = raw[raw.index(b'"resources"') :]
            place.overwrite(
                {"half of it": half, "nothing of it": b"\0"}.get(damage, raw[:-2] + b',"serial":4}')
            )
        restored = place.open().restore(1)
        assert restored.serial > 6
        assert restored.resources == state.resources
        assert place.open().restore(1).serial > restored.serial

    def test_restoring_what_is_not_kept_changes_nothing(self, place: Place) -> None:
        store = place.open()
        store.save(store.save(store.load()))
        before = place.raw()
        with pytest.raises(StateError, match="serial 7") as caught:
            store.restore(7)
        assert "1" in (caught.value.hint or "")
        assert place.raw() == before

    def test_it_tells_where_it_is(self, place: Place) -> None:
        store = place.open()
        assert store.location
        assert store.location in store.describe()

    def test_a_state_from_elsewhere_takes_the_place_of_any(self, place: Place) -> None:
        store = place.open()
        one = store.save(filled(store.load(), "users"))
        other = filled(State.empty(), "orders").model_copy(update={"serial": 7})
        adopted = place.open().adopt(other)
        assert adopted == other.model_copy(update={"serial": 8}) == place.open().load()
        assert place.open().restore(1).resources == one.resources
        place.overwrite(b"{")
        assert place.open().adopt(one).resources == one.resources == place.open().load().resources

    def test_where_a_state_was_moved_away_nobody_goes_on_by_mistake(self, place: Place) -> None:
        store = place.open()
        state = store.save(filled(store.load(), "users"))
        place.open().retire("s3://elsewhere/state.json?region=eu-west-1")
        before = place.raw()
        for attempt in (store.load, place.open().load, lambda: store.save(state)):
            with pytest.raises(StateElsewhere, match="lives at s3://elsewhere") as caught:
                attempt()
            assert "--state 's3://elsewhere/state.json?region=eu-west-1'" in (caught.value.hint or "")
        assert place.raw() == before
        assert [entry.serial for entry in store.history()] == [1]
        back = place.open().adopt(state)
        assert (back.serial, place.open().load()) == (2, back)

    def test_nothing_is_left_of_a_state_that_is_dropped(self, place: Place) -> None:
        store = place.open()
        store.save(store.save(store.load()))
        place.open().drop()
        assert place.raw() is None
        assert store.history() == []
        assert store.load().serial == 0
