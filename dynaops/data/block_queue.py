"""Cuts the input into blocks in a thread, ahead of the workers by a few, so that slow input stops nothing else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

from dynaops.data.rows import InputBlock

_AHEAD = 2


class BlockQueue:
    """Blocks from an iterator, one after the other, for an event loop. Errors of the iterator are raised by `next`."""

    def __init__(self, blocks: Iterator[InputBlock]) -> None:
        self._blocks = blocks
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[InputBlock | BaseException | None] = asyncio.Queue()
        self._slots = threading.Semaphore(_AHEAD)
        self._closed = False
        # A daemon: one that waits for a terminal's or a pipe's next byte must not keep the process.
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
        """Read no further."""
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
        except BaseException as error:  # whatever it is, the loop has to know
            self._put(error)

    def _put(self, block_or_error: InputBlock | BaseException | None) -> None:
        if not self._closed and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._queue.put_nowait, block_or_error)
