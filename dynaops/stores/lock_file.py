"""Storage of a lock's note in a file, for file systems without locks (some network and user-space ones).

Such a file system at least creates a name exclusively and renames atomically. That is enough for `LeaseLock`: its note
names the holding process, so that its own machine sees at once when it is dead, and other machines after the lease.
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from pathlib import Path

from dynaops.stores.files import failure, make_directory, replace


class LockFile:
    """The note in the file `path`; see lease.LockLocation. Its tag is its whole text."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[bytes, str] | None:
        """The note; see lease.LockLocation."""
        try:
            raw = self._path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise failure("look at the lock", self._path, error) from error
        return raw, raw.decode(errors="replace")

    def write(self, note: bytes, tag: str | None) -> str | None:
        """Write the note; see lease.LockLocation."""
        try:
            make_directory(self._path.parent)
            written = self._put(note, tag)
        except OSError as error:
            raise failure("lock the state with", self._path, error) from error
        return note.decode() if written else None

    def remove(self, tag: str) -> bool:
        """Remove the note; see lease.LockLocation."""
        try:
            return self._claimed(tag)
        except OSError as error:
            raise failure("remove the lock", self._path, error) from error

    def _put(self, note: bytes, tag: str | None) -> bool:
        if tag is not None and _holder(note) == _holder(tag.encode()):
            current = self.read()
            if current is None or current[1] != tag:
                return False
            replace(self._path, note, durable=False)  # a renewal: the lock stays held throughout
            return True
        if tag is not None and not self._claimed(tag):
            return False
        return self._made(note)

    def _made(self, note: bytes) -> bool:
        """Create the file with its whole content, unless it exists; whether it was created."""
        draft = self._aside("new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(note)
            self._path.hardlink_to(draft)
        except FileExistsError:
            return False
        except OSError:
            return self._made_without_links(note)
        finally:
            draft.unlink(missing_ok=True)
        return True

    def _made_without_links(self, note: bytes) -> bool:
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return False
        with os.fdopen(descriptor, "wb") as file:
            file.write(note)
        return True

    def _claimed(self, tag: str) -> bool:
        """Remove the file if it has that text; only one of several processes succeeds. Another text is put back."""
        aside = self._aside("old")
        try:
            self._path.rename(aside)
        except FileNotFoundError:
            return False
        try:
            if aside.read_bytes().decode(errors="replace") == tag:
                return True
            with contextlib.suppress(OSError):
                self._path.hardlink_to(aside)
            return False
        finally:
            aside.unlink(missing_ok=True)

    def _aside(self, suffix: str) -> Path:
        return self._path.with_name(f".{self._path.name}.{uuid.uuid4().hex[:8]}.{suffix}")


def _holder(note: bytes) -> str | None:
    """The id of a note's holder; None if the note has none."""
    try:
        return str(json.loads(note)["holder"]["id"])
    except (ValueError, KeyError, TypeError):
        return None
