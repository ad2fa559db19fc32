"""Collects the rows, rejects and notes of a block while it is parsed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zlib import crc32

from dynaops.data.notes import LoadNotes
from dynaops.data.parsing.parse_options import Shard
from dynaops.data.rows import InputBlock, Parsed, Reject, UnnamedReject, WriteRow


class BlockResult:
    """The rows and rejects of a block, and notes about its rows.

    With `shard`, notes and rows of other tables are assigned to shards by line, so that all shards together count each
    once.
    """

    def __init__(self, source: str, shard: Shard | None = None) -> None:
        self._source = source
        self._shard = shard
        self.rows: list[WriteRow] = []
        self.rejects: list[Reject] = []
        self.not_loaded = 0
        self.without_rows = 0
        """Valid lines and elements without a row, such as a Scan response without items."""
        self.notes = LoadNotes()

    def reject(
        self, line: int, reason: str, text: bytes | str, reading: Mapping[str, Any] | None = None
    ) -> None:
        """Reject a row; `reading` says how to read its text again, if it is not plain JSON."""
        self.rejects.append(Reject(self._source, line, reason, _shown(text), reading))

    def reject_unnamed(self, line: int, reason: str, text: bytes) -> None:
        """Reject a text for which its file names no table, in a load that takes only rows of named tables."""
        self.rejects.append(UnnamedReject(self._source, line, reason, _shown(text)))

    def leave_unnamed(self) -> None:
        """Drop the rejects without a table, because another load handles them."""
        named = [reject for reject in self.rejects if not isinstance(reject, UnnamedReject)]
        self.without_rows += len(self.rejects) - len(named)
        self.rejects = named

    def separate(self, source: str | None = None) -> BlockResult:
        """An empty result for the same source (or for `source`), which can be added with `take` or discarded."""
        return BlockResult(self._source if source is None else source, self._shard)

    def leave_out(self, kind: str, table: str, text: str, rows: int, line: int) -> None:
        """Count `rows` rows of another table from `line` on, with a note for each."""
        taken = sum(self.takes(line + number) for number in range(rows))
        self.not_loaded += taken
        self.without_rows += rows - taken
        for _ in range(taken):
            self.notes.row(kind, table, text, self._source, line)

    def takes(self, line: int) -> bool:
        """Whether a line is assigned to this shard."""
        return self._shard is None or line % self._shard.parts == self._shard.part

    def take(self, other: BlockResult) -> None:
        """Add another result."""
        self.rows += other.rows
        self.rejects += other.rejects
        self.not_loaded += other.not_loaded
        self.without_rows += other.without_rows
        self.notes.add(other.notes.all())

    def note(self, kind: str, attribute: str, text: str, line: int) -> None:
        """Add a note about a row that is loaded."""
        if self.takes(line):
            self.notes.row(kind, attribute, text, self._source, line)

    def parsed(self) -> Parsed:
        """The collected rows and rejects; of a shard only its own: rows by key, rejects by line."""
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
