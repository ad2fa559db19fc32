"""Objects in S3: list them, read one from any byte on, and write one conditionally."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from dynaops.aws.errors import AwsFailure, AwsRefusal, ResponseLost
from dynaops.model.errors import DynaopsError

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

_TRIES = 5
"""The most connections that may break in a row without any byte read."""
_CONFLICTS = 8
"""How often a write is sent if S3 responds with 409 (a concurrent write), which is to be retried."""
_OVERTAKEN = ("PreconditionFailed", "412", "NoSuchKey")
"""The error codes of S3 for an object that is not the one that a conditional request expects."""


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
    """The objects whose keys begin with `prefix`, by key. Raises DynaopsError."""
    listed = aws.read_all(
        "s3",
        "ListObjectsV2",
        aws.region,
        {"Bucket": bucket, "Prefix": prefix},
        "Contents",
        "ContinuationToken",
        "NextContinuationToken",
    )
    return [S3Object(bucket, entry["Key"], entry["Size"], entry.get("ETag", "")) for entry in listed or ()]


class ObjectReader:
    """Reads an object from byte `start` on. After a broken connection, a new one continues at the same byte.

    Raises DynaopsError if the object changes meanwhile, since a mix of two contents would be wrong.
    """

    def __init__(self, aws: Aws, object_: S3Object, start: int = 0) -> None:
        self._aws = aws
        self._which = object_
        self._at = start
        self._body: Any = None

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes (by default all that remain); empty at the end. Raises DynaopsError."""
        if size < 0:
            size = self._which.size - self._at
        for attempt in range(_TRIES):
            if self._at >= self._which.size or not size:
                return b""
            data = self._try(size, last=attempt == _TRIES - 1)
            if data:
                self._at += len(data)
                return data
        raise ResponseLost(
            f"{self._which.url} ends before its {self._which.size} bytes", "Run the command again."
        )

    def close(self) -> None:
        """End the connection."""
        if self._body is not None:
            self._body.close()
            self._body = None

    def _try(self, size: int, last: bool) -> bytes:
        """Some bytes; empty if the connection broke."""
        from botocore.exceptions import BotoCoreError
        from urllib3.exceptions import HTTPError

        try:
            if self._body is None:
                self._body = self._open()
            data: bytes = self._body.read(size)
        except (BotoCoreError, HTTPError, OSError) as error:
            self.close()
            if last:
                raise ResponseLost(
                    f"Cannot read {self._which.url}: {error}", "Run the command again."
                ) from error
            return b""
        if not data:
            self.close()
        return data

    def _open(self) -> Any:
        object_ = self._which
        request = {"Bucket": object_.bucket, "Key": object_.key, "Range": f"bytes={self._at}-"}
        if object_.etag:
            request["IfMatch"] = object_.etag
        try:
            return self._aws.call("s3", "GetObject", self._aws.region, request)["Body"]
        except AwsRefusal as error:
            if error.code in ("PreconditionFailed", "412"):
                raise DynaopsError(
                    f"{object_.url} has changed while it was read", "Load it again from the beginning."
                ) from error
            raise


class WriteConflict(AwsFailure):
    """A conditional request found another object than it expected, or an object where none was expected."""

    json_kind = "overtaken"


class Content(NamedTuple):
    """An object's content, read in one request. `etag` identifies this content."""

    body: bytes
    etag: str
    metadata: dict[str, str]
    modified: datetime


@dataclass(frozen=True)
class S3Bucket:
    """A bucket whose objects are read and written as a whole, also conditionally.

    `owner` is the account that must own the bucket, `kms_key` encrypts objects (None: the bucket's default). All
    methods raise AwsFailure.
    """

    aws: Aws
    name: str
    region: str
    owner: str | None = None
    kms_key: str | None = None

    def get(self, key: str, limit: int) -> Content | None:
        """An object's first `limit` bytes; None if there is no object."""
        from botocore.exceptions import BotoCoreError
        from urllib3.exceptions import HTTPError

        for attempt in range(_TRIES):
            try:
                response = self._call("GetObject", {"Key": key})
                body: bytes = response["Body"].read(limit)
                if len(body) < min(limit, response.get("ContentLength", 0)):
                    raise OSError(f"cut short after {len(body)} bytes")
                return Content(body, response["ETag"], response.get("Metadata", {}), response["LastModified"])
            except AwsRefusal as error:
                if error.code == "NoSuchKey":
                    return None
                raise
            except (BotoCoreError, HTTPError, OSError) as error:
                if attempt == _TRIES - 1:
                    raise ResponseLost(
                        f"Cannot read s3://{self.name}/{key}: {error}", "Run the command again."
                    ) from error
        raise AssertionError("the last attempt returns or raises")

    def put(self, key: str, body: bytes, match: str | None, metadata: dict[str, str] | None = None) -> str:
        """Replace the object with ETag `match` (None: create a new object); return the new ETag.

        Raises WriteConflict if the object has another ETag. `body` must be unique to this writer: after a lost
        response, the stored content shows whether this write succeeded.
        """
        condition = {"IfNoneMatch": "*"} if match is None else {"IfMatch": match}
        request = {"Key": key, "Body": body, "Metadata": metadata or {}, **self._encryption(), **condition}
        for attempt in range(_TRIES):
            try:
                return str(self._conditional("PutObject", request)["ETag"])
            except (WriteConflict, ResponseLost) as error:
                current = self.get(key, len(body) + 1)
                if current is not None and current.body == body:
                    return current.etag
                if isinstance(error, WriteConflict) or attempt == _TRIES - 1:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def replace(self, key: str, body: bytes) -> None:
        """Write an object unconditionally."""
        self._call("PutObject", {"Key": key, "Body": body, **self._encryption()})

    def copy(self, source: str, match: str, target: str) -> None:
        """Copy the object `source` to `target`. Raises WriteConflict if its ETag is not `match` any more."""
        request = {
            "Key": target,
            "CopySource": {"Bucket": self.name, "Key": source},
            "CopySourceIfMatch": match,
            **({"ExpectedSourceBucketOwner": self.owner} if self.owner else {}),
            **self._encryption(),
        }
        self._conditional("CopyObject", request)

    def delete(self, key: str, match: str | None = None) -> None:
        """Delete an object, if it exists. Raises WriteConflict if its ETag is not `match` (None: any)."""
        request = {"Key": key, **({"IfMatch": match} if match else {})}
        try:
            self._conditional("DeleteObject", request)
        except ResponseLost:
            if self.get(key, 1) is not None:
                self._conditional("DeleteObject", request)

    def first_keys(self) -> list[str]:
        """The first keys of the bucket, as many as one response has (1,000)."""
        listed = self.aws.read("s3", "ListObjectsV2", self.region, {"Bucket": self.name, **self._owned()})
        return [entry["Key"] for entry in (listed or {}).get("Contents", ())]

    def keys(self, prefix: str) -> list[tuple[str, datetime]]:
        """(key, last modified) of the keys that begin with `prefix`."""
        listed = self.aws.read_all(
            "s3",
            "ListObjectsV2",
            self.region,
            {"Bucket": self.name, "Prefix": prefix, **self._owned()},
            "Contents",
            "ContinuationToken",
            "NextContinuationToken",
        )
        return [(entry["Key"], entry["LastModified"]) for entry in listed or ()]

    def _conditional(self, api: str, request: dict[str, Any]) -> dict[str, Any]:
        for attempt in range(_CONFLICTS):
            try:
                return self._call(api, request)
            except AwsRefusal as error:
                if error.code in _OVERTAKEN:
                    raise WriteConflict(
                        f"s3://{self.name}/{request['Key']} is not as expected", None
                    ) from error
                if error.code != "ConditionalRequestConflict" or attempt == _CONFLICTS - 1:
                    raise
                time.sleep(random.uniform(0.01, 0.05) * 2**attempt)  # noqa: S311 (no secret)
        raise AssertionError("the last attempt returns or raises")

    def _call(self, api: str, request: dict[str, Any]) -> dict[str, Any]:
        return self.aws.call("s3", api, self.region, {"Bucket": self.name, **self._owned(), **request})

    def _owned(self) -> dict[str, str]:
        return {"ExpectedBucketOwner": self.owner} if self.owner else {}

    def _encryption(self) -> dict[str, Any]:
        if self.kms_key is None:
            return {}
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.kms_key, "BucketKeyEnabled": True}
