"""Scans a table by segments, all at once, each page after page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from dynaops.aws.errors import refusal as refusal_error
from dynaops.aws.route import Credentials, Route
from dynaops.data.calls import Outcome, Verdict, refusal
from dynaops.data.exporting.options import Exported, ExportOptions
from dynaops.data.pace import Bucket, wait_after
from dynaops.data.protocol import Answer
from dynaops.data.wire import Wire
from dynaops.model.errors import DynaopsError

_TARGET = "DynamoDB_20120810.Scan"
_UNIT_BYTES = 8192
"""Read by one unit where reads need not be consistent (Developer Guide, Read capacity units)."""

Took = Callable[[int, dict[str, Any], Any], Awaitable[None]]
"""Is given a page of a segment (Scan's answer), and where the segment goes on (False: it has ended)."""


class Scan:
    """The scan of one table. To be made within a running event loop. `renew` gets other credentials, in a thread."""

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
        self._bucket = Bucket(options.rate, self._loop.time) if options.rate else None
        self._failed: asyncio.Future[DynaopsError] = self._loop.create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        self._wire = Wire(route, credentials, self._expired, options.timeout, options.segments)
        self._request = {
            "TableName": table,
            "TotalSegments": options.segments,
            "ConsistentRead": options.consistent,
            "ReturnConsumedCapacity": "TOTAL",
            **options.narrowing.members(),
            **_limit(options, item_bytes),
        }

    async def run(self, keys: list[Any], took: Took) -> None:
        """Scan on where `keys` say (None: from the beginning, False: not at all). Raises DynaopsError kinds."""
        scans = [
            asyncio.ensure_future(self._segment(number, key, took))
            for number, key in enumerate(keys)
            if key is not False
        ]
        waiting: set[asyncio.Future[Any]] = {*scans, self._failed}
        try:
            while not all(scan.done() for scan in scans):
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    if one is self._failed:
                        raise self._failed.result()
                    one.result()
                waiting -= done
        finally:
            for scan in scans:
                scan.cancel()
            self._wire.close()

    async def _segment(self, number: int, key: Any, took: Took) -> None:
        while key is not False:
            page = await self._page(number, key)
            key = page.get("LastEvaluatedKey") or False
            await took(number, page, key)

    async def _page(self, segment: int, key: Any) -> dict[str, Any]:
        request = {**self._request, "Segment": segment, **({"ExclusiveStartKey": key} if key else {})}
        body = orjson.dumps(request)
        attempt, since = 0, self._loop.time()
        while True:
            await self._take_unit()
            answer = await self._send(body)
            if answer.status == 200 and (page := _page_of(answer)) is not None:
                self._count(page)
                return page
            outcome = refusal(answer)
            if answer.status == 200:
                reason = f"the answer of {self._route.answering} is no page of a Scan"
                outcome = Outcome(Verdict.LOST, text=reason)
            if outcome.verdict not in (Verdict.BUSY, Verdict.LOST):
                raise refusal_error(outcome.code, outcome.text, "dynamodb:Scan", self._route.region)
            if self._loop.time() - since > self._options.patience:
                raise DynaopsError(
                    f"AWS has given no page for {self._options.patience:g} s; the last reason was: {outcome.text}",
                    "What is exported is recorded; run the command again with --resume when AWS can be reached.",
                )
            attempt += 1
            self._exported.throttles += outcome.verdict is Verdict.BUSY
            await asyncio.sleep(wait_after(attempt))

    async def _send(self, body: bytes) -> Answer:
        answered: asyncio.Future[Answer] = self._loop.create_future()

        def done(answer: Answer) -> None:
            if not answered.done():
                answered.set_result(answer)

        self._exported.requests += 1
        self._wire.send(_TARGET, body, done)
        return await answered

    async def _take_unit(self) -> None:
        if self._bucket:
            while wait := self._bucket.take(1):
                await asyncio.sleep(wait)

    def _count(self, page: dict[str, Any]) -> None:
        consumed = float((page.get("ConsumedCapacity") or {}).get("CapacityUnits", 0))
        self._exported.consumed += consumed
        if self._bucket:
            self._bucket.correct(consumed - 1)

    def _expired(self, refused: Credentials) -> None:
        task = self._loop.create_task(self._renewed(refused))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _renewed(self, refused: Credentials) -> None:
        try:
            self._wire.renewed(await asyncio.to_thread(self._renew, refused))
        except DynaopsError as error:
            if not self._failed.done():
                self._failed.set_result(error)


def _page_of(answer: Answer) -> dict[str, Any] | None:
    try:
        page = orjson.loads(answer.body)
    except ValueError:
        return None
    return page if isinstance(page, dict) and _is_page(page) else None


def _is_page(page: dict[str, Any]) -> bool:
    """Whether this is the answer of a Scan, whole: an empty or shortened page must not pass for the end of a table."""
    items, key = page.get("Items"), page.get("LastEvaluatedKey", {})
    if not isinstance(items, list) or page.get("Count") != len(items) or not isinstance(key, dict):
        return False
    return all(isinstance(item, dict) and all(_is_value(value) for value in item.values()) for item in items)


def _is_value(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1


def _limit(options: ExportOptions, item_bytes: float) -> dict[str, int]:
    """So few items a page that a low rate is not overrun by a single one (a page is 1 MB, or 128 units)."""
    if not options.rate:
        return {}
    unit = _UNIT_BYTES // 2 if options.consistent else _UNIT_BYTES
    most = options.rate * unit / max(1.0, item_bytes or 400.0)
    return {"Limit": max(1, int(most))}
