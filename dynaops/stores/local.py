"""State in a file of this machine: ``.dynaops/state.json``, its lock and its kept generations beside it."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dynaops.model.state import State
from dynaops.stores import format as form
from dynaops.stores.base import Generation, Holder, Lock, StateElsewhere, StateError, StateUnreadable, moved
from dynaops.stores.beside import LocalFolder
from dynaops.stores.files import failure, make_directory, replace
from dynaops.stores.generations import Generations
from dynaops.stores.lock import StateLock
from dynaops.stores.patience import IMPATIENT, Patience


@dataclass(frozen=True)
class _Seen:
    """What the file held when this store last read or wrote it, and how to tell that it still does."""

    mark: tuple[int, ...]
    serial: int
    lineage: str


class LocalStore:
    """A state in one file. A symbolic link is followed once, so the link stays and its target is replaced."""

    def __init__(
        self,
        location: str,
        *,
        generations: int,
        check: form.Check | None = None,
        patience: Patience = IMPATIENT,
    ) -> None:
        self._location = location
        self._path = _resolve(location)
        self._check = check or form.unchecked
        self._generations = Generations(self._path, generations, self._check)
        self._lock = StateLock(self._path, location, patience)
        self._seen: _Seen | None = None
        self._kept = False
        self._encoder = form.Encoder()

    @property
    def location(self) -> str:
        return self._location

    def describe(self) -> str:
        return f"the file {self._path}"

    def load(self) -> State:
        found = self._read()
        if found is None:
            self._seen = None
            return State.empty()
        raw, mark = found
        state = form.loads(raw, self._location, self._check)
        self._seen = _Seen(mark, state.serial, state.lineage)
        return state

    def save(self, state: State) -> State:
        with self._locked("save"):
            stored = self._stored()
            self._check_unmoved(state, stored)
            return self._write(state, state.serial + 1, keep=stored)

    @contextlib.contextmanager
    def lock(self, operation: str, timeout: float = 0) -> Iterator[Lock]:
        with self._lock.hold(operation, timeout) as lock:
            self._kept = False
            yield lock

    def unlock(self, force: bool = False) -> Holder | None:
        return self._lock.unlock(force)

    def holder(self) -> Holder | None:
        return self._lock.holder()

    def history(self) -> list[Generation]:
        return [*self._current(), *self._generations.listed()]

    def restore(self, serial: int) -> State:
        with self._locked("state restore"):
            stored, beyond = self._present()
            state = self._generations.read(serial, stored.lineage if stored else None)
            return self._put_in_place(state, stored, beyond)

    def adopt(self, state: State) -> State:
        with self._locked("state push"):
            return self._put_in_place(state, *self._present())

    def retire(self, target: str) -> None:
        with self._locked("init --migrate"):
            stored = self._stored()
            if stored is not None:
                self._replace(form.moved_note(target), stored)
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

    def _put_in_place(self, state: State, stored: _Seen | None, beyond: int) -> State:
        """Makes `state` the present one, under a serial above all that are known, and above `beyond`."""
        newest = max(state.serial, beyond, self._generations.newest(state.lineage))
        self._kept = False
        return self._write(state, newest + 1, keep=stored)

    def _present(self) -> tuple[_Seen | None, int]:
        """What the file holds, and its serial. None where that is no state, which is then kept apart."""
        try:
            stored = self._stored()
        except StateElsewhere:
            return None, 0
        except StateUnreadable:
            self._generations.keep_damaged()
            found = self._read()
            return None, form.serial_beyond(found[0] if found else None)
        if stored is None and self._generations.listed():
            return None, form.serial_beyond(None)
        return stored, stored.serial if stored else 0

    @contextlib.contextmanager
    def _locked(self, operation: str) -> Iterator[None]:
        """Within the caller's lock, which must still be theirs, or within one for the moment."""
        if self._lock.held:
            self._lock.check()
            yield
        else:
            with self.lock(operation):
                yield

    def _write(self, state: State, serial: int, keep: _Seen | None) -> State:
        saved = state.model_copy(update={"serial": serial})
        self._replace(self._encoder.dumps(saved), keep)
        self._seen = _Seen(_mark(self._path.stat()), serial, saved.lineage)
        return saved

    def _replace(self, data: bytes, keep: _Seen | None) -> None:
        try:
            make_directory(self._path.parent)
            if keep is not None and not self._kept:
                # One generation a run, not one a save: a run saves twice an operation, and what
                # people go back to is how things stood before a run.
                self._generations.keep(keep.serial, keep.lineage)
            self._kept = True
            replace(self._path, data)
        except OSError as error:
            raise failure("save the state to", self._path, error) from error

    def _check_unmoved(self, state: State, stored: _Seen | None) -> None:
        before = (stored.serial, stored.lineage) if stored else (0, state.lineage)
        if before == (state.serial, state.lineage):
            return
        raise moved(
            self._location, state, stored.serial if stored else None, stored.lineage if stored else ""
        )

    def _stored(self) -> _Seen | None:
        """Serial and lineage of the file; read again only if it is not the one last seen."""
        try:
            present = _mark(self._path.stat())
        except FileNotFoundError:
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
    """Tells one content of the file from another: every save makes a new inode."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
