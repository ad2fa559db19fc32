"""The location of a state in S3 (``s3://bucket/key?options``), errors of S3 as StateError, and the lock object."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import parse_qsl

from dynaops.aws.errors import AccessDenied, AwsRefusal
from dynaops.aws.s3 import S3Bucket, WriteConflict
from dynaops.model.errors import DynaopsError
from dynaops.stores.base import StateError

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ACCOUNT = re.compile(r"\d{12}")
_OPTIONS = ("region", "expected_owner", "kms_key", "lock_table")
_FORM = "Write s3://BUCKET/KEY, for example s3://acme-state/orders/state.json."
MAX_NOTE = 64 * 1024
"""The most bytes of a lock's note that are read; a note has a few hundred."""


@dataclass(frozen=True)
class S3Location:
    """``s3://bucket/key?region=&expected_owner=&kms_key=&lock_table=``; the options may be left out."""

    bucket: str
    key: str
    region: str | None = None
    expected_owner: str | None = None
    kms_key: str | None = None
    lock_table: str | None = None


def check_bucket(name: str) -> None:
    """Raise StateError for a name that S3 does not allow for a bucket."""
    if not _BUCKET.fullmatch(name):
        raise StateError(
            f"{name!r} is not the name of a bucket.",
            "It has 3 to 63 of a-z 0-9 . -, and begins and ends with a letter or a digit.",
        )


def parse(location: str) -> S3Location:
    """Parse a location. Raises StateError if it is not a valid S3 location."""
    path, _, query = location.removeprefix("s3://").partition("?")
    bucket, _, key = path.partition("/")
    check_bucket(bucket)
    if not key or key.endswith("/") or len(key.encode()) > 900:  # S3 allows 1024, generations need some
        raise StateError(f"{location} names no object in {bucket}.", _FORM)
    options = dict(parse_qsl(query, keep_blank_values=True))
    for name, value in options.items():
        if name not in _OPTIONS:
            near = get_close_matches(name, _OPTIONS, 1)
            hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(_OPTIONS)}."
            raise StateError(f"{name!r} in {location} is unknown.", hint)
        if not value:
            raise StateError(f"{name} in {location} has no value.", f"Write {name}=VALUE, or leave it out.")
    owner = options.get("expected_owner")
    if owner is not None and not _ACCOUNT.fullmatch(owner):
        raise StateError(
            f"expected_owner={owner} is not an account.", "Write the 12 digits of an AWS account."
        )
    return S3Location(bucket, key, **options)


@contextlib.contextmanager
def as_state_error(doing: str, location: str) -> Iterator[None]:
    """A context that raises failures of S3 as StateError; `doing` is a phrase such as "save".

    WriteConflict and StateError are raised as they are.
    """
    try:
        yield
    except (StateError, WriteConflict):
        raise
    except DynaopsError as error:
        bucket = location.removeprefix("s3://").partition("/")[0]
        if isinstance(error, AwsRefusal) and error.code == "NoSuchBucket":
            raise StateError(
                f"Cannot {doing} the state {location}: there is no bucket {bucket}.",
                f"Correct --state, or make the bucket: `dynaops init --state-bucket {bucket}`.",
            ) from error
        if isinstance(error, AccessDenied) and error.text in ("Access Denied", "Forbidden"):
            raise StateError(
                f"Cannot {doing} the state {location}: S3 denies access.",
                "The caller needs s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject "
                "on its objects; with expected_owner, the bucket must belong to that account.",
            ) from error
        raise StateError(f"Cannot {doing} the state {location}: {error.message}", error.hint) from error


class LockObject:
    """A lock's note as an object beside the state."""

    def __init__(self, bucket: S3Bucket, key: str, location: str) -> None:
        self._bucket = bucket
        self._key = key
        self._location = location

    def read(self) -> tuple[bytes, str] | None:
        """The note and its ETag; see lease.LockLocation."""
        with as_state_error("look at the lock of", self._location):
            current = self._bucket.get(self._key, MAX_NOTE)
        return (current.body, current.etag) if current else None

    def write(self, note: bytes, tag: str | None) -> str | None:
        """Write the note; see lease.LockLocation."""
        try:
            with as_state_error("lock", self._location):
                return self._bucket.put(self._key, note, tag)
        except WriteConflict:
            return None

    def remove(self, tag: str) -> bool:
        """Remove the note; see lease.LockLocation."""
        try:
            with as_state_error("unlock", self._location):
                self._bucket.delete(self._key, tag)
        except WriteConflict:
            return False
        return True
