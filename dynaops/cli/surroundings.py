"""What a process is started in and cannot choose: its streams, time zone and width. Repaired first of all."""

from __future__ import annotations

import errno
import io
import os
import sys
import time
from pathlib import Path
from typing import Any

_DAY = 24 * 3600
_WIDTHS = (20, 500)
"""Columns: below nothing can be read, above lines are padded for nobody."""


_OUTPUT = "standard output"


class _Output(io.FileIO):
    """Standard output, whose failures say that they are its own."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            error.filename = _OUTPUT
            raise


class _Closed(io.TextIOBase):
    """Stands for a standard output that is closed: whatever is written to it fails, and says why."""

    encoding = "utf-8"

    def write(self, text: str, /) -> int:
        raise OSError(errno.EBADF, "it is closed", _OUTPUT)

    def writable(self) -> bool:
        return True


def repair() -> None:
    """Makes the surroundings such as libraries take for granted."""
    _open_streams()
    _bound_width()
    _bound_time_zone()


def output_fault() -> OSError | None:
    """Why standard output cannot be written to; None where it can."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return error
    return None


def leave_output() -> None:
    """Let what is left for standard output go nowhere, so that Python's own last flush is silent."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _open_streams() -> None:
    """No file that is opened later may get the number of a standard stream: what is printed would go into it."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free: this one
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (as long as the process)
    if sys.stdout is None:
        sys.stdout = _Closed()
    elif sys.stdout is sys.__stdout__ and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout = _named(sys.stdout)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what an encoding lacks is shown as an escape


def _named(output: io.TextIOWrapper) -> io.TextIOWrapper:
    """The same output, whose failures name it."""
    raw = _Output(output.fileno(), "wb", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=output.encoding, newline="\n", line_buffering=output.line_buffering
    )


def _bound_width() -> None:
    """COLUMNS is believed by all that draws, whatever it says."""
    given = os.environ.get("COLUMNS")
    if given is None:
        return
    if not given.isdecimal() or not int(given[:6]):
        del os.environ["COLUMNS"]
        return
    low, high = _WIDTHS
    os.environ["COLUMNS"] = str(min(max(int(given[:6]), low), high))


def _bound_time_zone() -> None:
    """Python's times fail in a zone that is a day or more from UTC (TZ=UTC+25): that is a slip, and UTC is meant."""
    if max(abs(time.timezone), abs(time.altzone)) >= _DAY and hasattr(time, "tzset"):
        os.environ["TZ"] = "UTC"
        time.tzset()
