"""A common interface for files with columns: Parquet, Arrow, ORC, SQLite databases, Excel workbooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from dynaops.data.notes import LoadNote
from dynaops.data.parsing.parse_options import Container
from dynaops.data.reading import parquet, sqlite, xlsx
from dynaops.data.reading.chunking import Chunk
from dynaops.data.reading.decompress import Packing
from dynaops.data.reading.inputs import Input
from dynaops.data.reading.seekable import path_of, seekable
from dynaops.model.errors import DynaopsError


class TablePart(NamedTuple):
    """Which table of which kind of file: `kind` is one of `binary.READ`; `name` a table's or a sheet's, or ""."""

    kind: str
    name: str = ""


def container_of(kind: str) -> Container:
    """How rows of such a file reach the workers."""
    return Container.ARROW if kind in parquet.OPENERS else Container.TABLE


def part_of(
    source: Input, packing: Packing, kind: str, table: str | None, sheet: str | None
) -> tuple[TablePart, tuple[LoadNote, ...]]:
    """The table that is meant, and what is to be said about those that are not. Raises DynaopsError."""
    if kind == "sqlite":
        return TablePart(kind, sqlite.chosen(path_of(source, packing), source.name, table)), ()
    if kind == "xlsx":
        with seekable(source, packing) as file:
            chosen, others = xlsx.chosen(file, source.name, sheet)
        left_out = ", ".join(map(repr, others))
        note = LoadNote(
            "sheet", "", f"Of {source.name} the sheet {chosen!r} is loaded, not {left_out} (--sheet)"
        )
        return TablePart(kind, chosen), (note,) if others and not sheet else ()
    with seekable(source, packing) as file:
        return TablePart(kind), parquet.notes(file, kind, source.name)


def columns(source: Input, packing: Packing, part: TablePart) -> list[str]:
    """The names of the columns. Raises DynaopsError, also where two are the same."""
    if part.kind == "sqlite":
        names = sqlite.column_names(path_of(source, packing), source.name, part.name)
    else:
        with seekable(source, packing) as file:
            if part.kind == "xlsx":
                names = xlsx.column_names(file, source.name, part.name)
            else:
                names = parquet.column_names(file, part.kind, source.name)
    duplicate = next((name for name, count in Counter(names).items() if count > 1), None)
    if duplicate is not None:
        raise DynaopsError(f"{source.name}: two columns are named {duplicate!r}")
    return names


def pieces(source: Input, packing: Packing, part: TablePart, start: int) -> Iterator[Chunk]:
    """The rows behind row number `start`. Ends are row numbers. Raises DynaopsError kinds."""
    if part.kind == "sqlite":
        yield from sqlite.pieces(path_of(source, packing), source.name, part.name, start)
        return
    with seekable(source, packing) as file:
        if part.kind == "xlsx":
            yield from xlsx.pieces(file, source.name, part.name, start)
        else:
            yield from parquet.pieces(file, part.kind, source.name, start)
