"""The lock of a local state: a lock of the operating system, and a file that names its holder.

The advisory lock of the operating system ends with its process. The holder is written to a file beside it for messages,
and for other machines that share the directory but not the kernel. If the file system has no such locks, the note in
lock_file is the lock.
"""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterator
from pathlib import Path

import filelock
from pydantic import ValidationError

from dynaops.stores.base import UNKNOWN_HOLDER, Holder, Lock, StateError
from dynaops.stores.files import failure, make_directory, replace
from dynaops.stores.lease import LeaseLock
from dynaops.stores.lock_file import LockFile
from dynaops.stores.lock_messages import myself, refusal, taken_away, takeover
from dynaops.stores.lock_wait import IMPATIENT, LockWait

_GRACE = 0.1
"""Seconds that every caller waits, since others may hold the lock only to check it or to save."""
_POLL = 0.02


_MISSING = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}
"""The errors by which file systems say that they have no locks."""


class _NoKernelLock(Exception):
    """The file system has no locks."""


class StateLock:
    """The lock of the state at `path`. `location` is the state's location as the user gave it."""

    def __init__(self, path: Path, location: str, patience: LockWait = IMPATIENT) -> None:
        self._location = location
        self._patience = patience
        self._path = path.with_name(f"{path.name}.lock")
        self._note = path.with_name(f"{path.name}.lock.json")
        self._held: Holder | None = None
        self._lease = LeaseLock(LockFile(path.with_name(f"{path.name}.lease")), location, patience=patience)

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._held is not None or self._lease.held

    @contextlib.contextmanager
    def hold(self, operation: str, timeout: float) -> Iterator[Lock]:
        """Hold the lock; see Store.lock."""
        if self._held:
            raise refusal(self._location, self._held)
        mutex = self._mutex()
        try:
            previous = self._acquire(mutex, timeout)
        except _NoKernelLock:
            with self._lease.hold(operation, timeout) as lock:
                yield lock
            return
        try:
            self._held = myself(operation)
            try:
                self._write(self._held)
                yield Lock(self._held, takeover(previous) if previous else None)
            finally:
                self._forget(self._held)
                self._held = None
        finally:
            mutex.release()

    def check(self) -> None:
        """Raise LockHeld if another process has removed the lock meanwhile (``state unlock --force``)."""
        if self._lease.held:
            self._lease.check()
            return
        present = self._read()
        if present == self._held:
            return
        raise taken_away(self._location, present)

    def holder(self) -> Holder | None:
        """The current holder; see Store.holder."""
        recorded = self._read()
        try:
            if recorded is not None and not self._abandoned(recorded):
                return recorded
        except _NoKernelLock:
            return self._lease.holder()
        return self._lease.holder() if recorded is None else None

    def unlock(self, force: bool) -> Holder | None:
        """Remove the lock; see Store.unlock."""
        holder, was_locked = self._lease.unlock(force)
        if was_locked:
            return holder or UNKNOWN_HOLDER
        if not self._path.exists() and self._read() is None:
            return None
        mutex = self._mutex()
        try:
            _take(mutex, 0)
        except filelock.Timeout:
            return self._break(force)
        except _NoKernelLock:
            return self._clear(force)
        except OSError as error:
            raise failure("unlock the state with", self._path, error) from error
        try:
            return self._clear(force)
        finally:
            mutex.release()

    def _clear(self, force: bool) -> Holder | None:
        """Remove the file of a holder that does not hold the lock of the operating system."""
        recorded = self._read()
        if recorded is not None and recorded.host != socket.gethostname() and not force:
            raise refusal(self._location, recorded)
        damaged = recorded is None and self._note.exists()
        self._remove(self._note)
        return UNKNOWN_HOLDER if damaged else recorded

    def _break(self, force: bool) -> Holder | None:
        """Remove the lock of a living process: its lock file is deleted, and a new file has a new lock."""
        recorded = self._read()
        if not force:
            raise refusal(self._location, recorded)
        self._remove(self._note)
        self._remove(self._path)
        return recorded or UNKNOWN_HOLDER

    def _remove(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise failure("remove the lock", path, error) from error

    def _mutex(self) -> filelock.BaseFileLock:
        return filelock.FileLock(self._path, mode=0o600, thread_local=False, fallback_to_soft=False)

    def _acquire(self, mutex: filelock.BaseFileLock, timeout: float) -> Holder | None:
        """Acquire the lock. Returns the holder of an abandoned lock that was taken over, if any."""
        waiting = self._patience.begin(timeout, _GRACE, _POLL)
        while True:
            taken = self._acquire_kernel(mutex)
            previous = self._read()
            if taken and (previous is None or previous.host == socket.gethostname()):
                waiting.ended()
                return previous
            if taken:
                mutex.release()
            if not waiting.goes_on(previous):
                raise refusal(self._location, previous)

    def _acquire_kernel(self, mutex: filelock.BaseFileLock) -> bool:
        """Acquire the lock of the operating system if it is free."""
        try:
            make_directory(self._path.parent)
            _take(mutex, 0)
        except filelock.Timeout:
            return False
        except OSError as error:
            raise failure("lock the state with", self._path, error) from error
        return True

    def _abandoned(self, recorded: Holder) -> bool:
        """Whether the holder was a process of this machine and has ended, so that the lock is free."""
        if recorded.host != socket.gethostname():
            return False
        if not self._path.exists():
            return True
        mutex = self._mutex()
        try:
            _take(mutex, 0)
        except filelock.Timeout:
            return False
        except OSError as error:
            raise failure("look at the lock", self._path, error) from error
        mutex.release()
        return True

    def _read(self) -> Holder | None:
        try:
            return Holder.model_validate_json(self._note.read_bytes())
        except (FileNotFoundError, NotADirectoryError, ValidationError):
            return None
        except OSError as error:
            raise failure("look at the lock", self._note, error) from error

    def _write(self, holder: Holder) -> None:
        try:
            replace(self._note, holder.model_dump_json(indent=2).encode() + b"\n", durable=False)
        except OSError as error:
            raise failure("lock the state with", self._note, error) from error

    def _forget(self, holder: Holder) -> None:
        """Remove the holder's file, unless another process has the lock. The next holder replaces a remaining file."""
        with contextlib.suppress(OSError, StateError):
            if self._read() == holder:
                self._note.unlink(missing_ok=True)


def _take(mutex: filelock.BaseFileLock, timeout: float) -> None:
    """Acquire the lock of the operating system. Raises filelock.Timeout, OSError, and _NoKernelLock if it has none."""
    try:
        mutex.acquire(timeout=timeout, poll_interval=_POLL)
    except NotImplementedError as error:
        raise _NoKernelLock from error
    except OSError as error:
        if error.errno in _MISSING:
            raise _NoKernelLock from error
        raise
