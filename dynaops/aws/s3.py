"""Objects in S3: which there are, reading one from any byte on, and writing one only where nobody else did."""

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
"""Connections that may break in a row without a byte between."""
_CONFLICTS = 8
"""How often a write is sent that S3 answers with 409: two met, and S3 asks for another try."""
_OVERTAKEN = ("PreconditionFailed", "412", "NoSuchKey")
"""How S3 says that an object is not the one that a request expects: another, or none."""


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
        raise ResponseLost(
            f"{self._which.url} ends before its {self._which.size} bytes", "Run the command again."
        )

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
                raise ResponseLost(
                    f"Cannot read {self._which.url}: {error}", "Run the command again."
                ) from error
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
        except AwsRefusal as error:
            if error.code in ("PreconditionFailed", "412"):
                raise DynaopsError(
                    f"{which.url} has changed while it was read", "Load it again from the beginning."
                ) from error
            raise


class WriteConflict(AwsFailure):
    """A conditional request found another object than it expected, or one where none was expected."""


class Content(NamedTuple):
    """An object's content, as it was read in one go. `etag` tells this content from any other."""

    body: bytes
    etag: str
    metadata: dict[str, str]
    modified: datetime


@dataclass(frozen=True)
class S3Bucket:
    """A bucket whose objects are read and written whole, on conditions.

    `owner` is the account that the bucket must belong to, `kms_key` what objects are encrypted with (None: as the
    bucket has it). All methods raise AwsFailure kinds.
    """

    aws: Aws
    name: str
    region: str
    owner: str | None = None
    kms_key: str | None = None

    def get(self, key: str, limit: int) -> Content | None:
        """An object's first `limit` bytes; None where there is none."""
        from botocore.exceptions import BotoCoreError
        from urllib3.exceptions import HTTPError

        for attempt in range(_TRIES):
            try:
                answer = self._call("GetObject", {"Key": key})
                body: bytes = answer["Body"].read(limit)
                if len(body) < min(limit, answer.get("ContentLength", 0)):
                    raise OSError(f"cut short after {len(body)} bytes")
                return Content(body, answer["ETag"], answer.get("Metadata", {}), answer["LastModified"])
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
        """Write an object in place of the one of ETag `match` (None: where there is none); its new ETag.

        Raises Overtaken where it is another by now. `body` must be nobody else's: an answer that was lost is told
        from a write that came too late by what is there.
        """
        condition = {"IfNoneMatch": "*"} if match is None else {"IfMatch": match}
        request = {"Key": key, "Body": body, "Metadata": metadata or {}, **self._encryption(), **condition}
        for attempt in range(_TRIES):
            try:
                return str(self._conditional("PutObject", request)["ETag"])
            except (WriteConflict, ResponseLost) as error:
                there = self.get(key, len(body) + 1)
                if there is not None and there.body == body:
                    return there.etag
                if isinstance(error, WriteConflict) or attempt == _TRIES - 1:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def replace(self, key: str, body: bytes) -> None:
        """Write an object, whatever was there before."""
        self._call("PutObject", {"Key": key, "Body": body, **self._encryption()})

    def copy(self, source: str, match: str, target: str) -> None:
        """Copy the object `source` to `target`. Raises Overtaken where its ETag is not `match` any more."""
        request = {
            "Key": target,
            "CopySource": {"Bucket": self.name, "Key": source},
            "CopySourceIfMatch": match,
            **({"ExpectedSourceBucketOwner": self.owner} if self.owner else {}),
            **self._encryption(),
        }
        self._conditional("CopyObject", request)

    def delete(self, key: str, match: str | None = None) -> None:
        """Delete an object, if there is one. Raises Overtaken where its ETag is not `match` (None: any will do)."""
        request = {"Key": key, **({"IfMatch": match} if match else {})}
        try:
            self._conditional("DeleteObject", request)
        except ResponseLost:
            if self.get(key, 1) is not None:
                self._conditional("DeleteObject", request)

    def first_keys(self) -> list[str]:
        """The first keys of the bucket, as many as one answer holds (1,000)."""
        found = self.aws.read("s3", "ListObjectsV2", self.region, {"Bucket": self.name, **self._owned()})
        return [one["Key"] for one in (found or {}).get("Contents", ())]

    def keys(self, prefix: str) -> list[tuple[str, datetime]]:
        """The keys that begin with `prefix`, and when each was written."""
        found = self.aws.read_all(
            "s3",
            "ListObjectsV2",
            self.region,
            {"Bucket": self.name, "Prefix": prefix, **self._owned()},
            "Contents",
            "ContinuationToken",
            "NextContinuationToken",
        )
        return [(one["Key"], one["LastModified"]) for one in found or ()]

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
