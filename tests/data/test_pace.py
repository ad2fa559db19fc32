"""Windows that grow and shrink, rates that hold, and waits that grow."""

from __future__ import annotations

import pytest

from dynaops.data.rate import AdaptiveConcurrency, TokenBucket, wait_after


def _round(window: AdaptiveConcurrency, refused: float) -> int:
    for _ in range(window.size):
        window.answered(refused)
    return window.size


def test_a_window_doubles_until_its_limit() -> None:
    window = AdaptiveConcurrency(64)
    sizes = [_round(window, 0) for _ in range(5)]
    assert sizes == [16, 32, 64, 64, 64]
    assert AdaptiveConcurrency(4).size == 4


def test_after_a_throttle_it_grows_by_one_a_round() -> None:
    window = AdaptiveConcurrency(64, start=32)
    assert _round(window, 1.0) == 16
    assert [_round(window, 0) for _ in range(3)] == [17, 18, 19]


def test_it_never_closes() -> None:
    window = AdaptiveConcurrency(64)
    for _ in range(50):
        _round(window, 1.0)
    assert window.size == 1
    assert _round(window, 0.0) == 2


def test_a_small_share_of_throttles_costs_little() -> None:
    window = AdaptiveConcurrency(64, start=64)
    for _ in range(200):
        _round(window, 0.05)
    assert 1 <= window.size < 40
    steady = AdaptiveConcurrency(64, start=64)
    for at in range(20_000):
        steady.answered(1.0 if at % 20 == 0 else 0.0)
    assert 10 <= steady.size <= 64


@pytest.mark.parametrize("size", [0.5, 25.0, 400.0])
def test_a_rate_holds(size: float) -> None:
    now = [0.0]
    bucket = TokenBucket(100.0, lambda: now[0])
    taken = 0.0
    while now[0] < 60:
        wait = bucket.take(size)
        if wait:
            now[0] += wait
        else:
            taken += size
    assert 60 * 100 - size <= taken <= 60 * 100 + 100 * 0.25 + size


def test_a_rate_counts_what_was_consumed() -> None:
    now = [0.0]
    bucket = TokenBucket(100.0, lambda: now[0])
    taken = 0
    while now[0] < 10:
        wait = bucket.take(10)
        if wait:
            now[0] += wait
        else:
            taken += 1
            bucket.correct(10)  # an index doubles what a row costs
    assert 49 <= taken <= 52
    bucket.set_rate(1000.0)
    now[0] += 1
    assert bucket.take(250) == 0 and bucket.take(1) == 0 and bucket.take(1) > 0


def test_waits_grow_and_end() -> None:
    assert 0.025 <= wait_after(1) <= 0.05
    assert 0.05 <= wait_after(2) <= 0.1
    assert 5 <= wait_after(30) <= 10
    assert len({wait_after(3) for _ in range(10)}) > 1
