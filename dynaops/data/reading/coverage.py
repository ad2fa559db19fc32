"""Accounts for every byte of an input: it belongs to a chunk of rows, or is known to contain none."""

from __future__ import annotations

from dynaops.data.reading.chunking import Chunk
from dynaops.data.reading.decompress import InputStream
from dynaops.data.reading.inputs import Input
from dynaops.data.recount import CountsDiffer


class Coverage:
    """How many of an input's uncompressed bytes are accounted for. All methods raise CountsDiffer."""

    def __init__(self, name: str, start: int) -> None:
        self._name = name
        self._at = start

    def between(self, count: int) -> None:
        """Account for `count` bytes without rows: blanks, brackets, members of a wrapper that are not items."""
        self._at += count

    def piece(self, piece: Chunk) -> None:
        """Account for a chunk, which must begin where the last one ended."""
        start = piece.end - len(piece.data)
        if start != self._at:
            raise CountsDiffer(
                f"{self._name}: bytes up to {self._at} were read, the next rows begin at {start}"
            )
        self._at = piece.end

    def end(self, source: Input, stream: InputStream) -> None:
        """Check at the end of the input that all of it is accounted for."""
        if stream.read(1) or stream.position != self._at:
            raise CountsDiffer(
                f"{self._name}: {stream.position} bytes were read, rows and what is between them account for {self._at}"
            )
        if source.size is not None and stream.taken < source.size:
            raise CountsDiffer(
                f"{self._name}: the file has {source.size} bytes, of which {stream.taken} were read"
            )
