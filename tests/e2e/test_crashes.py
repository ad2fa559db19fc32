"""Killed, cut off or refused anywhere: the next run converges, with no orphan and no duplicate.

A quarter of the faults are tried in processes here (all: ``scripts/test -m slow tests/e2e``), every one without a
process of its own in tests/faults.
"""

from __future__ import annotations

import signal
import time

import pytest

from dynaops.sandbox.faults import Rule
from tests.e2e.conftest import Terminal

FIRST = """
table_name: users
hash_key: id
attributes: {id: S, a: S}
global_secondary_indexes: [{name: by-a, hash_key: a}]
ttl: {attribute: gone}
tags: {team: one}
"""
SECOND = """
table_name: users
hash_key: id
attributes: {id: S, b: S}
global_secondary_indexes: [{name: by-b, hash_key: b}]
stream: {view_type: NEW_IMAGE}
table_class: STANDARD_INFREQUENT_ACCESS
point_in_time_recovery: {recovery_period_days: 7}
tags: {team: two}
"""
WRITES = 8
"""More than the write calls of either plan: beyond the last, no fault strikes."""


def _converges(terminal: Terminal, path: str) -> None:
    assert terminal("apply", path, "--yes", "--allow-destroy").code == 0
    plan = terminal("--json", "plan", path, "--exit-code")
    assert plan.code == 0, plan.out
    assert plan.json["drift"] == []
    state = terminal("--json", "state", "pull").json
    assert state["in_flight"] == {}


@pytest.mark.parametrize(
    ("effect", "nth"),
    [
        pytest.param(effect, nth, marks=() if (nth - place) % 4 == 1 else pytest.mark.slow)
        for place, effect in enumerate(("drop_before", "drop_after", "access_denied", "error", "throttle"))
        for nth in range(1, WRITES)
    ],
)
def test_a_fault_at_any_call(terminal: Terminal, effect: str, nth: int) -> None:
    path = terminal.write(FIRST)
    faults = terminal.server.faults
    for text in (FIRST, SECOND):
        terminal.write(text)
        for pattern in ("Create*", "Update*", "*agResource"):
            faults.add(Rule(effect, operation=pattern, nth=nth, times=7))
        terminal("apply", path, "--yes", "--allow-destroy")
        faults.clear()
        _converges(terminal, path)


@pytest.mark.parametrize("after", [0.25, 0.4, 0.55])
def test_killed_in_the_middle(terminal: Terminal, after: float) -> None:
    path = terminal.write(FIRST)
    terminal.server.clock.set_speed(600)
    for text in (FIRST, SECOND):
        terminal.write(text)
        process = terminal.start("apply", path, "--yes", "--allow-destroy")
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        process.wait()
    terminal.server.clock.set_speed(20_000)
    _converges(terminal, path)


def test_interrupted_it_says_so_and_the_next_run_goes_on(terminal: Terminal) -> None:
    path = terminal.write(FIRST)
    terminal.server.clock.set_speed(2)
    process = terminal.start("apply", path, "--yes")
    deadline = time.monotonic() + 20
    while not terminal.server.requests.writes() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 130
    terminal.server.clock.set_speed(20_000)
    _converges(terminal, path)


def test_a_table_that_is_being_deleted_is_waited_for(terminal: Terminal) -> None:
    path = terminal.write(FIRST)
    assert terminal("apply", path, "--yes").code == 0
    terminal.server.clock.set_speed(3)
    client = terminal.server.client("dynamodb", "eu-west-1")
    client.delete_table(TableName="users")
    plan = terminal("--json", "plan", path).json
    assert plan["operations"][0]["api"] == "CreateTable"
    assert "being deleted" in plan["pending"][0]
    assert terminal("apply", path, "--yes").code == 0
    terminal.server.clock.set_speed(20_000)
    assert terminal("plan", path, "--exit-code").code == 0


def test_a_table_that_is_being_created_is_waited_for(terminal: Terminal) -> None:
    path = terminal.write(FIRST)
    terminal.server.clock.set_speed(3)
    process = terminal.start("apply", path, "--yes")
    deadline = time.monotonic() + 20
    while not terminal.server.requests.writes() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait()
    plan = terminal("--json", "plan", path).json
    assert "CreateTable" not in [one["api"] for one in plan["operations"]]
    assert plan["pending"]
    terminal.server.clock.set_speed(20_000)
    _converges(terminal, path)
