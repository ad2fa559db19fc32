"""Cuts streams into chunks of whole rows. The cuts depend only on the start position.

So a resumed load gets the same chunks as one that was never interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple, Protocol

import orjson

from dynaops.data.parsing.csv_records import UNCLOSED, records
from dynaops.data.parsing.dialect import (
    Dialect,
    QuoteStyle,
    count_of_lines,
    lines_of,
    stand_ins,
    without_escapes,
)
from dynaops.data.parsing.json_elements import closed_at, elements
from dynaops.data.reading.damage import DamagedInput

BLOCK_BYTES = 1 << 20
MOST_BYTES = 16 << 20
"""The most bytes of a row. Items are smaller (400 KB; six times that if every character is escaped)."""


MOST_RECORD = 1 << 20
"""A CSV record with more bytes than this is not an item, even if half of the bytes are escapes."""


_FIRST, _LAST = itemgetter(slice(1)), itemgetter(slice(-1, None))


class ChunkSource(Protocol):
    """The stream from which chunks are cut."""

    def read(self, size: int, /) -> bytes:
        """`size` bytes; fewer only at the end."""


class Chunk(NamedTuple):
    """Whole rows: their first line, their end (byte offset in the stream), and the line after them."""

    data: bytes
    line: int
    end: int
    next_line: int
    rows: int | None = None
    """The number of rows, if the file's format has it."""
    document: bytes = b""
    """The JSON document to parse instead of `data`, if `data` is the end of a document that began before."""
    context: str = ""
    """The array or object that is open at the end of the chunk: see `Position`."""
    table: str = ""
    """The table of the rows, if the file names it."""


class Opening(NamedTuple):
    """Where rows begin in a stream (after a byte order mark, a bracket, a header): byte offset and line."""

    offset: int
    line: int
    header: bytes = b""


class FindCut(Protocol):
    """Finds the ends of rows."""

    blank: bytes
    """Bytes that may occur between rows in any number. Alone they make no chunk."""
    closed: bool
    """Whether the rows have ended, although the stream may continue."""

    def lines(self, data: bytes) -> int:
        """How many line ends some bytes have."""

    def __call__(self, data: bytes, last: bool) -> int:
        """Where to cut `data`; 0: nowhere. `last`: the data are the last of the stream."""


def pieces(
    stream: ChunkSource,
    opening: Opening,
    name: str,
    cut: FindCut,
    block: int = BLOCK_BYTES,
    between: Callable[[int], None] = lambda _: None,
) -> Iterator[Chunk]:
    """The chunks of a stream from `opening` on, cut by `cut`. Raises DamagedInput if a row has no end.

    `between` is called with the number of skipped bytes, which contain no row.

    Memory and time depend on the size of rows only: bytes between rows are skipped as they are read.
    """
    offset, line = opening.offset, opening.line
    pending, size = b"", block
    while True:
        more = stream.read(size - len(pending))
        last = len(pending) + len(more) < size
        data = pending + more
        if not data:
            return
        at = cut(data, last) if data.strip(cut.blank) else len(data)
        if at == 0 and not last and not cut.closed:
            if size >= MOST_BYTES:
                raise DamagedInput(
                    f"{name}, line {line}: there is no end of a row in {MOST_BYTES >> 20} MB",
                    "Is that the format? Say it with --format.",
                )
            pending, size = data, size * 2
            continue
        chunk = data[:at]
        offset += at
        lines = cut.lines(chunk)
        if chunk.strip(cut.blank):
            yield Chunk(chunk, line, offset, line + lines)
        else:
            between(len(chunk))
        line += lines
        if cut.closed or not chunk:
            return
        pending, size = data[at:], block


class AfterLine:
    """Cuts JSON lines after the last line end."""

    blank = b" \t\r\n"
    closed = False

    def lines(self, data: bytes) -> int:
        """How many line ends there are."""
        return data.count(b"\n")

    def __call__(self, data: bytes, last: bool) -> int:
        return len(data) if last else data.rfind(b"\n") + 1


class AfterElement:
    """Cuts JSON after the last whole element; ends at the bracket that closes the array."""

    blank = b", \t\r\n"

    def __init__(self) -> None:
        self.closed = False
        """Whether that bracket was read."""
        self.rest = b""
        """The bytes from that bracket on."""
        self.count = 0
        """The number of elements before the last cut."""

    def lines(self, data: bytes) -> int:
        """How many line ends there are."""
        return data.count(b"\n")

    def __call__(self, data: bytes, last: bool) -> int:
        if not last and (balanced := _balanced(data))[0]:
            self.count += balanced[1]
            return balanced[0]
        closed = closed_at(data)
        if closed is not None:
            self.closed = True
            self.rest = data[closed:]
            self.count += _elements_in(data[:closed]) or sum(1 for _ in elements(data[:closed]))
            return closed
        if last:
            self.count += _elements_in(data) or sum(1 for _ in elements(data))
            return len(data)
        blank = len(data) - len(data.lstrip(self.blank))
        whole = [
            element.end for element in elements(data) if element.whole and data[element.end - 1] in b"}]"
        ]
        self.count += len(whole)
        return max(whole, default=blank)


def _balanced(data: bytes) -> tuple[int, int]:
    """The index after the last brace at which all brackets are balanced, and the number of elements before it.

    (0, 0) if the text before it is not valid JSON: brackets within strings are counted, too, so orjson checks it.
    """
    at = len(data)
    open_braces = data.count(b"{") - data.count(b"}")
    open_brackets = data.count(b"[") - data.count(b"]")
    while (brace := data.rfind(b"}", 0, at)) >= 0:
        open_braces -= data.count(b"{", brace + 1, at) - data.count(b"}", brace + 1, at)
        open_brackets -= data.count(b"[", brace + 1, at) - data.count(b"]", brace + 1, at)
        at = brace + 1
        if not open_braces and not open_brackets:
            count = _elements_in(data[:at])
            return (at, count) if count else (0, 0)
        open_braces += 1
        at = brace
    return 0, 0


def _elements_in(data: bytes) -> int:
    """The number of elements in a text; 0 if it is not valid JSON with commas between elements."""
    try:
        return len(orjson.loads(b"[%b]" % data.lstrip(b", \t\r\n")))
    except ValueError:
        return 0


class AfterRecord:
    """Cuts CSV after the last line end that is not in a quoted cell. `width` is the header's number of cells."""

    blank = b"\r\n"
    closed = False

    def __init__(self, dialect: Dialect, width: int | None = None) -> None:
        self._dialect = dialect
        self._width = width
        self._separators = {b"", dialect.delimiter.encode(), b"\r", b"\n"}

    def __call__(self, data: bytes, last: bool) -> int:
        if last and len(data) < MOST_BYTES:
            return len(data)
        style = self._dialect.style
        if style is QuoteStyle.COPY:
            return _after_copy_line(data) or (len(data) if last else 0)
        if b'"' not in data and (style is QuoteStyle.QUOTED or b"\\" not in data):
            return len(data) if last else _after_line(data)
        at = self._by_quotes(data) if style is QuoteStyle.QUOTED else None
        if at is None:
            at = self._by_reading(data)
        return at or (len(data) if last else 0)

    def lines(self, data: bytes) -> int:
        """How many line ends there are."""
        return count_of_lines(data, self._dialect)

    def _by_quotes(self, data: bytes) -> int | None:
        """The cut by counting quotes; None if that may be wrong.

        It is if all quotes are of cells that begin and end with one, and each record of several lines is as wide as
        the header.
        """
        parts = data.split(b'"')
        outside = parts[::2]
        if not set(map(_LAST, outside[:-1] if len(parts) % 2 else outside)) <= self._separators:
            return None
        if not set(map(_FIRST, outside[1:])) <= self._separators:
            return None
        inside = b"".join(parts[1::2])
        if b"\n" not in inside and b"\r" not in inside:
            return _after_line(data)
        over_lines = [at for at in range(1, len(parts), 2) if b"\n" in parts[at] or b"\r" in parts[at]]
        if any(self._is_strange(parts, at) for at in over_lines):
            return None
        end = len(data)
        for number in range(len(parts) - 1, -1, -1):
            start = end - len(parts[number])
            if number % 2 == 0 and (line_end := _after_line(data[start:end])):
                return start + line_end
            end = start - 1
        return 0

    def _is_strange(self, parts: Sequence[bytes], at: int) -> bool:
        """Whether the record of a quoted cell differs from the header in width; the last one may be cut off."""
        delimiter = self._dialect.delimiter.encode()
        count = 1
        for number in range(at - 1, -1, -2):
            part = parts[number]
            begin = max(part.rfind(b"\n"), part.rfind(b"\r")) + 1
            count += part.count(delimiter, begin)
            if begin:
                break
        for number in range(at + 1, len(parts), 2):
            part = parts[number]
            line = part.replace(b"\r", b"\n").partition(b"\n")
            count += line[0].count(delimiter)
            if line[1]:
                return count != self._width
        return len(b'"'.join(parts[at:])) >= MOST_RECORD

    def _by_reading(self, data: bytes) -> int:
        """The cut after the last whole record, found by reading the records. Each byte is one character here."""
        whole = data[: _after_line(data)].decode("latin-1")
        lines = lines_of(without_escapes(whole, self._dialect), self._dialect)
        end = 0
        for record in records(lines, self._dialect, self._width):
            if not record.open:
                end = record.end
                continue
            size = _size(lines[record.start :])
            most = MOST_RECORD if record.error == UNCLOSED else MOST_BYTES
            if size >= most and (record.error == UNCLOSED or end == 0):
                end = record.start + 1  # no item has room for such a cell: its first line is rejected
            break
        return _size(lines[:end])


def _size(lines: Sequence[str]) -> int:
    """The size of lines in bytes; a stand-in counts for two."""
    return sum(map(len, lines)) + sum(map(stand_ins, lines))


def _after_line(data: bytes) -> int:
    """The index after the last line end: LF, or CR if there is no LF. A CR at the end may be one half of CR LF."""
    line_feed = data.rfind(b"\n") + 1
    return line_feed or data.rfind(b"\r", 0, max(0, len(data) - 1)) + 1


def _after_copy_line(data: bytes) -> int:
    """The index after the last LF that follows an even number of backslashes."""
    at = len(data)
    while (at := data.rfind(b"\n", 0, at)) >= 0:
        before = data[max(0, at - 1_000) : at]
        if (len(before) - len(before.rstrip(b"\\"))) % 2 == 0:
            return at + 1
    return 0
