"""Ctrl-C while AWS works: the first requests an orderly stop, the second ends the process at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

from dynaops.model.exits import Exit

FIRST = (
    "Stopping: the current call is finished and the state saved. "
    "Press Ctrl-C again to stop at once; the next run then finds out what was done."
)
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """A context in which the first SIGINT or SIGTERM sets `stop` and the second ends the process.

    Ending at once is safe for the state: every call is recorded in it before it is sent. `say` shows a message to the
    user.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self.stop = threading.Event()
        self._say = say
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.stop.is_set():
            os._exit(Exit.INTERRUPTED)
        self.stop.set()
        threading.Thread(target=self._say, args=(FIRST,), daemon=True).start()


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """A context in which SIGINT and SIGTERM raise KeyboardInterrupt in the main thread.

    Also if SIGINT was ignored at the start, as for `command &` in a script: Python would keep ignoring it, and only
    SIGKILL would end the command.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT)),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
