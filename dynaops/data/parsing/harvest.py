"""What is gathered while a block is parsed."""

from __future__ import annotations

from zlib import crc32

from dynaops.data.parsing.plan import Shard
from dynaops.data.rows import Parsed, Reject, Row

MOST_BYTES = 400 * 1024
"""Of an item (DynamoDB quotas, Item size)."""


class Harvest:
    """Rows and rejects of one block."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.rows: list[Row] = []
        self.rejects: list[Reject] = []

    def reject(self, line: int, reason: str, text: bytes | str) -> None:
        """A row that is not written, and why."""
        shown = text if isinstance(text, str) else text.decode("utf-8", "backslashreplace")
        self.rejects.append(Reject(self._source, line, reason, shown.strip("\r\n")))

    def parsed(self, shard: Shard | None) -> Parsed:
        """All of it; with `shard` only what belongs to that: rows by their key, rejects by their line."""
        rows, rejects = self.rows, self.rejects
        if shard is not None:
            rows = [row for row in rows if crc32(row.key) % shard.parts == shard.part]
            rejects = [one for one in rejects if one.line % shard.parts == shard.part]
        return Parsed(rows, rejects, len(rows) + len(rejects))
