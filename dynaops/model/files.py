"""Reading files that a command line, a spec or a state names: regular files only, and no more than a bound.

A named pipe, a device or a socket in a file's place would hang the command or have effects of its own, and a file
below /proc may be endless, so neither is left to ``Path.read_text``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from io import FileIO
from pathlib import Path

_TYPES = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
"""O_NONBLOCK: opening a named pipe that nobody writes to must not wait."""
_CHUNK = 1024 * 1024
_MIB = 1024 * 1024


class Refusal(Enum):
    """Why a file is not read, as far as callers tell it apart."""

    MISSING = "missing"
    TOO_LARGE = "too large"
    NOT_TEXT = "not text"
    OTHER = "other"


class FileRefused(Exception):
    """A file that is not read. `reason` follows the file's name in a message: "is a named pipe, not a file"."""

    def __init__(self, reason: str, why: Refusal = Refusal.OTHER) -> None:
        super().__init__(reason)
        self.reason = reason
        self.why = why


def read_bytes(path: str | Path, most: int) -> bytes:
    """The content of a regular file. Raises FileRefused, also where it holds more than `most` bytes."""
    with _opened(path) as file:
        data = _up_to(file, most + 1)
    if len(data) > most:
        bound = f"{most // _MIB} MiB" if most % _MIB == 0 else f"{most:,} bytes"
        raise FileRefused(f"is larger than {bound}", Refusal.TOO_LARGE)
    return data


def read_start(path: str | Path, count: int) -> bytes:
    """The first `count` bytes of a regular file, or all that it has. Raises FileRefused."""
    with _opened(path) as file:
        return _up_to(file, count)


@contextmanager
def _opened(path: str | Path) -> Iterator[FileIO]:
    """A regular file, open to be read; what goes wrong as FileRefused."""
    try:
        _check_type(Path(path).stat().st_mode)  # before it is opened: opening some devices has an effect
        with FileIO(os.open(path, _FLAGS), "rb") as file:
            _check_type(os.fstat(file.fileno()).st_mode)  # what was opened, whatever the name leads to by now
            yield file
    except (FileNotFoundError, NotADirectoryError):
        raise FileRefused("does not exist", Refusal.MISSING) from None
    except ValueError:  # a NUL in the name
        raise FileRefused("is not a name that a file can have") from None
    except OSError as error:
        raise FileRefused(f"cannot be read: {error.strerror or error}") from None


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """A context whose OSError names the file at `path`: a write to a full disk does not by itself."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def write_text(path: str | Path, text: str) -> None:
    """Make `text` the content of a file. Raises OSError, which names the file."""
    with naming(path):
        Path(path).write_text(text, encoding="utf-8")


def write_new(path: str | Path, text: str) -> None:
    """Make a file with `text` in it, whole or not at all. Raises OSError, which names the file; none may be there."""
    with naming(path):
        made = False
        try:
            with Path(path).open("x", encoding="utf-8") as file:
                made = True
                file.write(text)
        except BaseException:
            if made:
                Path(path).unlink(missing_ok=True)
            raise


def read_text(path: str | Path, most: int) -> str:
    """The same as text in UTF-8, without a byte order mark. Raises FileRefused."""
    data = read_bytes(path, most)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 text ({error.reason} at byte {error.start})"
        raise FileRefused(message, Refusal.NOT_TEXT) from None


def _check_type(mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = next((words for test, words in _TYPES if test(mode)), "something else")
        raise FileRefused(f"is {kind}, not a file")


def _up_to(file: FileIO, count: int) -> bytes:
    """The next `count` bytes, or what is left. The size that the system tells is not believed: it is 0 below /proc."""
    parts: list[bytes] = []
    while count and (part := file.read(min(count, _CHUNK))):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
