"""The sandbox's clock: virtual time that runs faster than real time, and that tests can advance."""

from __future__ import annotations

import threading
import time


class Clock:
    """Virtual time in epoch seconds.

    `speed` is how many AWS seconds pass in one real second (60: an index build of nine minutes takes
    nine seconds); 0 stops the clock, so that it moves only by `advance`.
    """

    def __init__(self, speed: float = 60.0, start: float | None = None) -> None:
        self._lock = threading.Lock()
        self._speed = speed
        self._virtual = time.time() if start is None else start
        self._real = time.monotonic()

    @property
    def speed(self) -> float:
        return self._speed

    def now(self) -> float:
        """The virtual time, in epoch seconds."""
        with self._lock:
            return self._now()

    def advance(self, seconds: float) -> float:
        """Move forward by `seconds` of virtual time; returns the new time."""
        if seconds < 0:
            raise ValueError("the sandbox clock only moves forward")
        with self._lock:
            self._rebase(seconds)
            return self._virtual

    def set_speed(self, speed: float) -> None:
        """Change how fast virtual time passes, from now on."""
        if speed < 0:
            raise ValueError("the speed of the sandbox clock cannot be negative")
        with self._lock:
            self._rebase(0)
            self._speed = speed

    def _now(self) -> float:
        return self._virtual + (time.monotonic() - self._real) * self._speed

    def _rebase(self, seconds: float) -> None:
        self._virtual = self._now() + seconds
        self._real = time.monotonic()
