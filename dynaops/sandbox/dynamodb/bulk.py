"""StartBulkPutItems and related calls: put items from objects in S3 into an existing table.

From the service model's texts and the Developer Guide ("Bulk put items"); not observed on AWS. Times, the layout of the
report under ``AWSDynamoDB/<id>/`` and the codes of failures are the sandbox's own.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb import registry, transfer
from dynaops.sandbox.dynamodb.batches import put
from dynaops.sandbox.dynamodb.bulk_records import BulkOutcome, holds
from dynaops.sandbox.dynamodb.keys import Rules, rules_of
from dynaops.sandbox.dynamodb.moto_bridge import backend
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.dynamodb.transfer import (
    NO_BUCKET,
    NO_BUCKET_TEXT,
    InputObjects,
    InputRecord,
    NoSuchBucket,
    TransferJob,
)
from dynaops.sandbox.dynamodb.values import size_of
from dynaops.sandbox.errors import ApiError, not_found, over_limit, validation
from dynaops.sandbox.world import World, action

SIZE_SECONDS = 5.0
"""Seconds after which the size of the input is known, and a missing bucket is reported."""
STEP_SECONDS = 10.0
STEPS = 6
"""Number of parts that the items are written in, one each ten seconds."""
MOST_AT_ONCE = 50
KEPT_SECONDS = 90 * 86_400.0
"""Seconds for which a bulk operation is listed."""

Body = dict[str, Any]


@dataclass
class Bulk(TransferJob):
    """One bulk operation; `left` are the parts not yet written (None until the input has been read)."""

    status = "BulkOperationStatus"
    request: Body
    table: str
    table_id: str
    left: list[list[InputRecord]] | None = None
    outcome: BulkOutcome = field(default_factory=BulkOutcome)

    def described(self) -> Body:
        """The operation as BulkOperationDescription."""
        outcome = self.outcome
        usage: Body = {
            "TableName": self.table,
            "BulkPutBytes": outcome.written,
            "Table": {"BulkPutBytes": outcome.written},
        }
        return {
            **self.shown,
            "ProcessedItemCount": outcome.processed,
            "ProcessedInputBytes": outcome.read,
            "FailedItemCount": len(outcome.errors),
            "BulkOperationUsage": [usage],
        }


@dataclass
class Bulks:
    """The bulk operations of an account in a region, by ARN."""

    by_arn: dict[str, Bulk] = field(default_factory=dict)


@operation("dynamodb", "StartBulkPutItems")
def start_bulk_put_items(call: ApiCall) -> Body:
    """Start a bulk operation; errors in S3 are reported later, by its status."""
    check_shape(call.operation, call.body)
    body, bulks = call.body, call.here.holding(Bulks)
    table = registry.lookup(call, body["TableName"])
    source, output = body["InputS3Configuration"], body["OutputS3Configuration"]
    transfer.check_readable(source["InputFormat"], source.get("InputCompressionType", "NONE"))
    if "S3Bucket" not in output or not output["OutputType"]:
        raise validation("OutputS3Configuration requires S3Bucket and at least one OutputType")
    if "S3SseKmsKeyId" in output and output.get("S3SseAlgorithm") != "KMS":
        raise validation("Invalid Request: KMS Key Id is not supported for this encryption type")
    standing = transfer.job_of_token(call, bulks.by_arn)
    if standing is not None:
        if standing.request != body:
            raise ApiError("IdempotentParameterMismatchException", transfer.CONFLICT)
        return {"BulkOperationDescription": standing.described()}
    registry.require_settled(table)
    if sum(job.running for job in bulks.by_arn.values()) >= MOST_AT_ONCE:
        raise over_limit(f"Only {MOST_AT_ONCE} bulk operations are allowed simultaneously")
    shown = {
        "BulkOperationArn": transfer.job_arn(call, table.name, "bulk-operation"),
        "BulkOperationStatus": "IN_PROGRESS",
        "TableDetails": [{"TableName": table.arn, "TableId": table.table_id}],
        "ClientToken": body.get("ClientToken") or str(uuid.uuid4()),
        "InputS3Configuration": {"S3BucketOwner": call.account, "InputCompressionType": "NONE", **source},
        "OutputS3Configuration": {"S3BucketOwner": call.account, **output},
        "StartTime": round(call.now, 3),
        "PerformanceTier": body.get("PerformanceTier", "STANDARD"),
    }
    if "MaxWriteRequestUnits" in body:
        shown["MaxWriteRequestUnits"] = body["MaxWriteRequestUnits"]
    arn = str(shown["BulkOperationArn"])
    bulk = bulks.by_arn[arn] = Bulk(arn, shown, call.now, body, table.name, table.table_id)
    where = {"account": call.account, "region": call.region, "bulk": arn}
    call.world.schedule(SIZE_SECONDS, "dynamodb.bulk_sized", **where)
    for step in range(1, STEPS + 1):
        call.world.schedule(step * STEP_SECONDS, "dynamodb.bulk_step", **where)
    return {"BulkOperationDescription": bulk.described()}


def _running_job(world: World, data: Body) -> Bulk | None:
    """The operation that an event belongs to, while it runs."""
    job = world.region(data["account"], data["region"]).holding(Bulks).by_arn.get(data["bulk"])
    return job if job is not None and job.running else None


def _table_rules(world: World, data: Body, bulk: Bulk) -> Rules | None:
    """The rules of the table; None if it no longer exists (a new table of the same name does not count)."""
    table = registry.tables_in(world, data["account"], data["region"]).get(bulk.table)
    if table is None or table.table_id != bulk.table_id:
        return None
    moto_table = backend(table).tables.get(table.name)
    return rules_of(table, moto_table) if moto_table is not None else None


@action("dynamodb.bulk_sized")
def _read_input(world: World, data: Body) -> None:
    """Read the input, and split it into the parts that are written one after the other."""
    job = _running_job(world, data)
    if job is None or job.shown["BulkOperationStatus"] == "CANCELLING":
        return
    rules = _table_rules(world, data, job)
    if rules is None:
        _end(world, job, "FAILED", "TableNotFound", f"Table not found: {job.table}")
        return
    given = job.shown["InputS3Configuration"]
    source = InputObjects(
        given["S3Bucket"],
        given.get("S3KeyPrefix", ""),
        given["InputFormat"],
        given["InputCompressionType"],
    )
    try:
        transfer.check_bucket(data["account"], job.shown["OutputS3Configuration"]["S3Bucket"])
        objects = source.objects(data["account"])
    except NoSuchBucket:
        _end(world, job, "FAILED", NO_BUCKET, NO_BUCKET_TEXT)
        return
    job.shown["TotalInputBytes"] = sum(len(content) for _, content in objects)
    records = list(transfer.records(source, objects, rules))
    each = -(-len(records) // STEPS) or 1
    job.left = [records[start : start + each] for start in range(0, len(records), each)]


@action("dynamodb.bulk_step")
def _write_part(world: World, data: Body) -> None:
    job = _running_job(world, data)
    if job is None:
        return
    if job.shown["BulkOperationStatus"] == "CANCELLING":
        _report(data["account"], job)
        _end(world, job, "CANCELLED", "Cancelled", "The bulk operation was cancelled")
        return
    rules = _table_rules(world, data, job)
    if rules is None:
        _end(world, job, "FAILED", "TableNotFound", f"Table not found: {job.table}")
        return
    if job.left:
        _write(rules, job, job.left.pop(0))
    if not job.left:
        job.outcome.read = job.shown["TotalInputBytes"]
        _report(data["account"], job)
        _end(world, job, "COMPLETED_WITH_ERRORS" if job.outcome.errors else "COMPLETED")


def _write(rules: Rules, bulk: Bulk, records: list[InputRecord]) -> None:
    """Put the items whose condition holds, and record the others."""
    total = bulk.shown["TotalInputBytes"]
    for record in records:
        bulk.outcome.processed += 1
        bulk.outcome.read = min(total, bulk.outcome.read + record.size)
        if record.error is not None:
            bulk.outcome.errors.append(record.as_reported(record.error))
            continue
        try:
            current = rules.data.get_item(*rules.pair(record.attributes))
            if holds(record.given, current):
                put(rules, rules.key_of(record.attributes), record.attributes)
                bulk.outcome.written += size_of(record.attributes)
            else:
                bulk.outcome.unmet.append(record.as_unmet(current))
        except ApiError as error:
            bulk.outcome.errors.append(record.as_reported(error.message))


def _end(world: World, bulk: Bulk, status: str, code: str | None = None, message: str | None = None) -> None:
    bulk.end(world, status, code, message)
    bulk.left = None


def _report(account: str, bulk: Bulk) -> None:
    """Write the records that were not put to the output's bucket, if the request asks for it."""
    output = bulk.shown["OutputS3Configuration"]
    prefix = (output.get("S3KeyPrefix") or "").strip("/")
    folder = f"{prefix + '/' if prefix else ''}AWSDynamoDB/{bulk.name}"
    kinds = {
        "ERROR": ("errors", bulk.outcome.errors),
        "CONDITION_CHECK_FAILURE": ("condition-check-failures", bulk.outcome.unmet),
    }
    for kind, (name, records) in kinds.items():
        if kind in output["OutputType"] and records:
            text = "".join(f"{json.dumps(each)}\n" for each in records)
            transfer.put_object(account, output["S3Bucket"], f"{folder}/{name}.json", text.encode())


def _requested_job(call: ApiCall) -> Bulk:
    arn = call.body["BulkOperationArn"]
    job = call.here.holding(Bulks).by_arn.get(arn)
    if job is None:
        raise not_found(f"Bulk operation: {arn} not found")
    return job


@operation("dynamodb", "DescribeBulkOperation")
def describe_bulk_operation(call: ApiCall) -> Body:
    check_shape(call.operation, call.body)
    return {"BulkOperationDescription": _requested_job(call).described()}


@operation("dynamodb", "CancelBulkOperation")
def cancel_bulk_operation(call: ApiCall) -> Body:
    """Cancel an operation. Items that are written stay; an operation that has ended does not change."""
    check_shape(call.operation, call.body)
    job = _requested_job(call)
    if job.running:
        job.shown["BulkOperationStatus"] = "CANCELLING"
    return {"BulkOperationArn": job.arn, "BulkOperationStatus": job.shown["BulkOperationStatus"]}


@operation("dynamodb", "ListBulkOperations")
def list_bulk_operations(call: ApiCall) -> Body:
    """Latest first, of the last 90 days."""
    check_shape(call.operation, call.body)
    recent = [
        job for job in call.here.holding(Bulks).by_arn.values() if call.now - job.started <= KEPT_SECONDS
    ]
    recent.sort(key=lambda job: job.started, reverse=True)
    members = ("BulkOperationArn", "BulkOperationStatus", "StartTime", "EndTime")
    return transfer.listed(call.body, recent, members, "BulkOperationsSummaryList", "MaxResults", 10)
