"""Reads Parquet, Arrow and ORC files in chunks: record batches as Arrow IPC streams. Needs the extra `parquet`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import IO, Any

from dynaops.data.notes import LoadNote
from dynaops.data.reading import arrow_columns
from dynaops.data.reading.arrow_columns import index_columns
from dynaops.data.reading.chunking import BLOCK_BYTES, Chunk
from dynaops.data.reading.damage import DamagedInput
from dynaops.data.recount import CountsDiffer
from dynaops.model.errors import DynaopsError

_MOST_ROWS = 10_000
_INT96 = "INT96"
_END_OF_STREAM = b"\xff\xff\xff\xff\0\0\0\0"
"""Arrow Columnar Format, IPC Streaming Format. A stream may end without, but then nothing tells it from one cut off."""


class ParquetFile:
    """A Parquet file, read row group by row group."""

    def __init__(self, file: IO[bytes]) -> None:
        from pyarrow import parquet

        self._file = parquet.ParquetFile(file)
        self._old_times = [column.path for column in _leaves(self._file) if column.physical_type == _INT96]
        # An instant of the old type that nanoseconds do not hold would come out as another one, unsaid.
        self._in_microseconds = (
            parquet.ParquetFile(file, coerce_int96_timestamp_unit="us") if self._old_times else None
        )

    @property
    def schema(self) -> Any:
        """The columns, with the types that Arrow's have lost in their metadata."""
        from dynaops.data.parsing.arrow_cells import INTERVAL, LOGICAL, UUID

        logical = []
        for at, column in enumerate(_leaves(self._file)):
            if column.converted_type == "INTERVAL":
                logical.append(f"{at}={INTERVAL}")
            elif column.logical_type.type == "UUID":
                logical.append(f"{at}={UUID}")
        schema = self._file.schema_arrow
        return schema.with_metadata({**(schema.metadata or {}), LOGICAL: " ".join(logical).encode()})

    def batches(self, start: int) -> Iterator[tuple[int, Any]]:
        """Batches with the number of their first row; those that end before row `start` are left out."""
        metadata = self._file.metadata
        first = 0
        for group in range(metadata.num_row_groups):
            rows = metadata.row_group(group).num_rows
            if first + rows > start:
                width = max(1, metadata.row_group(group).total_byte_size // max(1, rows))
                size = max(1, min(_MOST_ROWS, BLOCK_BYTES // width))
                at = first
                try:
                    for batch in self._group(group, size):
                        yield at, batch
                        at += batch.num_rows
                except _failures():
                    rest = self._by_columns(group).slice(at - first)
                    yield at, rest
                    at += rest.num_rows
                if at != first + rows:
                    raise CountsDiffer(f"a row group ends with row {first + rows}, {at} were read")
            first += rows
        if first != metadata.num_rows:
            raise DamagedInput(f"its metadata tells of {metadata.num_rows} rows, its row groups of {first}")

    def _group(self, group: int, size: int) -> Iterator[Any]:
        batches = self._file.iter_batches(batch_size=size, row_groups=[group])
        if self._in_microseconds is None:
            yield from batches
            return
        others = self._in_microseconds.iter_batches(batch_size=size, row_groups=[group])
        for batch, other in zip(batches, others, strict=True):
            yield _in_range(batch, other)

    def _by_columns(self, group: int) -> Any:
        """A row group of which some columns cannot be read: those are null, and named in the metadata.

        Raises an error of the library's where that is so of all of them.
        """
        import pyarrow as pa

        from dynaops.data.parsing.arrow_cells import UNREADABLE

        file = self._in_microseconds or self._file
        schema, failed = file.schema_arrow, dict[str, str]()
        arrays = []
        for field in schema:
            try:
                column = file.read_row_group(group, columns=[field.name]).column(field.name)
                arrays.append(column.combine_chunks())
            except _failures() as error:
                if len(failed) + 1 == len(schema):
                    raise
                failed[field.name] = _first_line(error)
                arrays.append(pa.nulls(self._file.metadata.row_group(group).num_rows, field.type))
        with_errors = schema.with_metadata({UNREADABLE: json.dumps(failed).encode()})
        return pa.RecordBatch.from_arrays(arrays, schema=with_errors)


class ArrowFile:
    """An Arrow IPC file (Feather, version 2)."""

    def __init__(self, file: IO[bytes]) -> None:
        from pyarrow import ipc

        self._file = ipc.open_file(file)
        self.schema = self._file.schema

    def batches(self, start: int) -> Iterator[tuple[int, Any]]:
        """As ParquetFile's."""
        batches = (self._file.get_batch(at) for at in range(self._file.num_record_batches))
        return _counted(batches, start)


class ArrowStream:
    """An Arrow IPC stream."""

    def __init__(self, file: IO[bytes]) -> None:
        from pyarrow import ipc

        self._raw = file
        self._file = ipc.open_stream(file)
        self.schema = self._file.schema

    def batches(self, start: int) -> Iterator[tuple[int, Any]]:
        """As ParquetFile's."""
        yield from _counted(self._file, start)
        self._raw.seek(-min(8, self._raw.seek(0, 2)), 2)
        if self._raw.read(8) != _END_OF_STREAM:
            raise DamagedInput(
                "it ends without the mark of a stream's end; all whole batches in it were read"
            )


class OrcFile:
    """An ORC file, read stripe by stripe."""

    def __init__(self, file: IO[bytes]) -> None:
        from pyarrow import orc

        self._file = orc.ORCFile(file)
        self.schema = self._file.schema

    def batches(self, start: int) -> Iterator[tuple[int, Any]]:
        """As ParquetFile's."""
        return _counted((self._file.read_stripe(at) for at in range(self._file.nstripes)), start)


OPENERS: dict[str, Callable[[IO[bytes]], Any]] = {
    "parquet": ParquetFile,
    "arrow": ArrowFile,
    "arrow stream": ArrowStream,
    "orc": OrcFile,
}
NAMES = {"parquet": "Parquet", "arrow": "an Arrow file", "arrow stream": "an Arrow stream", "orc": "ORC"}


def column_names(file: IO[bytes], kind: str, name: str) -> list[str]:
    """The names of the columns of a file. Raises DynaopsError."""
    schema = _opened(file, kind, name).schema
    left_out = index_columns(schema)
    return [str(name) for name in schema.names if name not in left_out]


def notes(file: IO[bytes], kind: str, name: str) -> tuple[LoadNote, ...]:
    """What is to be said about the columns. Raises DynaopsError."""
    return arrow_columns.notes(_opened(file, kind, name).schema)


def pieces(file: IO[bytes], kind: str, name: str, start: int) -> Iterator[Chunk]:
    """The rows from number `start` on (from 0). Lines and ends are rows. Raises DynaopsError."""
    opened = _opened(file, kind, name)
    metadata = _metadata(opened.schema)
    try:
        for first, batch in opened.batches(start):
            for at in range(0, batch.num_rows, _MOST_ROWS):
                part = batch.slice(at, _MOST_ROWS)
                begin = first + at
                if begin >= start:
                    end = begin + part.num_rows
                    yield Chunk(_serialised(part, metadata), begin + 1, end, end + 1, part.num_rows)
    except CountsDiffer as error:
        raise CountsDiffer(f"{name}: {error.message}") from None
    except DamagedInput as error:
        raise _unreadable(name, kind, error) from error
    except _failures() as error:
        raise _unreadable(name, kind, error) from error


def _opened(file: IO[bytes], kind: str, name: str) -> Any:
    try:
        return OPENERS[kind](file)
    except ImportError:
        raise DynaopsError(
            f"{name} is in {NAMES[kind]}, and the package that reads it is not installed",
            "Install it with: pip install 'dynaops[parquet]'",
        ) from None
    except _failures() as error:
        raise _unreadable(name, kind, error) from error


def _failures() -> tuple[type[Exception], ...]:
    from pyarrow import ArrowException

    return (ArrowException, ValueError, OSError)


def _unreadable(name: str, kind: str, error: Exception) -> DamagedInput:
    return DamagedInput(
        f"Cannot read {name} as {NAMES[kind]}: {_first_line(error)}",
        "Is the file complete? Get it again, whole.",
    )


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _leaves(file: Any) -> list[Any]:
    return [file.schema.column(at) for at in range(len(file.schema))]


def _in_range(batch: Any, other: Any) -> Any:
    """`batch`, with columns of `other` (in microseconds) where nanoseconds do not hold the values."""
    import pyarrow as pa

    columns = []
    for exact, wide in zip(batch.columns, other.columns, strict=True):
        same = exact.type == wide.type or (
            pa.types.is_timestamp(exact.type) and exact.cast(wide.type, safe=False).equals(wide)
        )
        columns.append(exact if same else wide)
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _counted(batches: Any, start: int) -> Iterator[tuple[int, Any]]:
    at = 0
    for batch in batches:
        if at + batch.num_rows > start:
            yield at, batch
        at += batch.num_rows


def _metadata(schema: Any) -> dict[bytes, bytes]:
    """What a worker has to know of the columns besides their types."""
    from dynaops.data.parsing.arrow_cells import LEFT_OUT, LOGICAL

    metadata = {LOGICAL: (schema.metadata or {}).get(LOGICAL, b"")}
    return {**metadata, LEFT_OUT: "\n".join(index_columns(schema)).encode()}


def _serialised(batch: Any, metadata: dict[bytes, bytes]) -> bytes:
    from pyarrow import BufferOutputStream, ipc

    from dynaops.data.parsing.arrow_cells import UNREADABLE

    batch_metadata = batch.schema.metadata or {}
    batch = batch.replace_schema_metadata({**metadata, UNREADABLE: batch_metadata.get(UNREADABLE, b"")})
    sink = BufferOutputStream()
    with ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    data: bytes = sink.getvalue().to_pybytes()
    return data
