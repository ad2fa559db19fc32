"""Answers as servers send them: whole or in pieces, by length or in chunks, kept alive or closed, or no HTTP."""

from __future__ import annotations

import asyncio

import pytest

from dynaops.data.http.http_connection import Connection, HttpResponse

BODY = b'{"UnprocessedItems":{}}'
BY_LENGTH = b"HTTP/1.1 200 OK\r\nServer: Server\r\nContent-Length: %d\r\nx-amz-crc32: 7\r\n\r\n%b" % (
    len(BODY),
    BODY,
)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (
    BODY[:5],
    len(BODY) - 5,
    BODY[5:],
)
CLOSING = BY_LENGTH.replace(b"Server: Server", b"Connection: close")
OLD = BY_LENGTH.replace(b"HTTP/1.1", b"HTTP/1.0")
CONTINUED = b"HTTP/1.1 100 Continue\r\n\r\n" + BY_LENGTH
TRAILED = CHUNKED[:-2] + b"x-trailer: 1\r\n\r\n"


class Pipe(asyncio.Transport):
    """A transport that keeps what is written, and ends when told."""

    def __init__(self, protocol: Connection) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False
        self._protocol = protocol

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def abort(self) -> None:
        self.closed = True


class Bench:
    """A connection with its transport, and what became of it."""

    def __init__(self) -> None:
        self.freed: list[Connection] = []
        self.lost: list[Connection] = []
        self.answers: list[HttpResponse] = []
        self.connection = Connection(self.freed.append, self.lost.append, lambda: 0.0)
        self.pipe = Pipe(self.connection)
        self.connection.connection_made(self.pipe)

    def ask(self) -> None:
        self.connection.send(b"request", self.answers.append)


@pytest.mark.parametrize("data", [BY_LENGTH, CHUNKED, CLOSING, OLD, CONTINUED, TRAILED])
@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_answers_in_any_pieces(data: bytes, step: int) -> None:
    bench = Bench()
    bench.ask()
    for at in range(0, len(data), step):
        assert not bench.answers
        bench.connection.data_received(data[at : at + step])
    (answer,) = bench.answers
    assert (answer.status, answer.body) == (200, BODY)
    kept = data not in (CLOSING, OLD)
    assert bench.pipe.closed is not kept
    assert bench.freed == ([bench.connection] if kept else [])


def test_a_connection_carries_one_request_after_the_other() -> None:
    bench = Bench()
    for _ in range(3):
        assert bench.connection.usable
        bench.ask()
        assert not bench.connection.usable
        bench.connection.data_received(BY_LENGTH)
    assert [answer.header("x-amz-crc32") for answer in bench.answers] == ["7"] * 3
    assert bench.answers[0].header("x-amz") is None


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"x" * 70_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-8\r\n",
    ],
)
def test_what_is_not_http_is_no_answer(data: bytes) -> None:
    bench = Bench()
    bench.ask()
    bench.connection.data_received(data)
    (answer,) = bench.answers
    assert answer.status == 0 and answer.reason and bench.pipe.closed and not answer.stale


def test_more_than_the_answer_ends_the_connection() -> None:
    bench = Bench()
    bench.ask()
    bench.connection.data_received(BY_LENGTH + b"HTTP/1.1 200 OK\r\n")
    assert bench.answers[0].status == 200
    assert bench.pipe.closed and not bench.freed


def test_an_answer_to_nothing_ends_the_connection() -> None:
    bench = Bench()
    bench.connection.data_received(BY_LENGTH)
    assert bench.pipe.closed


def test_lost_before_within_and_after_an_answer() -> None:
    fresh, used, within = Bench(), Bench(), Bench()
    fresh.ask()
    fresh.connection.connection_lost(None)
    assert [(one.status, one.stale) for one in fresh.answers] == [(0, False)]
    used.ask()
    used.connection.data_received(BY_LENGTH)
    used.ask()
    used.connection.connection_lost(ConnectionResetError("reset"))
    assert [(one.status, one.stale) for one in used.answers] == [(200, False), (0, True)]
    within.ask()
    within.connection.data_received(BY_LENGTH)
    within.ask()
    within.connection.data_received(BY_LENGTH[:30])
    within.connection.connection_lost(None)
    assert [(one.status, one.stale) for one in within.answers] == [(200, False), (0, False)]
    assert within.lost == [within.connection]


def test_expired_and_abandoned_requests() -> None:
    bench = Bench()
    bench.connection.expire("too late")
    assert not bench.pipe.closed
    bench.ask()
    bench.connection.expire("too late")
    bench.connection.connection_lost(None)
    assert [answer.reason for answer in bench.answers] == ["too late"]
    other = Bench()
    other.ask()
    other.connection.abandon()
    other.connection.connection_lost(None)
    assert not other.answers and other.pipe.closed
