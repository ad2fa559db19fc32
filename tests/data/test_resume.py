"""Killed at any moment, and resumed: every row is there, every reject is told once, and the numbers add up.

The long form, ten kills: pytest tests/data/test_resume.py -m slow
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from dynaops.data.checkpoint import Checkpoint
from dynaops.model.errors import DynaopsError
from tests.data.loader import go_on
from tests.data.sinks import FAULTS, SinkProcess
from tests.preloaded.process import popen

ROOT = Path(__file__).parent.parent.parent


def _file(path: Path, count: int, keys: int, seed: int) -> tuple[dict[str, dict[str, Any]], list[int]]:
    """Writes rows, some of the same key, some bad; answers what the table must hold and the bad rows' lines."""
    pick = random.Random(seed)
    expected: dict[str, dict[str, Any]] = {}
    bad = []
    with path.open("wb") as file:
        for at in range(count):
            row: dict[str, Any] = {
                "id": f"k{pick.randrange(keys)}",
                "n": at,
                "text": "x" * pick.randrange(60),
            }
            chance = pick.random()
            if chance < 0.005:
                bad.append(at + 1)
                file.write(b"{oops\n")
                continue
            if chance < 0.01:
                bad.append(at + 1)
                row |= {"id": f"bad{at}", "invalid": "to AWS"}
            else:
                expected[row["id"]] = row
            file.write(orjson.dumps(row) + b"\n")
    return expected, bad


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(one) for one in found.read_text().split()] if found.exists() else []


def _gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _killed_runs(sink: SinkProcess, path: Path, folder: Path, kills: int, seed: int) -> Iterator[bool]:
    """Start and kill loads; answers of each whether it was still running."""
    pick = random.Random(seed)
    command = ("tests.data.loader", sink.url, str(path), str(folder))
    for _ in range(kills):
        process = popen(*command, cwd=ROOT)
        deadline = time.monotonic() + 10
        before = sink.stats()["requests"]
        while process.poll() is None and time.monotonic() < deadline and sink.stats()["requests"] <= before:
            time.sleep(0.02)  # it counts from when rows are under way
        time.sleep(pick.random() * 0.7)
        workers = _children(process.pid)
        running = process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert _gone(workers)
        yield running


def _campaign(tmp_path: Path, kills: int, rows: int, seed: int) -> None:
    path, folder = tmp_path / "rows.jsonl", tmp_path / "load"
    expected, bad = _file(path, rows, keys=rows // 3, seed=seed)
    with SinkProcess(*FAULTS, "--latency-ms", "4", "--seed", str(seed)) as sink:
        running = list(_killed_runs(sink, path, folder, kills, seed))
        assert any(running)
        summary = go_on(sink.url, path, folder)
        rows_there = sink.rows()
    found = {
        item["id"]["S"]: {
            name: int(value["N"]) if "N" in value else value["S"] for name, value in item.items()
        }
        for item in rows_there
    }
    assert found == expected
    counts = summary.counts
    assert summary.complete and counts.read == rows == counts.written + counts.rejected
    told = [json.loads(line)["line"] for line in (folder / "rejects.jsonl").read_text().splitlines()]
    assert told == bad and counts.rejected == len(bad)


def test_three_kills(tmp_path: Path) -> None:
    _campaign(tmp_path, kills=3, rows=8_000, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_ten_kills(tmp_path: Path, seed: int) -> None:
    _campaign(tmp_path, kills=10, rows=30_000, seed=seed)


def test_a_finished_load_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it was killed between its last confirmed row and the removal of its checkpoint."""
    path, folder = tmp_path / "rows.jsonl", tmp_path / "load"
    _file(path, 300, 300, seed=3)
    with SinkProcess() as sink:
        with monkeypatch.context() as killed:
            killed.setattr(Checkpoint, "forget", lambda _: None)
            first = go_on(sink.url, path, folder)
        requests = sink.stats()["requests"]
        second = go_on(sink.url, path, folder)
        assert sink.stats()["requests"] == requests
    assert second.resumed and second.complete and second.counts == first.counts
    assert not list(folder.glob("*.json"))


def test_one_load_at_a_time(tmp_path: Path) -> None:
    path, folder = tmp_path / "rows.jsonl", tmp_path / "load"
    _file(path, 3_000, 3_000, seed=3)
    with SinkProcess("--latency-ms", "200") as sink:
        command = ("tests.data.loader", sink.url, str(path), str(folder))
        process = popen(*command, cwd=ROOT)
        while sink.stats()["requests"] == 0:
            time.sleep(0.02)
        with pytest.raises(DynaopsError, match="running already"):
            go_on(sink.url, path, folder)
        process.kill()
        process.wait()


def test_interrupted_by_ctrl_c_it_keeps_what_is_confirmed(tmp_path: Path) -> None:
    path, folder = tmp_path / "rows.jsonl", tmp_path / "load"
    expected, _ = _file(path, 6_000, 6_000, seed=4)
    with SinkProcess("--latency-ms", "60") as sink:
        command = ("tests.data.loader", sink.url, str(path), str(folder))
        process = popen(*command, cwd=ROOT, stderr=subprocess.PIPE)
        while sink.stats()["requests"] < 100:
            time.sleep(0.02)
        workers = _children(process.pid)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
        assert b"KeyboardInterrupt" in errors and process.returncode != 0
        assert _gone(workers)
        (checkpoint,) = folder.glob("t-*.json")
        kept = json.loads(checkpoint.read_text())
        assert kept["counts"]["read"] > 0 and not kept["complete"]
        summary = go_on(sink.url, path, folder)
        assert len(sink.rows()) == len(expected)
    assert summary.complete and summary.resumed


def test_a_worker_that_dies_is_told(tmp_path: Path) -> None:
    path, folder = tmp_path / "rows.jsonl", tmp_path / "load"
    _file(path, 6_000, 6_000, seed=5)
    with SinkProcess("--latency-ms", "50") as sink:
        command = ("tests.data.loader", sink.url, str(path), str(folder))
        process = popen(*command, cwd=ROOT, stderr=subprocess.PIPE)
        while sink.stats()["requests"] < 20:
            time.sleep(0.02)
        os.kill(_children(process.pid)[0], signal.SIGKILL)
        _, errors = process.communicate(timeout=10)
    assert b"A worker process ended unexpectedly (signal SIGKILL)" in errors
