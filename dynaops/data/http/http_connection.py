"""A minimal HTTP/1.1 connection for DynamoDB, with one request at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple, cast

_MOST_HEAD = 65_536
"""The largest size of the headers in bytes; a response with more is not HTTP."""
_MOST_BODY = 64 << 20
"""The largest size of a body in bytes; DynamoDB's are smaller: a page of a Scan has 1 MB, a batch 16 MB."""


class HttpResponse(NamedTuple):
    """The response to a request. `status` 0 means that no whole response came, because of `reason`.

    `head` is the status line and headers in lower case. `stale`: the connection had been used before and ended before
    a byte of the response came, as happens if the server closed it while it was idle. `sent`: the request may have
    reached the server. `repeated`: the request had been sent before without a response, so it may have taken effect
    twice.
    """

    status: int
    body: bytes
    head: bytes = b""
    reason: str = ""
    stale: bool = False
    sent: bool = True
    repeated: bool = False

    def header(self, name: str) -> str | None:
        """The value of a header by its name in lower case."""
        return header(self.head, name.encode())

    def headers(self) -> dict[str, str]:
        """All headers by their names in lower case."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        pairs = (line.partition(":") for line in lines)
        return {name.strip(): value.strip() for name, _, value in pairs}


Done = Callable[[HttpResponse], None]


def header(head: bytes, name: bytes) -> str | None:
    """The value of header `name` within `head`, both in lower case."""
    at = head.find(b"\r\n%b:" % name)
    if at < 0:
        return None
    at += len(name) + 3
    end = head.find(b"\r\n", at)
    return head[at : end if end >= 0 else None].strip().decode("latin-1")


class Connection(asyncio.Protocol):
    """A connection of a pool. `freed` is called when the next request may be sent, `lost` when it has ended."""

    def __init__(
        self,
        freed: Callable[[Connection], None],
        lost: Callable[[Connection], None],
        clock: Callable[[], float],
    ) -> None:
        self._freed = freed
        self._lost = lost
        self._clock = clock
        self._transport: asyncio.Transport | None = None
        self._done: Done | None = None
        self._buffer = bytearray()
        self._need = 0
        self._head = b""
        self._used = False
        self.since = 0.0
        """When the current request was sent (seconds of the clock)."""

    @property
    def usable(self) -> bool:
        """Whether a request can be sent now."""
        return self._transport is not None and self._done is None and not self._transport.is_closing()

    def send(self, data: bytes, done: Done) -> None:
        """Send a whole request; `done` gets its response, or why there is none, once."""
        if self._transport is None:
            done(HttpResponse(0, b"", reason="the connection ended", stale=True, sent=False))
            return
        self._done = done
        self.since = self._clock()
        self._transport.write(data)

    def expire(self, reason: str) -> None:
        """Close the connection if it waits for a response; the request then fails with `reason`."""
        if self._done is not None:
            self._end(reason)

    def abandon(self) -> None:
        """Close the connection; `done` of the current request is not called any more."""
        self._done = None
        self._close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if self._done is not None:
            answered = bool(self._buffer or self._head)
            self._finish(
                HttpResponse(
                    0, b"", reason=str(error or "the connection ended"), stale=self._used and not answered
                )
            )
        self._lost(self)

    def data_received(self, data: bytes) -> None:
        if self._done is None:
            self._end("an answer to nothing")
            return
        if self._head:
            self._buffer += data
        else:
            if self._buffer:
                self._buffer += data
                data = bytes(self._buffer)
            if not self._read_head(data):
                return
        self._read_body()

    def _read_head(self, data: bytes) -> bool:
        """Read the head of `data`, which is all that was received; returns whether the head is complete."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self._buffer = bytearray(data)
            if len(data) > _MOST_HEAD:
                self._end("the answer is not HTTP")
            return False
        head = data[:end].lower()
        if not (head.startswith(b"http/1.") and head[9:12].isdigit()):
            self._end("the answer is not HTTP")
            return False
        if head[9:10] == b"1":  # informational responses such as 100 Continue come before the response
            self._buffer.clear()
            return self._read_head(data[end + 4 :])
        self._head = head
        self._need = self._length(head)
        self._buffer = bytearray(memoryview(data)[end + 4 :])
        return True

    def _length(self, head: bytes) -> int:
        """The length of the body in bytes; -1 if it is chunked."""
        if header(head, b"transfer-encoding") == "chunked":
            return -1
        length = header(head, b"content-length") or "0"
        return int(length) if length.isdigit() else 0

    def _read_body(self) -> None:
        if max(self._need, len(self._buffer)) > _MOST_BODY:
            self._end(f"the answer is not DynamoDB's: it has more than {_MOST_BODY >> 20} MB")
            return
        if self._need < 0:
            try:
                body, rest = unchunked(self._buffer)
            except ValueError:
                self._end("the answer's chunks are malformed")
                return
        elif len(self._buffer) >= self._need:
            body, rest = bytes(self._buffer[: self._need]), len(self._buffer) - self._need
        else:
            return
        if body is None:
            return
        response = HttpResponse(int(self._head[9:12]), body, self._head)
        self._used = True
        if rest or header(self._head, b"connection") == "close" or self._head.startswith(b"http/1.0"):
            self._close()
        self._finish(response)

    def _finish(self, response: HttpResponse) -> None:
        """Call `done` with the response.

        The connection is free before that, because the next request often follows at once.
        """
        done, self._done = self._done, None
        self._head = b""
        self._buffer = bytearray()
        if self.usable:
            self._freed(self)
        if done is not None:
            done(response)

    def _end(self, reason: str) -> None:
        self._close()
        if self._done is not None:
            self._finish(HttpResponse(0, b"", reason=reason))

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


def unchunked(data: bytearray) -> tuple[bytes | None, int]:
    """The chunked body in `data`, and how many bytes follow it; (None, 0) if it is incomplete. Raises ValueError."""
    parts, at = [], 0
    while True:
        end = data.find(b"\r\n", at)
        if end < 0:
            return None, 0
        size = int(bytes(data[at:end]).partition(b";")[0], 16)
        if size < 0:
            raise ValueError("a negative chunk")
        at = end + 2
        if size == 0:
            break
        if len(data) < at + size + 2:
            return None, 0
        parts.append(bytes(data[at : at + size]))
        at += size + 2
    while (end := data.find(b"\r\n", at)) > at:  # trailers
        at = end + 2
    if end < 0:
        return None, 0
    return b"".join(parts), len(data) - end - 2
