"""Reading files as a load does, in one process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from dynaops.aws.session import Aws
from dynaops.data.notes import LoadNote, LoadNotes
from dynaops.data.parsing.parser import make_parser
from dynaops.data.reading.prepare import Prepared, ReadOptions, prepare
from dynaops.data.reading.source import FileSource
from dynaops.data.recount import check_block
from dynaops.data.rows import InputBlock, InputFault, Keys, Position, Reject, WriteRow
from dynaops.model.errors import DynaopsError

ID = Keys("id", None, {"id": "S"})


class Found(NamedTuple):
    """All that was read."""

    rows: list[WriteRow]
    rejects: list[Reject]
    read: int
    blocks: list[InputBlock]
    notes: tuple[LoadNote, ...] = ()
    faults: tuple[InputFault, ...] = ()
    not_loaded: int = 0

    @property
    def items(self) -> list[dict[str, Any]]:
        """The rows' items, in DynamoDB JSON."""
        return [orjson.loads(row.body) for row in self.rows]

    @property
    def told(self) -> list[tuple[int, str]]:
        """Lines and reasons of the rejects."""
        return [(one.line, one.reason) for one in self.rejects]


def nowhere() -> Aws:
    raise AssertionError("no input is in S3")


def read(
    paths: Path | Sequence[Path],
    keys: Keys = ID,
    block: int = 1 << 20,
    start: Position | None = None,
    faults: bool = False,
    **options: Any,
) -> Found:
    """Read and parse files, in blocks of `block` bytes."""
    names = [str(path) for path in ([paths] if isinstance(paths, Path) else paths)]
    return parsed(prepare(names, keys, nowhere, ReadOptions(**options)), block, start, faults)


def parsed(
    prepared: Prepared, block: int = 1 << 20, start: Position | None = None, faults: bool = False
) -> Found:
    """Read and parse what is prepared. Raises DynaopsError for a fault of the input, unless `faults` are wanted."""
    source = FileSource(prepared.source.inputs, block, prepared.source.faults)
    parse = make_parser(prepared.plan)
    found = Found([], [], 0, [])
    read_rows = 0
    told = LoadNotes()
    seen: list[InputFault] = []
    others = 0
    for one in source.blocks(start):
        if one.fault:
            if not faults:
                raise DynaopsError(*one.fault)
            seen.append(one.fault)
            continue
        result = parse(one)
        check_block(one, result)
        rows, rejects, count, not_loaded, _, notes = result
        assert count == len(rows) + len(rejects) + not_loaded
        found.blocks.append(one)
        found.rows.extend(rows)
        found.rejects.extend(rejects)
        read_rows += count
        others += not_loaded
        told.add(notes)
    notes = (*prepared.notes, *told.all())
    return found._replace(read=read_rows, notes=notes, faults=tuple(seen), not_loaded=others)
