"""Pipes in normal form, and the form that EventBridge takes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from dynaops.kinds.pipes import Pipe, targets
from dynaops.model.resource import Properties
from dynaops.model.state import Record

PIPE = "pipe"
ROLE = "pipe_role"
_SOURCE_MEMBERS = {
    "batch_size": "BatchSize",
    "maximum_batching_window_in_seconds": "MaximumBatchingWindowInSeconds",
    "maximum_record_age_in_seconds": "MaximumRecordAgeInSeconds",
    "maximum_retry_attempts": "MaximumRetryAttempts",
    "on_partial_batch_item_failure": "OnPartialBatchItemFailure",
    "parallelization_factor": "ParallelizationFactor",
}
_TARGET_MEMBERS = {
    "partition_key": "PartitionKey",
    "message_group_id": "MessageGroupId",
    "message_deduplication_id": "MessageDeduplicationId",
    "invocation_type": "InvocationType",
}
_PLAIN_MEMBERS = {
    "target_arn": "Target",
    "role_arn": "RoleArn",
    "enrichment_arn": "Enrichment",
    "kms_key_arn": "KmsKeyIdentifier",
}
_DEFAULTS: dict[str, Any] = {name: Pipe.model_fields[name].default for name in _SOURCE_MEMBERS}


def wanted(pipe: Pipe) -> Properties:
    """A spec's pipe in normal form, without what is known only later: its stream, and a role that is made for it."""
    result: Properties = pipe.model_dump(exclude_none=True, exclude={"filters"})
    filters = [_pattern(pattern) for pattern in pipe.filters or ()]
    if filters:
        result["filters"] = filters
    target = targets.target_of(pipe.target_arn)
    if target and target.invocation_type:
        result.setdefault("invocation_type", target.invocation_type)
    return result


def properties_of(pipe: dict[str, Any], record: Record | None) -> Properties:
    """A live pipe (an answer of DescribePipe) in normal form.

    A pipe that follows its stream starts at the beginning of the new one whatever the spec says, so the recorded
    starting position holds for the pipe on the recorded stream.
    """
    source = pipe.get("SourceParameters") or {}
    stream = source.get("DynamoDBStreamParameters") or {}
    start = stream.get("StartingPosition")
    if record and record.properties.get("stream") == pipe["Source"]:
        start = record.properties.get("starting_position", start)
    result: Properties = {
        "name": pipe["Name"],
        "stream": pipe["Source"],
        "starting_position": start,
        "enabled": pipe.get("DesiredState") != "STOPPED",
    }
    for name, member in _SOURCE_MEMBERS.items():
        result[name] = stream.get(member, _DEFAULTS[name])
    result["filters"] = [
        _pattern(entry["Pattern"]) for entry in (source.get("FilterCriteria") or {}).get("Filters") or ()
    ]
    result["dead_letter_arn"] = (stream.get("DeadLetterConfig") or {}).get("Arn")
    result |= {name: pipe.get(member) for name, member in _PLAIN_MEMBERS.items()}
    result |= _target_properties(pipe)
    return {name: value for name, value in result.items() if value not in (None, "", [])}


def _target_properties(pipe: dict[str, Any]) -> Properties:
    parameters = pipe.get("TargetParameters") or {}
    result: Properties = {"input_template": parameters.get("InputTemplate")}
    target = targets.target_of(pipe["Target"])
    if target is not None and target.parameters:
        own = parameters.get(target.parameters) or {}
        result |= {name: own.get(_TARGET_MEMBERS[name]) for name in target.takes}
    if target is not None and target.invocation_type and not result["invocation_type"]:
        result["invocation_type"] = "REQUEST_RESPONSE"  # AWS's default (CreatePipe, API reference)
    return result


def create_parameters(properties: Properties, starting_position: str) -> dict[str, Any]:
    """What CreatePipe takes for a pipe in normal form."""
    source = _source(properties)
    source["DynamoDBStreamParameters"]["StartingPosition"] = starting_position
    if not properties.get("filters"):
        del source["FilterCriteria"]
    target = {member: value for member, value in _target(properties).items() if value}
    result = {
        "Name": properties["name"],
        "Source": properties["stream"],
        "DesiredState": state_of(properties),
        "SourceParameters": source,
        "TargetParameters": target,
        **{member: properties.get(name) for name, member in _PLAIN_MEMBERS.items()},
    }
    return {name: value for name, value in result.items() if value}


def update_parameters(properties: Properties, names: Iterable[str]) -> dict[str, Any]:
    """What UpdatePipe takes to change those of `names`; what is absent is cleared.

    AWS sets what a request leaves out of DynamoDBStreamParameters, or of the target's own parameters, to its default
    (UpdatePipe, API reference), so each of these is sent whole. Empty texts take a setting away.
    """
    changed = set(names)
    result: dict[str, Any] = {"Name": properties["name"], "RoleArn": properties["role_arn"]}
    result |= {member: properties.get(name, "") for name, member in _PLAIN_MEMBERS.items() if name in changed}
    if "enabled" in changed:
        result["DesiredState"] = state_of(properties)
    source = _source(properties)
    sent = {
        "DynamoDBStreamParameters": changed & {*_SOURCE_MEMBERS, "dead_letter_arn"},
        "FilterCriteria": changed & {"filters"},
    }
    if any(sent.values()):
        result["SourceParameters"] = {name: source[name] for name, needed in sent.items() if needed}
    if changed & {*_TARGET_MEMBERS, "target_arn", "input_template"}:
        result["TargetParameters"] = _target(properties)
    return result


def state_of(properties: Properties) -> str:
    """The DesiredState of a pipe in normal form."""
    return "RUNNING" if properties["enabled"] else "STOPPED"


def _source(properties: Properties) -> dict[str, Any]:
    stream = {member: properties[name] for name, member in _SOURCE_MEMBERS.items() if name in properties}
    if properties.get("dead_letter_arn"):
        stream["DeadLetterConfig"] = {"Arn": properties["dead_letter_arn"]}
    filters = [{"Pattern": pattern} for pattern in properties.get("filters", ())]
    return {"DynamoDBStreamParameters": stream, "FilterCriteria": {"Filters": filters}}


def _target(properties: Properties) -> dict[str, Any]:
    target = targets.target_of(properties["target_arn"])
    result: dict[str, Any] = {"InputTemplate": properties.get("input_template", "")}
    if target is not None and target.parameters:
        result[target.parameters] = {
            _TARGET_MEMBERS[name]: properties[name] for name in target.takes if name in properties
        }
    return result


def _pattern(pattern: str | dict[str, Any]) -> str:
    """A filter as compact JSON: white space and the order of keys mean nothing."""
    value = json.loads(pattern) if isinstance(pattern, str) else pattern
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
