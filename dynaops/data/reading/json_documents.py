"""Cuts consecutive JSON documents (items, arrays, responses, requests, in any order) into chunks of whole rows.

Most are read as they are, whole: a worker knows what they hold. Arrays, and the list of rows in an answer or request
that is larger than a block, are read element by element. What is behind such a list (Count, LastEvaluatedKey, another
table's requests) is a piece of its own: the document without the rows that were read already.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple

import orjson

from dynaops.data.parsing.documents import ROWS_READ, list_of_rows
from dynaops.data.parsing.spans import spans
from dynaops.data.reading.chunking import MOST_BYTES, AfterElement, Chunk, Opening, pieces
from dynaops.data.reading.damage import DamagedInput
from dynaops.data.reading.decompress import InputStream

_MOST_HEAD = 1 << 16
_AROUND = (
    "A file of JSON holds objects, arrays of objects, answers and requests of DynamoDB, one after the other."
)


class Inside(NamedTuple):
    """What is open where reading stands. `head` is an object's text up to the bracket of its rows; "[" is an array's.

    `rows` of it were read. `table` is the one that the rows belong to, "" if none is named.
    """

    head: bytes = b""
    rows: int = 0
    table: str = ""

    @classmethod
    def of(cls, context: str) -> Inside:
        """What a position's context says."""
        if not context:
            return cls()
        head, rows, table = orjson.loads(context)
        return cls(head.encode("latin-1"), rows, table)

    @property
    def context(self) -> str:
        """The same for a position."""
        if not self.head:
            return ""
        return orjson.dumps([self.head.decode("latin-1"), self.rows, self.table]).decode()


def inside_of(head: bytes) -> Inside:
    """An array or object whose text up to the first row is `head`."""
    head = head.lstrip()
    if head[:1] != b"{":
        return Inside(b"[")
    name = spans(head, 0).values[-1].name
    table = "" if name == "Items" else name.rpartition("table/")[2]
    if len(head) > _MOST_HEAD:
        head = b"{%b:[" % orjson.dumps(name)
    return Inside(head, 0, table)


class JsonDocuments:
    """The documents of one stream. `between` is told how many bytes hold no row."""

    def __init__(self, stream: InputStream, name: str, block: int, between: Callable[[int], None]) -> None:
        self._stream = stream
        self._name = name
        self._block = block
        self._between = between
        self._waiting = b""
        self._offset = 0
        self._line = 0

    def read(self, size: int) -> bytes:
        """Bytes of the stream, those first that were given back; fewer than `size` only at its end."""
        data, self._waiting = self._waiting[:size], self._waiting[size:]
        if len(data) < size:
            data += self._stream.read(size - len(data))
        self._offset += len(data)
        self._line += data.count(b"\n")
        return data

    def pieces(self, opening: Opening, inside: Inside) -> Iterator[Chunk]:
        """The pieces from `opening` on, where `inside` is open. Raises DamagedInput where it is not JSON's end."""
        self._offset, self._line = opening.offset, opening.line
        while True:
            cut = AfterElement() if inside.head else _TopLevel()
            here = Opening(self._offset, self._line)
            for piece in pieces(self, here, self._name, cut, self._block, self._between):
                now = inside._replace(rows=inside.rows + cut.count)
                yield piece._replace(context=now.context, table=inside.table)
            self._give_back(cut.rest)
            if not inside.head:
                if not cut.closed:
                    return
                inside = self._enter(cut.rest)
            elif not cut.closed:
                raise DamagedInput(
                    f"{self._name}, line {self._line}: the file ends before its JSON array does",
                    "Is the file complete? The whole rows in it are loaded.",
                )
            elif inside.head[:1] == b"[":
                self._pass(1)
                inside = Inside()
            else:
                inside = yield from self._rest_of(inside._replace(rows=inside.rows + cut.count))

    def _enter(self, rest: bytes) -> Inside:
        """Open the array or the list of rows that is next."""
        if rest[:1] == b"[":
            self._pass(1)
            return Inside(b"[")
        rows_start = list_of_rows(rest)
        if rows_start is None:
            raise DamagedInput(
                f"{self._name}, line {self._line}: a bracket closes what was not opened", _AROUND
            )
        self._pass(rows_start)
        return inside_of(rest[:rows_start])

    def _rest_of(self, inside: Inside) -> Generator[Chunk, None, Inside]:
        """What is behind the list of rows in an object; answers what is open then (as the generator's value)."""
        prefix = b"{%b:%d,%b" % (orjson.dumps(ROWS_READ), inside.rows, inside.head[1:].lstrip())
        rest, size = self.read(self._block), self._block
        while True:
            members = spans(prefix + rest, 0)
            if members.closed or len(rest) < size:
                end = min(members.end - len(prefix), len(rest))
                yield self._tail(rest, end, prefix + rest[:end], Inside())
                return Inside()
            if (entered := list_of_rows(prefix + rest, len(prefix))) is not None:
                before = [span.end for span in members.values if len(prefix) < span.end < entered]
                end = before[-1] - len(prefix) if before else 1
                inside = inside_of(b"{%b:[" % orjson.dumps(members.values[-1].name))
                yield self._tail(rest, entered - len(prefix), prefix + rest[:end] + b"}", inside)
                return inside
            if size >= MOST_BYTES:
                raise DamagedInput(
                    f"{self._name}, line {self._line}: an object has no end in {MOST_BYTES >> 20} MB"
                )
            size *= 2
            rest += self.read(size - len(rest))

    def _tail(self, rest: bytes, end: int, document: bytes, inside: Inside) -> Chunk:
        self._give_back(rest)
        line = self._line
        data = self.read(end)
        return Chunk(data, line, self._offset, self._line, document=document, context=inside.context)

    def _pass(self, count: int) -> None:
        self.read(count)
        self._between(count)

    def _give_back(self, data: bytes) -> None:
        self._waiting = data + self._waiting
        self._offset -= len(data)
        self._line -= data.count(b"\n")


class _TopLevel(AfterElement):
    """Whole documents; ends before an array, and before a list of rows that is larger than a block."""

    blank = b", \t\r\n\xef\xbb\xbf"

    def __call__(self, data: bytes, last: bool) -> int:
        blank = len(data) - len(data.lstrip(self.blank))
        if data[blank : blank + 1] == b"[":
            return self._stop(data, blank)
        at = super().__call__(data, last)
        if not self.closed and not last and at <= blank and list_of_rows(data[blank:]) is not None:
            return self._stop(data, blank)
        return at

    def _stop(self, data: bytes, at: int) -> int:
        self.closed, self.rest = True, data[at:]
        return at
