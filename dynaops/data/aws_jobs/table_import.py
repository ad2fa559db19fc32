"""ImportTable: AWS creates a new table from objects in S3 (Developer Guide, "DynamoDB data import")."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dynaops.data.aws_jobs.job import AwsJob, described
from dynaops.data.aws_jobs.staging import StagedInput
from dynaops.data.rows import Reject
from dynaops.model.errors import DynaopsError
from dynaops.model.operation import Effect, Operation

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

KIND = "table_import"
_TAKEN = (
    "TableName",
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "ProvisionedThroughput",
    "OnDemandThroughput",
    "SSESpecification",
    "GlobalSecondaryIndexes",
    "VectorIndexes",
)
"""The parameters of CreateTable that ImportTable accepts (TableCreationParameters)."""
_NEVER = {
    "LocalSecondaryIndexes": "local secondary indexes, which cannot be added later either",
    "GlobalTableSourceArn": "a replica of another account's table",
}
BAD_ITEMS = "ItemValidationError"
"""The code of an import that failed although all valid items are in the table (live finding DDB-IMPORT-013)."""


def operation(create: Operation, handed: StagedInput) -> Operation:
    """The ImportTable operation that creates the table of `create` (a CreateTable), as far as ImportTable can.

    Raises DynaopsError for a table that ImportTable cannot create. A later plan adds what it leaves out.
    """
    for member, reason in _NEVER.items():
        if create.parameters.get(member):
            raise DynaopsError(
                f"ImportTable cannot make {create.parameters['TableName']}: its spec asks for {reason}",
                "Run `dynaops apply`, then load-data without --via-import, or with --via-bulk-put.",
            )
    source: dict[str, Any] = {"S3Bucket": handed.location.bucket}
    if handed.location.prefix:
        source["S3KeyPrefix"] = handed.location.prefix
    wanted = {name: create.parameters[name] for name in _TAKEN if name in create.parameters}
    address = f"{create.address}/import"
    return create.model_copy(
        update={
            "id": f"{create.address}:import",
            "title": f"{create.title}, filled from {handed.location.url}",
            "reason": "AWS makes and fills it in one go (ImportTable)",
            "api": "ImportTable",
            "parameters": {
                "S3BucketSource": source,
                "InputFormat": "DYNAMODB_JSON",
                "InputCompressionType": handed.compression,
                "TableCreationParameters": wanted,
                "ClientToken": str(uuid.uuid4()),
            },
            "wait": None,
            "tolerate": (),
            "effects": (
                Effect(
                    address=address,
                    kind=KIND,
                    region=create.region,
                    outputs={"arn": "ImportTableDescription.ImportArn"},
                ),
            ),
        }
    )


def left_out(create: Operation) -> tuple[str, ...]:
    """The names of CreateTable's parameters that ImportTable does not accept; they are applied after the import."""
    return tuple(name for name in create.parameters if name not in _TAKEN)


def look(aws: Aws, region: str, arn: str) -> AwsJob:
    """The import's current status."""
    response = aws.read("dynamodb", "DescribeImport", region, {"ImportArn": arn})
    return job_of(described(response, "import")["ImportTableDescription"])


def job_of(description: Mapping[str, Any]) -> AwsJob:
    """The job of an import's description."""
    return AwsJob(
        arn=str(description["ImportArn"]),
        status=str(description["ImportStatus"]),
        items=int(description.get("ProcessedItemCount", 0)),
        failed=int(description.get("ErrorCount", 0)),
        bytes=int(description.get("ProcessedSizeBytes", 0)),
        code=str(description.get("FailureCode", "")),
        message=str(description.get("FailureMessage", "")),
        about=dict(description),
    )


def listed(aws: Aws, region: str, table: str | None = None) -> list[dict[str, Any]]:
    """The imports of the last 90 days, latest first; with `table` only those into it."""
    summaries = aws.read_all("dynamodb", "ListImports", region, {}, "ImportSummaryList") or []
    return [summary for summary in summaries if table is None or _table_of(summary["TableArn"]) == table]


def errors(aws: Aws, region: str, job: AwsJob) -> Iterator[Reject]:
    """The items that AWS could not import (at most 10,000), from CloudWatch Logs."""
    about = job.about or {}
    group = str(about.get("CloudWatchLogGroupArn", "")).partition(":log-group:")[2].removesuffix(":*")
    if not group:
        return
    request = {"logGroupName": group, "logStreamNames": [f"{job.arn.rpartition('/')[2]}/error"]}
    events = aws.read_all("logs", "FilterLogEvents", region, request, "events", "nextToken") or []
    for event in events:
        yield _reject(str(event["message"]))


def _reject(message: str) -> Reject:
    try:
        report = json.loads(message)
        pointer = report["itemS3Pointer"]
        reason = "; ".join(map(str, report.get("errorMessages") or ()))
        object_url = f"s3://{pointer.get('bucket', '')}/{pointer['key']}"
        return Reject(object_url, int(pointer.get("itemIndex", 0)) + 1, reason or "refused by AWS", "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return Reject("import", 0, message, "")


def _table_of(arn: str) -> str:
    return arn.rpartition(":table/")[2].partition("/")[0]
