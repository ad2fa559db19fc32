"""The rejects file of a load: one JSON object per line with the row's source, line, reason and text.

A rejects file belongs to one load. It is created when the first row is rejected. No load writes to the file of another
load, truncates it or deletes it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

import orjson

from dynaops.data.rows import Reject
from dynaops.model.errors import DynaopsError
from dynaops.stores.files import failure

ENDING = ".rejects.jsonl"
_LONGEST_NAME = 40


def rejects_name(stem: str, inputs: Sequence[str], share: str, moment: datetime) -> str:
    """The name of a new load's rejects file: ``users.orders-2026.20261128T043514Z.rejects.jsonl``.

    `stem` is the table's name, `inputs` the arguments that name what is loaded, `share` of --shard ("2/3" or "").
    """
    first = PurePosixPath(inputs[0]).name.partition(".")[0] if inputs else ""
    named = re.sub(r"[^a-zA-Z0-9_-]", "_", first)[:_LONGEST_NAME] or "stdin"
    parts = [stem, "stdin" if inputs[:1] == ["-"] or first == "-" else named]
    if share:
        parts.append(share.replace("/", "-of-"))
    return ".".join((*parts, f"{moment:%Y%m%dT%H%M%SZ}")) + ENDING


def latest(stem: str) -> Path | None:
    """The newest rejects file of a table's loads in the working directory; None if there is none."""
    files = [path for path in Path().glob(f"{stem}.*{ENDING}") if path.is_file()]
    return max(files, key=lambda path: (path.stat().st_mtime, path.name), default=None)


def fresh(path: Path) -> Path:
    """A path like `path` at which no file exists."""
    number, candidate = 1, path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name.removesuffix(ENDING)}-{number}{ENDING}")
    return candidate


class RejectsFile:
    """Appends rejects to `path`. Only the file's owner can read it, since rows may contain confidential data.

    `kept` is the length of the file in bytes that a resumed load keeps; None: the load is new, and the file must not
    exist, or be empty. If the file is shorter than `kept`, its content is kept. `mode` is the load's mode.
    Raises StateError and its subclasses, and DynaopsError if the file belongs to another load.
    """

    def __init__(self, path: Path, kept: int | None, mode: str = "put") -> None:
        self._path = path
        self._mode = {} if mode == "put" else {"mode": mode}
        self._length = 0
        self._file: IO[bytes] | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if kept is None and path.is_file() and path.stat().st_size:
                raise DynaopsError(
                    f"{path} is there already, with the rejects of another load",
                    "Name another file with --rejects, or move that one.",
                )
            if path.exists() or not os.access(path.parent, os.W_OK | os.X_OK):
                self._open(kept or 0)
        except OSError as error:
            raise failure("write the rejects to", path, error) from error

    def append(self, rejects: Iterable[Reject]) -> None:
        """Append a line for each reject."""
        try:
            for reject in rejects:
                file = self._file or self._open(0)
                line = {**reject.document(), **self._mode}
                self._length += file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        except OSError as error:
            raise failure("write the rejects to", self._path, error) from error

    def flush(self) -> int:
        """Write everything to the disk; returns the file's length in bytes."""
        try:
            if self._file is not None:
                self._file.flush()
                os.fsync(self._file.fileno())
        except OSError as error:
            raise failure("write the rejects to", self._path, error) from error
        return self._length

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _open(self, kept: int) -> IO[bytes]:
        file = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600), "wb")
        self._length = min(kept, file.seek(0, os.SEEK_END))
        file.truncate(self._length)
        file.seek(self._length)
        self._file = file
        return file
