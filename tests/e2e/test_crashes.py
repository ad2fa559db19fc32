"""Killed, cut off or refused anywhere: the next run converges, with no orphan and no duplicate.

A quarter of the faults are tried in processes here (all: ``scripts/test -m slow tests/e2e``), every one without a
process of its own in tests/faults.
"""

from __future__ import annotations

import signal
import subprocess
import time
from typing import Any

import pytest

from dynaops.sandbox.faults import FaultRule
from tests.backups.watching import once_asked
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
WRITES = 7
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
    faults, rules = terminal.server.faults, []
    for text in (FIRST, SECOND):
        terminal.write(text)
        rules += [
            faults.add(FaultRule(effect, operation=pattern, nth=nth, times=7))
            for pattern in ("Create*", "Update*", "*agResource")
        ]
        terminal("apply", path, "--yes", "--allow-destroy")
        faults.clear()
        _converges(terminal, path)
    assert any(rule.hit for rule in rules), "no fault struck: the test shows nothing"


@pytest.mark.parametrize(("nth", "when"), [(1, "before"), (1, "after"), (2, "after")])
def test_killed_at_a_write(terminal: Terminal, nth: int, when: str) -> None:
    """Before or after the nth write call had its effect, and with its answer still to come."""
    path = terminal.write(FIRST)
    for text in (FIRST, SECOND):
        terminal.write(text)
        effect = "timeout" if when == "before" else "drop_after"
        rule = terminal.server.faults.add(FaultRule(effect, operation="[CUT]*", nth=nth, seconds=0.5))
        process = terminal.start("apply", path, "--yes", "--allow-destroy")
        while not rule.hit:
            assert process.poll() is None
            time.sleep(0.002)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        terminal.server.faults.clear()
    _converges(terminal, path)


def started(terminal: Terminal, path: str) -> subprocess.Popen[Any]:
    """An apply that has sent its first write call, and waits for an AWS whose time stands still."""
    terminal.server.clock.set_speed(0)
    process = terminal.start("apply", path, "--yes")
    while not terminal.server.requests.writes():
        assert process.poll() is None
        time.sleep(0.01)
    return process


def test_interrupted_it_says_so_and_the_next_run_goes_on(terminal: Terminal) -> None:
    path = terminal.write(FIRST)
    process = started(terminal, path)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    terminal.server.clock.set_speed(20_000)
    _converges(terminal, path)


def test_a_table_that_is_being_deleted_is_waited_for(terminal: Terminal) -> None:
    path = terminal.write(FIRST)
    assert terminal("apply", path, "--yes").code == 0
    terminal.server.clock.set_speed(0)
    client = terminal.server.client("dynamodb", "eu-west-1")
    client.delete_table(TableName="users")
    plan = terminal("--json", "plan", path).json
    assert plan["operations"][0]["api"] == "CreateTable"
    assert "being deleted" in plan["pending"][0]
    with once_asked(terminal.server, "DescribeTable", lambda: terminal.server.clock.set_speed(20_000), 3):
        assert terminal("apply", path, "--yes").code == 0
    assert terminal("plan", path, "--exit-code").code == 0


def test_a_table_that_is_being_created_is_waited_for(terminal: Terminal) -> None:
    path = terminal.write(FIRST)
    process = started(terminal, path)
    process.kill()
    process.wait()
    plan = terminal("--json", "plan", path).json
    assert "CreateTable" not in [one["api"] for one in plan["operations"]]
    assert plan["pending"]
    terminal.server.clock.set_speed(20_000)
    _converges(terminal, path)
