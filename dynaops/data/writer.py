"""Writes the rows of granted blocks with concurrent requests, until each row is written, skipped or rejected.

Rows of a block with the same key keep their order: only one of them is sent at a time. If a later row replaces the
earlier ones (put, delete), only the last one is sent, and the earlier ones are kept until AWS has accepted it; else
each row waits for the one before it. `key_order` keeps the order between blocks.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol
from zlib import crc32

from dynaops.data.http.http_connection import Done, HttpResponse
from dynaops.data.notes import LoadNote
from dynaops.data.options import Counts, Mode, Traffic
from dynaops.data.rate import AdaptiveConcurrency, TokenBucket, wait_after
from dynaops.data.requests import MOST_BYTES, RequestOutcome, RowVerdict, WriteRequest, is_same
from dynaops.data.rows import DeletedRow, InputBlock, Parsed, Reject, WriteRow


@dataclass
class BlockWrite:
    """A block whose rows are being written. `left` is the number of rows that are not finished."""

    number: int
    source: str
    counts: Counts
    rejects: list[Reject]
    left: int
    weight: float
    """The average size of a row in the input, in bytes."""
    behind: dict[bytes, list[WriteRow]] = field(default_factory=dict)
    """Rows by key that wait for a row of the same key (put, delete: that it has replaced)."""
    again: list[WriteRow] = field(default_factory=list)
    """Unprocessed rows that will be sent again."""
    attempt: int = 0
    notes: tuple[LoadNote, ...] = ()
    unanswered: bool = False
    """Whether an earlier run of this load may have written some of its rows."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of a request. `attempt` is the number of earlier attempts; `then` is sent when all rows are finished.

    `unanswered`: an earlier request whose response was lost may have written the rows.
    """

    job: BlockWrite
    rows: Sequence[WriteRow]
    attempt: int = 0
    then: Batch | None = None
    unanswered: bool = False


class Sender(Protocol):
    """Sends requests: `http.client.DynamoDBClient` implements this."""

    def send(self, target: str, body: bytes, done: Done) -> None:
        """Send a request; `done` is called once with the response."""


@dataclass(frozen=True, slots=True)
class WriterEvents:
    """Callbacks of the writer: for a finished block, and for a refusal that ends the load."""

    finished: Callable[[BlockWrite], None]
    stopped: Callable[[RequestOutcome], None]


class Writer:
    """Writes blocks in a running event loop. `patience`: seconds within which AWS must accept a row."""

    def __init__(
        self,
        sender: Sender,
        call: WriteRequest,
        mode: Mode,
        concurrency: AdaptiveConcurrency,
        rate: float | None,
        patience: float,
        events: WriterEvents,
    ) -> None:
        self._sender = sender
        self._request = call
        self._replaces = mode in (Mode.PUT, Mode.DELETE)
        self._concurrency = concurrency
        self._loop = asyncio.get_running_loop()
        self._bucket = TokenBucket(rate, self._loop.time) if rate else None
        self._patience = patience
        self._events = events
        self._ready: deque[Batch] = deque()
        self._held: dict[int, tuple[BlockWrite, list[WriteRow]]] = {}
        self._resting = False
        self._jobs = 0
        self._last_success = self._loop.time()
        self._last_refusal = RequestOutcome(RowVerdict.LOST)
        self.in_flight = 0
        self.traffic = Traffic()

    def set_rate(self, rate: float) -> None:
        """Change the rate (units a second)."""
        if self._bucket:
            self._bucket.set_rate(rate)

    def add(self, block: InputBlock, parsed: Parsed, held: frozenset[int], unanswered: bool = False) -> None:
        """Write the rows of a block, except those whose key's CRC32 is in `held`.

        `unanswered`: an earlier run may have written some of them.
        """
        rows, rejects, number, size = parsed.rows, parsed.rejects, block.number, len(block.data)
        counts = Counts(read=parsed.read, rejected=len(rejects), not_loaded=parsed.not_loaded, bytes=size)
        job = BlockWrite(number, block.source, counts, list(rejects), len(rows), size / max(1, len(rows)))
        job.notes, job.unanswered = parsed.notes, unanswered
        first = self._one_row_per_key(job, rows)
        if held:
            self._held[number] = (job, [row for row in first if crc32(row.key) in held])
            first = [row for row in first if crc32(row.key) not in held]
        if not self._jobs:
            self._last_success = self._loop.time()
        self._jobs += 1
        if not rows:
            self._finish(job)
            return
        self._start(job, first)

    def release(self, number: int, keys: frozenset[int]) -> None:
        """Write the held rows of a block whose keys have these CRC32s."""
        job, waiting = self._held.pop(number)
        left = [row for row in waiting if crc32(row.key) not in keys]
        if left:
            self._held[number] = (job, left)
        self._start(job, [row for row in waiting if crc32(row.key) in keys])

    def check_patience(self) -> None:
        """End the load if AWS has accepted nothing for too long. Must be called regularly."""
        if self._jobs and self._loop.time() - self._last_success > self._patience:
            last = self._last_refusal
            reason = ": ".join(filter(None, (last.code, last.text))) or "no answer"
            self._events.stopped(RequestOutcome(RowVerdict.LOST, text=reason))

    def _one_row_per_key(self, job: BlockWrite, rows: list[WriteRow]) -> list[WriteRow]:
        """The rows to send first, one per key; the other rows of a key are kept in `job.behind`."""
        ahead: dict[bytes, WriteRow] = {row.key: row for row in rows}
        if len(ahead) == len(rows):
            return rows
        if self._replaces:
            for row in rows:
                if ahead[row.key] is not row:
                    job.behind.setdefault(row.key, []).append(row)
            job.counts.replaced = len(rows) - len(ahead)
            return list(ahead.values())
        ahead = {}
        for row in rows:
            if ahead.setdefault(row.key, row) is not row:
                job.behind.setdefault(row.key, []).insert(0, row)
        return list(ahead.values())

    def _pump(self) -> None:
        """Send the batches that the concurrency and the rate allow now."""
        while self._ready and self.in_flight < self._concurrency.size and not self._resting:
            if self._bucket and self._rest(self._bucket, self._ready[0].rows):
                return
            self._send(self._ready.popleft())

    def _rest(self, bucket: TokenBucket, rows: Sequence[WriteRow]) -> bool:
        """Whether the rate requires a pause, after which sending continues."""
        wait = bucket.take(units_of(rows))
        if wait:
            self._resting = True
            self._loop.call_later(wait, self._rested)
        return wait > 0

    def _rested(self) -> None:
        self._resting = False
        self._last_success = self._loop.time()  # the pause was ours, not AWS's
        self._pump()

    def _send(self, batch: Batch) -> None:
        body = self._request.body_again(batch.rows) if batch.unanswered else self._request.body(batch.rows)
        if len(body) > MOST_BYTES and len(batch.rows) > 1:
            self._ready.extendleft(_halves(batch, in_turn=bool(batch.then)))
            self._pump()
            return
        self.in_flight += 1
        self.traffic.requests += 1
        self._sender.send(self._request.target, body, partial(self._answered, batch))

    def _answered(self, batch: Batch, response: HttpResponse) -> None:
        self.in_flight -= 1
        outcome = self._request.read(response, batch.rows)
        verdict = outcome.verdict
        if verdict is RowVerdict.DONE:
            self._wrote(batch, outcome)
        elif verdict is RowVerdict.PRESENT:
            self._found_existing(batch, outcome, response.repeated)
        elif verdict is RowVerdict.INVALID:
            self._concurrency.answered(0.0)
            self._last_success = self._loop.time()  # AWS responds
            self._split(batch, outcome)
        elif verdict is RowVerdict.STOP:
            self._events.stopped(outcome)
            return
        else:
            self._refused(batch, outcome._replace(unanswered=outcome.unanswered or response.repeated))
        self._pump()

    def _found_existing(self, batch: Batch, outcome: RequestOutcome, repeated: bool) -> None:
        """An item of that key exists: another one, or this row, written by a request whose response was lost."""
        if repeated and not batch.unanswered:  # send it again in the form that returns the existing item
            self._concurrency.answered(0.0)
            self._ready.appendleft(replace(batch, unanswered=True))
            return
        if batch.unanswered and (outcome.existing is None or is_same(outcome.existing, batch.rows[0])):
            batch.job.counts.unsure += 1
        else:
            batch.job.counts.skipped += 1
        self._wrote(batch, outcome)

    def _wrote(self, batch: Batch, outcome: RequestOutcome) -> None:
        rows, left = batch.rows, outcome.left
        done = len(rows) - len(left)
        self._concurrency.answered(len(left) / len(rows))
        self.traffic.consumed += outcome.consumed
        if self._bucket and outcome.consumed:
            self._bucket.correct(outcome.consumed - units_of(rows))
        if done:
            self._last_success = self._loop.time()
            settled = self._settle(batch.job, rows if not left else _without(rows, left))
            if outcome.verdict is RowVerdict.DONE:
                deleted = sum(type(row) is DeletedRow for row in settled)
                batch.job.counts.written += len(settled) - deleted
                batch.job.counts.deleted += deleted
            self._count_done(batch.job, len(settled))
        if left:
            self.traffic.throttles += 1
            self._last_refusal = RequestOutcome(RowVerdict.BUSY, text="AWS left all items unprocessed")
            self._send_again(batch, left)
        elif batch.then:
            self._ready.appendleft(batch.then)

    def _settle(self, job: BlockWrite, rows: Sequence[WriteRow]) -> Sequence[WriteRow]:
        """Mark rows as accepted: rows that they replaced are finished too, and a row that waited for them is sent next.

        Returns all rows that are finished.
        """
        if job.behind and self._replaces:
            return [*rows, *(before for row in rows for before in job.behind.pop(row.key, ()))]
        if job.behind:
            self._follow(job, rows[0])
        return rows

    def _follow(self, job: BlockWrite, row: WriteRow) -> None:
        """Send the row that waited for `row`."""
        followers = job.behind.get(row.key)
        if followers:
            self._ready.appendleft(Batch(job, [followers.pop()], unanswered=job.unanswered))

    def _count_done(self, job: BlockWrite, done: int) -> None:
        self.traffic.rows += done
        self.traffic.bytes += int(done * job.weight)
        job.left -= done
        if not job.left:
            self._finish(job)

    def _refused(self, batch: Batch, outcome: RequestOutcome) -> None:
        """Send all rows again after a backoff, because none was accepted."""
        self._concurrency.answered(1.0)
        self._last_refusal = outcome
        if outcome.verdict is RowVerdict.BUSY:
            self.traffic.throttles += 1
        self.traffic.retries += 1
        unanswered = batch.unanswered or outcome.unanswered
        again = replace(batch, attempt=batch.attempt + 1, unanswered=unanswered)
        self._loop.call_later(wait_after(again.attempt), self._resend, again)

    def _resend(self, batch: Batch) -> None:
        self._ready.appendleft(batch)
        self._pump()

    def _send_again(self, batch: Batch, left: Sequence[WriteRow]) -> None:
        """Collect the unprocessed rows of a block during the backoff, so that they fill whole requests again."""
        self.traffic.retries += 1
        attempt = batch.attempt + 1 if len(left) == len(batch.rows) else 1
        if batch.then:  # `then` must not be sent before them
            self._loop.call_later(
                wait_after(attempt), self._resend, Batch(batch.job, left, attempt, batch.then)
            )
            return
        job = batch.job
        job.again.extend(left)
        if job.attempt < attempt:
            if not job.attempt:
                self._loop.call_later(wait_after(attempt), self._regroup, job)
            job.attempt = attempt

    def _regroup(self, job: BlockWrite) -> None:
        rows, job.again = job.again, []
        attempt, job.attempt = job.attempt, 0
        self._start(job, rows, attempt)

    def _start(self, job: BlockWrite, rows: Sequence[WriteRow], attempt: int = 0) -> None:
        most = self._request.most
        starts = range(0, len(rows), most)
        batches = [Batch(job, rows[at : at + most], attempt, None, job.unanswered) for at in starts]
        if attempt:
            self._ready.extendleft(batches)
        else:
            self._ready.extend(batches)
        self._pump()

    def _split(self, batch: Batch, outcome: RequestOutcome) -> None:
        """Split a refused request in halves until the invalid row is alone, since AWS does not say which row it is."""
        if len(batch.rows) > 1:
            # Keys that AWS calls equal and we do not: one after the other, so that they keep their order.
            in_turn = bool(batch.then) or "duplicate" in outcome.text
            self._ready.extendleft(_halves(batch, in_turn))
            return
        (row,) = batch.rows
        job = batch.job
        reason = f"{outcome.text or outcome.code} ({outcome.code})"
        reading = {"format": "dynamodb"} if row.is_put else {"format": "dynamodb", "delete": True}
        job.rejects.append(Reject(job.source, row.line, reason, row.body.decode("utf-8", "replace"), reading))
        job.counts.rejected += 1
        if batch.then:
            self._ready.appendleft(batch.then)
        if self._replaces:
            self._send_replaced(job, row)
        else:
            self._follow(job, row)
        self._count_done(job, 1)

    def _send_replaced(self, job: BlockWrite, row: WriteRow) -> None:
        """Send the row that the rejected `row` had replaced, because it is the last valid row of its key now."""
        before = job.behind.get(row.key)
        if before:
            job.counts.replaced -= 1
            self._ready.appendleft(Batch(job, [before.pop()]))

    def _finish(self, job: BlockWrite) -> None:
        self._jobs -= 1
        job.rejects.sort(key=lambda reject: reject.line or 0)
        self._events.finished(job)


def _halves(batch: Batch, in_turn: bool = False) -> list[Batch]:
    """The two halves of a batch; with `in_turn` one batch whose `then` is the second half."""
    middle = len(batch.rows) // 2
    second = Batch(batch.job, batch.rows[middle:], batch.attempt, batch.then)
    first = batch.rows[:middle]
    if in_turn:
        return [Batch(batch.job, first, batch.attempt, second)]
    return [Batch(batch.job, first, batch.attempt), second]


def _without(rows: Sequence[WriteRow], left: Sequence[WriteRow]) -> list[WriteRow]:
    left_ids = {id(row) for row in left}
    return [row for row in rows if id(row) not in left_ids]


def units_of(rows: Sequence[WriteRow]) -> float:
    """Write capacity units of rows by their sizes: one for each KB begun (Developer Guide, "Capacity units")."""
    return float(sum((row.size + 1023) >> 10 for row in rows))
