"""Splits CSV text into records, also if a quote is not closed.

Used both to parse blocks and to cut a file into blocks, because both must find the same records.

An unclosed quote makes one cell of everything after it. If most of the lines in that cell have as many cells as the
header, they are read as rows, and only the line with the quote is rejected. Valid files are always read by RFC 4180:
this is done only if the text is not valid CSV, or if the record's number of cells differs from the header's.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from dynaops.data.parsing.dialect import CsvReader, Dialect, reader_of

_MOST_LOOKED_AT = 200
"""The most lines that are examined to decide whether they are rows."""
UNCLOSED = "has a quote that is not closed in this row; the lines after it are read as rows of their own"


class CsvRecord(NamedTuple):
    """A record: its lines (from `start` to before `end`), and its cells or the error.

    `open`: the text ends within it.
    """

    start: int
    end: int
    cells: list[str]
    error: str = ""
    open: bool = False


def records(lines: Sequence[str], dialect: Dialect, width: int | None, start: int = 0) -> Iterator[CsvRecord]:
    """The records of lines without escapes, from line `start` on. `width` is the header's, None if unknown."""
    reader, skipped = _reader_from(lines, start, dialect), -start
    while start < len(lines):
        error, cells = "", []
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as csv_error:
            error = str(csv_error)
        end = reader.line_num - skipped
        suspect = end - start > 1 and (error or (width is not None and len(cells) != width))
        if suspect and are_rows(lines, start + 1, end, dialect, width):
            yield CsvRecord(start, start + 1, [], UNCLOSED, open=is_open(error))
            start += 1
            reader, skipped = _reader_from(lines, start, dialect), -start
            continue
        yield CsvRecord(start, end, cells, error and f"is not CSV: {error}", open=is_open(error))
        start = end


def _reader_from(lines: Sequence[str], start: int, dialect: Dialect) -> CsvReader:
    cursor: Any = iter(lines)
    cursor.__setstate__(start)  # sets the index of the list's iterator, without copying the list
    return reader_of(cursor, dialect)


def is_open(error: str) -> bool:
    """Whether the csv error means that the text ends within a quoted cell."""
    return "unexpected end of data" in error


def are_rows(lines: Sequence[str], start: int, end: int, dialect: Dialect, width: int | None) -> bool:
    """Whether at least half of the lines are rows with the header's number of cells."""
    if width is None or end - start < 1:
        return False
    looked_at = rows = 0
    for line in islice(lines, start, min(end, start + _MOST_LOOKED_AT)):
        if not line.strip():
            continue
        looked_at += 1
        if line.count('"') % 2:
            continue
        try:
            rows += any(len(cells) == width for cells in reader_of(iter((line,)), dialect))
        except csv.Error:
            continue
    return looked_at > 0 and rows * 2 >= looked_at
