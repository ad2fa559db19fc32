"""A bucket and a key prefix, which AWS's jobs read from or write to."""

from __future__ import annotations

import time
import uuid
from typing import NamedTuple

from dynaops.model.errors import DynaopsError

_S3 = "s3://"


class S3Location(NamedTuple):
    """A prefix in a bucket: empty, or ending with a slash."""

    bucket: str
    prefix: str = ""

    @property
    def url(self) -> str:
        """The prefix's S3 URI."""
        return f"{_S3}{self.bucket}/{self.prefix}"

    def below(self, name: str) -> S3Location:
        """The location of a folder below the prefix."""
        return S3Location(self.bucket, f"{self.prefix}{name}/")


def parse_s3_location(url: str, option: str = "--staging") -> S3Location:
    """The location that ``s3://bucket/prefix`` names. Raises DynaopsError."""
    bucket, _, prefix = url.removeprefix(_S3).partition("/")
    if not url.startswith(_S3) or not bucket:
        raise DynaopsError(f"{option}: {url!r} names no bucket", "Write it as s3://BUCKET/PREFIX.")
    return S3Location(bucket, prefix if not prefix or prefix.endswith("/") else f"{prefix}/")


def fresh_name(table: str) -> str:
    """A new unique folder name."""
    return f"dynaops-{table}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{uuid.uuid4().hex[:6]}"
