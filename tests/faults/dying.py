"""Processes that die for real: a forked child applies, and is gone at the boundary asked for, with no goodbye.

Or its surroundings turn on it there: its clock jumps, or its disk is full from then on.
"""

from __future__ import annotations

import os
import resource
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dynaops.aws.session import Aws
from dynaops.engine.apply import apply_plan
from dynaops.model.state import State
from dynaops.sandbox.faults import FaultRule
from dynaops.stores import open_store
from dynaops.stores.base import Store
from tests.companions.bench import REGION, Bench

DAY = 86_400.0
KILLED = 77
"""Exit status of a child that died at its boundary, so that one that finished before it is told apart."""
_PATIENCE = 120.0
"""Seconds until a child counts as hanging, which fails the campaign."""


@dataclass(frozen=True)
class Boundary:
    """Where a process dies: `when` (before, during, after) the `nth` (from 0) of `what` (write, state).

    With `when` jump, its clock jumps at that write by a day, back or forth; with full, the disk is full at that save.
    """

    what: str
    nth: int
    when: str

    def __str__(self) -> str:
        return f"{self.when} {self.what} {self.nth + 1}"


class _DyingAws(Aws):
    """An `Aws` whose process ends before or after its nth write call."""

    boundary: Boundary
    writes = 0
    jumped = False

    def call(
        self, service: str, api: str, region: str, parameters: dict[str, Any], repeats: bool = True
    ) -> dict[str, Any]:
        hit = self.boundary.what == "write" and is_write(api) and self._count() == self.boundary.nth
        if hit and self.boundary.when == "before":
            os._exit(KILLED)
        if hit and self.boundary.when == "jump":
            self.jumped = True
            _jump(DAY if self.boundary.nth % 2 else -DAY)
        answer = super().call(service, api, region, parameters, repeats)
        if hit and not self.jumped:
            os._exit(KILLED)
        return answer

    def _count(self) -> int:
        self.writes += 1
        return self.writes - 1


class _DyingKeeper:
    """A store whose process ends before, in the middle of, or after its nth save."""

    def __init__(self, store: Store, boundary: Boundary) -> None:
        self._store = store
        self._boundary = boundary
        self._saves = 0
        self.full = False

    def load(self) -> State:
        return self._store.load()

    def save(self, state: State) -> State:
        hit = self._boundary.what == "state" and self._saves == self._boundary.nth
        self._saves += 1
        if hit and self._boundary.when == "before":
            os._exit(KILLED)
        if hit and self._boundary.when == "during":
            _die_within_a_save()
        if hit and self._boundary.when == "full":
            self.full = True
            _fill_the_disk()
        saved = self._store.save(state)
        if hit:
            os._exit(KILLED)
        return saved


def _jump(seconds: float) -> None:
    now = time.time
    time.time = lambda: now() + seconds


def _fill_the_disk() -> None:
    """write() fails from now on, in the middle of what it writes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))


def _die_within_a_save() -> None:
    """In a file: written beside it, and not yet put in its place. In S3: locked, and the earlier state kept."""
    os.replace = lambda *_, **__: os._exit(KILLED)
    call = Aws.call

    def until_the_state(
        self: Aws, service: str, api: str, region: str, parameters: dict[str, Any], repeats: bool = True
    ) -> dict[str, Any]:
        if api == "PutObject" and not parameters["Key"].endswith(".lock"):
            os._exit(KILLED)
        return call(self, service, api, region, parameters, repeats)

    Aws.call = until_the_state  # type: ignore[method-assign]


def is_write(api: str) -> bool:
    """Whether a call changes anything in AWS."""
    return not api.startswith(("Describe", "List", "Get", "Query", "Scan", "BatchGet", "Simulate"))


def dies(bench: Bench, boundary: Boundary, *specs: dict[str, Any], destroy: bool = False) -> bool:
    """Apply in a forked child that dies at `boundary`. False: it finished, for it never came there."""
    if boundary.what == "write" and boundary.when == "during":
        return _killed_from_outside(bench, boundary, specs, destroy)
    return _status(_forked(lambda: _applied(bench, boundary, specs, destroy))) == KILLED


def _killed_from_outside(
    bench: Bench, boundary: Boundary, specs: tuple[dict[str, Any], ...], destroy: bool
) -> bool:
    """kill -9 while the request is with AWS and the answer is not there: half of the times it has its effect."""
    effect = "kill" if boundary.nth % 2 else "drop_after"
    plan = bench.plan(*specs, destroy=destroy)
    if boundary.nth >= len(plan.operations):
        return False
    target = plan.operations[boundary.nth]
    same = [one for one in plan.operations[: boundary.nth + 1] if one.api == target.api]
    child = 0
    forked = threading.Event()

    def kill() -> None:
        # The request may arrive before the fork has returned here, and process 0 stands for all of this group.
        assert forked.wait(60)
        os.kill(child, signal.SIGKILL)

    rule = FaultRule(effect, service=target.service, operation=target.api, nth=len(same))
    bench.server.faults.on_kill = kill
    bench.server.faults.add(rule)
    child = _forked(lambda: _applied(bench, Boundary("none", 0, ""), specs, destroy))
    forked.set()
    while effect == "drop_after" and not rule.hit and not _ended(child):
        time.sleep(0.001)
    if effect == "drop_after" and rule.hit:
        kill()
    return _status(child) == -signal.SIGKILL


def _applied(bench: Bench, boundary: Boundary, specs: tuple[dict[str, Any], ...], destroy: bool) -> None:
    bench.aws = aws = _DyingAws(region=REGION, endpoint_url=bench.server.url, poll_cap=0.02)
    aws.boundary = Boundary("none", 0, "")
    way = Aws(region=REGION, endpoint_url=bench.server.url)
    store = open_store(bench.store.location, open_aws=lambda: way)
    with store.lock("apply"):
        plan = bench.plan(*specs, destroy=destroy)
        aws.boundary = boundary
        keeper = _DyingKeeper(store, boundary)
        try:
            apply_plan(plan, keeper, aws, lambda _: None)
        finally:
            if aws.jumped or keeper.full:
                os._exit(KILLED)


def _forked(work: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        work()
        os._exit(0)
    finally:
        os._exit(1)


_statuses: dict[int, int] = {}


def _ended(child: int) -> bool:
    if child not in _statuses:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            _statuses[child] = os.waitstatus_to_exitcode(status)
    return child in _statuses


def _status(child: int) -> int:
    deadline = time.monotonic() + _PATIENCE
    while not _ended(child):
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            raise AssertionError("an apply hangs")
        time.sleep(0.002)
    return _statuses.pop(child)
