"""Counts a load's rows a second time without the parser: if the counts differ, the load fails.

The parser counts the rows of a block. This module counts the same block by other means that are cheap enough for each
block: line ends of JSON lines, line ends outside quotes of CSV, the row counts in binary formats. Elements of JSON
arrays are separated by `elements`, which is slow, so only the first block and each 64th block are counted.
"""

from __future__ import annotations

import csv
import io

from dynaops.data.options import Counts
from dynaops.data.parsing.json_elements import elements
from dynaops.data.rows import InputBlock, Parsed, RowCount
from dynaops.model.errors import DynaopsError

_EACH = 64
_SAYS = "Counts do not add up"
_REPORT = (
    "This is a fault of dynaops, not of your data: please report it. What the counts call written is in the table; "
    "do not rely on the rest of this input having been loaded."
)


class CountsDiffer(DynaopsError):
    """Two counts of the same rows differ: rows may have been lost on the way."""

    def __init__(self, what: str) -> None:
        text = what if what.startswith(_SAYS) else f"{_SAYS}: {what}"
        super().__init__(text, _REPORT)


def check_block(block: InputBlock, parsed: Parsed) -> None:
    """Compare the parser's row count of a block with the second count. Raises CountsDiffer."""
    where = f"{block.source}, from line {block.first_line}"
    accounted = len(parsed.rows) + len(parsed.rejects) + parsed.not_loaded
    if parsed.read != accounted:
        raise CountsDiffer(
            f"{where}: {parsed.read} rows read, but {len(parsed.rows)} to write, {len(parsed.rejects)} rejected "
            f"and {parsed.not_loaded} not loaded"
        )
    read = parsed.read + parsed.others
    if block.rows is not None:
        if block.rows != read:
            raise CountsDiffer(f"{where}: the file holds {block.rows} rows, {read} were read")
        return
    least = least_rows(block, read)
    if read < least:
        raise CountsDiffer(f"{where}: the file holds {least} rows, {read} were read")


def check_totals(counts: Counts) -> None:
    """Compare the number of rows read with the sum of their outcomes. Raises CountsDiffer."""
    if counts.read != counts.accounted:
        raise CountsDiffer(
            f"{counts.read} rows read, but {counts.written} written, {counts.deleted} deleted, {counts.skipped} "
            f"skipped, {counts.unsure} unsure, {counts.rejected} rejected and {counts.not_loaded} not loaded"
        )


def least_rows(block: InputBlock, read: int) -> int:
    """The least number of rows in a block of text; 0 if it cannot be counted.

    `read` rows make an exact count needless.
    """
    match block.counting:
        case RowCount.LINES:
            return _lines(block.data, read)
        case RowCount.RECORDS:
            return _records(block.data.partition(b"\n")[2], block.delimiter, read)
        case RowCount.ELEMENTS if block.number % _EACH == 0:
            return sum(1 for _ in elements(block.data))
    return 0


def _lines(data: bytes, read: int) -> int:
    """The number of lines that are not blank; each line is examined only if there are fewer rows than line ends."""
    ends = data.count(b"\n") + (not data.endswith(b"\n"))
    return ends if ends <= read else sum(1 for line in data.split(b"\n") if line.strip())


def _records(data: bytes, delimiter: str, read: int) -> int:
    """The number of CSV records; 0 if the quotes do not follow the standard (RFC 4180)."""
    if b'"' in data:
        unquoted = data.split(b'"')[::2]
        ends = sum(part.count(b"\n") for part in unquoted)
    else:
        ends = data.count(b"\n")
    if ends + (not data.endswith(b"\n")) <= read:
        return 0
    lines = io.StringIO(data.decode("latin-1"), newline="")
    try:
        return sum(1 for record in csv.reader(lines, delimiter=delimiter, strict=True) if record)
    except csv.Error:
        return 0
