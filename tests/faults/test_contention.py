"""Two applies at once, the short form; the long one: ``python -m tests.faults.contention 100``."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from dynaops.sandbox import SandboxServer
from dynaops.stores.base import LockHeld
from tests.conftest import FAST
from tests.e2e.conftest import Terminal
from tests.faults.contention import PLACES, contend, make_bucket, start, store


@pytest.mark.parametrize("place", PLACES)
def test_one_proceeds_and_the_other_is_told_who_does(
    tmp_path: Path, server: SandboxServer, place: str
) -> None:
    counts = contend(tmp_path, server, place, rounds=2)
    assert not counts.wrong, counts.wrong
    assert counts.rounds == counts.one_proceeded == counts.refused_by_name == counts.tables_made == 2


def test_a_run_whose_lock_was_stolen_stops_with_4_and_writes_nothing(
    tmp_path: Path, server: SandboxServer
) -> None:
    """The thief comes while AWS works; the run goes on to its next save, and no further."""
    make_bucket(server)
    terminal, state = Terminal(tmp_path, server), PLACES["s3"]
    thief = store(terminal, state)
    run = at_work(terminal, server, state)
    try:
        with pytest.raises(LockHeld):
            thief.unlock()
        holder = thief.unlock(force=True)
        assert holder is not None and holder.pid == run.pid
        before = thief.load()
        calls = len(server.requests.writes())
        server.clock.set_speed(FAST)
        _, said = run.communicate(timeout=30)
    finally:
        run.kill()
        run.wait()
    assert (run.returncode, "was taken away" in said) == (4, True), said
    assert (thief.load(), before.resources) == (before, {})
    assert [one.service for one in server.requests.writes()[calls:] if one.service != "s3"] == []
    assert terminal("--state", state, "apply", "--yes").code == 0
    made = [one for one in server.requests.writes() if one.operation == "CreateTable"]
    assert len(made) == 1


def test_a_run_that_was_killed_is_gone_on_with_at_once(tmp_path: Path, server: SandboxServer) -> None:
    """Its lock in S3 would last two minutes more; on its own machine it is known to be dead."""
    make_bucket(server)
    terminal = Terminal(tmp_path, server)
    run = at_work(terminal, server, PLACES["s3"])
    run.kill()
    server.clock.set_speed(FAST)
    again = terminal("--state", PLACES["s3"], "apply", "--yes")
    assert (again.code, f"(pid {run.pid})" in again.err, "taken over" in again.err) == (0, True, True), again
    assert sum(one.operation == "CreateTable" for one in server.requests.writes()) == 1
    assert "users" in store(terminal, PLACES["s3"]).load().resources
    run.wait()


def at_work(terminal: Terminal, server: SandboxServer, state: str) -> subprocess.Popen[str]:
    """An apply that has sent its first call, and waits for an AWS whose time stands still."""
    terminal.write("table_name: users\nhash_key: id\nattributes: {id: S}\ntags: {a: b}\n")
    server.clock.set_speed(0)
    run = start(terminal, ["--state", state, "apply", "--yes"])
    deadline = time.monotonic() + 30
    while not any(one.operation == "CreateTable" for one in server.requests.writes()):
        assert run.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    return run
