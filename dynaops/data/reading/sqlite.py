"""Reads tables and views of SQLite databases. Line numbers are row numbers, from 1."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dynaops.data.parsing.tables import packed
from dynaops.data.reading.chunking import BLOCK_BYTES, Chunk
from dynaops.data.reading.damage import DamagedInput
from dynaops.model.errors import DynaopsError
from dynaops.values.malformed import Unusable

_MOST_ROWS = 2_000
_MARK = b"SQLite format 3\0"
_HEADER = ((16, 18), (24, 28), (28, 32), (92, 96))
"""In the header: the size of a page, a counter of changes, how many pages there are, and up to which change."""
_ROW_BYTES = 64
"""What a row counts beside its texts, when blocks are cut."""


def chosen(path: str, name: str, table: str | None) -> str:
    """The table or view to load: `table`, or the only one there is. Raises DynaopsError."""
    _check_whole(path, name)
    _check_settled(path, name)
    names = [
        table_name
        for (table_name,) in _read(
            path,
            name,
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
            "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        )
    ]
    if table is not None:
        match = next((table_name for table_name in names if table_name == table), None)
        if match is None:
            raise DynaopsError(f"{name} has no table {table!r}", f"It has: {', '.join(names) or 'none'}.")
        return table
    if len(names) != 1:
        if not names:
            raise DynaopsError(f"{name} has no tables")
        raise DynaopsError(
            f"{name} has {len(names)} tables: {', '.join(names)}", "Say which with --sql-table NAME."
        )
    return str(names[0])


def column_names(path: str, name: str, table: str) -> list[str]:
    """The names of a table's columns. Raises DynaopsError."""
    with closing(_opened(path, name)) as database:
        try:
            cursor = database.execute(f"SELECT * FROM {_quoted(table)} LIMIT 0")  # noqa: S608 (quoted)
            return [str(column[0]) for column in cursor.description]
        except sqlite3.Error as error:
            raise _unreadable(name, error) from error


def pieces(path: str, name: str, table: str, start: int) -> Iterator[Chunk]:
    """The rows behind row number `start`. Raises DynaopsError kinds."""
    columns = column_names(path, name, table)
    with closing(_opened(path, name)) as database:
        database.text_factory = _text
        try:
            query = f"SELECT * FROM {_quoted(table)} LIMIT -1 OFFSET {start}"  # noqa: S608 (quoted, a number)
            cursor = database.execute(query)
            at, rows, size = start, list[tuple[int, list[Any]]](), 0
            for cells in cursor:
                at += 1
                rows.append((at, [_cell(cell) for cell in cells]))
                size += _ROW_BYTES + sum(len(cell) for cell in cells if isinstance(cell, str | bytes))
                if size >= BLOCK_BYTES or len(rows) == _MOST_ROWS:
                    yield _piece(columns, rows)
                    rows, size = [], 0
            if rows:
                yield _piece(columns, rows)
        except sqlite3.Error as error:
            raise _unreadable(name, error) from error


def _piece(columns: list[str], rows: list[tuple[int, list[Any]]]) -> Chunk:
    first, last = rows[0][0], rows[-1][0]
    return Chunk(packed(columns, rows), first, last, last + 1, len(rows))


def _cell(value: Any) -> Any:
    if type(value) is float and not math.isfinite(value):
        return Unusable(f"{value} is no number that DynamoDB can hold")
    return value


def _text(raw: bytes) -> Any:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return Unusable("is text that is not UTF-8")


def _read(path: str, name: str, query: str) -> list[Any]:
    with closing(_opened(path, name)) as database:
        try:
            return database.execute(query).fetchall()
        except sqlite3.Error as error:
            raise _unreadable(name, error) from error


def _opened(path: str, name: str) -> sqlite3.Connection:
    try:
        return sqlite3.connect(f"file:{quote(path)}?mode=ro&immutable=1", uri=True)
    except sqlite3.Error as error:
        raise _unreadable(name, error) from error


def _check_settled(path: str, name: str) -> None:
    """Raises DynaopsError where rows are in a file beside the database, which reading it alone would miss."""
    for ending in ("-wal", "-journal"):
        beside = Path(path + ending)
        if beside.is_file() and beside.stat().st_size:
            raise DynaopsError(
                f"{name} has changes that are not yet in it, but in {name}{ending}",
                f'End the program that uses it, or copy it: sqlite3 {name} ".backup copy.sqlite"',
            )


def _check_whole(path: str, name: str) -> None:
    """Raises DamagedInput where the file is shorter than its header says (SQLite, Database File Format, 1.3)."""
    with Path(path).open("rb") as file:
        header = file.read(100)
    if not header.startswith(_MARK):
        raise DynaopsError(f"{name} is not an SQLite database", "Leave out --format sqlite.")
    if len(header) < 100:
        raise DamagedInput(f"{name} is an SQLite database that is cut off")
    page, changes, pages, valid_for = (int.from_bytes(header[at:end]) for at, end in _HEADER)
    expected = (page if page > 1 else 65_536) * pages
    if changes == valid_for and Path(path).stat().st_size < expected:
        raise DamagedInput(f"{name} is an SQLite database that is cut off: it should have {expected:,} bytes")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _unreadable(name: str, error: Exception) -> DamagedInput:
    return DamagedInput(f"Cannot read {name} as an SQLite database: {error}")
