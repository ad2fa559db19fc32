"""A common interface for the files below a local folder or an S3 prefix."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from dynaops.aws.s3 import ObjectReader, S3Object, list_objects
from dynaops.aws.session import Aws
from dynaops.data.reading.inputs import Input, LocalInput, S3Input, unreadable
from dynaops.model.errors import DynaopsError
from dynaops.model.quantities import size

MOST_BYTES = 256 << 20
"""Of a file that is read as a whole, such as a manifest. AWS writes about 300 bytes for each data file."""


class TreeFile(NamedTuple):
    """A file. `key` is its path, with slashes; `name` is what people call it."""

    key: str
    name: str
    open: Callable[[bool], Input]
    """The input; the argument says whether it is sure to be like its neighbours."""
    whole: Callable[[], bytes]
    """Its content, of a small file. Raises DynaopsError."""


class FileTree(Protocol):
    """A folder tree with files."""

    def find(self, key: str) -> TreeFile | None:
        """The file of this path; None where there is none."""

    def below(self, key: str) -> tuple[list[TreeFile], list[str]]:
        """All files below a folder, by their paths, and the names of links and special files that are not read."""


class LocalTree:
    """This machine's files. Links are followed; a folder that was read already is not read again."""

    def find(self, key: str) -> TreeFile | None:
        path = Path(key)
        try:
            return _local_entry(path) if path.is_file() else None
        except OSError as error:  # a name that is too long
            raise unreadable(str(path), error) from error

    def below(self, key: str) -> tuple[list[TreeFile], list[str]]:
        entries: list[TreeFile] = []
        passed: list[str] = []
        for path in _walk(Path(key), set(), passed):
            entries.append(_local_entry(path))
        return sorted(entries, key=lambda entry: entry.key), passed


class S3Tree:
    """Objects of a bucket; keys are theirs."""

    def __init__(self, aws: Aws, bucket: str) -> None:
        self._aws = aws
        self._bucket = bucket
        self._folders: dict[str, dict[str, S3Object]] = {}

    def find(self, key: str) -> TreeFile | None:
        folder = key.rpartition("/")[0]
        inside = f"{folder}/" if folder else ""
        if inside not in self._folders:
            objects = list_objects(self._aws, self._bucket, inside)
            self._folders[inside] = {entry.key: entry for entry in objects}
        listed = self._folders[inside].get(key)
        return self._entry(listed) if listed else None

    def below(self, key: str) -> tuple[list[TreeFile], list[str]]:
        objects = list_objects(self._aws, self._bucket, key)
        return [self._entry(entry) for entry in objects if not entry.key.endswith("/")], []

    def _entry(self, s3_object: S3Object) -> TreeFile:
        return TreeFile(
            s3_object.key,
            s3_object.url,
            lambda alike: S3Input(self._aws, s3_object, alike),
            lambda: _whole_object(self._aws, s3_object),
        )


def _local_entry(path: Path) -> TreeFile:
    return TreeFile(
        path.as_posix(), str(path), lambda alike: LocalInput(path, alike), lambda: _whole_file(path)
    )


def _walk(folder: Path, seen: set[tuple[int, int]], passed: list[str]) -> Iterator[Path]:
    """The files below a folder. Raises DynaopsError where a folder cannot be read: its rows would be missing."""
    try:
        stat = folder.stat()
        if (stat.st_dev, stat.st_ino) in seen:
            passed.append(f"{folder} (a link to a folder that is read)")
            return
        seen.add((stat.st_dev, stat.st_ino))
        entries: list[os.DirEntry[str]] = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise unreadable(str(folder), error) from error
    for entry in entries:
        path = folder / entry.name
        if entry.is_dir():
            if entry.name.startswith((".", "_")):
                passed.append(f"{path}/")
            else:
                yield from _walk(path, seen, passed)
        elif entry.is_file() or entry.is_symlink():
            yield path
        else:
            passed.append(f"{path} (not a file)")


def _whole_file(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise DynaopsError(f"{path} is no file")
        if path.stat().st_size > MOST_BYTES:
            raise DynaopsError(f"{path} is too large for a manifest: {size(path.stat().st_size)}")
        return path.read_bytes()
    except OSError as error:
        raise unreadable(str(path), error) from error


def _whole_object(aws: Aws, s3_object: S3Object) -> bytes:
    if s3_object.size > MOST_BYTES:
        raise DynaopsError(f"{s3_object.url} is too large for a manifest: {size(s3_object.size)}")
    whole = io.BytesIO()
    reader: Any = ObjectReader(aws, s3_object)
    while data := reader.read():
        whole.write(data)
    return whole.getvalue()
