"""Parquet files in pieces: record batches as Arrow IPC streams. Needs the extra `parquet`."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from typing import IO, Any

from dynaops.data.reading.cut import BLOCK_BYTES, Piece
from dynaops.data.reading.damage import DamagedInput
from dynaops.data.reading.inputs import HEAD_BYTES, Input, LocalInput
from dynaops.data.recount import CountsDiffer
from dynaops.model.errors import DynaopsError

_MOST_ROWS = 10_000


def parquet_pieces(source: Input, start: int) -> Iterator[Piece]:
    """The rows from number `start` on (from 0). Lines and ends are rows. Raises DynaopsError."""
    parquet = _library(source.name)
    with _seekable(source) as file:
        try:
            yield from _pieces(parquet.ParquetFile(file), start, source.name)
        except (ValueError, OSError) as error:  # ArrowInvalid is a ValueError
            raise DamagedInput(f"Cannot read {source.name} as Parquet: {error}") from error


def columns(source: Input) -> list[str]:
    """The names of the columns."""
    with _seekable(source) as file:
        try:
            names = [str(name) for name in _library(source.name).ParquetFile(file).schema_arrow.names]
        except (ValueError, OSError) as error:
            raise DynaopsError(f"Cannot read {source.name} as Parquet: {error}") from error
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise DynaopsError(f"{source.name}: two columns are named {twice!r}")
    return names


def _pieces(file: Any, start: int, name: str) -> Iterator[Piece]:
    about = file.metadata
    first = 0
    for group in range(about.num_row_groups):
        rows = about.row_group(group).num_rows
        if first + rows > start:
            width = max(1, about.row_group(group).total_byte_size // max(1, rows))
            size = max(1, min(_MOST_ROWS, BLOCK_BYTES // width))
            batches = file.iter_batches(batch_size=size, row_groups=[group])
            yield from _batches(batches, first, start, first + rows, name)
        first += rows
    if first != about.num_rows:
        raise DamagedInput(f"{name}: its metadata tells of {about.num_rows} rows, its row groups of {first}")


def _batches(batches: Iterator[Any], at: int, start: int, last: int, name: str) -> Iterator[Piece]:
    """The batches of a row group of the rows from `at` up to `last`. Raises CountsDiffer."""
    for batch in batches:
        end = at + batch.num_rows
        if at >= start and batch.num_rows:
            yield Piece(_serialised(batch), at + 1, end, end + 1)
        at = end
    if at != last:
        raise CountsDiffer(f"{name}: a row group ends with row {last}, {at} were read")


def _serialised(batch: Any) -> bytes:
    from pyarrow import BufferOutputStream, ipc

    sink = BufferOutputStream()
    with ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _seekable(source: Input) -> IO[bytes]:
    """The input as a file in which can be moved about: Parquet has its contents at its end."""
    if isinstance(source, LocalInput) and source.regular:
        return source.path.open("rb")
    copy = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    readable = source.open()
    while data := readable.read(HEAD_BYTES):
        copy.write(data)
    readable.close()
    copy.seek(0)
    return copy


def _library(name: str) -> Any:
    try:
        from pyarrow import parquet
    except ImportError:
        raise DynaopsError(
            f"{name} is in Parquet, and the package that reads it is not installed",
            "Install it with: pip install 'dynaops[parquet]'",
        ) from None
    return parquet
