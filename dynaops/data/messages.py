"""Messages between the main process and its workers, over a socket pair that no other process can access."""

from __future__ import annotations

import asyncio
import pickle
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from dynaops.aws.route import Credentials, Route
from dynaops.data.key_order import OrderGrant
from dynaops.data.notes import LoadNote
from dynaops.data.options import Counts, LoadOptions, Traffic
from dynaops.data.rows import InputBlock, Reject

_LENGTH = struct.Struct("!Q")


@dataclass(frozen=True, slots=True)
class Setup:
    """To a worker, first message: table, options, route and credentials. `rate` is its share of the whole rate."""

    table: str
    options: LoadOptions
    route: Route
    credentials: Credentials
    rate: float | None


@dataclass(frozen=True, slots=True)
class ParseBlock:
    """To a worker: parse this block. `unanswered`: an earlier run may have written some of its rows."""

    block: InputBlock
    unanswered: bool = False


@dataclass(frozen=True, slots=True)
class Go:
    """To a worker: write these rows of a parsed block."""

    grant: OrderGrant


@dataclass(frozen=True, slots=True)
class Renewed:
    """To a worker: new credentials."""

    credentials: Credentials


@dataclass(frozen=True, slots=True)
class RateShare:
    """To a worker: its new share of the rate, in write capacity units a second."""

    rate: float


@dataclass(frozen=True, slots=True)
class Announced:
    """From a worker: the keys of a parsed block (see `key_order.hashes_of`), and its first reject."""

    number: int
    hashes: bytes
    reject: Reject | None


@dataclass(frozen=True, slots=True)
class Finished:
    """From a worker: all rows of a block are finished. `traffic` is the worker's since its start."""

    number: int
    counts: Counts
    rejects: list[Reject]
    traffic: Traffic
    notes: tuple[LoadNote, ...] = ()


@dataclass(frozen=True, slots=True)
class Tick:
    """From a worker, regularly: its traffic since its start."""

    traffic: Traffic
    in_flight: int


@dataclass(frozen=True, slots=True)
class Expired:
    """From a worker: AWS refused these credentials as expired."""

    credentials: Credentials


@dataclass(frozen=True, slots=True)
class LoadStopped:
    """From a worker: the error that ends the load: AWS's refusal (`code` is empty if no response came), or a bug.

    `counts_differ`: the bug is that rows were lost between reading and writing.
    """

    code: str
    text: str
    api: str = ""
    hint: str | None = None
    counts_differ: bool = False


class Messages(asyncio.Protocol):
    """One end of the socket pair. `received` is called with each message, `ended` when the other end is closed."""

    def __init__(self, received: Callable[[Any], None], ended: Callable[[], None]) -> None:
        self._received = received
        self._ended = ended
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def send(self, message: Any) -> None:
        """Send a message; it is dropped if the other end is closed, which `ended` reports."""
        if self._transport is not None and not self._transport.is_closing():
            data = pickle.dumps(message, protocol=5)
            self._transport.writelines((_LENGTH.pack(len(data)), data))

    def close(self) -> None:
        """Send what is still buffered, then close."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._ended()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        at = 0
        while len(self._buffer) - at >= _LENGTH.size:
            (size,) = _LENGTH.unpack_from(self._buffer, at)
            end = at + _LENGTH.size + size
            if len(self._buffer) < end:
                break
            with memoryview(self._buffer) as view, view[at + _LENGTH.size : end] as frame:
                message = pickle.loads(frame)  # noqa: S301 (the other end is a process of our own)
            at = end
            self._received(message)
        del self._buffer[:at]
