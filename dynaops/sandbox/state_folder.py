"""The user's folder for the data of sandboxes: one subfolder for each project.

It is never inside a project: the author of a repository must not be able to write a sandbox's data. The path is
``$XDG_STATE_HOME/dynaops/sandbox/KEY`` (``~/.local/state`` by default, XDG Base Directory Specification), where KEY is
computed from the project's real path. Folders have mode 0700 and files 0600. A folder or file that belongs to another
user, is a symbolic link or may be written by others is refused with a DynaopsError.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
from pathlib import Path

from dynaops.model.errors import DynaopsError
from dynaops.model.project import root

OLD_FOLDER = Path(".dynaops/sandbox")
"""The folder of a project's sandbox in earlier versions; it is never read."""
_OLD_CONTENT_REPORTED = "old-content-told"
_ELSEWHERE = "Set XDG_STATE_HOME to a folder of your own."


def folder_of(project: Path | None = None) -> Path:
    """The folder of a project's sandbox (by default the current project's). It need not exist yet."""
    path = os.path.realpath(project or root())
    name = re.sub(r"[^A-Za-z0-9_-]", "", Path(path).name)[:40] or "project"
    return _user_folder() / f"{name}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:24]}"


def make(folder: Path) -> None:
    """Create a sandbox's folder and its parents in the user's folder, with mode 0700. Raises DynaopsError."""
    root = _user_folder()
    above = (root.parent, root) if root in (folder, folder.parent) else ()
    for each in dict.fromkeys((*above, folder)):
        try:
            each.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            each.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise DynaopsError(
                f"The sandbox's folder {each} cannot be made: {error.strerror}", _ELSEWHERE
            ) from error
        check(each)


def check(folder: Path) -> None:
    """Raise DynaopsError if others may have written to the folder; remove others' permission to read it."""
    try:
        status = folder.lstat()
    except OSError as error:
        raise DynaopsError(f"The sandbox's folder {folder} cannot be read: {error.strerror}") from error
    if not stat.S_ISDIR(status.st_mode):
        kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "no folder"
        raise DynaopsError(f"The sandbox's folder {folder} is {kind}", f"Remove it. {_ELSEWHERE}")
    _check_owner(folder, status)
    if status.st_mode & 0o022:
        raise DynaopsError(
            f"Other users may write into the sandbox's folder {folder} (mode {status.st_mode & 0o777:03o})",
            f"If you know its content to be yours: chmod 700 '{folder}'. Otherwise remove it.",
        )
    if status.st_mode & 0o077:
        folder.chmod(0o700)


def read_private(path: Path) -> bytes | None:
    """The content of a file that only its owner can write, or None if it does not exist. Raises DynaopsError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DynaopsError(f"{path} cannot be read: {error.strerror}", "Remove it.") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise DynaopsError(f"{path} is no regular file", "Remove it.")
        _check_owner(path, status)
        if status.st_mode & 0o077:
            raise DynaopsError(
                f"Other users may use {path} (mode {status.st_mode & 0o777:03o})",
                f"If you know it to be yours: chmod 600 '{path}'. Otherwise remove it.",
            )
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


def write_private(path: Path, content: bytes) -> None:
    """Replace a file atomically by one that only its owner can read."""
    new = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        _write_new(new, content)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def secret() -> bytes:
    """The user's secret key of 32 bytes, created at first use. Raises DynaopsError."""
    root = _user_folder()
    make(root)
    path = root / "key"
    key = read_private(path)
    if key is None:
        new = root / f".key-{secrets.token_hex(8)}"
        _write_new(new, secrets.token_bytes(32))
        try:
            os.link(
                new, path
            )  # unlike a rename, a link never replaces the key that another process has just created
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            new.replace(path)
        new.unlink(missing_ok=True)
        key = read_private(path)
    if key is None or len(key) != 32:
        raise DynaopsError(
            f"{path} is damaged", "Remove it; content that was saved with it is not read again."
        )
    return key


def world_id(folder: Path) -> str:
    """The id of the sandbox in a folder, created at first use. Raises DynaopsError."""
    make(folder)
    path = folder / "id"
    id_ = (read_private(path) or b"").decode(errors="replace")
    if not re.fullmatch(r"[0-9a-f]{16}", id_):
        id_ = secrets.token_hex(8)
        write_private(path, id_.encode())
    return id_


def old_content(folder: Path, project: Path | None = None) -> Path | None:
    """The folder of an earlier version's content, if it exists and was not reported before; records the report."""
    old = (project or Path.cwd()) / OLD_FOLDER
    if not os.path.lexists(old / "snapshot.pickle") or (folder / _OLD_CONTENT_REPORTED).exists():
        return None
    make(folder)
    write_private(folder / _OLD_CONTENT_REPORTED, b"")
    return old


def _user_folder() -> Path:
    """The folder of all sandboxes of this user."""
    named = os.environ.get("XDG_STATE_HOME", "")
    if named and Path(named).is_absolute():  # XDG specification: a relative path is ignored
        return Path(named) / "dynaops" / "sandbox"
    try:
        return Path.home() / ".local" / "state" / "dynaops" / "sandbox"
    except RuntimeError as error:
        raise DynaopsError("The sandbox has no folder: your home folder is not known", _ELSEWHERE) from error


def _write_new(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _check_owner(path: Path, status: os.stat_result) -> None:
    if status.st_uid != os.geteuid():
        raise DynaopsError(f"{path} belongs to another user", _ELSEWHERE)
