"""ImportTable: a new table made from objects in S3.

Rules, messages and times as observed on AWS (DDB-IMPORT-001 to -020 of the ACK API quirks catalogue): the name is not
reserved, the table is created after half a minute, ACTIVE six seconds before the import ends, and a bad line makes
the import FAILED while the good ones stay.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from moto.logs.models import logs_backends

from dynaops.model.arns import partition_of
from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb import create, moto_bridge, registry, transfer
from dynaops.sandbox.dynamodb.keys import Rules, rules_of
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.dynamodb.transfer import (
    NO_BUCKET,
    NO_BUCKET_TEXT,
    InputObjects,
    InputRecord,
    NoSuchBucket,
    TransferJob,
)
from dynaops.sandbox.dynamodb.values import moto_item
from dynaops.sandbox.errors import ApiError, over_limit, validation
from dynaops.sandbox.world import World, action

LOOK_SECONDS = 6.0
VISIBLE_SECONDS = 31.0
ACTIVE_SECONDS = 105.0
DONE_SECONDS = 111.0
MOST_AT_ONCE = 50
LOG_GROUP = "/aws-dynamodb/imports"
MOST_LOGGED = 10_000
"""Largest number of errors logged (Developer Guide, "Validation errors": up to 10 000)."""
_BAD_ITEMS = (
    "Some of the items failed validation checks and were not imported. Please check CloudWatch error logs for "
    "more details."
)

Body = dict[str, Any]


@dataclass
class ImportJob(TransferJob):
    """One import. `table` is the table that it creates; `outcome` holds its counts, once the source has been read."""

    status = "ImportStatus"
    table: SandboxTable
    outcome: dict[str, int] | None = None


@dataclass
class ImportJobs:
    """The imports of an account in a region, by ARN."""

    by_arn: dict[str, ImportJob] = field(default_factory=dict)


@operation("dynamodb", "ImportTable")
def import_table(call: ApiCall) -> Body:
    """Start an import; a missing bucket, or a name taken in the meantime, is reported later, as FAILED."""
    check_shape(call.operation, call.body)
    body, imports = call.body, call.here.holding(ImportJobs)
    wanted = body["TableCreationParameters"]
    if "InputFormatOptions" in body and body["InputFormat"] != "CSV":
        raise validation(
            "Invalid Request: Unsupported InputFormatOptions for the given input format: "
            f"{body['InputFormat']}."
        )
    transfer.check_readable(body["InputFormat"], body.get("InputCompressionType", "NONE"))
    table = create.build(call, wanted)
    standing = transfer.job_of_token(call, imports.by_arn)
    if (
        standing is not None and standing.table.name != table.name
    ):  # AWS compares no other member (DDB-IMPORT-017)
        raise ApiError("ImportConflictException", f"Import conflict: {transfer.CONFLICT}")
    if standing is not None and standing.running:
        return {"ImportTableDescription": _description(call, standing)}
    _check_name(call, imports, table.name)
    if standing is not None:
        return {"ImportTableDescription": _description(call, standing)}
    if sum(job.running for job in imports.by_arn.values()) >= MOST_AT_ONCE:
        raise over_limit(f"Only {MOST_AT_ONCE} imports are allowed simultaneously")
    begun = _new_job(call, table)
    imports.by_arn[begun.arn] = begun
    where = {"account": call.account, "region": call.region, "import_arn": begun.arn}
    call.world.schedule(LOOK_SECONDS, "dynamodb.import_looks", **where)
    call.world.schedule(VISIBLE_SECONDS, "dynamodb.import_creates", **where)
    call.world.schedule(ACTIVE_SECONDS, "dynamodb.created", **registry.address(table))
    call.world.schedule(DONE_SECONDS, "dynamodb.import_done", **where)
    return {"ImportTableDescription": _description(call, begun)}


def _check_name(call: ApiCall, imports: ImportJobs, name: str) -> None:
    """Refuse the name of an existing table, but not of one that another import is creating (DDB-IMPORT-019)."""
    held = registry.tables_in(call.world, call.account, call.region).get(name)
    if held is None:
        return
    being_created = any(
        job.running and job.table.table_id == held.table_id for job in imports.by_arn.values()
    )
    if not (being_created and held.status == "CREATING"):
        raise ApiError("ResourceInUseException", f"Table already exists: {name}")


def _new_job(call: ApiCall, table: SandboxTable) -> ImportJob:
    body = call.body
    source = {"S3BucketOwner": call.account, **body["S3BucketSource"]}
    group = f"arn:{partition_of(call.region)}:logs:{call.region}:{call.account}:log-group:{LOG_GROUP}:*"
    shown: Body = {
        "ImportArn": transfer.job_arn(call, table.name, "import"),
        "ImportStatus": "IN_PROGRESS",
        "TableArn": table.arn,
        "TableId": table.table_id,
        "ClientToken": body.get("ClientToken") or str(uuid.uuid4()),
        "S3BucketSource": source,
        "CloudWatchLogGroupArn": group,
        "InputFormat": body["InputFormat"],
        "InputCompressionType": body.get("InputCompressionType", "NONE"),
        "TableCreationParameters": body["TableCreationParameters"],
        "StartTime": round(call.now, 3),
    }
    if "InputFormatOptions" in body:
        shown["InputFormatOptions"] = body["InputFormatOptions"]
    return ImportJob(shown["ImportArn"], shown, call.now, table)


def _input_objects(shown: Body) -> InputObjects:
    options = (shown.get("InputFormatOptions") or {}).get("Csv") or {}
    headers = options.get("HeaderList")
    return InputObjects(
        bucket=shown["S3BucketSource"]["S3Bucket"],
        prefix=shown["S3BucketSource"].get("S3KeyPrefix", ""),
        form=shown["InputFormat"],
        compression=shown["InputCompressionType"],
        delimiter=options.get("Delimiter", ","),
        headers=tuple(headers) if headers else None,
    )


def _running_job(world: World, data: Body) -> ImportJob | None:
    """The import that an event belongs to, while it runs."""
    job = world.region(data["account"], data["region"]).holding(ImportJobs).by_arn.get(data["import_arn"])
    return job if job is not None and job.running else None


@action("dynamodb.import_looks")
def _check_source(world: World, data: Body) -> None:
    job = _running_job(world, data)
    if job is None:
        return
    try:
        transfer.check_bucket(data["account"], job.shown["S3BucketSource"]["S3Bucket"])
    except NoSuchBucket:
        job.end(world, "FAILED", NO_BUCKET, NO_BUCKET_TEXT)


@action("dynamodb.import_creates")
def _create(world: World, data: Body) -> None:
    job = _running_job(world, data)
    if job is None:
        return
    table = job.table
    if table.name in registry.tables_in(world, table.account, table.region):
        job.end(world, "FAILED", "TableAlreadyExists", f"Table already exists: {table.name}")
        return
    source = _input_objects(job.shown)
    try:
        objects = source.objects(data["account"])
    except NoSuchBucket:
        job.end(world, "FAILED", NO_BUCKET, NO_BUCKET_TEXT)
        return
    table.created = round(world.now(), 3)
    registry.insert_table(world, table)
    data_plane = moto_bridge.data_of(world, table)
    if data_plane is not None:
        job.outcome = _load(world, job, source, objects, rules_of(table, data_plane))


def _load(
    world: World, import_job: ImportJob, source: InputObjects, objects: list[tuple[str, bytes]], rules: Rules
) -> dict[str, int]:
    """Put the items into the table, which data calls cannot access yet, and log the records with errors."""
    accepted, bad, size = [], [], 0
    for record in transfer.records(source, objects, rules):
        size += record.size
        if record.error is None:
            accepted.append(moto_item(rules.names, record.attributes))
        else:
            bad.append(record)
    moto_bridge.load_items(world, import_job.table, accepted)
    _log(world, import_job, source, bad)
    return {
        "processed": len(accepted) + len(bad),
        "imported": len(accepted),
        "errors": len(bad),
        "bytes": size,
    }


def _log(world: World, import_job: ImportJob, source: InputObjects, bad: list[InputRecord]) -> None:
    """Write one log event for each error, to the import's log stream in the log group for imports."""
    if not bad:
        return
    logs = logs_backends[import_job.table.account][import_job.table.region]
    if LOG_GROUP not in logs.groups:
        logs.create_log_group(LOG_GROUP, {})
    stream = f"{import_job.name}/error"
    logs.create_log_stream(LOG_GROUP, stream)
    events = [
        {
            "timestamp": int(world.now() * 1000),
            "message": json.dumps(
                {
                    "itemS3Pointer": {"bucket": source.bucket, "key": each.key, "itemIndex": each.index},
                    "importArn": import_job.arn,
                    "errorMessages": [each.error],
                }
            ),
        }
        for each in bad[:MOST_LOGGED]
    ]
    logs.groups[LOG_GROUP].streams[stream].put_log_events(events)


@action("dynamodb.import_done")
def _finish(world: World, data: Body) -> None:
    job = _running_job(world, data)
    if job is None or job.outcome is None:
        return
    if job.outcome["errors"]:
        job.end(world, "FAILED", "ItemValidationError", _BAD_ITEMS)
    else:
        job.end(world, "COMPLETED")


def _description(call: ApiCall, import_job: ImportJob) -> Body:
    """The import as ImportTableDescription; while it runs, the counts grow with time."""
    counts = import_job.outcome or {"processed": 0, "imported": 0, "errors": 0, "bytes": 0}
    share = 1.0
    if import_job.running:
        begun = import_job.started + VISIBLE_SECONDS
        share = min(1.0, max(0.0, (call.now - begun) / (ACTIVE_SECONDS - VISIBLE_SECONDS)))
    return {
        **import_job.shown,
        "ProcessedItemCount": int(counts["processed"] * share),
        "ImportedItemCount": int(counts["imported"] * share),
        "ErrorCount": int(counts["errors"] * share),
        "ProcessedSizeBytes": int(counts["bytes"] * share),
    }


@operation("dynamodb", "DescribeImport")
def describe_import(call: ApiCall) -> Body:
    check_shape(call.operation, call.body)
    arn = call.body["ImportArn"]
    missing = ApiError("ImportNotFoundException", f"Import not found: {arn}")
    transfer.check_arn(call, arn, "import", missing)
    job = call.here.holding(ImportJobs).by_arn.get(arn)
    if job is None:
        raise missing
    return {"ImportTableDescription": _description(call, job)}


@operation("dynamodb", "ListImports")
def list_imports(call: ApiCall) -> Body:
    """ListImports: latest first, including those of deleted tables (DDB-IMPORT-008)."""
    check_shape(call.operation, call.body)
    jobs = sorted(call.here.holding(ImportJobs).by_arn.values(), key=lambda job: job.started, reverse=True)
    if "TableArn" in call.body:
        name = registry.table_name(call, call.body["TableArn"])
        jobs = [job for job in jobs if job.table.name == name]
    members = ("ImportArn", "ImportStatus", "TableArn", "S3BucketSource", "CloudWatchLogGroupArn")
    times = ("InputFormat", "StartTime", "EndTime")
    return transfer.listed(call.body, jobs, (*members, *times), "ImportSummaryList", "PageSize", 25)
