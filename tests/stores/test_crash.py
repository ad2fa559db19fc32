"""What kill -9 and competition leave behind. The processes are real; so are the signals."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from dynaops.stores import open_store
from dynaops.stores.base import LockHeld

_SAVER = """
import sys
from dynaops.stores import open_store
from tests.stores.conformance import filled

store = open_store(sys.argv[1], generations=3)
with store.lock("apply"):
    state = store.load()
    print("ready", flush=True)
    size = 0
    while True:
        size = (size * 7 + 13) % 60_000
        state = store.save(filled(state, "users", text="x" * size))
"""

_ADDER = """
import sys
from dynaops.stores import open_store
from dynaops.stores.base import LockHeld
from tests.stores.conformance import filled

path, name, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = open_store(path)
print("ready", flush=True)
sys.stdin.readline()
for round in range(rounds):
    with store.lock("apply", timeout=60):
        store.save(filled(store.load(), f"{name}-{round}"))
"""

_HOLDER = """
import sys, time
from dynaops.stores import open_store

with open_store(sys.argv[1]).lock("apply"):
    print("ready", flush=True)
    time.sleep(60)
"""


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    """A process that runs `program` and has said that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_state_is_whole_wherever_its_saver_is_killed(tmp_path: Path) -> None:
    kill_savers(tmp_path / "state.json", times=200, seed=1)


@pytest.mark.slow
def test_a_state_is_whole_wherever_its_saver_is_killed_long(tmp_path: Path) -> None:
    kill_savers(tmp_path / "state.json", times=5000, seed=2)


def kill_savers(path: Path, times: int, seed: int) -> None:
    command = [sys.executable, "-m", "tests.stores.savers", str(path), str(times), str(seed)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_killed_process_loses_its_lock_and_the_next_is_told(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    process = start(_SAVER, str(path))
    store = open_store(str(path))
    with pytest.raises(LockHeld, match=f"pid {process.pid}"):
        store.lock("plan").__enter__()
    assert store.holder() is not None
    kill(process)
    assert store.holder() is None
    with store.lock("apply") as lock:
        assert lock.note is not None
        assert f"pid {process.pid}" in lock.note
        store.save(store.load())
    with store.lock("apply") as lock:
        assert lock.note is None


def test_an_abandoned_lock_needs_no_force(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    process = start(_HOLDER, str(path))
    store = open_store(str(path))
    with pytest.raises(LockHeld):
        store.unlock()
    kill(process)
    abandoned = store.unlock()
    assert abandoned is not None
    assert abandoned.pid == process.pid
    with store.lock("apply") as lock:
        assert lock.note is None


def test_a_lock_is_waited_for_as_long_as_asked(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    process = start(_HOLDER, str(path))
    began = time.monotonic()
    with pytest.raises(LockHeld):
        open_store(str(path)).lock("apply", timeout=0.2).__enter__()
    assert time.monotonic() - began >= 0.2
    ending = threading.Timer(0.1, kill, [process])
    ending.start()
    with open_store(str(path)).lock("apply", timeout=30) as lock:
        assert f"pid {process.pid}" in (lock.note or "")
    ending.join()


def test_processes_that_race_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    rounds = 40
    racers = [start(_ADDER, str(path), name, str(rounds)) for name in ("a", "b")]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    for racer in racers:
        racer.communicate(timeout=100)
        assert racer.returncode == 0
    state = open_store(str(path)).load()
    assert state.serial == 2 * rounds
    assert set(state.resources) == {f"{name}-{number}" for name in ("a", "b") for number in range(rounds)}


def test_the_lock_of_another_machine_is_not_ours_to_judge(tmp_path: Path) -> None:
    """A shared directory shows the note of a process that no kernel here knows: it may well be alive."""
    path = tmp_path / "state.json"
    store = open_store(str(path))
    note = tmp_path / "state.json.lock.json"
    with store.lock("apply") as lock:
        theirs = lock.holder.model_copy(update={"id": "theirs", "host": "elsewhere.example"})
    note.write_text(theirs.model_dump_json())
    assert store.holder() == theirs
    with pytest.raises(LockHeld, match=r"elsewhere\.example"):
        store.lock("apply").__enter__()
    with pytest.raises(LockHeld):
        store.unlock()
    assert store.unlock(force=True) == theirs
    with store.lock("apply"):
        pass


@pytest.mark.parametrize("junk", [b"", b"{", b'{"user": 1}'])
def test_a_note_that_says_nothing_hinders_nobody(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "state.json.lock.json").write_bytes(junk)
    store = open_store(str(tmp_path / "state.json"))
    assert store.holder() is None
    with store.lock("apply"):
        assert store.holder() is not None
    assert store.holder() is None
