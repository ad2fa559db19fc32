"""Earlier states in S3, as objects beside the present one.

They are copies that S3 makes by itself, so they are there whether or not the bucket keeps versions; where it does,
those are a second net, below this one.
"""

from __future__ import annotations

from datetime import UTC, datetime

from dynaops.aws.s3 import Content, S3Bucket
from dynaops.model.state import State
from dynaops.stores import format as form
from dynaops.stores.base import Generation, StateUnreadable
from dynaops.stores.generations import NAME, BaseGenerations, file_name, serial_of

SAVED_AT = "dynaops-saved-at"
"""The metadata that says when a state was saved: a copy of it is younger."""


class ObjectGenerations(BaseGenerations):
    """What is kept of the state at `key`: objects below ``state.d/`` for ``state.json``."""

    def __init__(self, bucket: S3Bucket, key: str, limit: int, check: form.Check = form.unchecked) -> None:
        super().__init__(limit, check)
        self._bucket = bucket
        self._key = key
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
        return [one for one in map(self._described, self._names()) if one is not None]

    def drop(self) -> None:
        """Deletes all that is kept, damaged ones too. Raises AwsFailure kinds."""
        for key, _ in self._bucket.keys(self._prefix):
            self._bucket.delete(key)

    def _names(self) -> list[str]:
        found = [(when, key.removeprefix(self._prefix)) for key, when in self._bucket.keys(self._prefix)]
        return [name for _, name in sorted(found, reverse=True) if NAME.fullmatch(name)]

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
