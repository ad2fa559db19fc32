"""Answers that are not AWS's, at every call of create, edit and destroy: ``python -m tests.faults.foreign [every]``.

The sandbox's clock stands still but for what the engine waits, so that a run's time is AWS's and always the same.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dynaops.aws.session import Aws
from dynaops.engine.apply import apply_plan
from dynaops.model.errors import DynaopsError
from dynaops.model.event import Outcome
from dynaops.model.plan import Plan
from dynaops.rehearsal.scheduler import SimulatedScheduler
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from dynaops.sandbox.foreign import PAGES
from tests.companions.bench import REGION, Bench
from tests.companions.test_everything import EVERYTHING
from tests.e2e.census import census
from tests.faults.campaign import INDEXED, world

LIVES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({}, {"ttl": {"attribute": "gone"}, "tags": {"team": "one"}}),
    "indexed": (INDEXED, {"tags": {"team": "two"}, "log_group": {"name": "/a", "retention_days": 7}}),
    "everything": (EVERYTHING, {"tags": {"team": "two"}, "ttl": {"attribute": "gone"}}),
}
"""Specs that a table is created by, and edited to; then it is destroyed."""
PHASES = ("create", "edit", "destroy")
SLACK = 60.0
"""Seconds of AWS's time beyond twice the undisturbed run's: a run that waits for nothing still looks five times."""


class StillBench(Bench):
    """A workbench in simulated time: nothing waits but for AWS."""

    def __init__(self, folder: Path, server: SandboxServer) -> None:
        super().__init__(folder, server)
        self.folder = folder
        self.aws = Aws(region=REGION, endpoint_url=server.url, poll_cap=10.0, attempts=1)

    def run(self, *specs: dict[str, Any], destroy: bool = False) -> tuple[Plan, Outcome]:
        clock = self.server.clock
        turns = SimulatedScheduler(clock.now, self.server.advance)
        with self.store.lock("apply"):
            plan = self.plan(*specs, destroy=destroy)
            outcome = apply_plan(
                plan, self.store, self.aws, lambda _: None, stop=turns.stop, jobs=turns, now=clock.now
            )
            return plan, outcome


@dataclass(frozen=True)
class Strike:
    """One fault: at the `nth` request of a phase (from 1) a `page` in place of the answer, `times` in a row."""

    phase: str
    effect: str
    page: str
    nth: int
    times: int | None

    def __str__(self) -> str:
        lasting = "once" if self.times == 1 else "from then on"
        return (
            f"{self.phase}: {self.page} {self.effect.removeprefix('foreign_')} request {self.nth}, {lasting}"
        )


@dataclass
class Counts:
    """What the campaign reports. `wrong` says what did not end well, and where."""

    strikes: int = 0
    told: int = 0
    """Runs that said that something failed."""
    orphans: int = 0
    false_success: int = 0
    slowest: float = 0.0
    """The largest share of the time that a run may take."""
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        yield f"answers that were not AWS's  {self.strikes}"
        yield f"runs that said so            {self.told}"
        yield f"orphans                      {self.orphans}"
        yield f"false successes              {self.false_success}"
        yield f"slowest                      {self.slowest:.0%} of the time allowed"
        yield from (f"WRONG: {text}" for text in self.wrong)


@dataclass(frozen=True)
class _Undisturbed:
    """What a phase is like when nothing happens: its calls, its seconds, and what it leaves in the account.

    `calls` are the positions of its requests, from 1; of an operation that is repeated, the first two and the last.
    """

    calls: list[int]
    seconds: float
    left: dict[str, Any]


class Campaign:
    """One table's life, again and again, each time with one fault."""

    def __init__(self, bench: StillBench, name: str, counts: Counts) -> None:
        self._bench = bench
        self._name = name
        self._counts = counts
        self._first, self._second = LIVES[name]
        self._nothing = census(bench.server)
        self._measured = {phase: self._measure(phase) for phase in PHASES}

    def strikes(self) -> list[Strike]:
        """All faults, the same kind at all requests of a phase one after another."""
        effects = ("foreign_before", "foreign_after")
        kinds = [(effect, page, 1) for effect in effects for page in PAGES]
        lasting: Sequence[tuple[str, str, int | None]] = [
            *kinds,
            *((effect, "html", None) for effect in effects),
        ]
        return [
            Strike(phase, effect, page, nth, times)
            for phase in PHASES
            for effect, page, times in lasting
            for nth in self._measured[phase].calls
        ]

    def run(self, strike: Strike) -> None:
        """One life with one fault; what is not as it must be is counted."""
        server = self._bench.server
        try:
            if strike.phase != "create":
                self._phase("create")
            if strike.phase == "destroy":
                self._phase("edit")
            rule = FaultRule(strike.effect, nth=strike.nth, times=strike.times, page=strike.page)
            server.faults.add(rule)
            started = server.clock.now()
            complete = self._disturbed(strike.phase)
            seconds = server.clock.now() - started
            server.faults.clear()
            if rule.hit:
                self._counts.strikes += 1
                self._judge(strike, complete, seconds)
            self._end(strike)
        except Exception as error:
            self._counts.wrong.append(f"{self._name}: {strike}: {type(error).__name__}: {error}")
            raise
        finally:
            server.faults.clear()

    def _judge(self, strike: Strike, complete: bool, seconds: float) -> None:
        counts, usual = self._counts, self._measured[strike.phase]
        allowed = 2 * usual.seconds + SLACK
        counts.slowest = max(counts.slowest, seconds / allowed)
        counts.told += not complete
        if seconds > allowed:
            counts.wrong.append(
                f"{self._name}: {strike}: took {seconds:.0f} s instead of {usual.seconds:.0f} s"
            )
        if complete and _names(census(self._bench.server)) != _names(usual.left):
            counts.false_success += 1
            counts.wrong.append(f"{self._name}: {strike}: said that all was done, and it was not")

    def _end(self, strike: Strike) -> None:
        """The same again without a fault must come to what an undisturbed run does, and destroy leave nothing.

        A minute passes before: what AWS has begun meanwhile goes on.
        """
        self._bench.server.advance(60)
        self._phase(strike.phase)
        if _names(census(self._bench.server)) != _names(self._measured[strike.phase].left):
            self._counts.orphans += 1
            self._counts.wrong.append(
                f"{self._name}: {strike}: the account is not as after an undisturbed run"
            )
        self._bench.destroy()
        if census(self._bench.server) != self._nothing:
            self._counts.orphans += 1
            raise AssertionError("something was left behind")

    def _disturbed(self, phase: str) -> bool:
        """Whether a run with a fault says that all is done."""
        try:
            if phase == "destroy":
                return self._bench.run(destroy=True)[1].complete
            return self._bench.run(self._spec(phase))[1].complete
        except DynaopsError:
            return False

    def _phase(self, phase: str) -> None:
        if phase == "destroy":
            self._bench.destroy()
        else:
            self._bench.apply(self._spec(phase))

    def _spec(self, phase: str) -> dict[str, Any]:
        return self._first if phase == "create" else self._second

    def _measure(self, phase: str) -> _Undisturbed:
        server = self._bench.server
        before = server.requests.count
        started = server.clock.now()
        complete = self._disturbed(phase)
        assert complete, f"{self._name}: {phase} fails undisturbed"
        seconds = server.clock.now() - started
        asked = [request.operation for request in server.requests.since(before)]
        return _Undisturbed(list(_calls(asked)), seconds, census(server))


def _calls(operations: list[str]) -> Iterator[int]:
    for position, name in enumerate(operations):
        if operations[:position].count(name) < 2 or name not in operations[position + 1 :]:
            yield position + 1


def _names(found: dict[str, Any]) -> dict[str, Any]:
    """A census without ids and times, which differ from life to life."""
    return {
        name: {kind: len(content) for kind, content in value.items()} if isinstance(value, dict) else value
        for name, value in found.items()
    }


def run(
    folder: Path, server: SandboxServer, name: str, counts: Counts, every: int = 1, first: int = 0
) -> None:
    """The faults of one table's life, each `every`-th from `first` on. Ends at the first that blurs the others."""
    bench = still_world(folder, server)
    campaign = Campaign(bench, name, counts)
    for strike in campaign.strikes()[first::every]:
        try:
            campaign.run(strike)
        except Exception:  # it is in `counts`; what it left would blur all that follows
            return


def still_world(folder: Path, server: SandboxServer) -> StillBench:
    """A workbench in simulated time, with what the specs lean on."""
    made = world(folder, server)
    bench = StillBench(folder, server)
    bench.store = made.store
    return bench


def main() -> int:
    """All lives; `every` 10 tries each tenth fault. 1: something went wrong."""
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    names = sys.argv[2:] or list(LIVES)
    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    total = Counts()
    started = time.monotonic()
    for name in names:
        with tempfile.TemporaryDirectory() as folder, SandboxServer(speed=0) as server:
            run(Path(folder), server, name, total, every)
        sys.stderr.write(f"{name}: {total.strikes} so far, {len(total.wrong)} wrong\n")
    sys.stdout.write("\n".join([*total.lines(), f"in {time.monotonic() - started:.0f} s\n"]))
    return 1 if total.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
