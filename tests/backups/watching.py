"""Doing something at the very moment that the sandbox is asked for something."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dynaops.sandbox import SandboxServer


@contextmanager
def once_asked(
    server: SandboxServer, operation: str, do: Callable[[], object], times: int = 1
) -> Iterator[None]:
    """A context in which `do` is called as soon as `operation` was answered `times` times."""
    start, over = server.requests.count, threading.Event()

    def watch() -> None:
        while not over.is_set():
            seen = [one for one in server.requests.since(start) if one.operation == operation and one.status]
            if len(seen) >= times:
                do()
                return
            time.sleep(0.005)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
