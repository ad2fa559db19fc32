"""The lock of a local state: the kernel excludes, a file beside it tells who.

The exclusion is an advisory lock of the operating system, which ends with its process however that ends. Who
holds it is written beside it for people, and for other machines that share the directory but not the kernel.
Where the file system has no such locks, the note alone is the lock (see lock_file).
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
"""Seconds that even an impatient caller waits: others look at the lock, or save, for a moment only."""
_POLL = 0.02


_MISSING = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}
"""How file systems say that they have no locks."""


class _NoKernelLock(Exception):
    """The file system has no locks."""


class StateLock:
    """The lock of the state at `path`. `location` is how the user named it."""

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
        """Holds the lock; see Store.lock."""
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
        """Raises LockHeld if the lock has been taken away meanwhile (``state unlock --force``)."""
        if self._lease.held:
            self._lease.check()
            return
        present = self._read()
        if present == self._held:
            return
        raise taken_away(self._location, present)

    def holder(self) -> Holder | None:
        """Who holds the lock; see Store.holder."""
        recorded = self._read()
        try:
            if recorded is not None and not self._abandoned(recorded):
                return recorded
        except _NoKernelLock:
            return self._lease.holder()
        return self._lease.holder() if recorded is None else None

    def unlock(self, force: bool) -> Holder | None:
        """Takes the lock away; see Store.unlock."""
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
        """Removes the note of a holder that the kernel does not know."""
        recorded = self._read()
        if recorded is not None and recorded.host != socket.gethostname() and not force:
            raise refusal(self._location, recorded)
        damaged = recorded is None and self._note.exists()
        self._remove(self._note)
        return UNKNOWN_HOLDER if damaged else recorded

    def _break(self, force: bool) -> Holder | None:
        """Ends the lock of a living process: the kernel's cannot be taken from it, but a new file has a new one."""
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
        """Takes the kernel's lock. Returns the holder that left without saying so, if any."""
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
        """Takes the kernel's lock if it is free."""
        try:
            make_directory(self._path.parent)
            _take(mutex, 0)
        except filelock.Timeout:
            return False
        except OSError as error:
            raise failure("lock the state with", self._path, error) from error
        return True

    def _abandoned(self, recorded: Holder) -> bool:
        """Whether the holder was a process of this machine and has gone: the kernel knows."""
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
        """Removes the note, unless it is another's by now. What cannot be removed the next takes over."""
        with contextlib.suppress(OSError, StateError):
            if self._read() == holder:
                self._note.unlink(missing_ok=True)


def _take(mutex: filelock.BaseFileLock, timeout: float) -> None:
    """Takes the kernel's lock. Raises filelock.Timeout, OSError, and _NoKernelLock where there is none to be had."""
    try:
        mutex.acquire(timeout=timeout, poll_interval=_POLL)
    except NotImplementedError as error:
        raise _NoKernelLock from error
    except OSError as error:
        if error.errno in _MISSING:
            raise _NoKernelLock from error
        raise
