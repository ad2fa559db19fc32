"""Reads and decompresses inputs, in pieces of exactly the requested size."""

from __future__ import annotations

import base64
import gzip
import hashlib
import zlib
from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from typing import Any

from dynaops.data.reading.damage import DamagedInput
from dynaops.data.reading.inputs import Input, Readable, unreadable
from dynaops.data.reading.text_encoding import UTF8, Transcoded
from dynaops.model.errors import DynaopsError

_PIECE = 1 << 20
_PACKED = 1 << 14
"""The number of compressed bytes read at a time."""
_GZIP_FED = 1 << 16
_FED = 512
"""Bytes given to zstd at once: a block of four may stand for 128 KB (RFC 8878), and it gives all of them at once."""
MOST_SAMPLE = 4 << 20
"""The most decompressed bytes of an input's beginning: a few compressed bytes may expand to gigabytes."""


class Packing(StrEnum):
    """How an input is compressed."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"
    BZIP2 = "bzip2"
    XZ = "xz"


def packing_of(head: bytes) -> Packing:
    """The compression by the first bytes (RFC 1952, RFC 8878, and the formats of bzip2 and xz)."""
    return next((packing for mark, packing in _MARKS.items() if mark(head)), Packing.NONE)


def unpacked(head: bytes, packing: Packing, name: str) -> bytes:
    """Decompress as much of an input's beginning as possible. Raises DynaopsError."""
    if packing is Packing.NONE:
        return head
    try:
        if packing is Packing.GZIP:
            return zlib.decompressobj(31).decompress(head, MOST_SAMPLE)
        if packing in (Packing.BZIP2, Packing.XZ):
            return bytes(_FRAMES[packing](name)().decompress(head, MOST_SAMPLE))
        reader = _zstd(name).ZstdDecompressor().stream_reader(head)
        return bytes(reader.read(MOST_SAMPLE))
    except DynaopsError:
        raise
    except Exception as error:  # each library has its own
        raise _damaged(name, packing, error) from error


class InputStream:
    """An input's unpacked bytes from byte `start` on; of text in another `encoding` than UTF-8 those in UTF-8.

    Raises DynaopsError kinds.
    """

    def __init__(self, source: Input, packing: Packing, start: int = 0, encoding: str = UTF8) -> None:
        self._name = source.name
        self._packing = packing
        direct = packing is Packing.NONE
        seekable = direct and encoding == UTF8
        self._counted = _Counted(source, start if seekable else 0)
        self.position = start if seekable else 0
        """The offset of the next byte, in decompressed bytes."""
        self._damage: DamagedInput | None = None
        self._file: Readable = self._counted if direct else self._unpacking()
        if encoding != UTF8:
            self._file = Transcoded(self._file, encoding)
        if not seekable:
            self._skip(start)

    @property
    def taken(self) -> int:
        """The number of stored (compressed) bytes that were read so far."""
        return self._counted.at

    def read(self, size: int) -> bytes:
        """`size` bytes; fewer only at the end, or before damaged data, for which the next call raises."""
        parts: list[bytes] = []
        while size > 0 and (data := self._before_damage(min(size, _PIECE), bool(parts))):
            parts.append(data)
            size -= len(data)
            self.position += len(data)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Close the input."""
        self._counted.close()

    @property
    def md5(self) -> str:
        """The MD5 (base64) of the stored bytes read so far; empty if reading did not start at the beginning."""
        return base64.b64encode(self._counted.md5.digest()).decode() if self._counted.md5 else ""

    def _before_damage(self, size: int, begun: bool) -> bytes:
        """Some bytes. `begun`: others were read before, and have to reach the caller before damage is raised."""
        if self._damage is None:
            try:
                return self._some(size)
            except DamagedInput as error:
                self._damage = error
        if begun:
            return b""
        raise self._damage

    def _some(self, size: int) -> bytes:
        try:
            return bytes(self._file.read(size))
        except DynaopsError:
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno:
                raise unreadable(self._name, error) from error
            raise _damaged(self._name, self._packing, error) from error

    def _unpacking(self) -> Readable:
        if self._packing is Packing.GZIP:
            return _GzipMembers(self._counted)
        padding = b"\0" if self._packing is Packing.XZ else b""
        return _Frames(self._counted, _FRAMES[self._packing](self._name), padding)

    def _skip(self, count: int) -> None:
        while count > 0 and (data := self._some(min(count, _PIECE))):
            count -= len(data)
            self.position += len(data)


class _Counted:
    """Counts the bytes read from an input."""

    def __init__(self, source: Input, start: int) -> None:
        self._file = source.open(start)
        self.at = start
        wanted = source.expected is not None and source.expected.md5 and not start
        self.md5 = hashlib.md5(usedforsecurity=False) if wanted else None

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size)
        self.at += len(data)
        if self.md5 is not None:
            self.md5.update(data)
        return data

    def close(self) -> None:
        self._file.close()


class _GzipMembers:
    """Gzip members one after the other (RFC 1952). Unlike the library's reader it gives all that is before damage."""

    def __init__(self, packed: Readable) -> None:
        self._packed = packed
        self._member: Any = None
        self._waiting = b""
        self._any = False

    def read(self, size: int = -1, /) -> bytes:
        while True:
            if not self._waiting:
                self._waiting = self._packed.read(_GZIP_FED)
            if self._member is None and not (self._waiting and self._begin()):
                if not self._waiting:
                    return b""
                continue
            ended = not self._waiting  # zlib may still have some output that had no room in the last piece
            data: bytes = self._member.decompress(self._waiting, size)
            if self._member.eof:
                self._waiting = self._member.unused_data
                self._member = None
            else:
                self._waiting = self._member.unconsumed_tail
            if data:
                return data
            if ended and self._member is not None:
                raise EOFError

    def _begin(self) -> bool:
        """Whether a member begins; zeros behind the last one are padding."""
        if self._any:
            self._waiting = self._waiting.lstrip(b"\0")
            if self._waiting and self._waiting[:1] != b"\x1f":
                raise gzip.BadGzipFile
        self._any = True
        self._member = zlib.decompressobj(31) if self._waiting else None
        return self._member is not None

    def close(self) -> None:
        self._packed.close()


class _Frames:
    """Frames (of bzip2 and xz: streams) one after the other. Unlike the libraries' own readers it tells when the last
    one is cut off, or has something else behind it.

    `padding` are bytes that may be between frames.
    """

    def __init__(self, packed: Readable, begin: Callable[[], Any], padding: bytes = b"") -> None:
        self._padding = padding
        self._packed = packed
        self._begin = begin
        self._frame: Any = None
        self._waiting = memoryview(b"")
        self._ready = memoryview(b"")

    def read(self, size: int = -1, /) -> bytes:
        while not self._ready:
            if not self._waiting:
                self._waiting = memoryview(self._packed.read(_PACKED))
            if not self._waiting:
                if self._frame is not None:
                    raise EOFError
                return b""
            if self._frame is None:
                if self._padding:
                    self._waiting = memoryview(bytes(self._waiting).lstrip(self._padding))
                    if not self._waiting:
                        continue
                self._frame = self._begin()
            packed, self._waiting = self._waiting[:_FED], self._waiting[_FED:]
            self._ready = memoryview(self._frame.decompress(packed))
            if self._frame.eof:
                self._waiting = memoryview(self._frame.unused_data + bytes(self._waiting))
                self._frame = None
        data, self._ready = self._ready[:size], self._ready[size:]
        return bytes(data)

    def close(self) -> None:
        self._packed.close()


def _is_bzip2(head: bytes) -> bool:
    """By its mark and that of its first block, or of the end of an empty file."""
    block = head[4:10]
    return head[:3] == b"BZh" and bool(block) and any(mark.startswith(block) for mark in _BZIP2_BLOCKS)


_BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")
_MARKS: dict[Callable[[bytes], bool], Packing] = {
    lambda head: head.startswith(b"\x1f\x8b"): Packing.GZIP,
    lambda head: head.startswith(b"\x28\xb5\x2f\xfd"): Packing.ZSTD,
    lambda head: _is_bzip2(head): Packing.BZIP2,
    lambda head: head.startswith(b"\xfd7zXZ\0"): Packing.XZ,
}
_FRAMES: dict[Packing, Callable[[str], Callable[[], Any]]] = {
    Packing.ZSTD: lambda name: _zstd(name).ZstdDecompressor().decompressobj,
    Packing.BZIP2: lambda name: _standard("bz2", name).BZ2Decompressor,
    Packing.XZ: lambda name: _standard("lzma", name).LZMADecompressor,
}


def _standard(module: str, name: str) -> Any:
    """A module of the standard library that a Python may have been built without."""
    try:
        return import_module(module)
    except ImportError:
        raise DynaopsError(
            f"{name}: this Python was built without {module}", "Unpack the file first."
        ) from None


def _zstd(name: str) -> Any:
    try:
        import zstandard
    except ImportError:
        raise DynaopsError(
            f"{name} is compressed with zstd, and the package that reads it is not installed",
            "Install it with: pip install 'dynaops[zstd]'",
        ) from None
    return zstandard


def _damaged(name: str, packing: Packing, error: Exception) -> DamagedInput:
    reason = "it ends early" if isinstance(error, EOFError) else f"it is damaged ({error})"
    if isinstance(error, gzip.BadGzipFile):
        reason = "there is something else in it, or behind it"
    elif "too much memory" in str(error):
        reason = "it was packed with a window of more than 128 MB (zstd --long=28 and more)"
    return DamagedInput(
        f"Cannot unpack {name} ({packing.value}): {reason}",
        "Get the file again, whole, and load it from the beginning.",
    )
