"""The two transports for signed requests: direct connections, and botocore's HTTP session for proxies."""

from __future__ import annotations

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol
from urllib.parse import urlsplit

from dynaops.aws.route import Route
from dynaops.data.http.http_connection import Connection, Done, HttpResponse

_CONNECT_SECONDS = 10.0
_SWEEP_SECONDS = 0.5


class Transport(Protocol):
    """Sends requests and receives responses. `done` is called once for each, in the event loop."""

    def post(self, head: bytes, body: bytes, done: Done) -> None:
        """Send a request; its `head` ends with the empty line."""

    def close(self) -> None:
        """Close all connections; `done` of requests in flight is not called any more."""


class DirectTransport:
    """A pool of keep-alive connections, one for each request in flight. `timeout` of a response is in seconds."""

    def __init__(self, route: Route, timeout: float) -> None:
        parts = urlsplit(route.url)
        secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if secure else 80)
        self._tls = ssl.create_default_context(cafile=route.ca_file) if secure else None
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._idle: list[Connection] = []
        self._all: set[Connection] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._sweeping = self._loop.call_later(_SWEEP_SECONDS, self._sweep)

    def post(self, head: bytes, body: bytes, done: Done) -> None:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                connection.send(head + body, done)
                return
        task = self._loop.create_task(self._open(head + body, done))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    def close(self) -> None:
        self._sweeping.cancel()
        for task in self._opening:
            task.cancel()
        for connection in list(self._all):
            connection.abandon()

    async def _open(self, data: bytes, done: Done) -> None:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                _, connection = await self._loop.create_connection(
                    self._new, self._host, self._port, ssl=self._tls
                )
        except TimeoutError:
            done(HttpResponse(0, b"", reason=f"no connection within {_CONNECT_SECONDS:g} s", sent=False))
            return
        except OSError as error:
            done(HttpResponse(0, b"", reason=f"cannot connect: {error}", sent=False))
            return
        self._all.add(connection)
        connection.send(data, done)

    def _new(self) -> Connection:
        return Connection(self._idle.append, self._all.discard, self._loop.time)

    def _sweep(self) -> None:
        """Time out overdue requests. One timer serves all requests, because a timer for each would be too slow."""
        overdue = self._loop.time() - self._timeout
        for connection in [candidate for candidate in self._all if candidate.since < overdue]:
            connection.expire(f"no answer within {self._timeout:g} s")
        self._sweeping = self._loop.call_later(_SWEEP_SECONDS, self._sweep)


class ProxyTransport:
    """Sends requests through botocore's HTTP session in threads, because that supports proxies."""

    def __init__(self, route: Route, timeout: float, connections: int) -> None:
        from dynaops.aws.proxy import ProxySession

        self._session = ProxySession(route, connections, timeout)
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(connections, "dynaops-proxy")

    def post(self, head: bytes, body: bytes, done: Done) -> None:
        self._threads.submit(self._post, head, body, done)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._session.close()

    def _post(self, head: bytes, body: bytes, done: Done) -> None:
        lines = head.decode("latin-1").split("\r\n")[1:-2]
        headers = dict(line.split(": ", 1) for line in lines)
        try:
            status, response_headers, content = self._session.post(headers, body)
            header_lines = "".join(f"\r\n{name.lower()}: {value}" for name, value in response_headers.items())
            response = HttpResponse(status, content, f"http/1.1 {status}{header_lines}".encode())
        except OSError as error:
            response = HttpResponse(0, b"", reason=str(error))
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(done, response)


def transport_for(route: Route, timeout: float, connections: int) -> Transport:
    """The transport for a route: through a proxy if the route has one."""
    return ProxyTransport(route, timeout, connections) if route.proxies else DirectTransport(route, timeout)
