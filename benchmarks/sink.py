"""A stand-in for DynamoDB that takes writes as cheaply as Python can, so that clients are what is measured.

    python benchmarks/sink.py [--port 0] [--latency-ms 8] [--unprocessed 0.05] ...

It prints one line, {"port": N}, when it listens. It answers BatchWriteItem (and PutItem, UpdateItem, DescribeTable
as far as loaders need them) without checking signatures. With --store it keeps the rows, and gives them at GET /rows.
The faults are for tests: shares of requests that are throttled, fail, or lose their connection, half of them before
and half after the effect. With --token writes with another session token are refused as expired, with --clock-ahead
those that are not signed by that clock.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from calendar import timegm
from email.utils import formatdate
from typing import Any

import orjson

_EMPTY = b'{"UnprocessedItems":{},"ConsumedCapacity":[{"TableName":"sink","CapacityUnits":%d}]}'
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %d\r\n\r\n%b"
_REFUSED = (
    b"HTTP/1.1 %d X\r\nDate: %b\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %d\r\n\r\n%b"
)
_THROTTLE = (
    400,
    "ProvisionedThroughputExceededException",
    "The level of configured throughput was exceeded.",
)
_ERROR = (500, "InternalServerError", "Internal server error")


_SKEW_SECONDS = 300.0


class Refused(Exception):
    """An error answer: status, code, message, and the other members that the answer has."""


class Sink:
    """What all connections share: options, counters, and the rows that are kept."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.random = random.Random(options.seed)
        self.names = options.keys.split(",")
        self.rows: dict[tuple[str, ...], dict[str, Any]] = {}
        self.requests = self.items = self.writes = 0
        self.guarded = bool(options.token or options.clock_ahead)
        self.plain = not (
            options.store or options.unprocessed or options.throttle or options.error or options.drop
        )

    def answer(self, target: bytes, body: bytes) -> tuple[bytes, bool]:
        """The answer to a request, and whether the connection is to be lost instead of it."""
        self.requests += 1
        if self.plain and target.endswith(b"batchwriteitem"):
            items = body.count(b'"PutRequest"')
            self.items += items
            said = _EMPTY % items
            return _OK % (len(said), said), False
        try:
            return self._faulty(target, body)
        except Refused as refused:
            return self.refusal(refused), False

    def refusal(self, refused: Refused) -> bytes:
        """The answer that says so, by the server's clock."""
        status, code, message, *more = refused.args
        members = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}
        said = json.dumps(members | (more[0] if more else {})).encode()
        date = formatdate(time.time() + self.options.clock_ahead, usegmt=True).encode()
        return _REFUSED % (status, date, len(said), said)

    def check(self, head: bytes) -> None:
        """Raises Refused for credentials that count as expired, and for signatures of another time."""
        if self.options.token and _header(head, b"x-amz-security-token") != self.options.token:
            raise Refused(
                400, "ExpiredTokenException", "The security token included in the request is expired"
            )
        signed = timegm(time.strptime(_header(head, b"x-amz-date"), "%Y%m%dt%H%M%Sz"))
        if abs(time.time() + self.options.clock_ahead - signed) > _SKEW_SECONDS:
            raise Refused(400, "InvalidSignatureException", "Signature expired: it is now another time")

    def _faulty(self, target: bytes, body: bytes) -> tuple[bytes, bool]:
        options, chance = self.options, self.random.random()
        drop = chance < options.drop
        if drop and chance < options.drop / 2:
            return b"", True
        chance -= options.drop
        if 0 <= chance < options.throttle:
            raise Refused(*_THROTTLE)
        if 0 <= chance - options.throttle < options.error:
            raise Refused(*_ERROR)
        said = orjson.dumps(self._call(target.rpartition(b".")[2].decode(), orjson.loads(body)))
        return _OK % (len(said), said), drop

    def _call(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        if operation == "batchwriteitem":
            return self._batch(body)
        if operation == "describetable":
            return self._describe(body["TableName"])
        if operation == "putitem":
            self._put(body)
        elif operation == "updateitem":
            names, values = (
                body.get("ExpressionAttributeNames", {}),
                body.get("ExpressionAttributeValues", {}),
            )
            row = self.rows.setdefault(self._key(body["Key"]), dict(body["Key"]))
            row.update({name: values[":" + place[1:]] for place, name in names.items()})
        else:
            raise Refused(400, "UnknownOperationException", operation)
        return {"ConsumedCapacity": {"TableName": body["TableName"], "CapacityUnits": 1}}

    def _put(self, body: dict[str, Any]) -> None:
        key = self._key(body["Item"])
        if "ConditionExpression" in body and key in self.rows:
            there = {"Item": self.rows[key]} if "ReturnValuesOnConditionCheckFailure" in body else {}
            raise Refused(400, "ConditionalCheckFailedException", "The conditional request failed", there)
        self.rows[key] = body["Item"]

    def _batch(self, body: dict[str, Any]) -> dict[str, Any]:
        ((table, requests),) = body["RequestItems"].items()
        keys = [
            self._key(next(iter(one.values())).get("Item") or one["DeleteRequest"]["Key"]) for one in requests
        ]
        if len(requests) > 25 or len(set(keys)) < len(keys):
            raise Refused(400, "ValidationException", "Provided list of item keys contains duplicates")
        if any("invalid" in one.get("PutRequest", {}).get("Item", {}) for one in requests):
            raise Refused(400, "ValidationException", "One or more parameter values were invalid: as told")
        left = []
        for key, request in zip(keys, requests, strict=True):
            if self.random.random() < self.options.unprocessed:
                left.append(request)
            elif "PutRequest" in request:
                self.rows[key] = request["PutRequest"]["Item"]
                self.writes += 1
            else:
                self.rows.pop(key, None)
        self.items += len(requests) - len(left)
        units = [{"TableName": table, "CapacityUnits": len(requests) - len(left)}]
        return {"UnprocessedItems": {table: left} if left else {}, "ConsumedCapacity": units}

    def _key(self, item: dict[str, Any]) -> tuple[str, ...]:
        return tuple(next(iter(item[name].values())) for name in self.names)

    def _describe(self, table: str) -> dict[str, Any]:
        schema = [
            {"AttributeName": n, "KeyType": k} for n, k in zip(self.names, ("HASH", "RANGE"), strict=False)
        ]
        attributes = [{"AttributeName": name, "AttributeType": "S"} for name in self.names]
        return {
            "Table": {
                "TableName": table,
                "TableStatus": "ACTIVE",
                "KeySchema": schema,
                "AttributeDefinitions": attributes,
                "ItemCount": 0,
            }
        }

    def about(self, path: bytes) -> bytes:
        """What tests and benchmarks ask."""
        found: Any = {"requests": self.requests, "items": self.items, "writes": self.writes}
        if path == b"/rows":
            found = list(self.rows.values())
        said = orjson.dumps(found)
        return _OK % (len(said), said)


class Guest(asyncio.Protocol):
    """One connection: requests one after the other."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._data = b""
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        data = self._data + data if self._data else data
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self._data = data
            return
        head = data[:end].lower()
        at = head.find(b"content-length:")
        size = int(head[at + 15 : end].split(b"\r", 1)[0]) if at >= 0 else 0
        if len(data) < end + 4 + size:
            if b"100-continue" in head and len(data) == end + 4:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._data = data
            return
        self._data = b""
        body = data[end + 4 :]
        if head.startswith(b"get "):
            self._transport.write(self._sink.about(head.split(b" ", 2)[1]))
            return
        at = head.find(b"x-amz-target:")
        target = head[at + 13 : head.find(b"\r\n", at)].strip()
        if self._sink.guarded and not target.endswith(b"describetable"):
            try:
                self._sink.check(head)
            except Refused as refused:
                self._transport.write(self._sink.refusal(refused))
                return
        latency = self._sink.options.latency_ms / 1000
        if self._sink.options.jitter:
            latency *= self._sink.random.random() * 2
        if latency:
            self._loop.call_later(latency, self._answer, target, body)
        else:
            self._answer(target, body)

    def _answer(self, target: bytes, body: bytes) -> None:
        said, drop = self._sink.answer(target, body)
        if drop:
            self._transport.abort()
        else:
            self._transport.write(said)


def _header(head: bytes, name: bytes) -> str:
    """The value of a header in a head in lower case; empty where it is not there."""
    return head.partition(b"\r\n" + name + b":")[2].partition(b"\r\n")[0].strip().decode("latin-1")


async def serve(options: argparse.Namespace) -> None:
    """Answer until killed, or until standard input ends."""
    loop = asyncio.get_running_loop()
    sink = Sink(options)
    server = await loop.create_server(lambda: Guest(sink), "127.0.0.1", options.port, backlog=1024)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    """Parse the options and serve."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, default=0.0, help="from a request's end to its answer")
    parser.add_argument("--jitter", action="store_true", help="latencies from nothing to twice as long")
    parser.add_argument("--unprocessed", type=float, default=0.0, help="share of items left unprocessed")
    parser.add_argument("--throttle", type=float, default=0.0, help="share of requests throttled")
    parser.add_argument("--error", type=float, default=0.0, help="share of requests answered with a 500")
    parser.add_argument("--drop", type=float, default=0.0, help="share of requests whose connection is lost")
    parser.add_argument("--token", help="the only session token that has not expired (in lower case)")
    parser.add_argument("--clock-ahead", type=float, default=0.0, help="seconds the server's clock is ahead")
    parser.add_argument("--store", action="store_true", help="keep the rows")
    parser.add_argument("--keys", default="id", help="the table's key attributes, comma separated")
    parser.add_argument("--seed", type=int, default=0)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
