"""The ledger: nobody goes on before what they did is kept, and many at once share one save."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dynaops.engine.apply import StateRecorder
from dynaops.model.errors import DynaopsError
from dynaops.model.operation import Effect, Operation
from dynaops.model.state import State


class Slow:
    """A place where a save takes as long as somebody lets it, and may be refused."""

    def __init__(self) -> None:
        self.saved = State.empty()
        self.saves = 0
        self.gate = threading.Event()
        self.gate.set()
        self.full = False

    def load(self) -> State:
        return self.saved

    def save(self, state: State) -> State:
        assert state.serial == self.saved.serial
        self.gate.wait(10)
        if self.full:
            raise DynaopsError("the disk is full")
        self.saves += 1
        self.saved = state.model_copy(update={"serial": state.serial + 1})
        return self.saved


def operation(name: str) -> Operation:
    effect = Effect(address=name, kind="table", region="r", set={"a": 1})
    fields = {"kind": "table", "title": "", "reason": "", "service": "dynamodb", "api": "X", "region": "r"}
    return Operation.model_validate(
        {"id": name, "address": name, "parameters": {}, "effects": (effect,), **fields}
    )


def test_many_changes_share_a_save_and_none_is_missed() -> None:
    place = Slow()
    ledger = StateRecorder(place)
    place.gate.clear()
    with ThreadPoolExecutor(32) as pool:
        waiting = [pool.submit(ledger.intend, operation(f"t{n}")) for n in range(32)]
        while len(ledger.state.in_flight) < 32:
            pass
        assert not any(one.done() for one in waiting), "nobody goes on before it is kept"
        place.gate.set()
        for one in waiting:
            one.result(10)
    assert len(place.saved.in_flight) == 32
    assert place.saves == 2
    ledger.record(operation("t1"), {})
    assert place.saved == ledger.state
    assert place.saved.resources["t1"].properties == {"a": 1}


def test_a_save_that_is_refused_is_told_to_all_who_waited_for_it() -> None:
    place = Slow()
    ledger = StateRecorder(place)
    place.full = True
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(ledger.intend, operation(f"t{n}")) for n in range(4)]
        for one in waiting:
            with pytest.raises(DynaopsError):
                one.result(10)
    place.full = False
    ledger.withdraw(operation("t0"))
    assert place.saved == ledger.state
