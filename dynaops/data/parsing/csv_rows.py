"""Reads the rows of CSV blocks. A block has a line with the column names as JSON, and whole records of the file."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import accumulate

import orjson

from dynaops.data.parsing.block_result import BlockResult
from dynaops.data.parsing.csv_columns import Columns
from dynaops.data.parsing.csv_records import CsvRecord, records
from dynaops.data.parsing.dialect import (
    NULL,
    NULL_MARK,
    Dialect,
    QuoteStyle,
    UnknownEscape,
    as_written,
    escaped_line_ends,
    lines_of,
    reader_of,
    unescaped,
    without_escapes,
)
from dynaops.data.parsing.items import ItemReader
from dynaops.data.parsing.keys import KeyRules
from dynaops.data.parsing.parse_options import ParseOptions
from dynaops.data.rows import WriteRow
from dynaops.values.malformed import MalformedRow

_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\r\n")
"""Control characters, which JSON escapes. Line ends are excluded: an unquoted cell cannot contain them."""
_PERHAPS_NULL = ("NULL", NULL_MARK)
"""Texts that programs write for null: noted if --null does not name them."""


class CsvRows:
    """Converts CSV blocks to rows."""

    def __init__(self, plan: ParseOptions, rules: KeyRules) -> None:
        self._plan = plan
        self._rules = rules
        self._item_reader = ItemReader(plan, rules)
        self._columns: dict[tuple[bytes, bool], Columns] = {}

    def read(self, data: bytes, dialect: Dialect, first_line: int, result: BlockResult) -> None:
        """Read the rows of a block, whose first record is in line `first_line` of its file."""
        head, _, body = data.partition(b"\n")
        block = _Block(self._columns_of(head, dialect), body, dialect, first_line, result, self._plan.nulls)
        block.read()

    def _columns_of(self, head: bytes, dialect: Dialect) -> Columns:
        # In the style COPY a null is marked, so that an empty cell is an empty string.
        keep_empty = self._plan.keep_empty or dialect.style is QuoteStyle.COPY
        columns = self._columns.get((head, keep_empty))
        if columns is None:
            plan, rules = self._plan, self._rules
            decided = {**rules.index_keys, **rules.types, **plan.types}
            guessed = {name: kind for name, kind in plan.columns.items() if name not in decided}
            columns = Columns(
                orjson.loads(head),
                {**guessed, **decided},
                rules,
                self._item_reader,
                plan.keys_only,
                keep_empty,
                guessed=frozenset(guessed),
                floats=plan.floats,
                strict=plan.strict_types,
            )
            self._columns[head, keep_empty] = columns
        return columns


class _Block:
    """A block while it is read."""

    def __init__(
        self,
        columns: Columns,
        body: bytes,
        dialect: Dialect,
        first_line: int,
        result: BlockResult,
        nulls: Sequence[str],
    ) -> None:
        self._columns = columns
        self._dialect = dialect
        self._result = result
        self._text = without_escapes(body.decode("utf-8", "surrogateescape"), dialect)
        self._lines: list[str] = []
        self._first_line = first_line
        self._numbers: list[int] | None = None
        self._escaped = dialect.style is not QuoteStyle.QUOTED and b"\\" in body
        self._nulls = frozenset(
            (*nulls, *dialect.nulls, *((NULL,) if dialect.style is QuoteStyle.COPY else ()))
        )
        self._perhaps_null = tuple(
            mark for mark in _PERHAPS_NULL if mark not in self._nulls and _has(body, mark.encode())
        )
        controls = _CONTROLS.replace(dialect.delimiter.encode(), b"")
        is_printable = len(body.translate(None, controls)) == len(body)
        has_quotes = b'"' in body
        # Only an escape can bring a control character or a quote into a cell of a block that has none of them.
        self._clean = is_printable and not has_quotes and b"\\" not in body
        self._unquoted = (
            is_printable and not has_quotes and dialect.style is QuoteStyle.QUOTED and not dialect.spaced
        )

    def read(self) -> None:
        """Read all rows and rejects into the result."""
        self._columns.result = self._result
        self._columns.encoding = self._dialect.encoding
        lines = _unquoted_lines(self._text) if self._unquoted else None
        if lines is not None:
            self._lines = lines
            self._read_unquoted(lines)
            return
        self._lines = lines_of(self._text, self._dialect)
        self._numbers = self._line_numbers(self._text)
        start = 0 if self._escaped or self._nulls or self._numbers else self._read_whole_records()
        # After the first problem, records are read one by one.
        for record in records(self._lines, self._dialect, self._columns.width, start):
            self._take(record)

    def _read_unquoted(self, lines: Sequence[str]) -> None:
        """Read lines that are one record each, because no cell can contain a line end."""
        add, row, clean = self._result.rows.append, self._columns.row, self._clean
        nulls, marks, delimiter = self._nulls, self._perhaps_null, self._dialect.delimiter
        for number, text in enumerate(lines, self._first_line):
            if not text:
                continue
            cells = text.split(delimiter)
            if (nulls and not nulls.isdisjoint(cells)) or (text[0] == delimiter and not any(cells)):
                self._take(self._record(number, cells))
                continue
            try:
                add(row(cells, number, clean))
            except MalformedRow as error:
                self._reject(self._record(number, cells), number, str(error))
                continue
            for mark in marks:
                if mark in text and mark in cells:
                    self._columns.tell_of_null(cells, mark, number)

    def _record(self, number: int, cells: list[str]) -> CsvRecord:
        """The record that is the line `number` of the file."""
        at = number - self._first_line
        return CsvRecord(at, at + 1, cells)

    def _read_whole_records(self) -> int:
        """Read records until the first problem; returns how many lines were read."""
        add, row, clean = self._result.rows.append, self._columns.row, self._clean
        offset, marks = self._first_line, self._perhaps_null
        reader = reader_of(iter(self._lines), self._dialect)
        before = 0
        try:
            for cells in reader:
                if cells:
                    add(row(cells, before + offset, clean))
                    for mark in marks:
                        if mark in cells:
                            self._columns.tell_of_null(cells, mark, before + offset)
                before = reader.line_num
        except (MalformedRow, csv.Error):
            pass
        return before

    def _line_numbers(self, text: str) -> list[int] | None:
        """The line number in the file of each line; None if they are consecutive."""
        if not escaped_line_ends(text):
            return None
        more = accumulate((escaped_line_ends(line) + 1 for line in self._lines), initial=self._first_line)
        return list(more)

    def _take(self, record: CsvRecord) -> None:
        line = self._numbers[record.start] if self._numbers else record.start + self._first_line
        if record.error:
            self._reject(record, line, record.error)
            return
        if not record.cells:
            return  # an empty line
        try:
            row = self._row(record.cells, line)
        except MalformedRow as error:
            self._reject(record, line, str(error))
            return
        if row is not None:
            self._result.rows.append(row)

    def _row(self, cells: list[str], line: int) -> WriteRow | None:
        """The row of a record, None if all its cells are empty. Raises MalformedRow."""
        if not any(cells):
            self._result.note("empty-rows", "", "Rows of nothing but empty cells are left out", line)
            self._result.without_rows += 1
            return None
        values: Sequence[str | None] = cells
        if not self._nulls.isdisjoint(cells):
            values = [None if cell in self._nulls else cell for cell in cells]
        if self._escaped:
            values = [cell if cell is None else self._unescaped(cell) for cell in values]
        row = self._columns.row_with_nulls(values, line, self._clean)
        for mark in self._perhaps_null:
            if mark in values:
                self._columns.tell_of_null(values, mark, line)
        return row

    def _unescaped(self, cell: str) -> str:
        try:
            return unescaped(cell, self._dialect)
        except UnknownEscape:
            text = as_written(cell, self._dialect)
            raise MalformedRow(
                f"{text!r} has an escape that PostgreSQL and MySQL read differently, and neither writes"
            ) from None

    def _reject(self, record: CsvRecord, line: int, reason: str) -> None:
        text = as_written("".join(self._lines[record.start : record.end]), self._dialect)
        shown = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        self._result.reject(line, reason, shown)


def _has(body: bytes, mark: bytes) -> bool:
    """Whether a block contains a mark.

    Its single bytes are searched first, which is faster, and they mostly do not occur.
    """
    return all(mark[at : at + 1] in body for at in range(len(mark))) and mark in body


def _unquoted_lines(text: str) -> list[str] | None:
    """The lines of a text without quotes, without line ends; None unless all line ends are LF, or all are CR LF."""
    if "\r" not in text:
        return text.split("\n")
    lines = text.split("\r\n")
    return lines if text.count("\r") == text.count("\n") == len(lines) - 1 else None
