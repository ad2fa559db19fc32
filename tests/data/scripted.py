"""A server that answers as a test says, request by request, and remembers what it was sent."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson

Script = Callable[["Request"], bytes | None]
"""Makes the answer to a request; None: the connection is closed instead."""


@dataclass
class Request:
    """What came in: headers by their names in lower case. `connection` counts connections, `number` requests."""

    number: int
    connection: int
    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Scripted:
    """The running server."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    connections: int = 0


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[Scripted]:
    """Serve by a script."""
    told = Scripted()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.connections += 1
        connection = told.connections
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = {name.lower(): value for name, value in (one.split(": ", 1) for one in head[1:-2])}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                request = Request(len(told.requests), connection, head[0], headers, body)
                told.requests.append(request)
                answer = script(request)
                if answer is None:
                    break
                writer.write(answer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    told.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield told
    finally:
        server.close()


WRITTEN = b'{"UnprocessedItems":{}}'


def answer(status: int = 200, body: bytes = WRITTEN, **headers: str) -> bytes:
    """An answer with DynamoDB's checksum and request id, by default to BatchWriteItem."""
    sent = {
        "content-length": str(len(body)),
        "content-type": "application/x-amz-json-1.0",
        "x-amz-crc32": str(zlib.crc32(body)),
        "x-amzn-requestid": "A1B2C3",
    }
    sent.update({name.replace("_", "-"): value for name, value in headers.items()})
    lines = "".join(f"\r\n{name}: {value}" for name, value in sent.items())
    return f"HTTP/1.1 {status} X{lines}\r\n\r\n".encode() + body


def refused(code: str, text: str = "", status: int = 400, **headers: str) -> bytes:
    """An error answer."""
    body = orjson.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": text})
    return answer(status, body, **headers)
