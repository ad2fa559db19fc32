"""The file of rejected rows: one JSON object a line, with where the row was, why it was rejected, and its text."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import orjson

from dynaops.data.rows import Reject
from dynaops.stores.files import failure


class RejectsFile:
    """Appends to `path`, whose first `kept` bytes stay; readable by its owner only, as rows may hold anything.

    A kept file that is shorter than that has been touched by others: what is there stays. Raises StateError kinds.
    """

    def __init__(self, path: Path, kept: int) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb")
            self._file.seek(0, os.SEEK_END)
            self._length = min(kept, self._file.tell())
            self._file.truncate(self._length)
            self._file.seek(self._length)
        except OSError as error:
            raise failure("write the rejects to", path, error) from error

    def append(self, rejects: Iterable[Reject]) -> None:
        """Add a line for each."""
        try:
            for reject in rejects:
                self._length += self._file.write(orjson.dumps(reject._asdict()) + b"\n")
        except OSError as error:
            raise failure("write the rejects to", self._path, error) from error

    def flush(self) -> int:
        """Bring all to the disk; answers the file's length."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise failure("write the rejects to", self._path, error) from error
        return self._length

    def close(self) -> None:
        """Close the file."""
        self._file.close()
