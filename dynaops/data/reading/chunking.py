"""Cuts streams into pieces of whole rows. Where a cut falls depends on nothing but the position it starts from.

So a load that is resumed there sees the same pieces as one that was never interrupted.
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
"""Bytes after which a row has to have ended. No item has as many (400 KB; six times that if all is escaped)."""


MOST_RECORD = 1 << 20
"""Bytes of a record of CSV beyond which it is no item, even if half of them are escapes."""


_FIRST, _LAST = itemgetter(slice(1)), itemgetter(slice(-1, None))


class ChunkSource(Protocol):
    """What pieces are cut from."""

    def read(self, size: int, /) -> bytes:
        """`size` bytes; fewer only at the end."""


class Chunk(NamedTuple):
    """Some whole rows: the line they begin in, and where they end: bytes into the stream, and the line after."""

    data: bytes
    line: int
    end: int
    next_line: int
    rows: int | None = None
    """How many there are, where the file's format says so."""
    document: bytes = b""
    """What the data stand for, where they are the end of a JSON document that was begun before."""
    context: str = ""
    """What is open where the piece ends: see `Position`."""
    table: str = ""
    """The table whose rows these are, where the file says so."""


class Opening(NamedTuple):
    """Where rows begin in a stream (after a byte order mark, a bracket, a header): bytes and line."""

    offset: int
    line: int
    header: bytes = b""


class FindCut(Protocol):
    """Finds the ends of rows."""

    blank: bytes
    """What may stand between rows, in any number. It makes no piece where nothing else is read."""
    closed: bool
    """Whether the rows have ended, although the stream may go on."""

    def lines(self, data: bytes) -> int:
        """How many line ends some bytes have."""

    def __call__(self, data: bytes, last: bool) -> int:
        """Where to cut some bytes, of which the last may be those before the end of the stream; 0: nowhere."""


def pieces(
    stream: ChunkSource,
    opening: Opening,
    name: str,
    cut: FindCut,
    block: int = BLOCK_BYTES,
    between: Callable[[int], None] = lambda _: None,
) -> Iterator[Chunk]:
    """The stream from `opening` on, cut by `cut`. Raises DamagedInput where a row has no end.

    `between` is told how many bytes are passed over, as they hold no row.

    Memory and time go by the rows' bytes: what lies between them, however much, is passed over as it is read.
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
    """JSON lines: after the last end of line."""

    blank = b" \t\r\n"
    closed = False

    def lines(self, data: bytes) -> int:
        """How many line ends there are."""
        return data.count(b"\n")

    def __call__(self, data: bytes, last: bool) -> int:
        return len(data) if last else data.rfind(b"\n") + 1


class AfterElement:
    """Elements of JSON: after the last that is whole, up to the bracket at the array's end."""

    blank = b", \t\r\n"

    def __init__(self) -> None:
        self.closed = False
        """Whether that bracket has been seen."""
        self.rest = b""
        """What has been read from that bracket on."""
        self.count = 0
        """Elements before the last cut."""

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
    """After the last brace before which all brackets are in pairs, if what is before it really is whole JSON.

    And how many elements that are.

    Counting is fast, but brackets within strings may deceive it, so orjson has the last word.
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
    """How many elements a text is of; 0 where it is not whole JSON with commas between."""
    try:
        return len(orjson.loads(b"[%b]" % data.lstrip(b", \t\r\n")))
    except ValueError:
        return 0


class AfterRecord:
    """CSV: after the last end of line that is not within a quoted cell. `width` is the header's."""

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
        """By counting quotes; None where that is not sure to be right.

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
        """Whether the record of a quoted cell is not as wide as the header; the last record may not be whole."""
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
        """After the last record that is whole. Each byte is a character here."""
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
    """The bytes of lines, in which a stand-in is for two."""
    return sum(map(len, lines)) + sum(map(stand_ins, lines))


def _after_line(data: bytes) -> int:
    """After the last end of line: LF, or CR where there is no LF. A CR at the very end may be one half of CR LF."""
    line_feed = data.rfind(b"\n") + 1
    return line_feed or data.rfind(b"\r", 0, max(0, len(data) - 1)) + 1


def _after_copy_line(data: bytes) -> int:
    """After the last LF that no backslash is before, or an even number of them."""
    at = len(data)
    while (at := data.rfind(b"\n", 0, at)) >= 0:
        before = data[max(0, at - 1_000) : at]
        if (len(before) - len(before.rstrip(b"\\"))) % 2 == 0:
            return at + 1
    return 0
