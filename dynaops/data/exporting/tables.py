"""Writes CSV and TSV: a header and a line for each item, with quotes where they are needed (RFC 4180)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dynaops.data.exporting import shown
from dynaops.data.exporting.options import RowForm
from dynaops.data.rows import Keys

DELIMITERS = {RowForm.CSV: ",", RowForm.TSV: "\t"}


def columns_of(names: Iterable[str], keys: Keys) -> list[str]:
    """The columns in order: the keys first, the others sorted by name."""
    known = set(names)
    key_columns = [name for name in (keys.hash_key, keys.range_key) if name in known]
    return [*key_columns, *sorted(known - set(key_columns))]


class TableWriter:
    """Converts items to lines."""

    def __init__(self, columns: Sequence[str], form: RowForm) -> None:
        self._columns = columns
        self._lines: list[str] = []
        # With this line terminator the csv writer quotes cells with CR as well as cells with LF.
        self._writer = csv.writer(_Lines(self._lines), delimiter=DELIMITERS[form], lineterminator="\r\n")

    def header(self) -> bytes:
        """The first line."""
        self._writer.writerow(self._columns)
        return self._taken()

    def rows(self, items: Iterable[Mapping[str, Any]]) -> bytes:
        """The lines of some items."""
        for item in items:
            cells = [shown.cell(item[name]) if name in item else "" for name in self._columns]
            self._writer.writerow(cells)
        return self._taken()

    def _taken(self) -> bytes:
        text = "".join(self._lines)
        self._lines.clear()
        return text.encode()


def types_of(exported: Mapping[str, str], keys: Keys) -> dict[str, str]:
    """The columns' types in order; a column of nulls only is empty, so its type does not matter (S)."""
    return {name: exported[name].replace("NULL", "S") for name in columns_of(exported, keys)}


class _Lines:
    """Receives the csv writer's lines, and ends each with LF."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def write(self, line: str) -> None:
        self._lines.append(f"{line[:-2]}\n")


def note_types(types: dict[str, str], mixed: set[str], items: Iterable[Mapping[str, Any]]) -> None:
    """Record each column's type. A column with several types (in `mixed`) can only be loaded again as text."""
    for item in items:
        for name, value in item.items():
            (kind,) = value
            if kind == "NULL":
                types.setdefault(name, "NULL")
                continue
            known = types.get(name, "NULL")
            if known == "NULL":
                types[name] = kind
            elif known != kind:
                types[name] = "S"
                mixed.add(name)
