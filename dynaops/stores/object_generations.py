"""Earlier states in S3, as objects beside the present one.

They are copies that S3 makes by itself, so they are there whether or not the bucket keeps versions; where it does,
those are a second net, below this one.
"""

from __future__ import annotations

from datetime import UTC, datetime

from dynaops.aws.objects import Bucket, Content
from dynaops.model.state import State
from dynaops.stores import format as form
from dynaops.stores.base import Generation, StateUnreadable
from dynaops.stores.generations import NAME, digest, file_name, not_kept, serial_of

SAVED_AT = "dynaops-saved-at"
"""The metadata that says when a state was saved: a copy of it is younger."""


class ObjectGenerations:
    """What is kept of the state at `key`, at most `limit` objects: below ``state.d/`` for ``state.json``."""

    def __init__(self, bucket: Bucket, key: str, limit: int, check: form.Check = form.unchecked) -> None:
        self._bucket = bucket
        self._key = key
        self._limit = limit
        self._check = check
        self._prefix = f"{key.removesuffix('.json')}.d/"

    def keep(self, etag: str, serial: int, lineage: str) -> None:
        """Keeps the present object, of that ETag, and drops the oldest. Raises AwsFailure kinds."""
        if self._limit < 1:
            return
        self._bucket.copy(self._key, etag, self._prefix + file_name(serial, lineage))
        for name in self._names()[self._limit :]:
            self._bucket.delete(self._prefix + name)

    def keep_damaged(self, etag: str) -> None:
        """Keeps the present object although no state can be read from it. Raises AwsFailure kinds."""
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        self._bucket.copy(self._key, etag, f"{self._prefix}damaged-{now}.json")

    def listed(self) -> list[Generation]:
        """What is kept, newest first. What cannot be read is listed without its content."""
        return [one for one in map(self._described, self._names()) if one is not None]

    def newest(self, lineage: str) -> int:
        """The highest serial that is kept of `lineage`; 0 if none is."""
        return max((one.serial for one in self.listed() if one.lineage == lineage), default=0)

    def read(self, serial: int, lineage: str | None) -> State:
        """The kept state of `serial`, of `lineage` where that has one. Raises StateError, AwsFailure kinds."""
        names = self._names()
        found = [name for name in names if serial_of(name) == serial]
        own = [name for name in found if lineage is not None and digest(lineage) in name]
        name = next(iter(own or found), None)
        content = self._content(name) if name else None
        if content is None:
            raise not_kept(serial, [serial_of(one) for one in names], self._place(""))
        return form.loads(content.body, self._place(name or ""), self._check)

    def drop(self) -> None:
        """Deletes all that is kept, damaged ones too. Raises AwsFailure kinds."""
        for key, _ in self._bucket.keys(self._prefix):
            self._bucket.delete(key)

    def _names(self) -> list[str]:
        """The objects' names, newest first."""
        found = [(when, key.removeprefix(self._prefix)) for key, when in self._bucket.keys(self._prefix)]
        return [name for _, name in sorted(found, reverse=True) if NAME.fullmatch(name)]

    def _content(self, name: str) -> Content | None:
        return self._bucket.get(self._prefix + name, form.MAX_BYTES + 1)

    def _described(self, name: str) -> Generation | None:
        content = self._content(name)
        if content is None:
            return None
        try:
            state: State | None = form.loads(content.body, self._place(name))
        except StateUnreadable:
            state = None
        return described(content, serial_of(name), state)

    def _place(self, name: str) -> str:
        return f"s3://{self._bucket.name}/{self._prefix}{name}"


def described(content: Content, serial: int, state: State | None, current: bool = False) -> Generation:
    """An object as one of the states that there are."""
    return Generation(
        serial=serial,
        lineage=state.lineage if state else None,
        saved_at=content.metadata.get(SAVED_AT) or content.modified.strftime("%Y-%m-%dT%H:%M:%SZ"),
        size=len(content.body),
        resources=len(state.resources) if state else None,
        current=current,
    )
