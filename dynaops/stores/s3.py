"""State in S3: one object, written on the condition that nobody else has, with its lock and generations beside it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dynaops.aws.s3 import Content, S3Bucket, WriteConflict
from dynaops.model.state import State
from dynaops.stores import format as form
from dynaops.stores.base import (
    UNKNOWN_HOLDER,
    Generation,
    Holder,
    StateElsewhere,
    StateUnreadable,
    moved,
)
from dynaops.stores.dynamodb_lock import LockItem
from dynaops.stores.lease import LeaseLock, LockLocation
from dynaops.stores.lock_wait import IMPATIENT, LockWait
from dynaops.stores.object_generations import SAVED_AT, ObjectGenerations, described
from dynaops.stores.s3_location import LockObject, S3Location, told
from dynaops.stores.side_files import ObjectFolder
from dynaops.stores.versioned import VersionedStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynaops.aws.session import Aws

_TRIES = 5


@dataclass(frozen=True)
class _ObjectSeen:
    """What the object held when this store last read or wrote it. `serial` is None where that was no state."""

    etag: str
    serial: int | None
    lineage: str = ""


class S3Store(VersionedStore):
    """A state in one object, which `way` leads to. Nothing is sent before something is read or written."""

    _generations: ObjectGenerations
    _lock: LeaseLock

    def __init__(
        self,
        location: str,
        where: S3Location,
        way: Callable[[], Aws],
        *,
        generations: int,
        check: form.Check | None = None,
        patience: LockWait = IMPATIENT,
    ) -> None:
        aws = way()
        region = where.region or aws.region
        super().__init__(location, check)
        self._key = where.key
        self._bucket = S3Bucket(aws, where.bucket, region, where.expected_owner, where.kms_key)
        self._generations = ObjectGenerations(self._bucket, where.key, generations, self._check)
        place: LockLocation = LockObject(self._bucket, f"{where.key}.lock", location)
        if where.lock_table is not None:
            place = LockItem(aws, region, where.lock_table, f"{where.bucket}/{where.key}")
        self._lock = LeaseLock(place, location, patience=patience)
        self._seen: _ObjectSeen | None = None
        self._looked = False

    def describe(self) -> str:
        return f"the S3 object {self._location}"

    def load(self) -> State:
        found = self._read()
        return State.empty() if found is None else self._state_of(found)

    def save(self, state: State) -> State:
        with self._locked("save"):
            if not self._looked or (self._seen and self._seen.serial is None):
                self.load()
            self._check_unmoved(state)
            return self._write(state, state.serial + 1)

    def unlock(self, force: bool = False) -> Holder | None:
        holder, was_locked = self._lock.unlock(force)
        if was_locked:
            self._fence()
        return holder or (UNKNOWN_HOLDER if was_locked else None)

    def retire(self, target: str) -> None:
        with self._locked("init --migrate"):
            found = self._read()
            if found is not None:
                state = self._state_of(found)
                self._put(state, form.moved_note(target))
                self._seen, self._looked = None, False

    def drop(self) -> None:
        with self._locked("workspace delete"):
            with told("delete", self._location):
                self._bucket.delete(self._key)
                self._generations.drop()
            self._seen, self._looked = None, False

    def beside(self, kind: str) -> ObjectFolder:
        return ObjectFolder(self._bucket, self._key, kind)

    def _telling(self, what: str) -> contextlib.AbstractContextManager[None]:
        return told(what, self._location)

    def _present(self) -> tuple[str | None, int]:
        found = self._read()
        if found is None:
            with told("list the history of", self._location):
                kept = self._generations.listed()
            return None, form.serial_beyond(None) if kept else 0
        try:
            state = self._state_of(found)
        except StateElsewhere:
            return None, 0
        except StateUnreadable:
            with told("keep the damaged object of", self._location):
                self._generations.keep_damaged(found.etag)
            return None, form.serial_beyond(found.body)
        return state.lineage, state.serial

    def _write(self, state: State, serial: int) -> State:
        saved = state.model_copy(update={"serial": serial})
        etag = self._put(state, self._encoder.dumps(saved))
        self._seen, self._looked = _ObjectSeen(etag, serial, saved.lineage), True
        return saved

    def _put(self, before: State, data: bytes) -> str:
        """Writes the object in place of the one last seen; its ETag. Raises StateMoved where that was `before`."""
        try:
            with told("save", self._location):
                self._keep()
                return self._bucket.put(self._key, data, self._seen.etag if self._seen else None, _metadata())
        except WriteConflict:
            self.load()
            self._check_unmoved(before)
            raise moved(self._location, before, before.serial + 1, before.lineage) from None

    def _keep(self) -> None:
        if self._seen is not None and self._seen.serial is not None and not self._kept:
            self._generations.keep(self._seen.etag, self._seen.serial, self._seen.lineage)
        self._kept = True

    def _fence(self) -> None:
        """Gives the state a new serial after a lock was taken away, so that no save of its holder can succeed.

        That holder may be between its look at the lock and its write; the write expects the state as it was.
        """
        for _ in range(_TRIES):
            try:
                found = self._read()
                state = self._state_of(found) if found else None
            except StateUnreadable:
                return
            if state is None or found is None:
                return
            saved = state.unlocked()
            with told("save", self._location), contextlib.suppress(WriteConflict):
                etag = self._bucket.put(self._key, form.dumps(saved), found.etag, _metadata())
                self._seen = _ObjectSeen(etag, saved.serial, saved.lineage)
                return

    def _check_unmoved(self, state: State) -> None:
        if self._seen is None:
            if state.serial != 0:
                raise moved(self._location, state, None)
        elif (self._seen.serial, self._seen.lineage) != (state.serial, state.lineage):
            raise moved(self._location, state, self._seen.serial, self._seen.lineage)

    def _read(self) -> Content | None:
        with told("read", self._location):
            found = self._bucket.get(self._key, form.MAX_BYTES + 1)
        self._seen, self._looked = (_ObjectSeen(found.etag, None) if found else None), True
        return found

    def _state_of(self, found: Content) -> State:
        state = form.loads(found.body, self._location, self._check)
        self._seen = _ObjectSeen(found.etag, state.serial, state.lineage)
        return state

    def _current(self) -> list[Generation]:
        found = self._read()
        if found is None:
            return []
        try:
            state = self._state_of(found)
        except StateUnreadable:
            return []
        return [described(found, state.serial, state, current=True)]


def _metadata() -> dict[str, str]:
    return {SAVED_AT: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
