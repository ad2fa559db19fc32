"""A lock's note in a file, for file systems whose kernel keeps no locks (some network and user-space ones).

Whatever such a file system lacks, it makes a name once and renames in one step. That is enough for `LeaseLock`, whose
note says which process holds it, so that a dead one is known at once on its machine, and by time from another.
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from pathlib import Path

from dynaops.stores.files import failure, make_directory, replace


class LockFile:
    """The note at `path`; see lease.Place. Its tag is its whole text."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[bytes, str] | None:
        """The note; see lease.Place."""
        try:
            raw = self._path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise failure("look at the lock", self._path, error) from error
        return raw, raw.decode(errors="replace")

    def write(self, note: bytes, tag: str | None) -> str | None:
        """Puts the note there; see lease.Place."""
        try:
            make_directory(self._path.parent)
            written = self._put(note, tag)
        except OSError as error:
            raise failure("lock the state with", self._path, error) from error
        return note.decode() if written else None

    def remove(self, tag: str) -> bool:
        """Takes the note away; see lease.Place."""
        try:
            return self._claimed(tag)
        except OSError as error:
            raise failure("remove the lock", self._path, error) from error

    def _put(self, note: bytes, tag: str | None) -> bool:
        if tag is not None and _holder(note) == _holder(tag.encode()):
            found = self.read()
            if found is None or found[1] != tag:
                return False
            replace(self._path, note, durable=False)  # a sign of life: the lock is not let go for a moment
            return True
        if tag is not None and not self._claimed(tag):
            return False
        return self._made(note)

    def _made(self, note: bytes) -> bool:
        """Makes the file with its whole text in it, unless there is one."""
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
        """Takes the file of that text away: of several who try, one succeeds. Another's file is put back."""
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

    def _aside(self, what: str) -> Path:
        return self._path.with_name(f".{self._path.name}.{uuid.uuid4().hex[:8]}.{what}")


def _holder(note: bytes) -> str | None:
    """Whose a note is; None where it does not say."""
    try:
        return str(json.loads(note)["holder"]["id"])
    except (ValueError, KeyError, TypeError):
        return None
