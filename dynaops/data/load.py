"""load-data: rows of a source into a table, by several processes, with account kept of every row.

source → blocks (this process cuts them) → workers (parse, announce keys) → order (grants) → workers (write) →
confirmed → checkpoint and rejects. This process sees no row: it hands out blocks, grants them, and counts.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from dynaops.aws.errors import refusal
from dynaops.aws.route import Route, credentials_of, renewed_credentials, route_to
from dynaops.aws.session import Aws
from dynaops.data.block_queue import BlockQueue
from dynaops.data.checkpoint import Checkpoint, Confirmed, checkpoint_path
from dynaops.data.key_order import KeyOrder, OrderGrant
from dynaops.data.messages import (
    Announced,
    Expired,
    Finished,
    Go,
    LoadStopped,
    RateShare,
    Renewed,
    Setup,
    Tick,
)
from dynaops.data.options import Counts, LoadOptions, LoadProgress, LoadSummary, Mode, Traffic
from dynaops.data.recount import CountsDiffer, check_totals
from dynaops.data.rows import BlockSource, InputBlock, Reject
from dynaops.data.unfinished import set_aside
from dynaops.data.worker_pool import WorkerPool, WorkerProcess
from dynaops.model.errors import DynaopsError
from dynaops.model.exits import Exit

_AHEAD = 256
"""Blocks that may be confirmed before an earlier one is: what has to be remembered of them is bounded."""
_PROGRESS_SECONDS = 0.25
_CREDENTIALS_SECONDS = 20.0


def load(
    aws: Aws,
    table: str,
    region: str,
    source: BlockSource,
    options: LoadOptions,
    progress: Callable[[LoadProgress], None] = lambda _: None,
) -> LoadSummary:
    """Load all rows of `source` into `table`, or go on with a load that ended early (`options.resume`).

    `progress` is called some times a second. Raises DynaopsError kinds where the load cannot go on; what is confirmed
    by then is in the checkpoint, also after KeyboardInterrupt.
    """
    route = route_to(aws, "dynamodb", region)
    about = _identity(aws, table, region, options)
    path = checkpoint_path(options.checkpoint, table, about)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with FileLock(path.with_suffix(".lock"), timeout=0):
            if not options.resume:
                set_aside(path)
            kept = Checkpoint(path, about, options.fingerprint, options.rejects, options.resume)
            try:
                return _run(_Load(aws, table, route, source, options, kept, progress))
            finally:
                kept.close()
                if kept.complete:
                    kept.forget()
    except Timeout:
        raise DynaopsError(
            "This load is running already, in another process", exit_code=Exit.LOCKED
        ) from None


def checkpoint_of(aws: Aws, table: str, region: str, options: LoadOptions) -> Path:
    """Where the checkpoint of this load is while it has not ended."""
    return checkpoint_path(options.checkpoint, table, _identity(aws, table, region, options))


def _identity(aws: Aws, table: str, region: str, options: LoadOptions) -> dict[str, Any]:
    """What tells a load from others into that table."""
    return {
        "table": table,
        "region": region,
        "aws": aws.origin,
        "mode": options.mode.value,
        "inputs": list(options.inputs),
    }


def _run(job: _Load) -> LoadSummary:
    """Run in an event loop of its own, also where the caller is in one (as in a notebook)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(job.run())
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, job.run()).result()


class _InputError(Exception):
    """The input could not be read further; `reason` says why."""

    def __init__(self, reason: DynaopsError) -> None:
        super().__init__(reason.message)
        self.reason = reason


class _Load:
    """One run of a load."""

    def __init__(
        self,
        aws: Aws,
        table: str,
        route: Route,
        source: BlockSource,
        options: LoadOptions,
        kept: Checkpoint,
        progress: Callable[[LoadProgress], None],
    ) -> None:
        self._aws = aws
        self._table = table
        self._route = route
        self._source = source
        self._options = options
        self._kept = kept
        self._progress = progress
        self._order = KeyOrder(kept.number)
        self._credentials = credentials_of(aws)
        self._stopped: Reject | None = None
        self._failure: DynaopsError | None = None
        self._under_way = 0
        self._granted: set[int] = set()
        self._began = time.monotonic()
        self._moved = asyncio.Event()
        self._crew = WorkerPool(
            max(1, options.workers), self._setup, self._received, self._died, self._share_rate
        )

    async def run(self) -> LoadSummary:
        """Load until the end of the input."""
        if self._kept.complete:
            check_totals(self._kept.totals())
            return self._summary(complete=True)
        feeder = BlockQueue(iter(self._source.blocks(self._kept.position)))
        tasks = [asyncio.create_task(self._report()), asyncio.create_task(self._keep_credentials())]
        try:
            complete = await self._feed(feeder)
        finally:
            for task in tasks:
                task.cancel()
            feeder.close()
            self._crew.close()
        if complete:
            check_totals(self._kept.totals())
            self._kept.finish()
        summary = self._summary(complete)
        self._progress(self._standing())
        return summary

    async def _feed(self, feeder: BlockQueue) -> bool:
        """Hand out all blocks and wait until they are confirmed; False where a reject stopped that.

        Where the input cannot be read further, what was handed out is still written before that is raised.
        """
        try:
            await self._hand_out(feeder)
        except _InputError as error:
            await self._drain()
            raise error.reason from None
        await self._drain()
        return self._stopped is None

    async def _drain(self) -> None:
        """Wait until all blocks that were handed out are confirmed."""
        while self._granted or (self._under_way and self._stopped is None):
            await self._move()
        self._check()

    async def _hand_out(self, feeder: BlockQueue) -> None:
        """Give blocks to workers until the end of the input, or until a reject ends the load."""
        number = self._kept.number
        while self._stopped is None and (block := await self._next(feeder)) is not None:
            block = block if block.number == number else _numbered(block, number)
            number += 1
            before = self._kept.confirmed_before(block.number, block.end)
            if before is not None:
                self._grant(self._order.announce(block.number, None))
                self._kept.confirm(block.number, before)
                continue
            if block.fault is not None:
                self._grant(self._order.announce(block.number, None))
                self._kept.confirm(block.number, Confirmed(block.end, Counts(), fault=block.fault))
                continue
            hand = await self._free_hand()
            if hand is None:
                break
            self._under_way += 1
            if self._options.mode is Mode.IF_NOT_EXISTS:
                self._kept.begin(block.number)
            hand.work(block, self._kept.begun_before(block.number))

    async def _next(self, feeder: BlockQueue) -> InputBlock | None:
        """The next block, unless something ends the load while it is waited for."""
        asking = asyncio.ensure_future(feeder.next())
        while not asking.done():
            moving = asyncio.ensure_future(self._moved.wait())
            await asyncio.wait({asking, moving}, return_when=asyncio.FIRST_COMPLETED)
            moving.cancel()
            self._moved.clear()
            if self._failure or self._stopped:
                asking.cancel()
                self._check()
                return None
        try:
            return asking.result()
        except DynaopsError as error:
            raise _InputError(error) from error

    async def _free_hand(self) -> WorkerProcess | None:
        """A worker that can take a block; None where a reject stopped the load."""
        while self._stopped is None:
            if self._kept.beyond < _AHEAD:
                hand = await self._crew.hand()
                if hand is not None:
                    return hand
            await self._move()
        return None

    async def _move(self) -> None:
        """Wait until something has happened; raises what ends the load."""
        await self._moved.wait()
        self._moved.clear()
        self._check()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _received(self, hand: WorkerProcess, message: Any) -> None:
        try:
            self._take(hand, message)
        except DynaopsError as error:
            self._fail(error)
        except Exception as error:  # within a callback it would be lost, and the load wait for ever
            self._fail(DynaopsError(f"load-data went wrong: {type(error).__name__}: {error}"))

    def _take(self, hand: WorkerProcess, message: Any) -> None:
        match message:
            case Announced(number, hashes, reject):
                if reject is not None and self._options.fail_fast:
                    self._stop(reject)
                else:
                    self._grant(self._order.announce(number, hashes))
            case Finished():
                self._finished(hand, message)
            case Tick(traffic, in_flight):
                hand.traffic, hand.in_flight = traffic, in_flight
            case Expired(credentials):
                self._renew(hand, credentials)
            case LoadStopped():
                self._fail(self._error_of(message))

    def _finished(self, hand: WorkerProcess, message: Finished) -> None:
        block = hand.blocks.pop(message.number)
        check_totals(message.counts)
        hand.traffic = message.traffic
        self._under_way -= 1
        self._granted.discard(message.number)
        self._moved.set()
        if message.rejects and self._options.fail_fast:
            self._stop(message.rejects[0])
        else:
            try:
                self._kept.confirm(
                    message.number, Confirmed(block.end, message.counts, message.rejects, message.notes)
                )
            except DynaopsError as error:
                self._fail(error)
        self._grant(self._order.confirm(message.number))

    def _grant(self, grants: list[OrderGrant]) -> None:
        """Let rows be written. After a reject that ends the load only blocks granted before are finished."""
        for grant in grants:
            if grant.first and self._stopped is None:
                self._granted.add(grant.number)
            if grant.number in self._granted:
                self._crew.having(grant.number).tell(Go(grant))

    def _stop(self, reject: Reject) -> None:
        self._stopped = self._stopped or reject
        self._moved.set()

    def _fail(self, error: DynaopsError) -> None:
        self._failure = self._failure or error
        self._moved.set()

    def _died(self, hand: WorkerProcess) -> None:
        self._fail(hand.why_dead())

    def _error_of(self, message: LoadStopped) -> DynaopsError:
        if message.code:
            return refusal(message.code, message.text, f"dynamodb:{message.api}", self._route.region)
        if message.api:
            patience = f"{self._options.patience:g} s"
            text = f"AWS has taken no row for {patience}; the last reason was: {message.text}"
            return DynaopsError(text, message.hint)
        return (
            CountsDiffer(message.text) if message.counts_differ else DynaopsError(message.text, message.hint)
        )

    def _setup(self, workers: int) -> Setup:
        rate = self._options.rate
        share = rate / workers if rate else None
        return Setup(self._table, self._options, self._route, self._credentials, share)

    def _share_rate(self, workers: int) -> None:
        if self._options.rate:
            self._crew.tell_all(RateShare(self._options.rate / workers))

    def _renew(self, hand: WorkerProcess, refused: Any) -> None:
        """A worker's credentials have expired: get others, once for all workers."""
        if refused == self._credentials:
            try:
                self._credentials = renewed_credentials(self._aws, refused)
            except DynaopsError as error:
                self._fail(error)
                return
            self._crew.tell_all(Renewed(self._credentials))
        else:
            hand.tell(Renewed(self._credentials))

    async def _keep_credentials(self) -> None:
        """Pass on credentials that botocore has refreshed in time."""
        while True:
            await asyncio.sleep(_CREDENTIALS_SECONDS)
            try:
                found = await asyncio.to_thread(credentials_of, self._aws)
            except DynaopsError:
                continue  # those at hand may last; AWS will say when they do not
            if found != self._credentials:
                self._credentials = found
                self._crew.tell_all(Renewed(found))

    async def _report(self) -> None:
        while True:
            self._progress(self._standing())
            await asyncio.sleep(_PROGRESS_SECONDS)

    def _traffic(self) -> Traffic:
        total = Traffic()
        for hand in self._crew.hands:
            total.add(hand.traffic)
        return total

    def _standing(self) -> LoadProgress:
        hands = self._crew.hands
        return LoadProgress(
            counts=self._kept.totals(),
            traffic=self._traffic(),
            seconds=time.monotonic() - self._began,
            in_flight=sum(hand.in_flight for hand in hands),
            workers=len(hands),
        )

    def _summary(self, complete: bool) -> LoadSummary:
        return LoadSummary(
            counts=self._kept.totals(),
            traffic=self._traffic(),
            seconds=time.monotonic() - self._began,
            resumed=self._kept.resumed,
            complete=complete and not self._kept.faults,
            faults=tuple(self._kept.faults),
            rejects=self._kept.rejects,
            stopped=self._stopped,
            samples=tuple(self._kept.samples),
            notes=self._kept.notes.all(),
        )


def _numbered(block: InputBlock, number: int) -> InputBlock:
    """A block by its place in the whole load: a source may count from where it was told to start."""
    return replace(block, number=number)
