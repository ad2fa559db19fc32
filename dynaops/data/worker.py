"""A worker process: parses blocks, announces their keys, writes the granted rows, and reports.

It exits when the main process has ended in any way, so that workers of two runs never write to the same table.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from dynaops.data.http.client import DynamoDBClient
from dynaops.data.key_order import OrderGrant, hashes_of
from dynaops.data.messages import (
    Announced,
    Expired,
    Finished,
    Go,
    LoadStopped,
    Messages,
    ParseBlock,
    RateShare,
    Renewed,
    Setup,
    Tick,
)
from dynaops.data.options import Traffic
from dynaops.data.rate import AdaptiveConcurrency
from dynaops.data.recount import CountsDiffer, check_block
from dynaops.data.requests import RequestOutcome, write_request_for
from dynaops.data.rows import Parsed
from dynaops.data.writer import BlockWrite, Writer, WriterEvents
from dynaops.model.errors import DynaopsError

_TICK_SECONDS = 0.5


class Worker:
    """The worker's side of the communication with the main process."""

    def __init__(self, setup: Setup, send: Callable[[Any], None]) -> None:
        options = setup.options
        self._send = send
        self._parse = options.make_parser(options.plan)
        self._request = write_request_for(options.mode, setup.table, options.keys)
        self._client = DynamoDBClient(
            setup.route,
            setup.credentials,
            lambda refused: send(Expired(refused)),
            options.timeout,
            options.in_flight,
        )
        self._writer = Writer(
            self._client,
            self._request,
            options.mode,
            AdaptiveConcurrency(options.in_flight),
            setup.rate,
            options.patience,
            WriterEvents(self._finished, self._stopped),
        )
        self._loop = asyncio.get_running_loop()
        self._unparsed: deque[ParseBlock] = deque()
        self._parsed: dict[int, tuple[ParseBlock, Parsed]] = {}
        self._reported = Traffic()
        self._tick()

    def take(self, message: Any) -> None:
        """Handle a message of the main process."""
        match message:
            case ParseBlock():
                self._unparsed.append(message)
                self._loop.call_soon(self._parse_one)
            case Go(grant):
                self._write(grant)
            case Renewed(credentials):
                self._client.renewed(credentials)
            case RateShare(rate):
                self._writer.set_rate(rate)

    def _write(self, grant: OrderGrant) -> None:
        if not grant.first:
            self._writer.release(grant.number, grant.keys)
            return
        work, parsed = self._parsed.pop(grant.number)
        self._writer.add(work.block, parsed, grant.keys, work.unanswered)

    def _parse_one(self) -> None:
        """Parse one block; before the next one the event loop can receive responses and send requests."""
        work = self._unparsed.popleft()
        block = work.block
        try:
            parsed = self._parse(block)
            check_block(block, parsed)
        except DynaopsError as error:
            differ = isinstance(error, CountsDiffer)
            self._send(LoadStopped("", error.message, hint=error.hint, counts_differ=differ))
            return
        except Exception as error:  # reported to the main process, which ends the load
            where = f"{block.source}, from line {block.first_line}"
            self._send(LoadStopped("", f"Cannot read {where}: {type(error).__name__}: {error}"))
            return
        self._parsed[block.number] = (work, parsed)
        reject = parsed.rejects[0] if parsed.rejects else None
        self._send(Announced(block.number, hashes_of([row.key for row in parsed.rows]), reject))

    def _finished(self, block_write: BlockWrite) -> None:
        self._send(
            Finished(
                block_write.number,
                block_write.counts,
                block_write.rejects,
                self._writer.traffic,
                block_write.notes,
            )
        )

    def _stopped(self, outcome: RequestOutcome) -> None:
        api = self._request.target.rpartition(".")[2]
        self._send(LoadStopped(outcome.code, outcome.text, api, _hint(outcome)))

    def _tick(self) -> None:
        self._writer.check_patience()
        if self._writer.traffic != self._reported:
            self._reported = replace(self._writer.traffic)
            self._send(Tick(self._reported, self._writer.in_flight))
        self._loop.call_later(_TICK_SECONDS, self._tick)


def _hint(outcome: RequestOutcome) -> str | None:
    if outcome.code:
        return None
    return "What is confirmed is recorded; run the command again with --resume when AWS can be reached."


async def _serve(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_die)
    worker: list[Worker] = []

    def received(message: Any) -> None:
        if isinstance(message, Setup):
            worker.append(Worker(message, messages.send))
        else:
            worker[0].take(message)

    messages = Messages(received, lambda: os._exit(0))
    await loop.create_unix_connection(lambda: messages, sock=connection)
    await asyncio.Event().wait()


def _die(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:  # noqa: ARG001 (asyncio's signature)
    """Exit after an unexpected error in a callback, so that the main process notices it instead of waiting forever."""
    error = context.get("exception")
    text = f"{type(error).__name__}: {error}" if error else str(context.get("message"))
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
    os._exit(1)


def main(descriptor: int) -> None:
    """Serve the main process at the other end of a socket until it closes the socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Rows are tuples of bytes, which form no reference cycles: frequent garbage collection would only cost time.
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)
    connection = socket.socket(fileno=descriptor)
    connection.setblocking(False)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(connection))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The event loop of uvloop if it is installed (the extra `fast`), which is some percent faster."""
    if find_spec("uvloop") is None:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = import_module("uvloop").new_event_loop
    return factory
