"""Cuts streams into pieces of whole rows. Where a cut falls depends on nothing but the position it starts from.

So a load that is resumed there sees the same pieces as one that was never interrupted.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import orjson

from dynaops.data.parsing.elements import closed_at, elements
from dynaops.data.parsing.records import MOST_CELL
from dynaops.data.reading.damage import DamagedInput
from dynaops.data.reading.streams import Stream

BLOCK_BYTES = 1 << 20
MOST_BYTES = 16 << 20
"""Bytes after which a row has to have ended. No item has as many (400 KB; six times that if all is escaped)."""


class Piece(NamedTuple):
    """Some whole rows: the line they begin in, and where they end: bytes into the stream, and the line after."""

    data: bytes
    line: int
    end: int
    next_line: int
    rows: int | None = None
    """How many there are, where the file's format says so."""


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

    def __call__(self, data: bytes, last: bool) -> int:
        """Where to cut some bytes, of which the last may be those before the end of the stream; 0: nowhere."""


def pieces(
    stream: Stream,
    opening: Opening,
    name: str,
    cut: FindCut,
    block: int = BLOCK_BYTES,
    between: Callable[[int], None] = lambda _: None,
) -> Iterator[Piece]:
    """The stream from `opening` on, cut by `cut`. Raises DamagedInput where a row has no end.

    `between` is told how many bytes are passed over, as they hold no row.

    Memory and time go by the rows' bytes: what lies between them, however much, is passed over as it is read.
    """
    offset, line = opening.offset, opening.line
    kept, size = b"", block
    while True:
        more = stream.read(size - len(kept))
        last = len(kept) + len(more) < size
        data = kept + more
        if not data:
            return
        at = cut(data, last) if data.strip(cut.blank) else len(data)
        if at == 0 and not last:
            if size >= MOST_BYTES:
                raise DamagedInput(
                    f"{name}, line {line}: there is no end of a row in {MOST_BYTES >> 20} MB",
                    "Is that the format? Say it with --format.",
                )
            kept, size = data, size * 2
            continue
        piece = data[:at]
        offset += at
        lines = piece.count(b"\n")
        if piece.strip(cut.blank):
            yield Piece(piece, line, offset, line + lines)
        else:
            between(len(piece))
        line += lines
        if cut.closed or not piece:
            return
        kept, size = data[at:], block


class AfterLine:
    """JSON lines: after the last end of line."""

    blank = b" \t\r\n"
    closed = False

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

    def __call__(self, data: bytes, last: bool) -> int:
        if not last and (found := _balanced(data)):
            return found
        closed = closed_at(data)
        if closed is not None:
            self.closed = True
            self.rest = data[closed:]
            return closed
        if last:
            return len(data)
        blank = len(data) - len(data.lstrip(self.blank))
        whole = (one.end for one in elements(data) if one.whole and data[one.end - 1] in b"}]")
        return max(whole, default=blank)


def _balanced(data: bytes) -> int:
    """After the last brace before which all brackets are in pairs, if what is before it really is whole JSON.

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
            return at if _is_whole(data[:at]) else 0
        open_braces += 1
        at = brace
    return 0


def _is_whole(data: bytes) -> bool:
    try:
        orjson.loads(b"[%b]" % data.lstrip(b", \t\r\n"))
    except ValueError:
        return False
    return True


class AfterRecord:
    """CSV: after the last end of line that is not within a quoted cell."""

    blank = b"\r\n"
    closed = False

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter
        self._separators = f"{delimiter}\r\n".encode()

    def __call__(self, data: bytes, last: bool) -> int:
        if last and len(data) < MOST_BYTES:
            return len(data)
        if b'"' not in data:
            return len(data) if last else data.rfind(b"\n") + 1
        at = _by_parity(data, self._separators)
        if at is None:
            at = _by_reading(data[: data.rfind(b"\n") + 1], self._delimiter)
        if at == 0 and len(data) >= MOST_BYTES:
            return (
                data.find(b"\n") + 1
            )  # a quote that nothing closes: its line alone is lost, and will be rejected
        return at or (len(data) if last else 0)


def _by_parity(data: bytes, separators: bytes) -> int | None:
    """By counting quotes: right if all that open a cell stand at its beginning; None if that is not so."""
    parts = data.split(b'"')
    outside = parts[0:-1:2]
    if outside[0] and outside[0][-1] not in separators:
        return None
    if any(part and part[-1] not in separators for part in outside):
        return None
    at = len(data)
    for place in range(len(parts) - 1, -1, -1):
        start = at - len(parts[place])
        if place % 2 == 0:
            found = data.rfind(b"\n", start, at)
            if found >= 0:
                return found + 1
        at = start - 1
    return 0


def _by_reading(data: bytes, delimiter: str) -> int:
    """As the standard library's reader takes it. Each byte is a character to it here."""
    text = data.decode("latin-1")
    csv.field_size_limit(MOST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    whole = 0
    while True:
        try:
            for _ in reader:
                whole = reader.line_num
            break
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                break
            whole = reader.line_num
    lines = io.StringIO(text, newline="").readlines()
    return sum(map(len, lines[:whole]))
