"""Small files beside a state (records of runs and of restore drills), in a folder or below an S3 prefix."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from dynaops.model.errors import DynaopsError
from dynaops.model.files import FileRefused, Refusal, read_bytes
from dynaops.stores.files import failure, make_directory, replace

if TYPE_CHECKING:
    from dynaops.aws.s3 import S3Bucket

MAX_BYTES = 16 * 1024 * 1024
"""The most bytes of one file. A record of a run with 10,000 operations has about 4 MiB."""


class UnreadableFile(DynaopsError):
    """One of the files cannot be read; the message says why."""

    json_kind = "unreadable"


class Folder(Protocol):
    """Files by name. All methods raise DynaopsError.

    `shared`: a team uses the folder, so all files are kept; else the oldest are deleted.
    """

    shared: bool

    def names(self) -> list[str]:
        """The names of all files, sorted; empty if nothing was written yet."""

    def read(self, name: str) -> bytes | None:
        """A file's content; None if there is no file. Raises UnreadableFile if it is no regular file or too large."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file atomically. A name may contain folders, separated by slashes."""

    def delete(self, name: str) -> None:
        """Delete a file, if it exists."""

    def describe(self, name: str = "") -> str:
        """The location of the file, for messages."""


class LocalFolder:
    """A folder of this machine, readable by its owner only: ``state.runs`` for ``runs`` of ``state.json``."""

    shared = False

    def __init__(self, state: Path, kind: str) -> None:
        self._path = state.with_name(f"{state.name.removesuffix('.json')}.{kind}")

    def names(self) -> list[str]:
        def refused(error: OSError) -> None:
            if not isinstance(error, FileNotFoundError):
                raise failure("list", self._path, error) from error

        return sorted(
            (Path(folder) / name).relative_to(self._path).as_posix()
            for folder, _, names in os.walk(self._path, onerror=refused)
            for name in names
            if not name.startswith(".")  # a temporary file that is being written
        )

    def read(self, name: str) -> bytes | None:
        try:
            return read_bytes(self._path / name, MAX_BYTES)
        except FileRefused as error:
            if error.why is Refusal.MISSING:
                return None
            raise UnreadableFile(f"{self.describe(name)} {error.reason}") from error

    def write(self, name: str, data: bytes) -> None:
        path = self._path / name
        try:
            make_directory(path.parent)
            replace(path, data)
        except OSError as error:
            raise failure("write", path, error) from error

    def delete(self, name: str) -> None:
        try:
            (self._path / name).unlink(missing_ok=True)
        except OSError as error:
            raise failure("delete", self._path / name, error) from error

    def describe(self, name: str = "") -> str:
        return str(self._path / name)


class ObjectFolder:
    """Objects below a prefix: ``state.runs/`` for ``runs`` of the key ``state.json``."""

    shared = True

    def __init__(self, bucket: S3Bucket, key: str, kind: str) -> None:
        self._bucket = bucket
        self._prefix = f"{key.removesuffix('.json')}.{kind}/"

    def names(self) -> list[str]:
        return sorted(key.removeprefix(self._prefix) for key, _ in self._bucket.keys(self._prefix))

    def read(self, name: str) -> bytes | None:
        content = self._bucket.get(self._prefix + name, MAX_BYTES + 1)
        if content is not None and len(content.body) > MAX_BYTES:
            raise UnreadableFile(f"{self.describe(name)} is larger than {MAX_BYTES // 1024 // 1024} MiB")
        return content.body if content else None

    def write(self, name: str, data: bytes) -> None:
        self._bucket.replace(self._prefix + name, data)

    def delete(self, name: str) -> None:
        self._bucket.delete(self._prefix + name)

    def describe(self, name: str = "") -> str:
        return f"s3://{self._bucket.name}/{self._prefix}{name}"
