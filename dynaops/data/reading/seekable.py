"""Opens inputs as seekable files, for formats whose directory is at the end of the file."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from typing import IO, Any
from weakref import WeakKeyDictionary

from dynaops.data.reading.decompress import InputStream, Packing
from dynaops.data.reading.inputs import HEAD_BYTES, Expected, Input, LocalInput, Readable, unreadable

_PIECE = 1 << 20
_copies: WeakKeyDictionary[Any, IO[bytes]] = WeakKeyDictionary()
"""Of inputs that are no files of this machine, or are compressed: unpacked, without a name, gone with the input."""

_named: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
"""The same with a name, for what opens its files by that."""


def seekable(source: Input, packing: Packing = Packing.NONE) -> IO[bytes]:
    """The input's unpacked bytes, with a position of its own. What can be read only once is copied the first time.

    Raises DynaopsError kinds.
    """
    if packing is Packing.NONE and isinstance(source, LocalInput) and source.regular:
        try:
            return source.path.open("rb")
        except OSError as error:
            raise unreadable(source.name, error) from error
    return io.BufferedReader(_View(_copy(source, packing).fileno()), _PIECE)


def path_of(source: Input, packing: Packing = Packing.NONE) -> str:
    """A path under which a library of its own reading finds the input's unpacked bytes."""
    if packing is Packing.NONE and isinstance(source, LocalInput) and source.regular:
        return str(source.path.absolute())
    named = _named.get(source)
    if named is None:
        named = _named[source] = tempfile.NamedTemporaryFile(prefix="dynaops-")  # noqa: SIM115 (as long as the input)
        with seekable(source, packing) as file:
            shutil.copyfileobj(file, named, _PIECE)
        named.flush()
    return str(named.name)


def beginning(source: Input, packing: Packing) -> bytes:
    """The first unpacked bytes of an input that is packed in blocks so large that its head holds no whole one."""
    with seekable(source, packing) as file:
        return file.read(HEAD_BYTES)


def _copy(source: Input, packing: Packing) -> IO[bytes]:
    copy = _copies.get(source)
    if copy is None:
        copy = tempfile.TemporaryFile()  # noqa: SIM115 (kept as long as the input)
        stream = InputStream(source, packing)
        try:
            while data := stream.read(_PIECE):
                copy.write(data)
            copy.flush()
        except BaseException:
            copy.close()
            raise
        finally:
            stream.close()
        _copies[source] = copy
    return copy


class Unpacked:
    """An input that can be read only once, unpacked into a copy that can be read again."""

    alike = False
    expected: Expected | None = None
    partitions: tuple[tuple[str, str], ...] = ()
    size = None

    def __init__(self, source: Input, packing: Packing) -> None:
        self._source, self._packing = source, packing
        self.name, self.identity = source.name, source.identity

    def head(self) -> bytes:
        """Its first bytes."""
        return beginning(self._source, self._packing)

    def open(self, start: int = 0) -> Readable:
        """Its bytes from `start` on."""
        file = seekable(self._source, self._packing)
        file.seek(start)
        return file


class _View(io.RawIOBase):
    """A position in an open file."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at}.get(whence)
        self._at = offset + (os.fstat(self._descriptor).st_size if base is None else base)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        data = os.pread(self._descriptor, len(buffer), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
