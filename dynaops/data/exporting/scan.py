"""A parallel Scan of a table: all segments at the same time, page by page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from dynaops.aws.errors import refusal as refusal_error
from dynaops.aws.route import Credentials, Route
from dynaops.data.exporting.options import Exported, ExportOptions
from dynaops.data.http.client import DynamoDBClient
from dynaops.data.http.http_connection import HttpResponse
from dynaops.data.rate import TokenBucket, wait_after
from dynaops.data.requests import RequestOutcome, RowVerdict, refusal
from dynaops.model.errors import DynaopsError

_TARGET = "DynamoDB_20120810.Scan"
_UNIT_BYTES = 8192
"""Bytes per read capacity unit of an eventually consistent read (Developer Guide, Read capacity units)."""
_PAGES_A_SECOND = 4
"""The number of pages among which the units of a second are divided, so that a rate holds from the first second."""
_MOST_BYTES = 1 << 20
"""The largest size of a page in bytes (API reference, Scan)."""

Took = Callable[[int, dict[str, Any], Any], Awaitable[None]]
"""Called with a segment's number, a page (the response of Scan), and the next start key (False at the end)."""


class Scan:
    """The scan of a table. Must be created within a running event loop. `renew` is called in a thread."""

    def __init__(
        self,
        table: str,
        route: Route,
        credentials: Credentials,
        options: ExportOptions,
        exported: Exported,
        renew: Callable[[Credentials], Credentials],
        item_bytes: float,
    ) -> None:
        self._route = route
        self._options = options
        self._exported = exported
        self._renew = renew
        self._loop = asyncio.get_running_loop()
        self._bucket = TokenBucket(options.rate, self._loop.time) if options.rate else None
        self._unit = _UNIT_BYTES // 2 if options.consistent else _UNIT_BYTES
        self._item_bytes = item_bytes
        self._limit = options.page_items or 0
        if self._bucket and options.rate:
            self._limit = self._first_limit(options.rate)
            self._bucket.correct(options.rate / _PAGES_A_SECOND)  # so that the first page waits, too
        self._failed: asyncio.Future[DynaopsError] = self._loop.create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        self._client = DynamoDBClient(route, credentials, self._expired, options.timeout, options.segments)
        self._request = {
            "TableName": table,
            "TotalSegments": options.segments,
            "ConsistentRead": options.consistent,
            "ReturnConsumedCapacity": "TOTAL",
            **options.narrowing.members(),
        }

    async def run(self, keys: list[Any], took: Took) -> None:
        """Scan each segment from its start key in `keys` (None: the beginning, False: it is finished).

        Raises DynaopsError and its subclasses.
        """
        scans = [
            asyncio.ensure_future(self._segment(number, key, took))
            for number, key in enumerate(keys)
            if key is not False
        ]
        waiting: set[asyncio.Future[Any]] = {*scans, self._failed}
        try:
            while not all(scan.done() for scan in scans):
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for future in done:
                    if future is self._failed:
                        raise self._failed.result()
                    future.result()
                waiting -= done
        finally:
            for scan in scans:
                scan.cancel()
            self._client.close()

    async def _segment(self, number: int, key: Any, took: Took) -> None:
        while key is not False:
            page = await self._page(number, key)
            key = page.get("LastEvaluatedKey") or False
            await took(number, page, key)

    async def _page(self, segment: int, key: Any) -> dict[str, Any]:
        request = {**self._request, "Segment": segment, **({"ExclusiveStartKey": key} if key else {})}
        attempt, since, waited = 0, self._loop.time(), self._exported.waited
        while True:
            taken = await self._take_units()
            if self._limit:
                request["Limit"] = self._limit
            response = await self._send(orjson.dumps(request))
            if response.status == 200 and (page := _page_of(response)) is not None:
                self._count(page, taken)
                return page
            if self._bucket:
                self._bucket.correct(-taken)
            outcome = refusal(response)
            if response.status == 200:
                reason = f"the answer of {self._route.answering} is no page of a Scan"
                outcome = RequestOutcome(RowVerdict.LOST, text=reason)
            if outcome.verdict not in (RowVerdict.BUSY, RowVerdict.LOST):
                raise refusal_error(outcome.code, outcome.text, "dynamodb:Scan", self._route.region)
            waited_here = self._exported.waited - waited  # time in which the reader of stdout was slow
            if self._loop.time() - since - waited_here > self._options.patience:
                raise DynaopsError(
                    f"AWS has given no page for {self._options.patience:g} s; the last reason was: {outcome.text}",
                    "What is exported is recorded; run the command again with --resume when AWS can be reached.",
                )
            attempt += 1
            self._exported.throttles += outcome.verdict is RowVerdict.BUSY
            await asyncio.sleep(wait_after(attempt))

    async def _send(self, body: bytes) -> HttpResponse:
        answered: asyncio.Future[HttpResponse] = self._loop.create_future()

        def done(response: HttpResponse) -> None:
            if not answered.done():
                answered.set_result(response)

        self._exported.requests += 1
        self._client.send(_TARGET, body, done)
        return await answered

    async def _take_units(self) -> float:
        """Wait until the rate allows a page; returns the estimated units of the page."""
        if not self._bucket:
            return 0.0
        units = self._expected_units()
        while wait := self._bucket.take(units):
            await asyncio.sleep(wait)
        return units

    def _expected_units(self) -> float:
        size = min(_MOST_BYTES, self._limit * self._item_bytes) if self._item_bytes else self._unit
        return max(0.5, size / self._unit)

    def _count(self, page: dict[str, Any], taken: float) -> None:
        consumed = float((page.get("ConsumedCapacity") or {}).get("CapacityUnits", 0))
        self._exported.consumed += consumed
        if self._bucket:
            self._bucket.correct(consumed - taken)
            self._learn(page.get("ScannedCount") or len(page["Items"]), consumed)

    def _learn(self, scanned: int, consumed: float) -> None:
        """Adapt the page limit to the rate, by the size of the items in the last page."""
        if not scanned or not self._options.rate:
            return
        size = consumed * self._unit / scanned
        self._item_bytes = max(size, (self._item_bytes + size) / 2)  # up at once, down slowly
        fitting = self._options.rate / _PAGES_A_SECOND * self._unit / max(1.0, self._item_bytes)
        most = self._options.page_items or self._limit * 2
        self._limit = max(1, int(min(fitting, most)))

    def _first_limit(self, rate: float) -> int:
        """The limit of the first pages: one item if the size of items is not known."""
        if not self._item_bytes:
            return 1
        fitting = int(rate / _PAGES_A_SECOND * self._unit / max(1.0, self._item_bytes))
        return max(1, min(fitting, self._options.page_items or fitting))

    def _expired(self, refused: Credentials) -> None:
        task = self._loop.create_task(self._renewed(refused))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _renewed(self, refused: Credentials) -> None:
        try:
            self._client.renewed(await asyncio.to_thread(self._renew, refused))
        except DynaopsError as error:
            if not self._failed.done():
                self._failed.set_result(error)


def _page_of(response: HttpResponse) -> dict[str, Any] | None:
    try:
        page = orjson.loads(response.body)
    except ValueError:
        return None
    return page if isinstance(page, dict) and _is_page(page) else None


def _is_page(page: dict[str, Any]) -> bool:
    """Whether this is a complete response of Scan: an empty or cut-off page must not be taken for the table's end."""
    items, key = page.get("Items"), page.get("LastEvaluatedKey", {})
    if not isinstance(items, list) or page.get("Count") != len(items) or not isinstance(key, dict):
        return False
    return all(isinstance(item, dict) and all(_is_value(value) for value in item.values()) for item in items)


def _is_value(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1
