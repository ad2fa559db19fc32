"""Generations: earlier contents of a state, kept beside the current one.

A local generation is a hard link to the file that a save is about to replace: it needs no copy, and the current state
is never missing.
"""

from __future__ import annotations

import hashlib
import os
import re
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from pathlib import Path

from dynaops.model.state import State
from dynaops.stores import format as form
from dynaops.stores.base import Generation, StateError, StateUnreadable
from dynaops.stores.files import failure, make_directory, replace

NAME = re.compile(r"(\d{8,})-[0-9a-f]{8}\.json")


class BaseGenerations(ABC):
    """The kept generations of a state, at most `limit`, each with a name from its serial and lineage."""

    def __init__(self, limit: int, check: form.Check = form.unchecked) -> None:
        self._limit = limit
        self._check = check

    @abstractmethod
    def listed(self) -> list[Generation]:
        """The kept generations, newest first. One that cannot be read has no lineage and number of resources."""

    def newest(self, lineage: str) -> int:
        """The highest kept serial of `lineage`; 0 if there is none."""
        return max((entry.serial for entry in self.listed() if entry.lineage == lineage), default=0)

    def read(self, serial: int, lineage: str | None) -> State:
        """The kept state of `serial`, preferably of `lineage`. Raises StateError, AwsFailure."""
        names = self._names()
        matching = [name for name in names if serial_of(name) == serial]
        own = [name for name in matching if lineage is not None and digest(lineage) in name]
        name = next(iter(own or matching), "")
        raw = self._raw(name) if name else None
        if raw is None:
            raise not_kept(serial, [serial_of(name) for name in names], self._location_of(""))
        return form.loads(raw, self._location_of(name), self._check)

    @abstractmethod
    def _names(self) -> list[str]:
        """The names of the kept generations, newest first."""

    @abstractmethod
    def _raw(self, name: str) -> bytes | None:
        """The content of a generation by name; None if it does not exist."""

    @abstractmethod
    def _location_of(self, name: str) -> str:
        """The location of a generation for messages; for an empty name, that of all generations."""


class Generations(BaseGenerations):
    """The generations of the state file at `path`: files in ``state.d/`` for ``state.json``."""

    def __init__(self, path: Path, limit: int, check: form.Check = form.unchecked) -> None:
        super().__init__(limit, check)
        self._path = path
        self._directory = path.with_name(f"{path.name.removesuffix('.json')}.d")

    def keep(self, serial: int, lineage: str) -> None:
        """Keep the current file, which has `serial` and `lineage`, and delete the oldest. Raises OSError."""
        if self._limit < 1:
            return
        make_directory(self._directory)
        target = self._directory / file_name(serial, lineage)
        target.unlink(missing_ok=True)
        _link(self._path, target)
        for path in self._paths()[self._limit :]:
            path.unlink(missing_ok=True)

    def keep_damaged(self) -> None:
        """Keep the current file although it is damaged. Raises StateError."""
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        try:
            make_directory(self._directory)
            target = self._directory / f"damaged-{now}.json"
            target.unlink(missing_ok=True)
            _link(self._path, target)
        except OSError as error:
            raise failure("keep the damaged state in", self._directory, error) from error

    def listed(self) -> list[Generation]:
        return [_describe(path) for path in self._paths()]

    def drop(self) -> None:
        """Delete all generations, also damaged files. Raises OSError."""
        if self._directory.is_dir():
            for path in self._directory.iterdir():
                path.unlink()
            self._directory.rmdir()

    def _names(self) -> list[str]:
        return [path.name for path in self._paths()]

    def _raw(self, name: str) -> bytes:
        return _bytes(self._directory / name)

    def _location_of(self, name: str) -> str:
        return str(self._directory / name)

    def _paths(self) -> list[Path]:
        """The files, newest first. A hard link has the modification time of its content."""
        try:
            entries = [(path.stat().st_mtime_ns, path.name, path) for path in self._directory.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise failure("list the earlier states in", self._directory, error) from error
        return [path for _, name, path in sorted(entries, reverse=True) if NAME.fullmatch(name)]


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError:
        # Some file systems (FAT, some network ones) have no hard links.
        status = source.stat()
        replace(target, source.read_bytes())
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))


def _describe(path: Path) -> Generation:
    raw = _bytes(path)
    try:
        state: State | None = form.loads(raw, str(path))
    except StateUnreadable:
        state = None
    saved = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Generation(
        serial=serial_of(path.name),
        lineage=state.lineage if state else None,
        saved_at=saved.strftime("%Y-%m-%dT%H:%M:%SZ"),
        size=len(raw),
        resources=len(state.resources) if state else None,
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise failure("read the earlier state", path, error) from error


def file_name(serial: int, lineage: str) -> str:
    """The file name of a generation."""
    return f"{serial:08d}-{digest(lineage)}.json"


def serial_of(name: str) -> int:
    """The serial of a generation, from its file name."""
    return int(name.partition("-")[0])


def not_kept(serial: int, kept: list[int], location: str) -> StateError:
    """The error that no state of `serial` is kept at `location`."""
    hint = f"These are kept: {', '.join(map(str, kept))}." if kept else f"None are kept in {location}."
    return StateError(f"No state of serial {serial} is kept.", hint)


def digest(lineage: str) -> str:
    """A lineage as a part of a file name: the first digits of its SHA-256."""
    return hashlib.sha256(lineage.encode()).hexdigest()[:8]
