"""The short form; the long one: ``python -m tests.fuzz``."""

from __future__ import annotations

import pytest

from tests.fuzz import campaign
from tests.fuzz.campaign import Counts, run


def test_nothing_crashes() -> None:
    counts = Counts()
    run(counts, 60)
    assert not counts.crashes, counts.crashes
    assert len(counts.tried) == 6
    assert 0 < sum(counts.taken.values()) < sum(counts.tried.values())


def test_a_crash_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that lets anything but a DynaopsError through is found out."""
    monkeypatch.setattr("tests.fuzz.targets._read_state", lambda _: 1 / 0)
    counts = Counts()
    run(counts, 1)
    assert [one.split()[:2] for one in counts.crashes] == [["CRASH", "states"]]
    assert campaign.HANG > 1
