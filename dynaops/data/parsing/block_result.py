"""What is gathered while a block is parsed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zlib import crc32

from dynaops.data.notes import LoadNotes
from dynaops.data.parsing.parse_options import Shard
from dynaops.data.rows import InputBlock, Parsed, Reject, UnnamedReject, WriteRow


class BlockResult:
    """Rows and rejects of one block, and notes about its rows.

    With `shard` notes and rows of other tables are shared out by their lines, so that all together have each once.
    """

    def __init__(self, source: str, shard: Shard | None = None) -> None:
        self._source = source
        self._shard = shard
        self.rows: list[WriteRow] = []
        self.rejects: list[Reject] = []
        self.not_loaded = 0
        self.without_rows = 0
        """Lines and elements that are whole and hold no row, such as a scan answer without items."""
        self.notes = LoadNotes()

    def reject(
        self, line: int, reason: str, text: bytes | str, reading: Mapping[str, Any] | None = None
    ) -> None:
        """A row that is not written, and why; `reading` is how its text is read again, where that is special."""
        self.rejects.append(Reject(self._source, line, reason, _shown(text), reading))

    def reject_unnamed(self, line: int, reason: str, text: bytes) -> None:
        """A text for which its file names no table, in a load that takes only what is named for its table."""
        self.rejects.append(UnnamedReject(self._source, line, reason, _shown(text)))

    def leave_unnamed(self) -> None:
        """Leave what names no table to another load."""
        named = [reject for reject in self.rejects if not isinstance(reject, UnnamedReject)]
        self.without_rows += len(self.rejects) - len(named)
        self.rejects = named

    def separate(self, source: str | None = None) -> BlockResult:
        """A result of the same source (or of `source`), to be taken over or forgotten."""
        return BlockResult(self._source if source is None else source, self._shard)

    def leave_out(self, kind: str, table: str, text: str, rows: int, line: int) -> None:
        """Rows of another table, from a line on, and a note about each."""
        taken = sum(self.takes(line + number) for number in range(rows))
        self.not_loaded += taken
        self.without_rows += rows - taken
        for _ in range(taken):
            self.notes.row(kind, table, text, self._source, line)

    def takes(self, line: int) -> bool:
        """Whether what is said of a line belongs to this share."""
        return self._shard is None or line % self._shard.parts == self._shard.part

    def take(self, other: BlockResult) -> None:
        """Take over what was gathered apart."""
        self.rows += other.rows
        self.rejects += other.rejects
        self.not_loaded += other.not_loaded
        self.without_rows += other.without_rows
        self.notes.add(other.notes.all())

    def note(self, kind: str, attribute: str, text: str, line: int) -> None:
        """Note something about a row that is loaded."""
        if self.takes(line):
            self.notes.row(kind, attribute, text, self._source, line)

    def parsed(self) -> Parsed:
        """All of it; of a share only what belongs to that: rows by their key, rejects by their line."""
        shard = self._shard
        rows, rejects, others = self.rows, self.rejects, self.without_rows
        if shard is not None:
            rows = [row for row in rows if crc32(row.key) % shard.parts == shard.part]
            rejects = [reject for reject in rejects if reject.line % shard.parts == shard.part]
            others += len(self.rows) + len(self.rejects) - len(rows) - len(rejects)
        read = len(rows) + len(rejects) + self.not_loaded
        return Parsed(rows, rejects, read, self.not_loaded, others, self.notes.all())


Reader = Callable[[InputBlock, BlockResult], None]
"""Reads a block's rows."""


def _shown(text: bytes | str) -> str:
    shown = text if isinstance(text, str) else text.decode("utf-8", "backslashreplace")
    return shown.strip("\r\n")
