"""Objects in S3: which there are, and reading one from any byte on, also when connections break."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dynaops.aws.errors import Lost, Refused
from dynaops.model.errors import DynaopsError

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

_TRIES = 5
"""Connections that may break in a row without a byte between."""


class S3Object(NamedTuple):
    """An object. `size` is in bytes; `etag` changes with the content."""

    bucket: str
    key: str
    size: int
    etag: str

    @property
    def url(self) -> str:
        """The object's S3 URI."""
        return f"s3://{self.bucket}/{self.key}"


def list_objects(aws: Aws, bucket: str, prefix: str) -> list[S3Object]:
    """The objects whose keys begin with `prefix`, by key. Raises DynaopsError kinds."""
    found = aws.read_all(
        "s3",
        "ListObjectsV2",
        aws.region,
        {"Bucket": bucket, "Prefix": prefix},
        "Contents",
        "ContinuationToken",
        "NextContinuationToken",
    )
    return [S3Object(bucket, one["Key"], one["Size"], one.get("ETag", "")) for one in found or ()]


class ObjectReader:
    """Reads an object from byte `start` on. A connection that breaks is replaced by one that goes on there.

    An object that changes meanwhile is refused: half of each is worse than none.
    """

    def __init__(self, aws: Aws, which: S3Object, start: int = 0) -> None:
        self._aws = aws
        self._which = which
        self._at = start
        self._body: Any = None

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes (all that is left by default); none at the end. Raises DynaopsError kinds."""
        if size < 0:
            size = self._which.size - self._at
        for attempt in range(_TRIES):
            if self._at >= self._which.size or not size:
                return b""
            data = self._try(size, last=attempt == _TRIES - 1)
            if data:
                self._at += len(data)
                return data
        raise Lost(f"{self._which.url} ends before its {self._which.size} bytes", "Run the command again.")

    def close(self) -> None:
        """End the connection."""
        if self._body is not None:
            self._body.close()
            self._body = None

    def _try(self, size: int, last: bool) -> bytes:
        """Some bytes; none where the connection broke."""
        from botocore.exceptions import BotoCoreError
        from urllib3.exceptions import HTTPError

        try:
            if self._body is None:
                self._body = self._open()
            data: bytes = self._body.read(size)
        except (BotoCoreError, HTTPError, OSError) as error:
            self.close()
            if last:
                raise Lost(f"Cannot read {self._which.url}: {error}", "Run the command again.") from error
            return b""
        if not data:
            self.close()
        return data

    def _open(self) -> Any:
        which = self._which
        request = {"Bucket": which.bucket, "Key": which.key, "Range": f"bytes={self._at}-"}
        if which.etag:
            request["IfMatch"] = which.etag
        try:
            return self._aws.call("s3", "GetObject", self._aws.region, request)["Body"]
        except Refused as error:
            if error.code in ("PreconditionFailed", "412"):
                raise DynaopsError(
                    f"{which.url} has changed while it was read", "Load it again from the beginning."
                ) from error
            raise
