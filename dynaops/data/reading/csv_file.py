"""Detects the dialect, the columns and the first row of a CSV file from its beginning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import orjson

from dynaops.data.notes import LoadNote
from dynaops.data.parsing.csv_columns import INDEX
from dynaops.data.parsing.csv_records import CsvRecord, records
from dynaops.data.parsing.dialect import (
    NULL,
    Dialect,
    UnknownEscape,
    escaped_line_ends,
    lines_of,
    unescaped,
    without_escapes,
)
from dynaops.data.reading import csv_style
from dynaops.data.reading.inputs import HEAD_BYTES
from dynaops.model.errors import DynaopsError

_MOST_LOOKED_AT = 1 << 20
_DELIMITERS = ",;\t|"
_SEPARATOR = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE).fullmatch
_RECORDS = 50
"""The number of records by which the delimiter is detected."""
_PLACES = 3


@dataclass(frozen=True)
class CsvOptions:
    """The user's options for CSV: `columns` are the names for a file without a header, `copy` asks for the style COPY.

    `quoted`: the style COPY is not detected.
    """

    delimiter: str | None = None
    columns: tuple[str, ...] = ()
    copy: bool = False
    quoted: bool = False
    nulls: tuple[str, ...] = ()


class CsvFile(NamedTuple):
    """A file's dialect; its header for the parser of blocks; the bytes and lines before its first row.

    `names` are those of the columns that are loaded, `cells` the first ones of each: (cell, line).
    """

    dialect: Dialect
    header: bytes
    offset: int
    line: int
    names: tuple[str, ...]
    cells: dict[str, list[tuple[str, int]]]
    notes: tuple[LoadNote, ...]


def csv_file(sample: bytes, name: str, encoding: str, options: CsvOptions) -> CsvFile:
    """Detect a CSV file from its beginning, in UTF-8 without a byte order mark. Raises DynaopsError."""
    beginning = _Beginning(sample, name, encoding, options)
    return beginning.detect()


class _Beginning:
    """The beginning of a file during detection."""

    def __init__(self, sample: bytes, name: str, encoding: str, options: CsvOptions) -> None:
        self._name = name
        self._options = options
        self._notes: list[LoadNote] = []
        whole = len(sample) < HEAD_BYTES
        sample = sample[:_MOST_LOOKED_AT]
        if not whole and (end := max(sample.rfind(b"\n"), sample.rfind(b"\r"))) > 0:
            sample = sample[: end + 1]
        self._text = sample.decode("utf-8", "surrogateescape")
        self._too_long = len(sample) >= HEAD_BYTES
        self._dialect = Dialect(encoding=encoding)
        self._skipped = 0
        """Lines before the header."""

    def detect(self) -> CsvFile:
        """The detected properties of the file."""
        physical = lines_of(self._text, self._dialect)
        delimiter = self._options.delimiter or self._before_header(physical)
        text = "".join(physical[self._skipped :])
        if not text.strip() and not self._options.columns:
            raise DynaopsError(f"{self._name} has no header", "The first line of CSV names the columns.")
        if delimiter is None:
            named = len(self._options.columns)
            delimiter = "\t" if self._options.copy else _delimiter_of(text, self._name, named)
        dialect, notes = csv_style.style_of(
            text,
            self._dialect._replace(delimiter=delimiter),
            self._name,
            self._options.copy,
            self._options.quoted,
        )
        self._notes += notes
        lines = lines_of(without_escapes(text, dialect), dialect)
        width = len(self._options.columns) or None
        reading = records(lines, dialect, width)
        header: CsvRecord | None = None
        columns: Sequence[str | int | None]
        if self._options.columns:
            columns = self._options.columns
            self._check_no_header(lines, dialect)
        else:
            header = next((record for record in reading if record.cells or record.error), None)
            columns = self._columns(header, lines, dialect)
        start = header.end if header else 0
        first_rows = list(self._rows(lines, dialect, len(columns), start))
        columns = self._without_nameless(columns, first_rows)
        physical = lines_of(self._text, dialect)
        taken = self._skipped + start + sum(map(escaped_line_ends, lines[:start]))
        offset = sum(len(line.encode("utf-8", "surrogateescape")) for line in physical[:taken])
        line = 1 + taken
        return CsvFile(
            dialect,
            orjson.dumps(list(columns)) + b"\n",
            offset,
            line,
            tuple(name for name in columns if isinstance(name, str)),
            self._cells(columns, first_rows, line, start, dialect),
            tuple(self._notes),
        )

    def _before_header(self, lines: Sequence[str]) -> str | None:
        """Skip blank lines, Excel's ``sep=`` (whose delimiter is returned) and comments before the header."""
        delimiter = None
        at = 0
        while at < len(lines) and not lines[at].strip():
            at += 1
        if at < len(lines) and (match := _SEPARATOR(lines[at])):
            delimiter = match[1]
            at += 1
        comments = at
        while comments < len(lines) and (lines[comments].startswith("#") or not lines[comments].strip()):
            comments += 1
        if at < comments < len(lines) and _is_comment(lines[at], lines[comments]):
            self._notes.append(
                LoadNote(
                    "comments", self._name, f"{self._name}: the lines before line {comments + 1} are comments"
                )
            )
            at = comments
        self._skipped = at
        return delimiter

    def _check_no_header(self, lines: Sequence[str], dialect: Dialect) -> None:
        first = next((record.cells for record in records(lines, dialect, None) if record.cells), [])
        if [cell.strip() for cell in first] == list(self._options.columns):
            raise DynaopsError(
                f"{self._name} has a header of its own, with the names of --columns", "Leave out --columns."
            )

    def _columns(
        self, header: CsvRecord | None, lines: Sequence[str], dialect: Dialect
    ) -> list[str | int | None]:
        """The columns' names, without blanks around them; INDEX and None for those that have none."""
        at = f"{self._name}, line {1 + self._skipped}"
        if header is None or (not any(header.cells) and not header.error):
            raise DynaopsError(f"{self._name} has no header", "The first line of CSV names the columns.")
        if (header.open and self._too_long) or len("".join(lines[: header.end])) >= HEAD_BYTES:
            raise DynaopsError(
                f"{at}: the header has no end in {HEAD_BYTES >> 10} KB",
                "The first line of CSV names the columns; no item has room for names of so many.",
            )
        if header.error:
            raise DynaopsError(f"{at}: the header is not CSV: {header.error.removeprefix('is not CSV: ')}")
        try:
            names = [unescaped(cell, dialect) for cell in header.cells]
        except UnknownEscape:
            raise DynaopsError(f"{at}: the header has an escape whose meaning is not known") from None
        for index, column in enumerate(names):
            self._check_text(column, index, at)
        bare = [column.strip() for column in names]
        if bare != names and len(set(filter(None, bare))) == len(list(filter(None, bare))):
            trimmed = [
                column for column, original in zip(bare, names, strict=True) if column != original and column
            ]
            if trimmed:
                shown = ", ".join(trimmed[:_PLACES]) + (", .." if len(trimmed) > _PLACES else "")
                text = f"{self._name}: blanks around the names of columns are left out: {shown}"
                self._notes.append(LoadNote("header-blanks", self._name, text))
            names = bare
        _check_names(names, at)
        return [column or None for column in names]

    def _check_text(self, column: str, index: int, at: str) -> None:
        try:
            column.encode()
        except UnicodeEncodeError:
            raise DynaopsError(
                f"{at}: the header is not text in {self._dialect.encoding.upper()} (column {index + 1})",
                "Say what it is with --encoding, such as --encoding windows-1252.",
            ) from None

    def _rows(self, lines: Sequence[str], dialect: Dialect, width: int, start: int) -> Iterator[CsvRecord]:
        return (
            record for record in records(lines, dialect, width, start) if record.cells and not record.open
        )

    def _without_nameless(
        self, columns: Sequence[str | int | None], first_rows: Sequence[CsvRecord]
    ) -> Sequence[str | int | None]:
        """Handle columns without a name, which must be pandas' index or empty. Raises DynaopsError if one has cells."""
        left = list(columns)
        for index, column in enumerate(columns):
            if column is not None:
                continue
            cells = [record.cells[index] for record in first_rows if len(record.cells) > index]
            if (
                index == 0
                and cells
                and all(cell.isdecimal() for cell in cells)
                and len(set(cells)) == len(cells)
            ):
                left[0] = INDEX
                text = f"{self._name}: the first column has no name and numbers, as pandas' index: it is left out"
                self._notes.append(LoadNote("index-column", self._name, text))
            elif any(cells):
                raise DynaopsError(
                    f"{self._name}, line {1 + self._skipped}: column {index + 1} has no name",
                    "Give it one in the header. For a file without a header name all columns: --columns a,b,c.",
                )
        nameless = left.count(None)
        if nameless:
            shown = "an empty column" if nameless == 1 else f"{nameless} empty columns"
            text = f"{self._name}: {shown} without a name {'is' if nameless == 1 else 'are'} left out"
            self._notes.append(LoadNote("empty-columns", self._name, text))
        return left

    def _cells(
        self,
        columns: Sequence[str | int | None],
        first_rows: Sequence[CsvRecord],
        line: int,
        start: int,
        dialect: Dialect,
    ) -> dict[str, list[tuple[str, int]]]:
        """The distinct cells of each column that are not null, each with its first line."""
        nulls = {*dialect.nulls, *self._options.nulls, NULL}
        first: dict[str, dict[str, int]] = {name: {} for name in columns if isinstance(name, str)}
        for record in first_rows:
            for column, cell in zip(columns, record.cells, strict=False):
                if isinstance(column, str) and cell not in nulls:
                    first[column].setdefault(cell, line + record.start - start)
        return {name: list(cells.items()) for name, cells in first.items()}


def _check_names(names: Sequence[str], at: str) -> None:
    """Raises DynaopsError if two columns have the same name."""
    known: set[str] = set()
    for column in filter(None, names):
        if column in known:
            raise DynaopsError(f"{at}: two columns are named {column!r}")
        known.add(column)


def _is_comment(line: str, header: str) -> bool:
    """Whether a line with a # in front is a comment, not the header."""
    return all(line.count(sign) != header.count(sign) or not header.count(sign) for sign in _DELIMITERS)


def _delimiter_of(text: str, name: str, width: int) -> str:
    """The delimiter: a tab by the file's name, else the one by which most records are as wide as the first.

    `width` is how many columns there are, where that is known.
    """
    if name.lower().removesuffix(".gz").removesuffix(".zst").endswith((".tsv", ".tab")):
        return "\t"
    if "\t\\N" in text or "\\N\t" in text:
        return "\t"
    lines = lines_of(text[:HEAD_BYTES], Dialect())
    best, best_score = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        dialect = Dialect(delimiter)
        if delimiter not in text:
            continue
        widths = [
            len(record.cells) for record in islice(records(lines, dialect, None), _RECORDS) if record.cells
        ]
        wanted = width or (widths[0] if widths else 0)
        if wanted < 2 or not widths:
            continue
        score = (sum(width == wanted for width in widths) / len(widths), wanted)
        if score > best_score:
            best, best_score = delimiter, score
    return best
