"""The nouns between reading and writing: blocks of input go to workers, which make rows and rejects of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from dynaops.data.notes import LoadNote


@dataclass(frozen=True, slots=True)
class Keys:
    """A table's key attributes, the types of all key attributes (`S`, `N`, `B`) and of its indexes'."""

    hash_key: str
    range_key: str | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    index_keys: Mapping[str, str] = field(default_factory=dict)


class Position(NamedTuple):
    """A place in the input from which it can be read on: which source, how many bytes in, which line comes next."""

    source: int
    offset: int
    line: int
    context: str = ""
    """What is open there, of JSON (`json_documents.Inside`)."""


class RowCount(StrEnum):
    """How the rows of a block are counted a second time, without the parser: see `dynaops.data.recount`."""

    UNKNOWN = "unknown"
    LINES = "lines"
    """Each line that is not blank is a row, or several."""
    RECORDS = "records"
    """CSV behind a header, with nothing but doubled quotes to escape by: a record is a row."""
    ELEMENTS = "elements"
    """Elements of a JSON array: each is a row, or several."""


class InputFault(NamedTuple):
    """What of an input cannot be read, for people."""

    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class InputBlock:
    """A piece of the input of whole rows. Numbers count up from where reading began, without a gap.

    `rows` is how many there are, where the reading side knows (binary formats); else `counting` says how they can be
    counted without the parser. A block with a `fault` has no rows: reading goes on behind it, with the next input.
    `table` is the one whose rows these are, where the file says so.
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
    """A row that is ready to be sent.

    `body` is the item as DynamoDB JSON; `key` is equal for equal keys and for them only; `size` is DynamoDB's of the
    item, in bytes.
    """

    body: bytes
    key: bytes
    size: int
    line: int

    @property
    def is_put(self) -> bool:
        """Whether the item is written; else it is deleted."""
        return True


class DeletedRow(WriteRow):
    """A row that is a delete: its body is the key."""

    __slots__ = ()

    @property
    def is_put(self) -> bool:
        return False


class Reject(NamedTuple):
    """A row that is not written: where it was, why, and its text.

    `reading` says how the text is read again where that is not plain JSON: see `parsing.rejected`.
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
    """A reject for which its file names no table, where a load takes only what is named for it."""

    __slots__ = ()


class Parsed(NamedTuple):
    """What became of a block: read = rows + rejects + not_loaded."""

    rows: list[WriteRow]
    rejects: list[Reject]
    read: int
    not_loaded: int = 0
    """Rows that are meant for another table."""
    others: int = 0
    """Rows of other shares (--shard), and elements that hold no row, such as a scan answer without items."""
    notes: tuple[LoadNote, ...] = ()


class BlockSource(Protocol):
    """An input that can be read from any position it gave out."""

    def blocks(self, start: Position | None = None) -> Iterator[InputBlock]:
        """The blocks from `start` on, from the beginning without it; the same at each reading."""
