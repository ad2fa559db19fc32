"""What a request says of a pipe's settings: refused where EventBridge refuses it, and merged as UpdatePipe does."""

from __future__ import annotations

import json
from typing import Any

from dynaops.sandbox import constraints
from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.errors import ApiError, validation

MEMBERS = (
    *("Description", "Source", "SourceParameters", "Enrichment", "EnrichmentParameters"),
    *("Target", "TargetParameters", "RoleArn", "LogConfiguration", "KmsKeyIdentifier"),
)
"""The members of a pipe that DescribePipe shows as they were given."""
_DEFAULTS = {
    "BatchSize": 100,
    "MaximumBatchingWindowInSeconds": 0,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
}
"""What a stream's parameters are where a request leaves them out (EventBridge Pipes API reference)."""
_LEAST_AGE = 60
_TAKEN_AWAY_BY_EMPTY = ("Enrichment", "KmsKeyIdentifier", "Description")


def check(call: ApiCall) -> None:
    """Refuse what breaks the service model, and what no model says. Raises ValidationException."""
    constraints.check(call, "pipes", "ValidationException")
    source = call.body.get("SourceParameters") or {}
    stream = source.get("DynamoDBStreamParameters") or {}
    if 0 <= stream.get("MaximumRecordAgeInSeconds", -1) < _LEAST_AGE:
        raise validation(f"MaximumRecordAgeInSeconds must be -1 or at least {_LEAST_AGE}")
    for entry in (source.get("FilterCriteria") or {}).get("Filters") or ():
        if not _is_object(entry.get("Pattern", "")):
            raise validation("Filter pattern is not valid JSON.")


def created(call: ApiCall) -> dict[str, Any]:
    """The settings of a new pipe. Raises ValidationException."""
    given = {name: call.body[name] for name in MEMBERS if call.body.get(name) not in (None, "")}
    if _is_table_stream(given["Source"]):
        source = given.get("SourceParameters") or {}
        if "DynamoDBStreamParameters" not in source:
            raise validation("DynamoDBStreamParameters is required for a DynamoDB stream source")
        stream = {**_DEFAULTS, **source["DynamoDBStreamParameters"]}
        given["SourceParameters"] = {**source, "DynamoDBStreamParameters": stream}
    _check_target(given)
    return given


def updated(before: dict[str, Any], call: ApiCall) -> dict[str, Any]:
    """The settings after UpdatePipe: the parameters of one AWS service are replaced as a whole, others are merged.

    Empty texts take a setting away. Raises ValidationException.
    """
    body = call.body
    if "DynamoDBStreamParameters" in (body.get("SourceParameters") or {}) and not _is_table_stream(
        before["Source"]
    ):
        raise validation("DynamoDBStreamParameters do not match the source of the pipe")
    after = {**before, **{name: body[name] for name in MEMBERS if name in body and name != "Source"}}
    if "SourceParameters" in body:
        after["SourceParameters"] = _merged_source(before.get("SourceParameters") or {}, body)
    if "TargetParameters" in body:
        merged = {**(before.get("TargetParameters") or {}), **body["TargetParameters"]}
        if after["Target"].split(":")[2] != before["Target"].split(":")[2]:
            merged = body["TargetParameters"]
        after["TargetParameters"] = {name: value for name, value in merged.items() if value != ""}
    for name in _TAKEN_AWAY_BY_EMPTY:
        if after.get(name) == "":
            del after[name]
    _check_target(after)
    return after


def _merged_source(before: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    given = dict(body["SourceParameters"])
    if "DynamoDBStreamParameters" in given:
        start = (before.get("DynamoDBStreamParameters") or {}).get("StartingPosition")
        given["DynamoDBStreamParameters"] = {
            **_DEFAULTS,
            **given["DynamoDBStreamParameters"],
            "StartingPosition": start,
        }
    return {**before, **given}


def _check_target(settings: dict[str, Any]) -> None:
    parameters = settings.get("TargetParameters") or {}
    service = settings["Target"].split(":")[2]
    if service == "kinesis" and not (parameters.get("KinesisStreamParameters") or {}).get("PartitionKey"):
        raise validation("PartitionKey is required for a Kinesis stream target")
    fifo = service == "sqs" and settings["Target"].endswith(".fifo")
    if fifo and not (parameters.get("SqsQueueParameters") or {}).get("MessageGroupId"):
        raise validation("MessageGroupId is required for a FIFO queue target")


def _is_table_stream(source: str) -> bool:
    return source.split(":")[2:3] == ["dynamodb"]


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def not_found(name: str) -> ApiError:
    """EventBridge's NotFoundException."""
    return ApiError("NotFoundException", f"Pipe {name} does not exist.", 404)
