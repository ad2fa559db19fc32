"""The records of CSV text: where each begins and ends, also where a quote is not closed.

The reader of blocks and the one that cuts a file into blocks have to agree on that, so both use this module.

A quote that is not closed makes one cell of all that follows. If most of the lines in that cell have as many cells as
the header, they are taken for rows, and only the line with the quote is lost. No valid file is read otherwise than by
RFC 4180: the question arises only where the file as it stands is not CSV, or the record has not the header's width.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from dynaops.data.parsing.dialect import CsvReader, Dialect, reader_of

_MOST_LOOKED_AT = 200
"""Lines that are looked at to tell whether they are rows."""
UNCLOSED = "has a quote that is not closed in this row; the lines after it are read as rows of their own"


class CsvRecord(NamedTuple):
    """One record: its lines (from `start` to before `end`), its cells or what is wrong with it.

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
    cursor.__setstate__(start)  # a list's iterator can be moved: no line before is taken again
    return reader_of(cursor, dialect)


def is_open(error: str) -> bool:
    """Whether the reader's error is that the text ends within a quoted cell."""
    return "unexpected end of data" in error


def are_rows(lines: Sequence[str], start: int, end: int, dialect: Dialect, width: int | None) -> bool:
    """Whether at least half of some lines are rows of the header's width by themselves."""
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
