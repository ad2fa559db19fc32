"""Repair the environment of the process at its start: standard streams, time zone and terminal width."""

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
"""The least and the most columns that are used."""


_OUTPUT = "standard output"


class _Output(io.FileIO):
    """Standard output, whose errors name it."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            error.filename = _OUTPUT
            raise


class _Closed(io.TextIOBase):
    """A replacement for a closed standard output: every write fails with a reason."""

    encoding = "utf-8"

    def write(self, text: str, /) -> int:
        raise OSError(errno.EBADF, "it is closed", _OUTPUT)

    def writable(self) -> bool:
        return True


def repair() -> None:
    """Repair streams, time zone and width, as libraries expect them."""
    _open_streams()
    _bound_width()
    _bound_time_zone()


def output_fault() -> OSError | None:
    """The reason why standard output cannot be written to; None if it can."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return error
    return None


def leave_output() -> None:
    """Discard the remaining standard output, so that Python's last flush does not fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _open_streams() -> None:
    """Open closed standard streams, so that no file opened later gets their numbers and receives the output."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (as long as the process)
    if sys.stdout is None:
        sys.stdout = _Closed()
    elif sys.stdout is sys.__stdout__ and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout = _named(sys.stdout)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # characters that the encoding lacks are escaped


def _named(output: io.TextIOWrapper) -> io.TextIOWrapper:
    """The same output, whose errors name it."""
    raw = _Output(output.fileno(), "wb", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=output.encoding, newline="\n", line_buffering=output.line_buffering
    )


def _bound_width() -> None:
    """Limit COLUMNS, which all output code uses, to useful values."""
    given = os.environ.get("COLUMNS")
    if given is None:
        return
    if not given.isdecimal() or not int(given[:6]):
        del os.environ["COLUMNS"]
        return
    low, high = _WIDTHS
    os.environ["COLUMNS"] = str(min(max(int(given[:6]), low), high))


def _bound_time_zone() -> None:
    """Use UTC if TZ is a day or more from UTC (TZ=UTC+25), since Python's times fail then."""
    if max(abs(time.timezone), abs(time.altzone)) >= _DAY and hasattr(time, "tzset"):
        os.environ["TZ"] = "UTC"
        time.tzset()
