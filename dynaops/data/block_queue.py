"""Reads blocks of the input in a thread, a few ahead of the workers, so that slow input never blocks the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

from dynaops.data.rows import InputBlock

_AHEAD = 2


class BlockQueue:
    """The blocks of an iterator, for an event loop. `next` raises the iterator's errors."""

    def __init__(self, blocks: Iterator[InputBlock]) -> None:
        self._blocks = blocks
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[InputBlock | BaseException | None] = asyncio.Queue()
        self._slots = threading.Semaphore(_AHEAD)
        self._closed = False
        # A daemon thread: if it waits for input from a terminal or a pipe, it must not keep the process alive.
        self._thread = threading.Thread(target=self._read, name="dynaops-feeder", daemon=True)
        self._thread.start()

    async def next(self) -> InputBlock | None:
        """The next block; None at the end of the input."""
        block_or_error = await self._queue.get()
        self._slots.release()
        if isinstance(block_or_error, BaseException):
            raise block_or_error
        return block_or_error

    def close(self) -> None:
        """Stop reading."""
        self._closed = True
        self._slots.release()

    def _read(self) -> None:
        try:
            for block in self._blocks:
                self._slots.acquire()
                if self._closed:
                    return
                self._put(block)
            self._put(None)
        except BaseException as error:  # passed on, so that `next` raises it in the event loop
            self._put(error)

    def _put(self, block_or_error: InputBlock | BaseException | None) -> None:
        if not self._closed and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._queue.put_nowait, block_or_error)
