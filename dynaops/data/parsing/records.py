"""The rows of CSV blocks. A block is a line that names the columns, as JSON, and whole records of the file."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import accumulate

import orjson

from dynaops.data.parsing.cells import Columns
from dynaops.data.parsing.csv_records import Record, records
from dynaops.data.parsing.dialect import (
    NULL,
    NULL_MARK,
    Dialect,
    Style,
    UnknownEscape,
    as_written,
    escaped_line_ends,
    lines_of,
    reader_of,
    unescaped,
    without_escapes,
)
from dynaops.data.parsing.harvest import Harvest
from dynaops.data.parsing.items import ItemReader
from dynaops.data.parsing.keys import KeyRules
from dynaops.data.parsing.plan import ParsePlan
from dynaops.data.rows import Row
from dynaops.values.malformed import Malformed

_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\r\n")
"""Which JSON has escaped. Ends of lines are never within a cell that is not in quotes."""
_PERHAPS_NULL = ("NULL", NULL_MARK)
"""What programs write for null: told where nobody says that it is."""


class CsvRows:
    """Makes rows of records."""

    def __init__(self, plan: ParsePlan, rules: KeyRules) -> None:
        self._plan = plan
        self._rules = rules
        self._one = ItemReader(plan, rules)
        self._columns: dict[tuple[bytes, bool], Columns] = {}

    def read(self, data: bytes, dialect: Dialect, first_line: int, harvest: Harvest) -> None:
        """The rows of a block, whose first record is in line `first_line` of its file."""
        head, _, body = data.partition(b"\n")
        block = _Block(self._columns_of(head, dialect), body, dialect, first_line, harvest, self._plan.nulls)
        block.read()

    def _columns_of(self, head: bytes, dialect: Dialect) -> Columns:
        # In the style COPY a null is marked, so that an empty cell is an empty string.
        keep_empty = self._plan.keep_empty or dialect.style is Style.COPY
        found = self._columns.get((head, keep_empty))
        if found is None:
            plan, rules = self._plan, self._rules
            decided = {**rules.index_keys, **rules.types, **plan.types}
            guessed = {name: kind for name, kind in plan.columns.items() if name not in decided}
            found = Columns(
                orjson.loads(head),
                {**guessed, **decided},
                rules,
                self._one,
                plan.keys_only,
                keep_empty,
                guessed=frozenset(guessed),
                floats=plan.floats,
                strict=plan.strict_types,
            )
            self._columns[head, keep_empty] = found
        return found


class _Block:
    """One block while it is read."""

    def __init__(
        self,
        columns: Columns,
        body: bytes,
        dialect: Dialect,
        first_line: int,
        harvest: Harvest,
        nulls: Sequence[str],
    ) -> None:
        self._columns = columns
        self._dialect = dialect
        self._harvest = harvest
        text = without_escapes(body.decode("utf-8", "surrogateescape"), dialect)
        self._lines = lines_of(text, dialect)
        self._first_line = first_line
        self._numbers = self._line_numbers(text)
        self._escaped = dialect.style is not Style.QUOTED and b"\\" in body
        self._nulls = frozenset((*nulls, *dialect.nulls, *((NULL,) if dialect.style is Style.COPY else ())))
        self._perhaps_null = tuple(
            mark for mark in _PERHAPS_NULL if mark not in self._nulls and mark.encode() in body
        )
        # Only an escape can bring a control character or a quote into a cell of a block that has none of them.
        self._clean = not any(sign in body for sign in (b'"', b"\\")) and len(
            body.translate(None, _CONTROLS)
        ) == len(body)
        self._plain = not (self._escaped or self._nulls or self._perhaps_null)

    def read(self) -> None:
        """Add all rows and rejects to the harvest. Once something is wrong, records are looked at one by one."""
        lines = self._lines
        reader = reader_of(iter(lines), self._dialect)
        self._columns.harvest = self._harvest
        self._columns.encoding = self._dialect.encoding
        add, row, offset = self._harvest.rows.append, self._columns.row, self._first_line
        clean, number = self._clean, self._numbers
        before = 0
        if self._plain and number is None:
            try:
                for cells in reader:
                    if cells:
                        add(row(cells, before + offset, clean))
                    before = reader.line_num
                return
            except (Malformed, csv.Error):
                pass
        width = self._columns.width
        for record in records(lines, self._dialect, width, before):
            self._take(record)

    def _line_numbers(self, text: str) -> list[int] | None:
        """The line of the file that each line is, where these are not one after the other."""
        if not escaped_line_ends(text):
            return None
        more = accumulate((escaped_line_ends(line) + 1 for line in self._lines), initial=self._first_line)
        return list(more)

    def _take(self, record: Record) -> None:
        line = self._numbers[record.start] if self._numbers else record.start + self._first_line
        if record.error:
            self._reject(record, line, record.error)
            return
        if not record.cells:
            return  # an empty line
        try:
            row = self._row(record.cells, line)
        except Malformed as error:
            self._reject(record, line, str(error))
            return
        if row is not None:
            self._harvest.rows.append(row)

    def _row(self, cells: list[str], line: int) -> Row | None:
        """The row of a record, None where it has none. Raises Malformed."""
        if not any(cells):
            self._harvest.note("empty-rows", "", "Rows of nothing but empty cells are left out", line)
            self._harvest.without_rows += 1
            return None
        found: Sequence[str | None] = cells
        if not self._nulls.isdisjoint(cells):
            found = [None if cell in self._nulls else cell for cell in cells]
        if self._escaped:
            found = [cell if cell is None else self._unescaped(cell) for cell in found]
        row = self._columns.row_with_nulls(found, line, self._clean)
        for mark in self._perhaps_null:
            if mark in found:
                self._columns.tell_of_null(found, mark, line)
        return row

    def _unescaped(self, cell: str) -> str:
        try:
            return unescaped(cell, self._dialect)
        except UnknownEscape:
            text = as_written(cell, self._dialect)
            raise Malformed(
                f"{text!r} has an escape that PostgreSQL and MySQL read differently, and neither writes"
            ) from None

    def _reject(self, record: Record, line: int, reason: str) -> None:
        text = as_written("".join(self._lines[record.start : record.end]), self._dialect)
        shown = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        self._harvest.reject(line, reason, shown)
