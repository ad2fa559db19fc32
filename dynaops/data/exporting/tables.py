"""CSV and TSV: a header, and a line for each row; in quotes is what has to be (RFC 4180)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dynaops.data.exporting import shown
from dynaops.data.exporting.options import RowForm
from dynaops.data.rows import Keys

DELIMITERS = {RowForm.CSV: ",", RowForm.TSV: "\t"}


def columns_of(names: Iterable[str], keys: Keys) -> list[str]:
    """The columns' order: the keys first, the others by name."""
    known = set(names)
    key_columns = [name for name in (keys.hash_key, keys.range_key) if name in known]
    return [*key_columns, *sorted(known - set(key_columns))]


class TableWriter:
    """Makes lines of items."""

    def __init__(self, columns: Sequence[str], form: RowForm) -> None:
        self._columns = columns
        self._lines: list[str] = []
        # With this end of line the writer quotes cells with CR as well as those with LF.
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
    """The columns' types in their order; one with nothing but nulls is empty, so any type will do."""
    return {name: exported[name].replace("NULL", "S") for name in columns_of(exported, keys)}


class _Lines:
    """Takes the writer's lines, each with its end."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def write(self, line: str) -> None:
        self._lines.append(f"{line[:-2]}\n")


def note_types(types: dict[str, str], mixed: set[str], items: Iterable[Mapping[str, Any]]) -> None:
    """Keep each column's type. One that holds several (in `mixed`) can be loaded again as text only."""
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
