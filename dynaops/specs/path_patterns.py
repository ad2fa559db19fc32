"""Finds spec files by patterns such as ``teams/*/tables.yaml`` and ``specs/**``.

``*``, ``?`` and ``[..]`` match characters of a name, ``**`` matches any folders, also none. Names that begin with a
dot match only if that part of the pattern begins with a dot. If a pattern matches a folder, the spec files in it are
used. ``**`` does not follow links to folders.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path, PurePosixPath

from dynaops.model.project import leads_outside

SUFFIXES = (".yaml", ".yml", ".json")
_MOST_ENTRIES = 200_000
"""The most files and folders that are read for a pattern."""
_ANY_FOLDERS = "**"
_WILDCARD = re.compile(r"[*?\[]")


class TooManyFiles(Exception):
    """A pattern would need too many files and folders to be read."""


def is_pattern(path: str | Path) -> bool:
    """Whether a path has a wildcard, and is not the name of an existing file or folder."""
    try:
        return bool(_WILDCARD.search(str(path))) and not Path(path).exists()
    except OSError:  # the name is too long
        return True


def fixed_part(pattern: str) -> Path:
    """The part of a pattern before the first wildcard, which is a folder."""
    parts = _parts(pattern)
    return Path(*parts[: _first_wildcard(parts)])


def files_of(pattern: str) -> list[Path]:
    """The spec files that match a pattern, sorted, and links to folders outside the project, which are not followed.

    A file that is found by several names is returned once. Raises TooManyFiles, and OSError for a folder that cannot be
    read.
    """
    parts = _parts(pattern)
    start = fixed_part(pattern)
    walk = _Walk(parts[_first_wildcard(parts) :])
    files = sorted(set(walk.files(start, 0))) if _is_folder(start) else []
    return sorted({os.path.realpath(path): path for path in reversed(files)}.values())


def fits(pattern: str, file: str) -> bool:
    """Whether `pattern` matches a file, or the folder of the file, by their names alone."""
    path = PurePosixPath(file)
    parts = _parts(pattern)
    return _fit(parts, path.parts) or _fit(parts, path.parent.parts)


def unread_subfolders(folder: Path, most_entries: int = 5000) -> list[Path]:
    """The subfolders (at any depth) that have spec files, sorted: they are not read when the folder is read.

    Reads at most `most_entries` files and folders.
    """
    subfolders: set[Path] = set()
    waiting = [folder] if not is_pattern(folder) and folder.is_dir() else []
    left = most_entries
    while waiting:
        for entry in _entries(waiting.pop()):
            left -= 1
            if left < 0:
                return sorted(subfolders)
            if entry.is_dir():
                if not entry.name.startswith(".") and not entry.is_symlink():
                    waiting.append(entry)
            elif entry.parent != folder and entry.parent not in subfolders and _is_spec(entry):
                subfolders.add(entry.parent)
    return sorted(subfolders)


class _Walk:
    """Finds the files that match the parts of one pattern; reads each folder once for each part."""

    def __init__(self, parts: Sequence[str]) -> None:
        self._parts = parts
        self._done: set[tuple[Path, int]] = set()
        self._left = _MOST_ENTRIES

    def files(self, folder: Path, index: int) -> Iterator[Path]:
        """The files below `folder` that match the parts from `index` on."""
        if (folder, index) in self._done:
            return
        self._done.add((folder, index))
        entries = self._listed(folder)
        if index == len(self._parts):
            yield from (entry for entry in entries if entry.suffix in SUFFIXES and not entry.is_dir())
        elif self._parts[index] == _ANY_FOLDERS:
            yield from self.files(folder, index + 1)
            for entry in entries:
                if entry.is_dir() and not entry.is_symlink() and not entry.name.startswith("."):
                    yield from self.files(entry, index)
        else:
            for entry in entries:
                if not _fits_name(self._parts[index], entry.name):
                    continue
                if entry.is_symlink() and entry.is_dir() and leads_outside(entry, listed=True):
                    yield entry
                elif entry.is_dir():
                    yield from self.files(entry, index + 1)
                elif index == len(self._parts) - 1 and entry.suffix in SUFFIXES:
                    yield entry

    def _listed(self, folder: Path) -> list[Path]:
        entries = sorted(folder.iterdir())
        self._left -= len(entries)
        if self._left < 0:
            raise TooManyFiles
        return entries


def _parts(pattern: str) -> tuple[str, ...]:
    """The names in a pattern; several ``**`` in sequence count as one."""
    parts = Path(pattern).parts
    return tuple(
        part
        for index, part in enumerate(parts)
        if part != _ANY_FOLDERS or index == 0 or parts[index - 1] != _ANY_FOLDERS
    )


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # not a possible name
        return False


def _first_wildcard(parts: Sequence[str]) -> int:
    return next((index for index, part in enumerate(parts) if _WILDCARD.search(part)), len(parts))


def _fit(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    @cache
    def fit(at: int, name: int) -> bool:
        if at == len(pattern):
            return name == len(path)
        if pattern[at] == _ANY_FOLDERS:
            return fit(at + 1, name) or (
                name < len(path) and not path[name].startswith(".") and fit(at, name + 1)
            )
        return name < len(path) and _fits_name(pattern[at], path[name]) and fit(at + 1, name + 1)

    return fit(0, 0)


def _fits_name(pattern: str, name: str) -> bool:
    if name.startswith(".") and not pattern.startswith("."):
        return False
    return fnmatchcase(name, pattern)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:  # a folder that cannot be read is ignored
        return []


def _is_spec(file: Path) -> bool:
    from dynaops.model.files import FileRefused, read_start

    if file.suffix not in SUFFIXES:
        return False
    try:
        return b"table_name" in read_start(file, 64 * 1024)
    except FileRefused:
        return False
