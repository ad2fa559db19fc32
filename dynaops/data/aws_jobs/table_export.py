"""ExportTableToPointInTime: AWS writes a table's items at a point in time to S3, without using read capacity."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dynaops.aws.s3 import ObjectReader, S3Object, list_objects
from dynaops.data.aws_jobs.job import AwsJob, described
from dynaops.data.aws_jobs.s3_location import S3Location
from dynaops.data.reading import exports
from dynaops.model.errors import DynaopsError
from dynaops.model.operation import Effect, Operation, Wait
from dynaops.stores.files import failure

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

KIND = "table_export"
_SECONDS = 150.0
"""How long an export of a small table takes (live finding DDB-EXPORT-016)."""
_TIMEOUT = 3 * 24 * 3600.0
_AT_ONCE = 8
_PIECE = 1 << 20


class Fetched(NamedTuple):
    """The number of fetched data files, and their size in bytes."""

    files: int
    bytes: int


def operation(table: str, region: str, arn: str, location: S3Location, at: datetime | None) -> Operation:
    """The export of a table by its ARN to `place`, as it was `at` (None: now)."""
    parameters: dict[str, Any] = {
        "TableArn": arn,
        "S3Bucket": location.bucket,
        "ExportFormat": "DYNAMODB_JSON",
        "ClientToken": str(uuid.uuid4()),
    }
    if location.prefix:
        parameters["S3Prefix"] = location.prefix.rstrip("/")
    if at is not None:
        parameters["ExportTime"] = at.isoformat()
    return Operation(
        id=f"{table}:export",
        address=f"{table}/export",
        kind=KIND,
        title=f"export {table} to {location.url}",
        reason="AWS writes it by itself (ExportTableToPointInTime)",
        service="dynamodb",
        api="ExportTableToPointInTime",
        region=region,
        parameters=parameters,
        wait=Wait(
            title=f"the export of {table} is COMPLETED",
            api="DescribeExport",
            parameters={"ExportArn": "${answer:ExportDescription.ExportArn}"},
            until="ExportDescription.ExportStatus=='COMPLETED'",
            failed="ExportDescription.ExportStatus=='FAILED'",
            why="ExportDescription.[FailureCode, FailureMessage] | [?@] | join(': ', @)",
            expected=_SECONDS,
            timeout=_TIMEOUT,
        ),
        effects=(
            Effect(
                address=f"{table}/export",
                kind=KIND,
                region=region,
                outputs={"arn": "ExportDescription.ExportArn"},
            ),
        ),
    )


def look(aws: Aws, region: str, arn: str) -> AwsJob:
    """The status of an export; its item count is known when it is complete."""
    response = aws.read("dynamodb", "DescribeExport", region, {"ExportArn": arn})
    description = described(response, "export")["ExportDescription"]
    return AwsJob(
        arn=str(description["ExportArn"]),
        status=str(description["ExportStatus"]),
        items=int(description.get("ItemCount", 0)),
        bytes=int(description.get("BilledSizeBytes", 0)),
        code=str(description.get("FailureCode", "")),
        message=str(description.get("FailureMessage", "")),
        about=dict(description),
    )


def latest(aws: Aws, region: str, arn: str) -> str | None:
    """The ARN of the latest export of the table that is in progress or complete; None if there is none."""
    summaries = aws.read_all("dynamodb", "ListExports", region, {"TableArn": arn}, "ExportSummaries") or []
    usable = (
        str(summary["ExportArn"])
        for summary in summaries
        if summary["ExportStatus"] in ("IN_PROGRESS", "COMPLETED")
    )
    return next(usable, None)


def fetch(aws: Aws, bucket: str, manifest: str, folder: Path, progress: Callable[[int], None]) -> Fetched:
    """Download an export's manifests and data files, checked by MD5, into a folder that load-data reads.

    What is there already, whole, is not fetched again. `progress` gets the bytes so far. Raises DynaopsError kinds.
    """
    inside = manifest.rpartition("/")[0] + "/"
    listed = {list_object.key: list_object for list_object in list_objects(aws, bucket, inside)}
    wanted = listed.get(inside + exports.FILES)
    if wanted is None:
        raise DynaopsError(f"There is no {exports.FILES} in s3://{bucket}/{inside}")
    try:
        (folder / "data").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise failure("write the export to", folder, error) from error
    text = _read(aws, wanted)
    sums = exports.checksums(text, wanted.url)
    done = 0
    with ThreadPoolExecutor(_AT_ONCE, "fetch") as pool:
        for size in pool.map(lambda key: _file(aws, listed, key, sums[key], folder / "data"), sums):
            done += size
            progress(done)
    _put(folder / exports.FILES, text)
    if inside + exports.SUMMARY in listed:
        _put(folder / exports.SUMMARY, _read(aws, listed[inside + exports.SUMMARY]))
    return Fetched(len(sums), done)


def _file(aws: Aws, listed: dict[str, S3Object], key: str, md5: str, folder: Path) -> int:
    """Download one data file, unless it is complete already; returns its size in bytes."""
    data_object = listed.get(key)
    if data_object is None:
        raise DynaopsError(f"The export names {key}, which is not in its bucket")
    path = folder / key.rpartition("/")[2]
    if path.exists() and path.stat().st_size == data_object.size and md5 and _md5(path) == md5:
        return data_object.size
    part = path.with_name(f".{path.name}.part")
    reader = ObjectReader(aws, data_object)
    try:
        with part.open("wb") as file:
            part.chmod(0o600)
            while data := reader.read(_PIECE):
                file.write(data)
        if md5 and _md5(part) != md5:
            raise DynaopsError(
                f"{data_object.url} came damaged: its MD5 is not the manifest's", "Fetch it again."
            )
        part.replace(path)
    except OSError as error:
        raise failure("write the export to", path, error) from error
    finally:
        reader.close()
        part.unlink(missing_ok=True)
    return data_object.size


def _md5(path: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while data := file.read(_PIECE):
            digest.update(data)
    return base64.b64encode(digest.digest()).decode()


def _read(aws: Aws, s3_object: S3Object) -> bytes:
    reader = ObjectReader(aws, s3_object)
    return b"".join(iter(lambda: reader.read(_PIECE), b""))


def _put(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise failure("write the export to", path, error) from error
