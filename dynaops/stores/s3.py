"""The store of a state in S3: one object with conditional writes, and its lock and generations beside it."""

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
from dynaops.stores.s3_location import LockObject, S3Location, as_state_error
from dynaops.stores.side_files import ObjectFolder
from dynaops.stores.versioned import VersionedStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynaops.aws.session import Aws

_TRIES = 5


@dataclass(frozen=True)
class _ObjectSeen:
    """ETag, serial and lineage of the object when this store last read or wrote it. `serial` None: not a state."""

    etag: str
    serial: int | None
    lineage: str = ""


class S3Store(VersionedStore):
    """A state in one S3 object; `open_aws` gives the AWS session. No request is sent before the first use."""

    _generations: ObjectGenerations
    _lock: LeaseLock

    def __init__(
        self,
        location: str,
        s3_location: S3Location,
        open_aws: Callable[[], Aws],
        *,
        generations: int,
        check: form.Check | None = None,
        patience: LockWait = IMPATIENT,
    ) -> None:
        aws = open_aws()
        region = s3_location.region or aws.region
        super().__init__(location, check)
        self._key = s3_location.key
        self._bucket = S3Bucket(
            aws, s3_location.bucket, region, s3_location.expected_owner, s3_location.kms_key
        )
        self._generations = ObjectGenerations(self._bucket, s3_location.key, generations, self._check)
        storage: LockLocation = LockObject(self._bucket, f"{s3_location.key}.lock", location)
        if s3_location.lock_table is not None:
            storage = LockItem(aws, region, s3_location.lock_table, f"{s3_location.bucket}/{s3_location.key}")
        self._lock = LeaseLock(storage, location, patience=patience)
        self._seen: _ObjectSeen | None = None
        self._looked = False

    def describe(self) -> str:
        return f"the S3 object {self._location}"

    def load(self) -> State:
        content = self._read()
        return State.empty() if content is None else self._state_of(content)

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
            content = self._read()
            if content is not None:
                state = self._state_of(content)
                self._put(state, form.moved_note(target))
                self._seen, self._looked = None, False

    def drop(self) -> None:
        with self._locked("workspace delete"):
            with as_state_error("delete", self._location):
                self._bucket.delete(self._key)
                self._generations.drop()
            self._seen, self._looked = None, False

    def beside(self, kind: str) -> ObjectFolder:
        return ObjectFolder(self._bucket, self._key, kind)

    def _telling(self, action: str) -> contextlib.AbstractContextManager[None]:
        return as_state_error(action, self._location)

    def _present(self) -> tuple[str | None, int]:
        content = self._read()
        if content is None:
            with as_state_error("list the history of", self._location):
                kept = self._generations.listed()
            return None, form.serial_beyond(None) if kept else 0
        try:
            state = self._state_of(content)
        except StateElsewhere:
            return None, 0
        except StateUnreadable:
            with as_state_error("keep the damaged object of", self._location):
                self._generations.keep_damaged(content.etag)
            return None, form.serial_beyond(content.body)
        return state.lineage, state.serial

    def _write(self, state: State, serial: int) -> State:
        saved = state.model_copy(update={"serial": serial})
        etag = self._put(state, self._encoder.dumps(saved))
        self._seen, self._looked = _ObjectSeen(etag, serial, saved.lineage), True
        return saved

    def _put(self, before: State, data: bytes) -> str:
        """Replace the object that was last seen; returns the new ETag. Raises StateMoved if it has changed."""
        try:
            with as_state_error("save", self._location):
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
        """Save the state with a new serial after a lock was removed, so that no save of its holder can succeed.

        The holder may be between its check of the lock and its write, and that write expects the old ETag.
        """
        for _ in range(_TRIES):
            try:
                content = self._read()
                state = self._state_of(content) if content else None
            except StateUnreadable:
                return
            if state is None or content is None:
                return
            saved = state.unlocked()
            with as_state_error("save", self._location), contextlib.suppress(WriteConflict):
                etag = self._bucket.put(self._key, form.dumps(saved), content.etag, _metadata())
                self._seen = _ObjectSeen(etag, saved.serial, saved.lineage)
                return

    def _check_unmoved(self, state: State) -> None:
        if self._seen is None:
            if state.serial != 0:
                raise moved(self._location, state, None)
        elif (self._seen.serial, self._seen.lineage) != (state.serial, state.lineage):
            raise moved(self._location, state, self._seen.serial, self._seen.lineage)

    def _read(self) -> Content | None:
        with as_state_error("read", self._location):
            content = self._bucket.get(self._key, form.MAX_BYTES + 1)
        self._seen, self._looked = (_ObjectSeen(content.etag, None) if content else None), True
        return content

    def _state_of(self, content: Content) -> State:
        state = form.loads(content.body, self._location, self._check)
        self._seen = _ObjectSeen(content.etag, state.serial, state.lineage)
        return state

    def _current(self) -> list[Generation]:
        content = self._read()
        if content is None:
            return []
        try:
            state = self._state_of(content)
        except StateUnreadable:
            return []
        return [described(content, state.serial, state, current=True)]


def _metadata() -> dict[str, str]:
    return {SAVED_AT: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
