"""Rate control: concurrent requests adapted to throttles, a token bucket for --rate, and backoff after a refusal."""

from __future__ import annotations

import random
from collections.abc import Callable

_LEAST = 1.0
_START = 8.0
_FIRST_WAIT = 0.05
_LONGEST_WAIT = 10.0
_BURST_SECONDS = 0.25
"""How many seconds of unused rate may accumulate. DynamoDB keeps up to 300 s, but --rate must hold at any time."""


class AdaptiveConcurrency:
    """The number of concurrent requests: one more per round without throttles, fewer after throttles.

    It doubles each round until the first throttle or `most`. Then throttles reduce it by half of the throttled share:
    if a twentieth of the items was throttled, by a fortieth; if all were throttled, by half. It is reduced at most
    once per round, that is for requests that were in flight at the same time.
    """

    def __init__(self, most: int, start: float = _START) -> None:
        self._most = float(most)
        self._size = min(start, self._most)
        self._doubling = True
        self._round = 0
        self._refused = 0.0

    @property
    def size(self) -> int:
        """The number of requests that may be in flight now."""
        return int(self._size)

    def answered(self, refused: float) -> None:
        """Record the response to a request, of which the share `refused` (0 to 1) was throttled."""
        self._round += 1
        if refused:
            self._refused += refused
            self._doubling = False
        elif self._doubling and self._size < self._most:
            self._size = min(self._most, self._size + 1)
        if self._round >= self._size:
            self._turn()

    def _turn(self) -> None:
        """End a round, which is as many responses as requests may be in flight, and adapt the size."""
        if self._refused:
            self._size = max(_LEAST, self._size * (1 - self._refused / self._round / 2))
        elif not self._doubling:
            self._size = min(self._most, self._size + 1)
        self._round, self._refused = 0, 0.0


class TokenBucket:
    """A token bucket of capacity units, filled at `rate` units a second; AWS's counts correct the estimates."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._units = 0.0
        self._at = clock()

    def set_rate(self, rate: float) -> None:
        """Change the rate."""
        self._fill()
        self._rate = rate

    def take(self, units: float) -> float:
        """Take `units` and return 0; or return the seconds to wait before the next attempt.

        A bucket that is not negative gives any amount, so that a row of 400 units can be sent at a rate of 5.
        """
        self._fill()
        if self._units < 0:
            return max(-self._units / self._rate, 0.001)
        self._units -= units
        return 0.0

    def correct(self, units: float) -> None:
        """Take `units` more, because an estimate was too low; negative `units` are given back."""
        self._units -= units

    def _fill(self) -> None:
        now = self._clock()
        self._units = min(self._rate * _BURST_SECONDS, self._units + (now - self._at) * self._rate)
        self._at = now


def wait_after(attempt: int) -> float:
    """Seconds to wait after the `attempt`-th refusal (from 1): exponential, with jitter of a half.

    AWS asks for exponential backoff before unprocessed items are sent again (BatchWriteItem, API reference). A part
    of the wait is fixed, as throttles last: full jitter would send some requests again at once.
    """
    most = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(attempt - 1, 20))
    return most * (0.5 + random.random() / 2)  # noqa: S311 (no secret)
