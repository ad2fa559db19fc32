"""Counts the rows of an input for each table that its documents name, without writing anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from dynaops.aws.session import Aws
from dynaops.data.notes import MOST_NOTES
from dynaops.data.parsing.parser import make_parser
from dynaops.data.parsing.table_choice import NO_KEYS, OTHER_TABLE
from dynaops.data.reading.prepare import ReadOptions, prepare
from dynaops.data.recount import check_block
from dynaops.model.errors import DynaopsError

_NO_TABLE = "(no table)"
"""A name that no table can have, so that each row belongs to another table and is counted for it."""


class NamedTables(NamedTuple):
    """The named tables in the order of the input; `unnamed` is the number of rows and damaged texts that name none.

    `rows` are the least numbers of rows by table: files that belong to one table as a whole are not counted.
    `fingerprint` changes when the input does.
    """

    rows: dict[str, int]
    unnamed: int
    fingerprint: str
    repeatable: bool


def tables_named(
    arguments: Sequence[str], aws: Callable[[], Aws], options: ReadOptions, progress: Callable[[int], None]
) -> NamedTables:
    """Read all of an input to find the tables that it names. `progress` is called with the number of rows read so far.

    Raises DynaopsError if an input cannot be read, has columns instead of documents, or names too many tables.
    """
    read_options = replace(options, table="", named_only=True, types={}, shard=None, keys_only=False)
    prepared = prepare(arguments, NO_KEYS, aws, read_options)
    if not prepared.repeatable:
        return NamedTables({}, 0, "", repeatable=False)
    plan = replace(prepared.plan, named_only=False, table=_NO_TABLE, whole=frozenset())
    parse = make_parser(plan)
    rows = dict.fromkeys(prepared.tables.values(), 0)
    unnamed = read = 0
    for block in prepared.source.blocks():
        if block.fault is not None or block.source in prepared.tables:
            continue
        parsed = parse(block)
        check_block(block, parsed)
        for note in parsed.notes:
            if note.kind == OTHER_TABLE:
                rows[note.attribute] = rows.get(note.attribute, 0) + note.rows
        if len(rows) > MOST_NOTES or any(note.kind == "more-notes" for note in parsed.notes):
            raise DynaopsError(
                f"{block.source} names more than {MOST_NOTES} tables",
                "Load one at a time: load-data TABLE FILE.",
            )
        unnamed += len(parsed.rejects)
        read += parsed.read
        progress(read)
    return NamedTables(rows, unnamed, prepared.fingerprint, repeatable=True)
