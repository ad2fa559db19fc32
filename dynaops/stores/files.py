"""Write files atomically, and explain errors of the operating system."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from dynaops.stores.base import StateError

_FULL = "Free some space, then run the command again: it goes on where this one stopped."
_RIGHTS = "Check who owns it and its permissions, or choose another place with --state."
_REASONS = {
    errno.ENOSPC: ("the disk is full", _FULL),
    errno.EDQUOT: ("the disk quota is used up", _FULL),
    errno.EFBIG: ("it would exceed the largest file size allowed here", _FULL),
    errno.EROFS: ("the file system is read-only", "Choose a writable place with --state."),
    errno.EACCES: ("permission denied", _RIGHTS),
    errno.EPERM: ("the operation is not permitted", _RIGHTS),
    errno.EISDIR: ("it is a directory", "Name a file with --state, for example .dynaops/state.json."),
    errno.ENOENT: ("its directory cannot be made there", "Correct --state."),
    errno.ENOTDIR: ("a part of its path is not a directory", "Correct --state."),
    errno.EEXIST: ("something else is there by that name", "Correct --state."),
    errno.ELOOP: ("its symbolic links go round in a circle", "Correct the links, or --state."),
    errno.ENAMETOOLONG: ("its name is too long", "Choose a shorter name with --state."),
}
_NO_DIRECTORY_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES}
"""The errors by which file systems say that a directory cannot be synced."""


def failure(doing: str, path: Path, error: OSError) -> StateError:
    """The StateError for an OSError; `doing` is a phrase such as "save the state to"."""
    reason, hint = _REASONS.get(error.errno or 0, (error.strerror or str(error), None))
    return StateError(f"Cannot {doing} {path}: {reason}.", hint)


def make_directory(path: Path) -> None:
    """Create the directory `path` for its owner only, if it is missing. Raises OSError."""
    if not path.is_dir():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)


def replace(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Replace the content of `path` by `data` atomically; only the owner can read the file.

    On return the data is on the disk (if `durable`); after an OSError the old content is unchanged. Callers must hold a
    lock: the temporary file has a fixed name, so that killed processes do not leave many files.
    """
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    if durable:
        _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    """Make a rename within `path` survive a power failure, if the system supports that."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_DIRECTORY_SYNC:
            raise
    finally:
        os.close(descriptor)
