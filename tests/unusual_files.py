"""What stands in a file's place and is none, and a guard for tests that would hang on it."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

KINDS = {
    "named pipe": "a named pipe",
    "folder": "a folder",
    "socket": "a socket",
    "link to an endless device": "a device",
    "link to a terminal": "a device",
    "link to a named pipe": "a named pipe",
    "broken link": "does not exist",
    "huge": "is larger than",
    "not text": "is not UTF-8 text",
}
"""What it is, and what is told of it."""
_GUARD_SECONDS = 120


def make_unusual(path: Path, kind: str) -> None:
    """Put something of that kind at `path`."""
    if kind == "named pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        _bind(path)
    elif kind == "link to a named pipe":
        os.mkfifo(path.with_name("pipe"))
        path.symlink_to("pipe")
    elif kind == "broken link":
        path.symlink_to("nowhere")
    elif kind == "huge":
        with path.open("wb") as file:
            file.truncate(2**40)  # sparse: it takes no space
    elif kind == "not text":
        path.write_bytes(b"a: \xff\xfe\n")
    else:
        path.symlink_to("/dev/zero" if "endless" in kind else "/dev/tty")


def _bind(path: Path) -> None:
    """A socket at `path`; by a relative name, since a socket's name is at most about 100 bytes long."""
    before = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(before)


@contextmanager
def no_hang() -> Iterator[None]:
    """Fail the test where it waits for ever."""

    def fail(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"still waiting after {_GUARD_SECONDS} s")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(_GUARD_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
