"""Simulated time: jobs take turns, and the clock jumps to the moment when the next one has something to do.

Only one job runs at a time, so a rehearsal of hours takes seconds and always goes the same way.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any


@dataclass(eq=False)
class _Job:
    """One job. `wake` is the virtual time at which it goes on."""

    do: Callable[[], None]
    wake: float
    future: Future[None] = field(default_factory=Future)
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


class SimulatedScheduler:
    """A crew of so many hands, in a time that `now` tells and `advance` moves. Its `stop` is what jobs sleep by."""

    def __init__(self, now: Callable[[], float], advance: Callable[[float], None], hands: int = 4) -> None:
        self._now, self._advance, self._hands = now, advance, hands
        self._queue: deque[_Job] = deque()
        self._at_work: list[_Job] = []
        self._back = threading.Semaphore(0)
        self._current: _Job | None = None
        self.stop = _Sleep(self._sleep)

    def __enter__(self) -> SimulatedScheduler:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left to end: `ended` is asked until all jobs have."""

    def submit(self, job: Callable[[Any], None], what: Any) -> Future[None]:
        made = _Job(lambda: job(what), self._now())
        self._queue.append(made)
        return made.future

    def ended(self, running: Iterable[Future[None]]) -> Iterable[Future[None]]:
        """Go on until one of `running` has ended."""
        asked = list(running)
        while not (done := [one for one in asked if one.done()]):
            while self._queue and len(self._at_work) < self._hands:
                self._start(self._queue.popleft())
            self._turn(min(self._at_work, key=lambda job: job.wake))
        return done

    def _start(self, job: _Job) -> None:
        job.wake = self._now()
        self._at_work.append(job)
        threading.Thread(target=self._run, args=(job,), name="rehearse", daemon=True).start()

    def _turn(self, job: _Job) -> None:
        """Let the time come when `job` goes on, and let it, until it sleeps or ends."""
        self._advance(max(0.0, job.wake - self._now()))
        self._current = job
        job.go.release()
        self._back.acquire()

    def _run(self, job: _Job) -> None:
        job.go.acquire()
        try:
            job.do()
        except BaseException as error:  # it is the future's to tell
            job.future.set_exception(error)
        else:
            job.future.set_result(None)
        self._at_work.remove(job)
        self._back.release()

    def _sleep(self, seconds: float) -> None:
        job = self._current
        assert job is not None, "only a job whose turn it is sleeps"
        job.wake = self._now() + seconds
        self._back.release()
        job.go.acquire()


class _Sleep(threading.Event):
    """What the engine waits for between two looks: nobody stops a rehearsal, time only passes."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        super().__init__()
        self._sleep = sleep

    def wait(self, timeout: float | None = None) -> bool:
        self._sleep(timeout or 0.0)
        return False
