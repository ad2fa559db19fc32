"""The short form, the same inputs wherever it runs; the long one: ``python -m tests.fuzz``."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.fuzz.campaign import MAX_INPUT, Bounds, Counts, input_of, run
from tests.fuzz.targets import NAMES, targets


def test_nothing_crashes() -> None:
    counts = Counts()
    run(counts, Bounds(40))
    assert not counts.crashes, counts.crashes
    assert counts.tried == dict.fromkeys(NAMES, 40)
    for name in NAMES:
        assert counts.taken[name] > 0, f"no input of {name} is good enough to be read to its end"
    assert sum(counts.taken.values()) < sum(counts.tried.values())


def test_a_crash_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that lets anything but a DynaopsError through is found out."""
    monkeypatch.setattr("tests.fuzz.targets._read_state", lambda _: 1 / 0)
    counts = Counts()
    run(counts, Bounds(1))
    assert [line.split()[:2] for line in counts.crashes] == [["CRASH", "states"]]


def test_a_conversion_over_its_bounds_is_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.targets.MAX_CONVERTED", 0)
    counts = Counts()
    run(counts, Bounds(20, only=("cloudformation",)))
    assert any("characters" in line for line in counts.crashes)


def test_inputs_are_made_again_by_their_number() -> None:
    with targets() as known:
        assert tuple(target.name for target in known) == NAMES
        for target in known:
            inputs = [input_of(target, number) for number in range(8)]
            assert inputs == [input_of(target, number) for number in range(8)]
            assert len({data for _, data in inputs}) > 4
            assert all(len(data) <= MAX_INPUT for _, data in inputs)


def test_no_input_is_begun_after_the_time_is_up() -> None:
    command = [sys.executable, "-m", "tests.fuzz", "1000", "--seconds", "0", "--only", "states"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0
    assert "0 executions" in ended.stdout
