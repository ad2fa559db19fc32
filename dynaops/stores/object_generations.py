"""Generations of a state in S3, as objects beside the current one.

They are copies made by S3 (CopyObject), so they exist whether or not the bucket is versioned. Object versions of a
versioned bucket are an additional protection.
"""

from __future__ import annotations

from datetime import UTC, datetime

from dynaops.aws.s3 import Content, S3Bucket
from dynaops.model.state import State
from dynaops.stores import format as form
from dynaops.stores.base import Generation, StateUnreadable
from dynaops.stores.generations import NAME, BaseGenerations, file_name, serial_of

SAVED_AT = "dynaops-saved-at"
"""The metadata key of the time at which a state was saved, since a copy has a later modification time."""


class ObjectGenerations(BaseGenerations):
    """The generations of the state at `key`: objects below ``state.d/`` for ``state.json``."""

    def __init__(self, bucket: S3Bucket, key: str, limit: int, check: form.Check = form.unchecked) -> None:
        super().__init__(limit, check)
        self._bucket = bucket
        self._key = key
        self._prefix = f"{key.removesuffix('.json')}.d/"

    def keep(self, etag: str, serial: int, lineage: str) -> None:
        """Keep the current object, with that ETag, and delete the oldest generations. Raises AwsFailure."""
        if self._limit < 1:
            return
        self._bucket.copy(self._key, etag, self._prefix + file_name(serial, lineage))
        for name in self._names()[self._limit :]:
            self._bucket.delete(self._prefix + name)

    def keep_damaged(self, etag: str) -> None:
        """Keep the current object although it is damaged. Raises AwsFailure."""
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        self._bucket.copy(self._key, etag, f"{self._prefix}damaged-{now}.json")

    def listed(self) -> list[Generation]:
        return [generation for generation in map(self._described, self._names()) if generation is not None]

    def drop(self) -> None:
        """Delete all generations, also damaged ones. Raises AwsFailure."""
        for key, _ in self._bucket.keys(self._prefix):
            self._bucket.delete(key)

    def _names(self) -> list[str]:
        objects = [
            (modified, key.removeprefix(self._prefix)) for key, modified in self._bucket.keys(self._prefix)
        ]
        return [name for _, name in sorted(objects, reverse=True) if NAME.fullmatch(name)]

    def _content(self, name: str) -> Content | None:
        return self._bucket.get(self._prefix + name, form.MAX_BYTES + 1)

    def _raw(self, name: str) -> bytes | None:
        content = self._content(name)
        return content.body if content else None

    def _described(self, name: str) -> Generation | None:
        content = self._content(name)
        if content is None:
            return None
        try:
            state: State | None = form.loads(content.body, self._location_of(name))
        except StateUnreadable:
            state = None
        return described(content, serial_of(name), state)

    def _location_of(self, name: str) -> str:
        return f"s3://{self._bucket.name}/{self._prefix}{name}"


def described(content: Content, serial: int, state: State | None, current: bool = False) -> Generation:
    """The Generation for an object."""
    return Generation(
        serial=serial,
        lineage=state.lineage if state else None,
        saved_at=content.metadata.get(SAVED_AT) or content.modified.strftime("%Y-%m-%dT%H:%M:%SZ"),
        size=len(content.body),
        resources=len(state.resources) if state else None,
        current=current,
    )
