"""Starts, feeds and ends the worker processes, from the main process.

They are plain child processes with one socket each. multiprocessing is not used, because it would import the caller's
main module again, or fork a process that has threads. A worker exits when its socket is closed, so no worker survives
a killed main process.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import IO, Any

from dynaops.data.messages import Messages, ParseBlock, Setup
from dynaops.data.options import Traffic
from dynaops.data.rows import InputBlock
from dynaops.model.errors import DynaopsError

_MOST_BLOCKS = 4
"""The highest number of blocks of a worker: some being written, one being parsed, one waiting."""
_CODE = "import sys; sys.path[:] = {path!r}; from dynaops.data.worker import main; main({descriptor})"


class WorkerProcess:
    """A worker process and the blocks assigned to it."""

    def __init__(
        self,
        setup: Setup,
        received: Callable[[WorkerProcess, Any], None],
        died: Callable[[WorkerProcess], None],
    ) -> None:
        self._setup = setup
        self._received = received
        self._died = died
        self._closing = False
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed in `close`)
        self._messages: Messages | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.blocks: dict[int, InputBlock] = {}
        self.traffic = Traffic()
        self.in_flight = 0

    async def start(self) -> None:
        """Start the process and send it the setup."""
        own_socket, worker_socket = socket.socketpair()
        with worker_socket:
            code = _CODE.format(path=sys.path, descriptor=worker_socket.fileno())
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", code],
                pass_fds=[worker_socket.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                process_group=0,  # Ctrl-C interrupts only the main process, which ends its workers
            )
        own_socket.setblocking(False)
        loop = asyncio.get_running_loop()
        _, self._messages = await loop.create_unix_connection(
            lambda: Messages(lambda message: self._received(self, message), self._ended), sock=own_socket
        )
        self._messages.send(self._setup)

    @property
    def has_capacity(self) -> bool:
        """Whether another block can be assigned to it."""
        return len(self.blocks) < _MOST_BLOCKS

    def work(self, block: InputBlock, unanswered: bool) -> None:
        """Assign a block to it. `unanswered`: an earlier run may have written some of its rows."""
        self.blocks[block.number] = block
        self.send(ParseBlock(block, unanswered))

    def send(self, message: Any) -> None:
        """Send it a message."""
        if self._messages is not None:
            self._messages.send(message)

    def close(self) -> None:
        """End the process at once."""
        self._closing = True
        if self._messages is not None:
            self._messages.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def exit_error(self) -> DynaopsError:
        """The error for a process that ended unexpectedly."""
        assert self._process is not None
        code = self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        reason = f"signal {signal.Signals(-code).name}" if code < 0 else (lines or [f"exit code {code}"])[-1]
        hint = "What is confirmed is recorded; run the command again with --resume."
        return DynaopsError(f"A worker process ended unexpectedly ({reason})", hint)

    def _ended(self) -> None:
        if not self._closing:
            self._died(self)


class WorkerPool:
    """Up to `most` workers, each started when it is needed. `grown` is called with the new number of workers."""

    def __init__(
        self,
        most: int,
        setup: Callable[[int], Setup],
        received: Callable[[WorkerProcess, Any], None],
        died: Callable[[WorkerProcess], None],
        grown: Callable[[int], None],
    ) -> None:
        self._most = most
        self._setup = setup
        self._received = received
        self._died = died
        self._grown = grown
        self.workers: list[WorkerProcess] = []

    async def free_worker(self) -> WorkerProcess | None:
        """The worker with the fewest blocks; None if no worker has capacity."""
        free = min(self.workers, key=lambda worker: len(worker.blocks), default=None)
        if (free is None or free.blocks) and len(self.workers) < self._most:
            free = WorkerProcess(self._setup(len(self.workers) + 1), self._received, self._died)
            self.workers.append(free)
            await free.start()
            self._grown(len(self.workers))
        return free if free is not None and free.has_capacity else None

    def worker_of(self, number: int) -> WorkerProcess:
        """The worker to which a block is assigned."""
        return next(worker for worker in self.workers if number in worker.blocks)

    def send_to_all(self, message: Any) -> None:
        """Send a message to every worker."""
        for worker in self.workers:
            worker.send(message)

    def close(self) -> None:
        """End all workers."""
        for worker in self.workers:
            worker.close()
