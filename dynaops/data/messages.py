"""Messages between the main process and its workers, over a pair of sockets that nobody else can reach."""

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
    """To a worker, first: what to do and how to get there. `rate` is its share."""

    table: str
    options: LoadOptions
    route: Route
    credentials: Credentials
    rate: float | None


@dataclass(frozen=True, slots=True)
class ParseBlock:
    """To a worker: a block to parse. `unanswered`: an earlier run may have written some of its rows."""

    block: InputBlock
    unanswered: bool = False


@dataclass(frozen=True, slots=True)
class Go:
    """To a worker: rows of a block that it parsed may be written."""

    grant: OrderGrant


@dataclass(frozen=True, slots=True)
class Renewed:
    """To a worker: credentials to go on with."""

    credentials: Credentials


@dataclass(frozen=True, slots=True)
class RateShare:
    """To a worker: its share of the rate from now on."""

    rate: float


@dataclass(frozen=True, slots=True)
class Announced:
    """From a worker: a block's keys, as `order` wants them, and the first of its rejects."""

    number: int
    hashes: bytes
    reject: Reject | None


@dataclass(frozen=True, slots=True)
class Finished:
    """From a worker: all rows of a block are done with; and its traffic since it began."""

    number: int
    counts: Counts
    rejects: list[Reject]
    traffic: Traffic
    notes: tuple[LoadNote, ...] = ()


@dataclass(frozen=True, slots=True)
class Tick:
    """From a worker, now and then: its traffic since it began."""

    traffic: Traffic
    in_flight: int


@dataclass(frozen=True, slots=True)
class Expired:
    """From a worker: AWS calls these credentials expired."""

    credentials: Credentials


@dataclass(frozen=True, slots=True)
class LoadStopped:
    """From a worker: AWS's refusal that ends the load (`code` is empty where no answer came), or its own fault.

    `counts_differ`: the fault is that rows went missing between reading and writing.
    """

    code: str
    text: str
    api: str = ""
    hint: str | None = None
    counts_differ: bool = False


class Messages(asyncio.Protocol):
    """One end: `received` gets each message, `ended` is told when the other end is gone."""

    def __init__(self, received: Callable[[Any], None], ended: Callable[[], None]) -> None:
        self._received = received
        self._ended = ended
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def send(self, message: Any) -> None:
        """Send a message; dropped where the other end is gone, of which `ended` tells."""
        if self._transport is not None and not self._transport.is_closing():
            data = pickle.dumps(message, protocol=5)
            self._transport.writelines((_LENGTH.pack(len(data)), data))

    def close(self) -> None:
        """Send what is under way, then end."""
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
