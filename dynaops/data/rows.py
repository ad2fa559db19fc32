"""The data types between reading and writing: blocks of input, from which workers make rows and rejects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from dynaops.data.notes import LoadNote


@dataclass(frozen=True, slots=True)
class Keys:
    """A table's key attributes, their types (`S`, `N`, `B`), and the types of the indexes' key attributes."""

    hash_key: str
    range_key: str | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    index_keys: Mapping[str, str] = field(default_factory=dict)


class Position(NamedTuple):
    """A position in the input where reading can continue: the source's number, the byte offset and the next line."""

    source: int
    offset: int
    line: int
    context: str = ""
    """For JSON: the array or object that is open at the position (`json_documents.Inside`)."""


class RowCount(StrEnum):
    """How `dynaops.data.recount` counts the rows of a block without the parser."""

    UNKNOWN = "unknown"
    LINES = "lines"
    """Each line that is not blank has one or more rows."""
    RECORDS = "records"
    """CSV after a header, in which only doubled quotes are escapes: each record is a row."""
    ELEMENTS = "elements"
    """Elements of a JSON array: each has one or more rows."""


class InputFault(NamedTuple):
    """A part of the input that cannot be read: the message and the hint for the user."""

    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class InputBlock:
    """A part of the input that consists of whole rows. Block numbers count up from the start of reading, without a gap.

    `rows` is their number, if the reader knows it (binary formats); else `counting` says how they can be counted
    without the parser. A block with a `fault` has no rows; reading continues with the next input. `table` is the
    table of the rows, if the file names it.
    """

    number: int
    source: str
    first_line: int
    data: bytes
    end: Position
    rows: int | None = None
    counting: RowCount = RowCount.UNKNOWN
    delimiter: str = ","
    fault: InputFault | None = None
    table: str = ""


class WriteRow(NamedTuple):
    """A row that is ready to send.

    `body` is the item as DynamoDB JSON; `key` is equal for equal keys and only for them; `size` is the item's size in
    bytes, as DynamoDB counts.
    """

    body: bytes
    key: bytes
    size: int
    line: int

    @property
    def is_put(self) -> bool:
        """Whether the item is written (else it is deleted)."""
        return True


class DeletedRow(WriteRow):
    """A row that deletes an item: its body is the key."""

    __slots__ = ()

    @property
    def is_put(self) -> bool:
        return False


class Reject(NamedTuple):
    """A row that is not written: its source, line, reason and text.

    `reading` says how to read the text again if it is not plain JSON: see `parsing.rejected`.
    """

    source: str
    line: int
    reason: str
    text: str
    reading: Mapping[str, Any] | None = None

    def document(self) -> dict[str, Any]:
        """The reject for the rejects file and ``--json``."""
        document = self._asdict()
        if self.reading is None:
            del document["reading"]
        return document


class UnnamedReject(Reject):
    """A reject whose file names no table for it, in a load that takes only rows of named tables."""

    __slots__ = ()


class Parsed(NamedTuple):
    """The parsed rows of a block: read = rows + rejects + not_loaded."""

    rows: list[WriteRow]
    rejects: list[Reject]
    read: int
    not_loaded: int = 0
    """Rows that belong to another table."""
    others: int = 0
    """Rows of other shards (--shard), and elements without rows, such as a Scan response without items."""
    notes: tuple[LoadNote, ...] = ()


class BlockSource(Protocol):
    """An input that can be read again from each position that it returned."""

    def blocks(self, start: Position | None = None) -> Iterator[InputBlock]:
        """The blocks from `start` (None: the beginning); the same at each reading."""
