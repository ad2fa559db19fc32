"""The inputs: local files, stdin and S3 objects."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple, Protocol

from dynaops.aws.s3 import ObjectReader, S3Object
from dynaops.aws.session import Aws
from dynaops.model.errors import DynaopsError

HEAD_BYTES = 262_144
"""The number of bytes by which an input's format is detected."""
STDIN = "-"


class Readable(Protocol):
    """Bytes one after the other; `read` may give fewer than asked for, and none only at the end."""

    def read(self, size: int = -1, /) -> bytes: ...

    def close(self) -> None: ...


class Expected(NamedTuple):
    """What an export's manifest says of a data file. `md5` is base64 of the stored bytes; both may be untold."""

    items: int | None = None
    md5: str = ""


class Input(Protocol):
    """One input."""

    expected: Expected | None
    """What the file has to hold, where a manifest says so."""
    partitions: tuple[tuple[str, str], ...]
    """Attributes that the names of its folders say (``dt=2026-01-01``), if these were asked for."""

    @property
    def name(self) -> str:
        """The name in messages."""

    @property
    def size(self) -> int | None:
        """The size in stored bytes; None if it is known only at the end."""

    @property
    def identity(self) -> str:
        """A text that changes when the content changes."""

    @property
    def alike(self) -> bool:
        """Whether it is sure to be like others of which that is said: data files of one export."""

    def head(self) -> bytes:
        """Its first bytes, up to HEAD_BYTES, without using them up."""

    def open(self, start: int = 0) -> Readable:
        """Its bytes from `start` on. Raises DynaopsError kinds."""


class LocalInput:
    """A file on this machine."""

    def __init__(self, path: Path, alike: bool = False) -> None:
        self.name = str(path)
        self.alike = alike
        self.expected: Expected | None = None
        self.partitions: tuple[tuple[str, str], ...] = ()
        self.path = path
        try:
            stat = path.stat()
        except OSError as error:
            raise unreadable(self.name, error) from error
        except ValueError as error:  # a NUL within the name
            raise DynaopsError(f"Cannot read {self.name!r}: {error}") from error
        # What is no regular file (a named pipe, /dev/fd/63) has no size, and can be read only once.
        self.regular = path.is_file()
        self.size = stat.st_size if self.regular else None
        self.identity = f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns}"
        self._pipe: _Once | None = None

    def head(self) -> bytes:
        if not self.regular:
            return self._once().head()
        file = self.open()
        try:
            return file.read(HEAD_BYTES)
        finally:
            file.close()

    def open(self, start: int = 0) -> Readable:
        if not self.regular:
            return _skipped(self._once(), start)
        try:
            file = self.path.open("rb")
            file.seek(start)
        except OSError as error:
            raise unreadable(self.name, error) from error
        return file

    def _once(self) -> _Once:
        if self._pipe is None:
            try:
                self._pipe = _Once(self.path.open("rb", buffering=0))
            except OSError as error:
                raise unreadable(self.name, error) from error
        return self._pipe


class StdinInput:
    """What is piped into the process. It can be read only once."""

    name = "stdin"
    size = None
    identity = STDIN
    alike = False
    expected: Expected | None = None
    partitions: tuple[tuple[str, str], ...] = ()

    def __init__(self, stream: Readable | None = None) -> None:
        if stream is None and sys.stdin is None:
            raise DynaopsError("Cannot read stdin: it is closed")
        self._once = _Once(stream or sys.stdin.buffer)

    def head(self) -> bytes:
        return self._once.head()

    def open(self, start: int = 0) -> Readable:
        return _skipped(self._once, start)


class S3Input:
    """An object in S3."""

    def __init__(self, aws: Aws, s3_object: S3Object, alike: bool = False) -> None:
        self._aws = aws
        self.alike = alike
        self.expected: Expected | None = None
        self.partitions: tuple[tuple[str, str], ...] = ()
        self.object = s3_object
        self.name = s3_object.url
        self.size = s3_object.size
        self.identity = f"{s3_object.url} {s3_object.size} {s3_object.etag}"

    def head(self) -> bytes:
        reader = ObjectReader(self._aws, self.object)
        try:
            return _beginning(reader)
        finally:
            reader.close()

    def open(self, start: int = 0) -> Readable:
        return ObjectReader(self._aws, self.object, start)


def unreadable(name: str, error: OSError) -> DynaopsError:
    """A file that cannot be read, in words."""
    return DynaopsError(f"Cannot read {name}: {error.strerror or error}")


class _Once:
    """A stream that can be read once, and whose beginning can be looked at before."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._head: bytes | None = None
        self._given = 0

    def head(self) -> bytes:
        """The beginning; waits until that much is there, or the end."""
        if self._head is None:
            self._head = _beginning(self._stream)
        return self._head

    def read(self, size: int = -1, /) -> bytes:
        head = self.head()
        if self._given >= len(head):
            return self._stream.read(size)
        data = head[self._given :][: size if size >= 0 else None]
        self._given += len(data)
        return data

    def close(self) -> None:
        self._stream.close()


def _beginning(stream: Readable) -> bytes:
    parts, left = [], HEAD_BYTES
    while left and (data := stream.read(left)):
        parts.append(data)
        left -= len(data)
    return b"".join(parts)


def _skipped(stream: Readable, count: int) -> Readable:
    while count > 0 and (data := stream.read(min(count, HEAD_BYTES))):
        count -= len(data)
    return stream
