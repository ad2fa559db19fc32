"""A rehearsal of a load: reads and checks all rows, computes the write capacity, and writes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dynaops.data.notes import LoadNotes
from dynaops.data.parsing.parser import make_parser
from dynaops.data.reading.prepare import Prepared
from dynaops.data.recount import check_block
from dynaops.data.rejects import RejectsFile
from dynaops.data.rows import InputFault, Reject

_SAMPLES = 5


@dataclass
class LoadRehearsal:
    """The result of a rehearsal: read = valid + rejected + not_loaded.

    `units` are write capacity units of the table alone: one for each KB begun of each item (Developer Guide, Write
    capacity units); `item_bytes` are the items' by DynamoDB's count, `largest` the largest one's.
    """

    read: int = 0
    valid: int = 0
    rejected: int = 0
    bytes: int = 0
    units: int = 0
    item_bytes: int = 0
    largest: int = 0
    seconds: float = 0.0
    samples: list[Reject] = field(default_factory=list)
    not_loaded: int = 0
    notes: LoadNotes = field(default_factory=LoadNotes)
    faults: list[InputFault] = field(default_factory=list)


def rehearse(
    prepared: Prepared, rejects: Path | None, fail_fast: bool, progress: Callable[[LoadRehearsal], None]
) -> LoadRehearsal:
    """Read and check all of an input. `progress` is called after each block. Raises DynaopsError and its subclasses."""
    parse = make_parser(prepared.plan)
    rehearsal = LoadRehearsal()
    began = time.monotonic()
    file = RejectsFile(rejects, None) if rejects else None
    try:
        for block in prepared.source.blocks():
            if block.fault is not None:
                rehearsal.faults.append(block.fault)
                continue
            parsed = parse(block)
            check_block(block, parsed)
            sizes = [row.size for row in parsed.rows]
            rehearsal.read += parsed.read
            rehearsal.valid += len(sizes)
            rehearsal.rejected += len(parsed.rejects)
            rehearsal.not_loaded += parsed.not_loaded
            rehearsal.notes.add(parsed.notes)
            rehearsal.bytes += len(block.data)
            rehearsal.units += sum((size + 1023) >> 10 for size in sizes)
            rehearsal.item_bytes += sum(sizes)
            rehearsal.largest = max(rehearsal.largest, *sizes, 0)
            rehearsal.samples += parsed.rejects[: _SAMPLES - len(rehearsal.samples)]
            rehearsal.seconds = time.monotonic() - began
            if file:
                file.append(parsed.rejects)
            progress(rehearsal)
            if fail_fast and parsed.rejects:
                break
    finally:
        if file:
            file.flush()
            file.close()
    return rehearsal
