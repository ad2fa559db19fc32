"""The options of load-data for reading its input, and the notes about it for messages and --json."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dynaops.data.notes import LoadNote
from dynaops.data.options import Mode
from dynaops.data.reading.prepare import ReadOptions, parsed_columns, parsed_shard, parsed_types
from dynaops.views import wording


@dataclass(frozen=True)
class ReadRequest:
    """The command-line options for reading rows. Fields are named as the options."""

    format: str | None = None
    types: str = ""
    delimiter: str | None = None
    keep_empty: bool = False
    nulls: str = "keep"
    sql_table: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    columns: str | None = None
    null: tuple[str, ...] = ()
    strict_types: bool = False
    partitions: bool = False
    source_table: str | None = None
    rejects: bool = False

    def options(self, mode: str, shard: str | None, table: str) -> ReadOptions:
        """The options for reading. Raises DynaopsError for an option with an invalid value."""
        return ReadOptions(
            self.format,
            parsed_types(self.types),
            self.delimiter,
            keys_only=mode == Mode.DELETE,
            keep_empty=self.keep_empty,
            shard=parsed_shard(shard) if shard else None,
            drop_nulls=self.nulls == "drop",
            sql_table=self.sql_table,
            sheet=self.sheet,
            encoding=self.encoding,
            columns=parsed_columns(self.columns) if self.columns is not None else (),
            nulls=self.null,
            strict_types=self.strict_types,
            table=self.source_table or table,
            deletes=mode == Mode.PUT,
            partitions=self.partitions,
            rejects=self.rejects,
            mode=mode,
        )


def sentence_of(note: LoadNote) -> str:
    """A note as a sentence: its text, the number of rows, and the first places."""
    if not note.rows:
        return f"{note.text}."
    shown = ", ".join(note.places)
    more = ", .." if note.rows > len(note.places) else ""
    return f"{note.text}: {wording.count(note.rows, 'row')}" + (f" ({shown}{more})." if shown else ".")


def documents(*groups: Iterable[LoadNote]) -> list[dict[str, Any]]:
    """The notes as in the ``--json`` document."""
    return [note.document() for group in groups for note in group]
