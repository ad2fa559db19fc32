"""Uploads a finished export to S3, as a multipart upload if it is large, so that no incomplete object exists."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from dynaops.aws.errors import AwsFailure
from dynaops.aws.s3 import list_objects
from dynaops.aws.session import Aws
from dynaops.data.exporting.options import S3Target

_PART_BYTES = 16 << 20
_MOST_PARTS = 9_000
"""The highest number of parts of an object; S3 allows 10,000 (User Guide, "Multipart upload limits")."""


def is_there(aws: Aws, target: S3Target) -> bool:
    """Whether the object exists. Raises DynaopsError and its subclasses."""
    return any(list_object.key == target.key for list_object in list_objects(aws, target.bucket, target.key))


def upload(aws: Aws, file: Path, target: S3Target) -> None:
    """Create the object. Raises DynaopsError; after an error or KeyboardInterrupt the upload is aborted."""
    named: dict[str, Any] = {"Bucket": target.bucket, "Key": target.key}
    size = file.stat().st_size
    with file.open("rb") as content:
        if size <= _PART_BYTES:
            aws.call("s3", "PutObject", aws.region, {**named, "Body": content.read()})
            return
        begun = {**named, "UploadId": aws.call("s3", "CreateMultipartUpload", aws.region, named)["UploadId"]}
        try:
            parts: list[dict[str, Any]] = []
            length = max(_PART_BYTES, -(-size // _MOST_PARTS))
            while data := content.read(length):
                number = len(parts) + 1
                request = {**begun, "PartNumber": number, "Body": data}
                response = aws.call("s3", "UploadPart", aws.region, request)
                parts.append({"ETag": response["ETag"], "PartNumber": number})
            whole = {**begun, "MultipartUpload": {"Parts": parts}}
            aws.call("s3", "CompleteMultipartUpload", aws.region, whole)
        except BaseException:
            with suppress(AwsFailure):
                aws.call("s3", "AbortMultipartUpload", aws.region, begun)
            raise
