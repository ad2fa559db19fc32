"""ExportTableToPointInTime: a snapshot of the items as gzip files of DynamoDB JSON with their manifests in S3.

Rules and messages as observed on AWS (DDB-EXPORT-001 to -022 of the ACK API quirks catalogue).
"""

from __future__ import annotations

import base64
import datetime
import gzip
import hashlib
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb import moto_bridge, recovery, registry, transfer
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.dynamodb.transfer import NO_BUCKET, NO_BUCKET_TEXT, NoSuchBucket, TransferJob
from dynaops.sandbox.dynamodb.values import size_of, wire_of
from dynaops.sandbox.errors import ApiError, invalid, validation
from dynaops.sandbox.responses import not_implemented
from dynaops.sandbox.world import World, action

LOOK_SECONDS = 6.0
"""Seconds after which a missing bucket is reported."""
EXPORT_SECONDS = 150.0
"""125-155 s for an empty table (DDB-EXPORT-016)."""
FILES = 4
"""Number of data files for a small table."""

Body = dict[str, Any]


@dataclass
class ExportJob(TransferJob):
    """One export. `items` are the lines to write; empty once they are written."""

    status = "ExportStatus"
    request: Body
    items: list[str]
    size: int

    @property
    def folder(self) -> str:
        prefix = (self.shown.get("S3Prefix") or "").strip("/")
        return f"{prefix}/AWSDynamoDB/{self.name}" if prefix else f"AWSDynamoDB/{self.name}"


@dataclass
class ExportJobs:
    """The exports of an account in a region, by ARN."""

    by_arn: dict[str, ExportJob] = field(default_factory=dict)


@operation("dynamodb", "ExportTableToPointInTime")
def export_table(call: ApiCall) -> Body:
    """Start an export; a missing bucket is reported later, as FAILED."""
    check_shape(call.operation, call.body)
    body = call.body
    exports = call.here.holding(ExportJobs)
    standing = transfer.job_of_token(call, exports.by_arn)
    if standing is not None:
        if standing.request != body:  # DDB-EXPORT-009
            raise ApiError("ExportConflictException", f"Export conflict: {transfer.CONFLICT}")
        return {"ExportDescription": standing.shown}
    table = _require_table(call, body["TableArn"])
    _check_type(body)
    at = _export_time(call, table)
    _check_settings(body)
    export = _new_job(call, table, at)
    exports.by_arn[export.arn] = export
    where = {"account": call.account, "region": call.region, "export": export.arn}
    call.world.schedule(LOOK_SECONDS, "dynamodb.export_looks", **where)
    call.world.schedule(EXPORT_SECONDS, "dynamodb.export_done", **where)
    return {"ExportDescription": dict(export.shown)}


def _require_table(call: ApiCall, arn: str) -> SandboxTable:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        raise invalid("tableArn is not a valid ARN")
    kind, _, name = parts[5].partition("/")
    if kind != "table" or not name or "/" in name:
        raise validation("Invalid Request: Table ARN is invalid.")
    if parts[4] != call.account:
        raise ApiError("AccessDeniedException", "Access is denied")
    table = registry.tables_in(call.world, call.account, call.region).get(name)
    if table is None or parts[3] != call.region or table.status in ("CREATING", "DELETING"):
        raise ApiError("TableNotFoundException", f"Table not found: {arn}")
    return table


def _check_type(body: Body) -> None:
    """Check ExportType with its members (DDB-EXPORT-003). Incremental exports are not implemented."""
    kind, given = body.get("ExportType"), body.get("IncrementalExportSpecification")
    if kind == "INCREMENTAL_EXPORT":
        if given is None:
            raise validation(
                "Invalid Request: Incremental Export Specification expected when export type is set as "
                "Incremental Export"
            )
        if "ExportFromTime" not in given:
            raise validation(
                "Invalid Request: ExportFromTime must be provided in IncrementalExportSpecification"
            )
        raise not_implemented("The sandbox keeps no history of items, so it makes no incremental exports")
    if given is not None:
        raise validation(
            "Invalid Request: When Export Type is Full Export , Incremental Export Specification should not be "
            "provided"
            if kind
            else "Invalid Request: Export Type expected to be Incremental Export when incremental export "
            "specification is provided"
        )


def _export_time(call: ApiCall, table: SandboxTable) -> float:
    since = table.facet(recovery.RecoveryState).since
    if since is None:
        raise ApiError(
            "PointInTimeRecoveryUnavailableException",
            f"Point in time recovery is not enabled for table '{table.name}'",
        )
    at = call.body.get("ExportTime")
    if at is None:
        return call.now
    if not since <= at <= call.now:
        raise ApiError("InvalidExportTimeException", "Export Time is invalid")
    return float(at)


def _check_settings(body: Body) -> None:
    if "S3SseKmsKeyId" in body and body.get("S3SseAlgorithm") != "KMS":
        raise validation("Invalid Request: KMS Key Id is not supported for this encryption type")
    if "FilterSpecification" in body:
        raise not_implemented("The sandbox makes no filtered exports (FilterSpecification)")
    transfer.check_readable(body.get("ExportFormat", "DYNAMODB_JSON"), "NONE")


def _new_job(call: ApiCall, table: SandboxTable, at: float) -> ExportJob:
    body = call.body
    shown: Body = {
        "ExportArn": transfer.job_arn(call, table.name, "export"),
        "ExportStatus": "IN_PROGRESS",
        "StartTime": round(call.now, 3),
        "TableArn": table.arn,
        "TableId": table.table_id,
        "ExportTime": round(at, 3),
        "ClientToken": body.get("ClientToken") or str(uuid.uuid4()),
        "S3Bucket": body["S3Bucket"],
        "S3SseAlgorithm": body.get("S3SseAlgorithm", "AES256"),
        "ExportFormat": body.get("ExportFormat", "DYNAMODB_JSON"),
        **{name: body[name] for name in ("S3BucketOwner", "S3Prefix", "S3SseKmsKeyId") if name in body},
    }
    items = moto_bridge.items_of(call.world, table)
    lines = [json.dumps({"Item": wire_of(item.attrs)}, ensure_ascii=False) for item in items]
    size = sum(size_of(item.attrs) for item in items)
    return ExportJob(shown["ExportArn"], shown, call.now, body, lines, size)


def _running_job(world: World, data: Body) -> ExportJob | None:
    """The export that an event belongs to, while it runs."""
    export = world.region(data["account"], data["region"]).holding(ExportJobs).by_arn.get(data["export"])
    return export if export is not None and export.running else None


@action("dynamodb.export_looks")
def _check_bucket(world: World, data: Body) -> None:
    export = _running_job(world, data)
    if export is None:
        return
    try:
        transfer.put_object(data["account"], export.shown["S3Bucket"], f"{export.folder}/_started", b"")
    except NoSuchBucket:
        _fail(world, export)


@action("dynamodb.export_done")
def _finish(world: World, data: Body) -> None:
    export = _running_job(world, data)
    if export is None:
        return
    ended = {
        "EndTime": round(world.now(), 3),
        "ItemCount": len(export.items),
        "BilledSizeBytes": export.size,
        "ExportManifest": f"{export.folder}/manifest-summary.json",
    }
    try:
        _write(data["account"], export, {**export.shown, **ended})
    except NoSuchBucket:
        _fail(world, export)
        return
    export.shown.update(ended)
    export.end(world, "COMPLETED")
    export.items = []


def _fail(world: World, export: ExportJob) -> None:
    export.end(world, "FAILED", NO_BUCKET, NO_BUCKET_TEXT)
    export.items = []


def _write(account: str, export: ExportJob, shown: Body) -> None:
    """Write the data files and the manifests to S3, each manifest with an MD5 file."""
    bucket, listed = shown["S3Bucket"], []
    for number in range(FILES):
        lines = export.items[number::FILES]
        data = gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)
        key = f"{export.folder}/data/{uuid.uuid4().hex[:26]}.json.gz"
        etag = transfer.put_object(account, bucket, key, data).strip('"')
        listed.append(
            {"itemCount": len(lines), "md5Checksum": _md5(data), "etag": etag, "dataFileS3Key": key}
        )
    summary = {
        "version": "2023-08-01",
        "exportArn": export.arn,
        "startTime": _iso(shown["StartTime"]),
        "endTime": _iso(shown["EndTime"]),
        "tableArn": shown["TableArn"],
        "tableId": shown["TableId"],
        "exportTime": _iso(shown["ExportTime"]),
        "s3Bucket": bucket,
        "s3Prefix": shown.get("S3Prefix"),
        "s3SseAlgorithm": shown["S3SseAlgorithm"],
        "s3SseKmsKeyId": shown.get("S3SseKmsKeyId"),
        "manifestFilesS3Key": f"{export.folder}/manifest-files.json",
        "billedSizeBytes": shown["BilledSizeBytes"],
        "itemCount": shown["ItemCount"],
        "outputFormat": shown["ExportFormat"],
        "exportType": "FULL_EXPORT",
    }
    files = "".join(f"{json.dumps(each)}\n" for each in listed).encode()
    for name, data in (("manifest-files", files), ("manifest-summary", json.dumps(summary).encode())):
        transfer.put_object(account, bucket, f"{export.folder}/{name}.json", data)
        transfer.put_object(account, bucket, f"{export.folder}/{name}.md5", _md5(data).encode())


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def _iso(seconds: float) -> str:
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@operation("dynamodb", "DescribeExport")
def describe_export(call: ApiCall) -> Body:
    check_shape(call.operation, call.body)
    arn = call.body["ExportArn"]
    elsewhere = ApiError("ExportNotFoundException", "Export not found: Invalid export arn")
    transfer.check_arn(call, arn, "export", elsewhere)
    export = call.here.holding(ExportJobs).by_arn.get(arn)
    if export is None:
        raise ApiError("ExportNotFoundException", f"Export not found: Export not found: {arn}")
    return {"ExportDescription": dict(export.shown)}


@operation("dynamodb", "ListExports")
def list_exports(call: ApiCall) -> Body:
    """ListExports: latest first; with a table, only those of the present table of that name (DDB-EXPORT-020)."""
    check_shape(call.operation, call.body)
    jobs = sorted(call.here.holding(ExportJobs).by_arn.values(), key=lambda job: job.arn, reverse=True)
    if "TableArn" in call.body:
        name = registry.table_name(call, call.body["TableArn"])
        table = registry.tables_in(call.world, call.account, call.region).get(name)
        jobs = [job for job in jobs if table is not None and job.shown["TableId"] == table.table_id]
    members = ("ExportArn", "ExportStatus")
    answer = transfer.listed(call.body, jobs, members, "ExportSummaries", "MaxResults", 25)
    for summary in answer["ExportSummaries"]:
        summary["ExportType"] = "FULL_EXPORT"
    return answer
