"""CSV's first line: delimiter, columns, and what types the columns seem to be of."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from dynaops.data.parsing.numbers import MOST_DIGITS
from dynaops.data.parsing.records import MOST_CELL
from dynaops.data.reading.inputs import HEAD_BYTES
from dynaops.model.errors import DynaopsError

_DELIMITERS = ",;\t|"
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?").fullmatch
_BOOLS = {"true", "false"}


def delimiter_of(sample: bytes, name: str) -> str:
    """The delimiter: a tab by the file's name, else what the header has most of."""
    if name.endswith((".tsv", ".tab")):
        return "\t"
    line = sample.partition(b"\n")[0].decode("utf-8", "replace")
    outside = "".join(line.split('"')[::2])
    return max(_DELIMITERS, key=outside.count)


def header_of(sample: bytes, delimiter: str, name: str) -> bytes:
    """The header as it stands, with its end of line. Raises DynaopsError where columns have no name of their own."""
    text = sample.decode("latin-1")
    csv.field_size_limit(MOST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = next(reader, [])
    except csv.Error as error:
        raise DynaopsError(f"{name}, line 1: the header is not CSV: {error}") from error
    if not any(columns):
        raise DynaopsError(f"{name} has no header", "The first line of CSV names the columns.")
    lines = io.StringIO(text, newline="").readlines()[: reader.line_num]
    header = "".join(lines).encode("latin-1")
    if len(header) >= HEAD_BYTES:
        raise DynaopsError(
            f"{name}, line 1: the header has no end in {HEAD_BYTES >> 10} KB",
            "The first line of CSV names the columns; no item has room for names of so many.",
        )
    try:
        header.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DynaopsError(
            f"{name}, line 1: the header is not UTF-8 (byte {error.start + 1})", "Convert the file to UTF-8."
        ) from error
    check(columns_of(header, delimiter), name)
    return header if header.endswith(b"\n") else header + b"\n"


def columns_of(header: bytes, delimiter: str) -> list[str]:
    """The columns' names."""
    text = header.decode("utf-8", "replace")
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])


def check(columns: Sequence[str], name: str) -> None:
    """Raises DynaopsError where columns cannot be told apart."""
    known: set[str] = set()
    for place, column in enumerate(columns):
        if not column:
            raise DynaopsError(f"{name}, line 1: column {place + 1} has no name")
        if column in known:
            raise DynaopsError(f"{name}, line 1: two columns are named {column!r}")
        known.add(column)


def inferred(sample: bytes, delimiter: str) -> dict[str, str]:
    """What each column's first cells look like: numbers (N) or true and false (BOOL); all else are strings (S).

    007, +1 and 1E5 are none: these may be names, and as numbers they would come back as others.
    """
    whole = sample[: sample.rfind(b"\n") + 1] or sample
    text = whole.decode("utf-8", "replace")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = next(reader, [])
    cells: list[set[str]] = [set() for _ in columns]
    try:
        for record in reader:
            for seen, cell in zip(cells, record, strict=False):
                if cell:
                    seen.add(cell)
    except csv.Error:
        pass  # the rows will tell
    return {column: _type(seen) for column, seen in zip(columns, cells, strict=True)}


def _type(cells: set[str]) -> str:
    if not cells:
        return "S"
    if all(_NUMBER(cell) and sum(map(str.isdigit, cell)) <= MOST_DIGITS for cell in cells):
        return "N"
    return "BOOL" if {cell.lower() for cell in cells} <= _BOOLS else "S"
