"""Savers of a state that are killed: ``python -m tests.stores.savers PATH TIMES SEED``, 1 where a state was not whole.

It is a process of its own because it forks often, and a test run is slow to fork with all that it holds.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

from dynaops.stores import open_store
from tests.stores.conformance import filled


def killed_while_saving(path: Path, times: int, seed: int) -> None:
    """Kills a forked saver `times` times somewhere in a save; after each the state must be whole and go on."""
    chance = random.Random(seed)
    serial = torn = 0
    for _ in range(times):
        _kill_a_saver(path, chance)
        torn += path.with_name(f".{path.name}.new").exists()
        store = open_store(str(path), generations=3)
        with store.lock("look"):
            state = store.load()
        assert state.serial > serial
        assert not state.resources or list(state.resources) == ["users"]
        assert all(entry.resources is not None for entry in store.history())
        serial = state.serial
    assert torn, "no saver was killed while it wrote: the test shows nothing"
    left = sorted(entry.name for entry in path.parent.iterdir())
    assert set(left) <= {"state.d", "state.json", "state.json.lock", ".state.json.new"}
    assert len(list((path.parent / "state.d").iterdir())) <= 4  # a saver may die before it prunes


def _kill_a_saver(path: Path, chance: random.Random) -> None:
    """Fork a saver, let it save once to three times, and kill it within about the time that a save takes."""
    saved, save = os.pipe()
    pid = os.fork()
    if pid == 0:
        _save_forever(path, save)
    os.close(save)
    saves, began = chance.randint(1, 3), time.monotonic()
    for _ in range(saves):
        assert os.read(saved, 1), "the saver ended by itself"
    time.sleep(chance.uniform(0, 1.5) * (time.monotonic() - began) / saves)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(saved)


def _save_forever(path: Path, told: int) -> None:
    """Saves states of changing size until killed, and writes a byte to `told` after each save. Never returns."""
    try:
        store = open_store(str(path), generations=3)
        while True:
            with store.lock("apply"):
                state = store.load()
                for size in (10, 50_000, 3_000):
                    state = store.save(filled(state, "users", text="x" * size))
                    os.write(told, b".")
    finally:
        os._exit(70)


if __name__ == "__main__":
    killed_while_saving(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
