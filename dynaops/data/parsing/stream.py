"""Reads the rows of JSON array elements: line by line or all at once if possible, else element by element."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from dynaops.data.parsing.block_result import BlockResult
from dynaops.data.parsing.json_elements import elements
from dynaops.data.parsing.json_rows import JsonRows
from dynaops.data.rows import WriteRow

_CUT_OFF = "the file ends within this element"


def read_stream(rows: JsonRows, data: bytes, first_line: int, result: BlockResult) -> None:
    """Read the rows of elements, with or without commas between them."""
    lines = [line.strip(b" \t\r,") for line in data.split(b"\n")]
    if len(lines) > 1 and all(line[:1] == b"{" and line[-1:] == b"}" for line in lines if line):
        separate = result.separate()
        rows.texts(enumerate(lines, first_line), separate)
        # A line that is not a complete object may be a part of one: then the result is not used.
        if all(_is_whole(lines[reject.line - first_line]) for reject in separate.rejects):
            result.take(separate)
            return
    if len(lines) == 1 and (line_rows := _of_one_line(rows, lines[0], first_line)) is not None:
        result.rows += line_rows
        return
    rows.texts(_texts(rows, data, first_line, result), result)


def _is_whole(line: bytes) -> bool:
    """Whether a rejected line is exactly one element, from its first brace to its last."""
    first = next(elements(line), None)
    return first is not None and first.whole and (first.start, first.end) == (0, len(line))


def _of_one_line(rows: JsonRows, text: bytes, line: int) -> list[WriteRow] | None:
    """The rows of elements in one line, read together; None if they have to be read one by one."""
    try:
        items = orjson.loads(b"[%b]" % text)
    except ValueError:
        return None
    return rows.all_or_none(items, line, text)


def _texts(rows: JsonRows, data: bytes, first_line: int, result: BlockResult) -> Iterator[tuple[int, bytes]]:
    line, before = first_line, 0
    for element in elements(data):
        line += data.count(b"\n", before, element.start)
        before = element.start
        text = data[element.start : element.end]
        if element.whole:
            yield line, text
        elif not rows.document(line, text, result):
            rows.reject(line, _CUT_OFF, text, result)
