"""load-data: writes the rows of a source to a table with several worker processes, and accounts for every row.

source → blocks (cut by this process) → workers (parse, announce keys) → key order (grants) → workers (write) →
confirmed blocks → checkpoint and rejects file. This process handles no rows: it distributes blocks, grants and counts.
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
"""How many blocks may be confirmed before an earlier block is; this bounds the memory for their records."""
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
    """Load all rows of `source` into `table`, or resume a load that ended early (`options.resume`).

    `progress` is called several times a second. Raises DynaopsError or a subclass if the load cannot continue; what is
    confirmed until then is in the checkpoint, also after KeyboardInterrupt.
    """
    route = route_to(aws, "dynamodb", region)
    identity = _identity(aws, table, region, options)
    path = checkpoint_path(options.checkpoint, table, identity)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with FileLock(path.with_suffix(".lock"), timeout=0):
            if not options.resume:
                set_aside(path)
            checkpoint = Checkpoint(path, identity, options.fingerprint, options.rejects, options.resume)
            try:
                return _run(_Load(aws, table, route, source, options, checkpoint, progress))
            finally:
                checkpoint.close()
                if checkpoint.complete:
                    checkpoint.forget()
    except Timeout:
        raise DynaopsError(
            "This load is running already, in another process", exit_code=Exit.LOCKED
        ) from None


def checkpoint_of(aws: Aws, table: str, region: str, options: LoadOptions) -> Path:
    """The path of this load's checkpoint, which exists until the load has ended."""
    return checkpoint_path(options.checkpoint, table, _identity(aws, table, region, options))


def _identity(aws: Aws, table: str, region: str, options: LoadOptions) -> dict[str, Any]:
    """What distinguishes a load from others into that table."""
    return {
        "table": table,
        "region": region,
        "aws": aws.origin,
        "mode": options.mode.value,
        "inputs": list(options.inputs),
    }


def _run(loading: _Load) -> LoadSummary:
    """Run in a new event loop, in a thread if the caller runs in an event loop (as in a notebook)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(loading.run())
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, loading.run()).result()


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
        checkpoint: Checkpoint,
        progress: Callable[[LoadProgress], None],
    ) -> None:
        self._aws = aws
        self._table = table
        self._route = route
        self._source = source
        self._options = options
        self._checkpoint = checkpoint
        self._progress = progress
        self._order = KeyOrder(checkpoint.number)
        self._credentials = credentials_of(aws)
        self._stopped: Reject | None = None
        self._failure: DynaopsError | None = None
        self._under_way = 0
        self._granted: set[int] = set()
        self._began = time.monotonic()
        self._event = asyncio.Event()
        self._workers = WorkerPool(
            max(1, options.workers), self._setup, self._received, self._died, self._share_rate
        )

    async def run(self) -> LoadSummary:
        """Load until the end of the input."""
        if self._checkpoint.complete:
            check_totals(self._checkpoint.totals())
            return self._summary(complete=True)
        queue = BlockQueue(iter(self._source.blocks(self._checkpoint.position)))
        tasks = [asyncio.create_task(self._report()), asyncio.create_task(self._keep_credentials())]
        try:
            complete = await self._feed(queue)
        finally:
            for task in tasks:
                task.cancel()
            queue.close()
            self._workers.close()
        if complete:
            check_totals(self._checkpoint.totals())
            self._checkpoint.finish()
        summary = self._summary(complete)
        self._progress(self._current_progress())
        return summary

    async def _feed(self, queue: BlockQueue) -> bool:
        """Distribute all blocks and wait until they are confirmed; False if a reject stopped the load.

        If the input cannot be read further, the distributed blocks are still written before the error is raised.
        """
        try:
            await self._hand_out(queue)
        except _InputError as error:
            await self._drain()
            raise error.reason from None
        await self._drain()
        return self._stopped is None

    async def _drain(self) -> None:
        """Wait until all distributed blocks are confirmed."""
        while self._granted or (self._under_way and self._stopped is None):
            await self._wait_for_event()
        self._check()

    async def _hand_out(self, queue: BlockQueue) -> None:
        """Distribute blocks to workers until the end of the input, or until a reject ends the load."""
        number = self._checkpoint.number
        while self._stopped is None and (block := await self._next(queue)) is not None:
            block = block if block.number == number else _numbered(block, number)
            number += 1
            confirmed = self._checkpoint.confirmed_before(block.number, block.end)
            if confirmed is not None:
                self._grant(self._order.announce(block.number, None))
                self._checkpoint.confirm(block.number, confirmed)
                continue
            if block.fault is not None:
                self._grant(self._order.announce(block.number, None))
                self._checkpoint.confirm(block.number, Confirmed(block.end, Counts(), fault=block.fault))
                continue
            worker = await self._free_worker()
            if worker is None:
                break
            self._under_way += 1
            if self._options.mode is Mode.IF_NOT_EXISTS:
                self._checkpoint.begin(block.number)
            worker.work(block, self._checkpoint.begun_before(block.number))

    async def _next(self, queue: BlockQueue) -> InputBlock | None:
        """The next block; None at the end of the input, or if the load ends meanwhile."""
        next_block = asyncio.ensure_future(queue.next())
        while not next_block.done():
            event = asyncio.ensure_future(self._event.wait())
            await asyncio.wait({next_block, event}, return_when=asyncio.FIRST_COMPLETED)
            event.cancel()
            self._event.clear()
            if self._failure or self._stopped:
                next_block.cancel()
                self._check()
                return None
        try:
            return next_block.result()
        except DynaopsError as error:
            raise _InputError(error) from error

    async def _free_worker(self) -> WorkerProcess | None:
        """A worker that can take a block; None if a reject stopped the load."""
        while self._stopped is None:
            if self._checkpoint.beyond < _AHEAD:
                worker = await self._workers.free_worker()
                if worker is not None:
                    return worker
            await self._wait_for_event()
        return None

    async def _wait_for_event(self) -> None:
        """Wait for the next event; raises the error that ends the load, if there is one."""
        await self._event.wait()
        self._event.clear()
        self._check()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _received(self, worker: WorkerProcess, message: Any) -> None:
        try:
            self._handle(worker, message)
        except DynaopsError as error:
            self._fail(error)
        except Exception as error:  # an exception in a callback would be lost, and the load would never end
            self._fail(DynaopsError(f"load-data went wrong: {type(error).__name__}: {error}"))

    def _handle(self, worker: WorkerProcess, message: Any) -> None:
        match message:
            case Announced(number, hashes, reject):
                if reject is not None and self._options.fail_fast:
                    self._stop(reject)
                else:
                    self._grant(self._order.announce(number, hashes))
            case Finished():
                self._finished(worker, message)
            case Tick(traffic, in_flight):
                worker.traffic, worker.in_flight = traffic, in_flight
            case Expired(credentials):
                self._renew(worker, credentials)
            case LoadStopped():
                self._fail(self._error_of(message))

    def _finished(self, worker: WorkerProcess, message: Finished) -> None:
        block = worker.blocks.pop(message.number)
        check_totals(message.counts)
        worker.traffic = message.traffic
        self._under_way -= 1
        self._granted.discard(message.number)
        self._event.set()
        if message.rejects and self._options.fail_fast:
            self._stop(message.rejects[0])
        else:
            try:
                self._checkpoint.confirm(
                    message.number, Confirmed(block.end, message.counts, message.rejects, message.notes)
                )
            except DynaopsError as error:
                self._fail(error)
        self._grant(self._order.confirm(message.number))

    def _grant(self, grants: list[OrderGrant]) -> None:
        """Send grants to the workers. After a reject that ends the load, only blocks granted before are finished."""
        for grant in grants:
            if grant.first and self._stopped is None:
                self._granted.add(grant.number)
            if grant.number in self._granted:
                self._workers.worker_of(grant.number).send(Go(grant))

    def _stop(self, reject: Reject) -> None:
        self._stopped = self._stopped or reject
        self._event.set()

    def _fail(self, error: DynaopsError) -> None:
        self._failure = self._failure or error
        self._event.set()

    def _died(self, worker: WorkerProcess) -> None:
        self._fail(worker.exit_error())

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
            self._workers.send_to_all(RateShare(self._options.rate / workers))

    def _renew(self, worker: WorkerProcess, refused: Any) -> None:
        """Renew the credentials that AWS called expired, once for all workers."""
        if refused == self._credentials:
            try:
                self._credentials = renewed_credentials(self._aws, refused)
            except DynaopsError as error:
                self._fail(error)
                return
            self._workers.send_to_all(Renewed(self._credentials))
        else:
            worker.send(Renewed(self._credentials))

    async def _keep_credentials(self) -> None:
        """Send the workers the credentials that botocore has refreshed."""
        while True:
            await asyncio.sleep(_CREDENTIALS_SECONDS)
            try:
                credentials = await asyncio.to_thread(credentials_of, self._aws)
            except DynaopsError:
                continue  # the current credentials may still be valid; if not, AWS says so
            if credentials != self._credentials:
                self._credentials = credentials
                self._workers.send_to_all(Renewed(credentials))

    async def _report(self) -> None:
        while True:
            self._progress(self._current_progress())
            await asyncio.sleep(_PROGRESS_SECONDS)

    def _traffic(self) -> Traffic:
        total = Traffic()
        for worker in self._workers.workers:
            total.add(worker.traffic)
        return total

    def _current_progress(self) -> LoadProgress:
        workers = self._workers.workers
        return LoadProgress(
            counts=self._checkpoint.totals(),
            traffic=self._traffic(),
            seconds=time.monotonic() - self._began,
            in_flight=sum(worker.in_flight for worker in workers),
            workers=len(workers),
        )

    def _summary(self, complete: bool) -> LoadSummary:
        return LoadSummary(
            counts=self._checkpoint.totals(),
            traffic=self._traffic(),
            seconds=time.monotonic() - self._began,
            resumed=self._checkpoint.resumed,
            complete=complete and not self._checkpoint.faults,
            faults=tuple(self._checkpoint.faults),
            rejects=self._checkpoint.rejects,
            stopped=self._stopped,
            samples=tuple(self._checkpoint.samples),
            notes=self._checkpoint.notes.all(),
        )


def _numbered(block: InputBlock, number: int) -> InputBlock:
    """The block with its number in the whole load, since a source counts from the position where it started."""
    return replace(block, number=number)
