"""A scheduler in simulated time: one job runs at a time, and the clock jumps to the next job's wake-up time.

So a rehearsal of hours takes seconds and always has the same result.
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
    """One job. `wake` is the virtual time at which it continues."""

    do: Callable[[], None]
    wake: float
    future: Future[None] = field(default_factory=Future)
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


class SimulatedScheduler:
    """Runs up to `workers` jobs in the time of `now` and `advance`. Jobs sleep with `stop.wait`."""

    def __init__(self, now: Callable[[], float], advance: Callable[[float], None], workers: int = 4) -> None:
        self._now, self._advance, self._workers = now, advance, workers
        self._queue: deque[_Job] = deque()
        self._running: list[_Job] = []
        self._back = threading.Semaphore(0)
        self._current: _Job | None = None
        self.stop = _Sleep(self._sleep)

    def __enter__(self) -> SimulatedScheduler:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Does nothing: the caller calls `ended` until all jobs have ended."""

    def submit(self, job: Callable[[Any], None], argument: Any) -> Future[None]:
        entry = _Job(lambda: job(argument), self._now())
        self._queue.append(entry)
        return entry.future

    def ended(self, running: Iterable[Future[None]]) -> Iterable[Future[None]]:
        """Run jobs until at least one of `running` has ended; returns those that have."""
        futures = list(running)
        while not (done := [future for future in futures if future.done()]):
            while self._queue and len(self._running) < self._workers:
                self._start(self._queue.popleft())
            self._run_next(min(self._running, key=lambda job: job.wake))
        return done

    def _start(self, job: _Job) -> None:
        job.wake = self._now()
        self._running.append(job)
        threading.Thread(target=self._run, args=(job,), name="rehearse", daemon=True).start()

    def _run_next(self, job: _Job) -> None:
        """Advance the clock to `job`'s wake-up time, and run it until it sleeps or ends."""
        self._advance(max(0.0, job.wake - self._now()))
        self._current = job
        job.go.release()
        self._back.acquire()

    def _run(self, job: _Job) -> None:
        job.go.acquire()
        try:
            job.do()
        except BaseException as error:  # the future raises it to the caller
            job.future.set_exception(error)
        else:
            job.future.set_result(None)
        self._running.remove(job)
        self._back.release()

    def _sleep(self, seconds: float) -> None:
        job = self._current
        assert job is not None, "only a job whose turn it is sleeps"
        job.wake = self._now() + seconds
        self._back.release()
        job.go.acquire()


class _Sleep(threading.Event):
    """The stop event of a rehearsal: it is never set, and waiting for it advances the virtual time."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        super().__init__()
        self._sleep = sleep

    def wait(self, timeout: float | None = None) -> bool:
        self._sleep(timeout or 0.0)
        return False
