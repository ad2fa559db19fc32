"""A DynamoDB table and the way to it, simulated in virtual time: hours of retries take no time."""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Callable, Iterable
from typing import Any

import orjson

from dynaops.data.http.http_connection import Done, HttpResponse

Item = dict[str, Any]
INVALID = "invalid"
"""An item with this attribute is refused."""


class _VirtualSelector(selectors.SelectSelector):
    """Moves the loop's time on instead of waiting."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.now += timeout or 0.0
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only while nothing is to be done."""

    def __init__(self) -> None:
        self._virtual = _VirtualSelector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now


class SimulatedTable:
    """Takes requests as a `Sender`, and answers each after a random while: well, in part, with a refusal or never.

    A write takes effect some time before its answer. No two requests may be under way with the same key.
    """

    def __init__(self, random_choice: random.Random, trouble: float) -> None:
        self.items: dict[str, Item] = {}
        self.under_way: list[str] = []
        self.requests = 0
        self._random = random_choice
        self._trouble = trouble
        """The share of requests that get another answer than the plain one."""

    def send(self, target: str, body: bytes, done: Done) -> None:
        request = orjson.loads(body)
        writes = _writes(target.partition(".")[2], request)
        keys = [key for key, _ in writes]
        assert not set(keys) & set(self.under_way), "a row overtakes another of its key"
        self.under_way += keys
        self.requests += 1
        loop = asyncio.get_running_loop()
        arrival, return_trip = self._random.random(), self._random.random()

        def arrive() -> None:
            response = self._answer(writes, keys)
            loop.call_later(return_trip, answered, response)

        def answered(response: HttpResponse) -> None:
            for key in keys:
                self.under_way.remove(key)
            done(response)

        loop.call_later(arrival, arrive)

    def _answer(
        self, writes: list[tuple[str, Callable[[Item | None], Item | None]]], keys: list[str]
    ) -> HttpResponse:
        trouble = self._random.choice(["none", "effect", "busy", "left"])
        if self._random.random() >= self._trouble:
            trouble = ""
        if trouble == "none":
            return HttpResponse(0, b"", reason="lost")
        if trouble == "busy":
            return _refusal("ProvisionedThroughputExceededException", "slower")
        if len({key.casefold() for key in keys}) < len(keys):
            return _refusal("ValidationException", "Provided list of item keys contains duplicates")
        left = [
            write for write in writes if len(writes) > 1 and trouble == "left" and self._random.random() < 0.5
        ]
        try:
            changed = [
                (key.casefold(), write(self.items.get(key.casefold())))
                for key, write in writes
                if (key, write) not in left
            ]
        except ValueError as error:
            return _refusal(str(error), "no such item")
        for key, item in changed:
            if item is None:
                self.items.pop(key, None)
            else:
                self.items[key] = item
        if trouble == "effect":
            return HttpResponse(0, b"", reason="lost")
        unprocessed = [{"DeleteRequest": {"Key": {"id": {"S": key}}}} for key, _ in left]
        return HttpResponse(
            200, orjson.dumps({"UnprocessedItems": {"t": unprocessed} if unprocessed else {}})
        )


def _writes(api: str, request: Any) -> list[tuple[str, Callable[[Item | None], Item | None]]]:
    """The key of each write of a request, and what it makes of the item that is there."""
    if api == "BatchWriteItem":
        return [_batch_write(entry) for entry in request["RequestItems"]["t"]]
    if api == "PutItem":
        return [(request["Item"]["id"]["S"], lambda there: _put(request["Item"], there, absent=True))]
    names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
    changes = {name: values[f":{place[1:]}"] for place, name in names.items()}
    return [(request["Key"]["id"]["S"], lambda there: _put({**(there or request["Key"]), **changes}))]


def _batch_write(entry: Any) -> tuple[str, Callable[[Item | None], Item | None]]:
    if "DeleteRequest" in entry:
        return entry["DeleteRequest"]["Key"]["id"]["S"], lambda there: None
    item = entry["PutRequest"]["Item"]
    return item["id"]["S"], lambda there: _put(item)


def _put(item: Item, there: Item | None = None, absent: bool = False) -> Item:
    if INVALID in item:
        raise ValueError("ValidationException")
    if absent and there is not None:
        raise ValueError("ConditionalCheckFailedException")
    return item


def _refusal(code: str, message: str) -> HttpResponse:
    return HttpResponse(400, orjson.dumps({"__type": f"x#{code}", "message": message}))


def one_after_another(items: Iterable[Item], mode: str) -> dict[str, Item]:
    """What a table holds when valid items are written one by one; of a delete, `items` has the key only."""
    table: dict[str, Item] = {}
    for item in items:
        key = item["id"]["S"].casefold()
        if INVALID in item:
            continue
        if mode == "update":
            table[key] = {**table.get(key, {}), **item}
        elif mode == "if-not-exists":
            table.setdefault(key, item)
        elif set(item) == {"id"}:
            table.pop(key, None)
        else:
            table[key] = item
    return table
