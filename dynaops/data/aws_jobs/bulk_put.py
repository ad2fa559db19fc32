"""StartBulkPutItems: AWS writes items from objects in S3 to an existing table (source: botocore's service model)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from dynaops.aws.s3 import ObjectReader, list_objects
from dynaops.data.aws_jobs.job import AwsJob, described
from dynaops.data.aws_jobs.s3_location import S3Location
from dynaops.data.aws_jobs.staging import StagedInput
from dynaops.data.reading.decompress import packing_of, unpacked
from dynaops.data.rows import Reject
from dynaops.data.table_info import TableInfo
from dynaops.model.errors import DynaopsError
from dynaops.model.operation import Effect, Operation

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

KIND = "bulk_put"
LEAST_RATE = 1024
"""The least value of MaxWriteRequestUnits."""


def operation(target: TableInfo, handed: StagedInput, reports: S3Location, rate: float | None) -> Operation:
    """The operation that starts the job; AWS reports the items that it could not put to `reports`."""
    source: dict[str, Any] = {
        "S3Bucket": handed.location.bucket,
        "InputFormat": "DYNAMODB_JSON",
        "InputCompressionType": handed.compression,
    }
    if handed.location.prefix:
        source["S3KeyPrefix"] = handed.location.prefix
    output: dict[str, Any] = {"S3Bucket": reports.bucket, "OutputType": ["ERROR"]}
    if reports.prefix:
        output["S3KeyPrefix"] = reports.prefix
    parameters: dict[str, Any] = {
        "TableName": target.name,
        "InputS3Configuration": source,
        "OutputS3Configuration": output,
        "ClientToken": str(uuid.uuid4()),
    }
    if rate is not None:
        parameters["MaxWriteRequestUnits"] = int(rate)
    return Operation(
        id=f"{target.name}:bulk-put",
        address=f"{target.name}/bulk-put",
        kind=KIND,
        title=f"put items from {handed.location.url} into {target.name}",
        reason="AWS reads and writes them by itself (StartBulkPutItems)",
        service="dynamodb",
        api="StartBulkPutItems",
        region=target.region,
        parameters=parameters,
        effects=(
            Effect(
                address=f"{target.name}/bulk-put",
                kind=KIND,
                region=target.region,
                outputs={"arn": "BulkOperationDescription.BulkOperationArn"},
            ),
        ),
    )


def cancellation(target: TableInfo, arn: str) -> Operation:
    """The operation that cancels the job; items that are written are kept."""
    return Operation(
        id=f"{target.name}:cancel-bulk-put",
        address=f"{target.name}/bulk-put",
        kind=KIND,
        title=f"cancel the bulk put into {target.name}",
        reason="--cancel",
        service="dynamodb",
        api="CancelBulkOperation",
        region=target.region,
        parameters={"BulkOperationArn": arn},
    )


def look(aws: Aws, region: str, arn: str) -> AwsJob:
    """The job's current status."""
    response = aws.read("dynamodb", "DescribeBulkOperation", region, {"BulkOperationArn": arn})
    return job_of(described(response, "bulk operation")["BulkOperationDescription"])


def job_of(description: Mapping[str, Any]) -> AwsJob:
    """The job of a bulk operation's description."""
    total = description.get("TotalInputBytes")
    return AwsJob(
        arn=str(description["BulkOperationArn"]),
        status=str(description["BulkOperationStatus"]),
        items=int(description.get("ProcessedItemCount", 0)),
        failed=int(description.get("FailedItemCount", 0)),
        bytes=int(description.get("ProcessedInputBytes", 0)),
        total=int(total) if total is not None else None,
        code=str(description.get("FailureCode", "")),
        message=str(description.get("FailureMessage", "")),
        about=dict(description),
    )


def jobs_of(aws: Aws, target: TableInfo, running: bool = False) -> list[AwsJob]:
    """The bulk operations on a table in the last 90 days, latest first; with `running` only those in progress."""
    summaries = aws.read_all("dynamodb", "ListBulkOperations", target.region, {}, "BulkOperationsSummaryList")
    jobs = [
        look(aws, target.region, str(summary["BulkOperationArn"]))
        for summary in summaries or ()
        if not running or summary["BulkOperationStatus"] in ("IN_PROGRESS", "CANCELLING")
    ]
    return [summary for summary in jobs if _is_for(summary, target)]


def checked_rate(rate: float | None) -> float | None:
    """The rate if AWS accepts it. Raises DynaopsError."""
    if rate is not None and rate < LEAST_RATE:
        raise DynaopsError(
            f"--rate {rate:g}: a bulk put takes no less than {LEAST_RATE} WCU",
            "Load without --via-bulk-put to go slower.",
        )
    return rate


def errors(aws: Aws, job: AwsJob) -> Iterator[Reject]:
    """The items that AWS could not put, from its reports in S3."""
    output = (job.about or {}).get("OutputS3Configuration", {})
    bucket, prefix = str(output.get("S3Bucket", "")), str(output.get("S3KeyPrefix", ""))
    name = job.arn.rpartition("/")[2]
    for list_object in list_objects(aws, bucket, prefix):
        if name not in list_object.key or "manifest" in list_object.key:
            continue
        reader = ObjectReader(aws, list_object)
        content = b"".join(iter(lambda reader=reader: reader.read(1 << 20), b""))  # type: ignore[misc]
        for line in unpacked(content, packing_of(content), list_object.url).splitlines():
            yield from _rejects(line, bucket=str(_source_bucket(job)))


def _rejects(line: bytes, bucket: str) -> Iterator[Reject]:
    try:
        report = orjson.loads(line)
    except ValueError:
        return
    if not isinstance(report, dict) or not report.get("errorMessages"):
        return
    pointer = report.get("itemS3Pointer") or {}
    text = orjson.dumps({"Item": report["Item"]}).decode() if "Item" in report else ""
    object_url = f"s3://{pointer.get('bucket', bucket)}/{pointer.get('key', '')}"
    reason = "; ".join(map(str, report["errorMessages"]))
    yield Reject(object_url, int(pointer.get("itemIndex", 0)) + 1, reason, text)


def _source_bucket(job: AwsJob) -> str:
    return str((job.about or {}).get("InputS3Configuration", {}).get("S3Bucket", ""))


def _is_for(job: AwsJob, target: TableInfo) -> bool:
    """Whether a job is for this table, by its TableId: a table that was created again has a new one."""
    details = (job.about or {}).get("TableDetails", ())
    return any(detail.get("TableId") == target.identity for detail in details)
