"""Mappings in normal form, and the form that Lambda takes."""

from __future__ import annotations

import json
from typing import Any

from dynaops.kinds.trigger import Trigger
from dynaops.model.resource import Properties
from dynaops.model.state import Record

_MEMBERS = {
    "batch_size": "BatchSize",
    "maximum_batching_window": "MaximumBatchingWindowInSeconds",
    "parallelization_factor": "ParallelizationFactor",
    "maximum_retry_attempts": "MaximumRetryAttempts",
    "maximum_record_age": "MaximumRecordAgeInSeconds",
    "bisect_batch_on_error": "BisectBatchOnFunctionError",
    "tumbling_window": "TumblingWindowInSeconds",
}
_DEFAULTS: dict[str, Any] = {name: Trigger.model_fields[name].default for name in _MEMBERS}


def function_of(name: str) -> str:
    """A function's name (with its alias or version), from any of the forms that Lambda takes."""
    return name.rpartition("function:")[2]


def wanted(trigger: Trigger) -> Properties:
    """A spec's trigger in normal form."""
    result = trigger.model_dump(exclude_none=True, exclude={"grant_role", "filter_patterns"})
    result["function"] = function_of(trigger.function)
    patterns = [_pattern(filter_pattern) for filter_pattern in trigger.filter_patterns or ()]
    return {**result, "filter_patterns": patterns} if patterns else result


def properties_of(mapping: dict[str, Any], record: Record | None) -> Properties:
    """A live mapping in normal form.

    Where it starts counts only when it is made, and a mapping that follows its stream starts at the beginning whatever
    the spec says; so what is recorded holds for the mapping that is recorded.
    """
    start = mapping.get("StartingPosition")
    if record and record.id == mapping["UUID"]:
        start = record.properties.get("starting_position", start)
    result: Properties = {
        "function": function_of(mapping["FunctionArn"]),
        "stream": mapping["EventSourceArn"],
        "starting_position": start,
        "enabled": mapping.get("State") not in ("Disabled", "Disabling"),
        "report_batch_item_failures": "ReportBatchItemFailures"
        in (mapping.get("FunctionResponseTypes") or ()),
    }
    for name, member in _MEMBERS.items():
        value = mapping.get(member)
        result[name] = _DEFAULTS[name] if value is None else value
    filters = (mapping.get("FilterCriteria") or {}).get("Filters") or ()
    if filters:
        result["filter_patterns"] = [_pattern(filter["Pattern"]) for filter in filters]
    failure = ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    if failure:
        result["on_failure_arn"] = failure
    return result


def parameters_of(properties: Properties, names: set[str]) -> dict[str, Any]:
    """What Create- and UpdateEventSourceMapping take for those of `names`; absent ones are cleared."""
    result: dict[str, Any] = {_MEMBERS[name]: properties[name] for name in sorted(names) if name in _MEMBERS}
    if "enabled" in names:
        result["Enabled"] = properties["enabled"]
    if "report_batch_item_failures" in names:
        result["FunctionResponseTypes"] = (
            ["ReportBatchItemFailures"] if properties["report_batch_item_failures"] else []
        )
    if "filter_patterns" in names:
        patterns = properties.get("filter_patterns", ())
        result["FilterCriteria"] = {"Filters": [{"Pattern": pattern} for pattern in patterns]}
    if "on_failure_arn" in names:
        target = properties.get("on_failure_arn")
        result["DestinationConfig"] = {"OnFailure": {"Destination": target} if target else {}}
    return result


def _pattern(pattern: str | dict[str, Any]) -> str:
    """A filter pattern as compact JSON: white space and the order of keys mean nothing."""
    value = json.loads(pattern) if isinstance(pattern, str) else pattern
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
