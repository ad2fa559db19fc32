"""How fast to write: requests under way by what the table bears, units by a rate, and how long to wait after a no."""

from __future__ import annotations

import random
from collections.abc import Callable

_LEAST = 1.0
_START = 8.0
_FIRST_WAIT = 0.05
_LONGEST_WAIT = 10.0
_BURST_SECONDS = 0.25
"""How much of a rate may be saved up. DynamoDB itself keeps up to 300 s of unused capacity, but a rate is a promise."""


class AdaptiveConcurrency:
    """How many requests may be under way at once: more by one a round while all goes well, fewer on throttles.

    It starts by doubling each round, until the first throttle or `most`. A throttle takes away half of the share
    that was throttled, so a table that refuses a twentieth of the items loses a fortieth of the requests, and one
    that refuses everything half of them; at most one cut counts for requests that were under way together.
    """

    def __init__(self, most: int, start: float = _START) -> None:
        self._most = float(most)
        self._size = min(start, self._most)
        self._doubling = True
        self._round = 0
        self._refused = 0.0

    @property
    def size(self) -> int:
        """Requests that may be under way now."""
        return int(self._size)

    def answered(self, refused: float) -> None:
        """A request came back, of which the share `refused` (0 to 1) was throttled."""
        self._round += 1
        if refused:
            self._refused += refused
            self._doubling = False
        elif self._doubling and self._size < self._most:
            self._size = min(self._most, self._size + 1)
        if self._round >= self._size:
            self._turn()

    def _turn(self) -> None:
        """As many requests as the window holds have come back: judge them together."""
        if self._refused:
            self._size = max(_LEAST, self._size * (1 - self._refused / self._round / 2))
        elif not self._doubling:
            self._size = min(self._most, self._size + 1)
        self._round, self._refused = 0, 0.0


class TokenBucket:
    """Write capacity units by a rate (units a second). What was asked for is corrected by what AWS consumed."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._units = 0.0
        self._at = clock()

    def set_rate(self, rate: float) -> None:
        """Go by another rate from now on."""
        self._fill()
        self._rate = rate

    def take(self, units: float) -> float:
        """Take `units` if they are there, and answer 0; else the seconds to wait before asking again.

        A bucket that is not overdrawn gives any amount, so that a row of 400 units passes at a rate of 5.
        """
        self._fill()
        if self._units < 0:
            return max(-self._units / self._rate, 0.001)
        self._units -= units
        return 0.0

    def correct(self, units: float) -> None:
        """What was taken was too little by `units` (or, if negative, too much)."""
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
