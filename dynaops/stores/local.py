"""The store of a state in a local file, ``.dynaops/state.json``, with its lock and generations beside it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dynaops.model.state import State
from dynaops.stores import format as form
from dynaops.stores.base import Generation, Holder, StateElsewhere, StateError, StateUnreadable, moved
from dynaops.stores.files import failure, make_directory, replace
from dynaops.stores.generations import Generations
from dynaops.stores.lock import StateLock
from dynaops.stores.lock_wait import IMPATIENT, LockWait
from dynaops.stores.side_files import LocalFolder
from dynaops.stores.versioned import VersionedStore


@dataclass(frozen=True)
class _FileSeen:
    """Serial and lineage of the file when this store last read or wrote it; `mark` identifies that content."""

    mark: tuple[int, ...]
    serial: int
    lineage: str


class LocalStore(VersionedStore):
    """A state in one file. A symbolic link is followed once, so the link stays and its target is replaced."""

    _generations: Generations
    _lock: StateLock

    def __init__(
        self,
        location: str,
        *,
        generations: int,
        check: form.Check | None = None,
        patience: LockWait = IMPATIENT,
    ) -> None:
        super().__init__(location, check)
        self._path = _resolve(location)
        self._generations = Generations(self._path, generations, self._check)
        self._lock = StateLock(self._path, location, patience)
        self._seen: _FileSeen | None = None

    def describe(self) -> str:
        return f"the file {self._path}"

    def load(self) -> State:
        content = self._read()
        if content is None:
            self._seen = None
            return State.empty()
        raw, mark = content
        state = form.loads(raw, self._location, self._check)
        self._seen = _FileSeen(mark, state.serial, state.lineage)
        return state

    def save(self, state: State) -> State:
        with self._locked("save"):
            self._check_unmoved(state, self._stored())
            return self._write(state, state.serial + 1)

    def unlock(self, force: bool = False) -> Holder | None:
        return self._lock.unlock(force)

    def retire(self, target: str) -> None:
        with self._locked("init --migrate"):
            if self._stored() is not None:
                self._replace(form.moved_note(target))
                self._seen = None

    def drop(self) -> None:
        with self._locked("workspace delete"):
            try:
                self._path.unlink(missing_ok=True)
                self._generations.drop()
            except OSError as error:
                raise failure("delete the state", self._path, error) from error
            self._seen = None

    def beside(self, kind: str) -> LocalFolder:
        return LocalFolder(self._path, kind)

    def _fence(self) -> None:
        """Not needed: each save checks the lock again before it replaces the file."""

    def _present(self) -> tuple[str | None, int]:
        try:
            stored = self._stored()
        except StateElsewhere:
            self._seen = None
            return None, 0
        except StateUnreadable:
            self._generations.keep_damaged()
            content = self._read()
            self._seen = None
            return None, form.serial_beyond(content[0] if content else None)
        if stored is None:
            return None, form.serial_beyond(None) if self._generations.listed() else 0
        return stored.lineage, stored.serial

    def _write(self, state: State, serial: int) -> State:
        saved = state.model_copy(update={"serial": serial})
        self._replace(self._encoder.dumps(saved))
        self._seen = _FileSeen(_mark(self._path.stat()), serial, saved.lineage)
        return saved

    def _replace(self, data: bytes) -> None:
        try:
            make_directory(self._path.parent)
            if self._seen is not None and not self._kept:
                self._generations.keep(self._seen.serial, self._seen.lineage)
            self._kept = True
            replace(self._path, data)
        except OSError as error:
            raise failure("save the state to", self._path, error) from error

    def _check_unmoved(self, state: State, stored: _FileSeen | None) -> None:
        before = (stored.serial, stored.lineage) if stored else (0, state.lineage)
        if before == (state.serial, state.lineage):
            return
        raise moved(
            self._location, state, stored.serial if stored else None, stored.lineage if stored else ""
        )

    def _stored(self) -> _FileSeen | None:
        """Serial and lineage of the file, which is read again only if it has changed."""
        try:
            present = _mark(self._path.stat())
        except FileNotFoundError:
            self._seen = None
            return None
        except OSError as error:
            raise failure("read the state", self._path, error) from error
        if self._seen is None or self._seen.mark != present:
            self.load()
        return self._seen

    def _read(self) -> tuple[bytes, tuple[int, ...]] | None:
        try:
            # Without O_NONBLOCK a named pipe in the state's place would hang the command.
            descriptor = os.open(self._path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
            with os.fdopen(descriptor, "rb") as file:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise StateUnreadable(f"{self._location} is not a file.", "Name a file with --state.")
                return file.read(form.MAX_BYTES + 1), _mark(status)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise failure("read the state", self._path, error) from error

    def _current(self) -> list[Generation]:
        try:
            stored = self._stored()
            status = self._path.stat() if stored else None
        except (StateUnreadable, FileNotFoundError):
            return []
        if stored is None or status is None:
            return []
        return [
            Generation(
                serial=stored.serial,
                lineage=stored.lineage,
                saved_at=datetime.fromtimestamp(status.st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                size=status.st_size,
                resources=len(self.load().resources),
                current=True,
            )
        ]


def _resolve(location: str) -> Path:
    try:
        return Path(location).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise StateError(f"The state cannot be at {location!r}: {error}.", "Correct --state.") from error


def _mark(status: os.stat_result) -> tuple[int, ...]:
    """Identifies one content of the file: every save makes a new inode."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
