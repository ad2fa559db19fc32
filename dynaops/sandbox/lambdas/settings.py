"""Settings of a mapping of a DynamoDB stream: bounds, defaults, filters and destinations."""

from __future__ import annotations

import json
from typing import Any

from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.lambdas.functions import parameter

DEFAULTS: dict[str, Any] = {
    "BatchSize": 100,
    "MaximumBatchingWindowInSeconds": 0,
    "ParallelizationFactor": 1,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "BisectBatchOnFunctionError": False,
    "TumblingWindowInSeconds": 0,
    "FunctionResponseTypes": [],
    "DestinationConfig": {"OnFailure": {}},
}
"""Default values that AWS shows (service model, EventSourceMappingConfiguration)."""
_BOUNDS = {
    "BatchSize": (1, 10_000),
    "MaximumBatchingWindowInSeconds": (0, 300),
    "ParallelizationFactor": (1, 10),
    "MaximumRecordAgeInSeconds": (-1, 604_800),
    "MaximumRetryAttempts": (-1, 10_000),
    "TumblingWindowInSeconds": (0, 900),
}
_LEAST_AGE = 60
MOST_FILTERS = 5
_OF_OTHER_SOURCES = (
    *("Topics", "Queues", "SourceAccessConfigurations", "SelfManagedEventSource", "ScalingConfig"),
    *(
        "AmazonManagedKafkaEventSourceConfig",
        "SelfManagedKafkaEventSourceConfig",
        "StartingPositionTimestamp",
    ),
    *("DocumentDBEventSourceConfig", "ProvisionedPollerConfig", "LoggingConfig"),
)
_KEPT = ("KMSKeyArn", "MetricsConfig")
_DESTINATIONS = ("sqs", "sns", "s3", "lambda")


def checked(body: dict[str, Any]) -> dict[str, Any]:
    """The settings that a request changes, as AWS shows them (FilterCriteria None: filters are removed).

    Raises ValidationException for a value out of bounds, InvalidParameterValueException for other invalid values.
    """
    _check_bounds(body)
    for member in _OF_OTHER_SOURCES:
        if body.get(member):
            raise parameter(f"Unsupported {member} parameter for given event source mapping type.")
    if 0 <= body.get("MaximumRecordAgeInSeconds", -1) < _LEAST_AGE:
        raise parameter(f"MaximumRecordAgeInSeconds must be -1 or at least {_LEAST_AGE}")
    changes = {name: body[name] for name in (*DEFAULTS, *_KEPT) if name in body}
    for kind in changes.get("FunctionResponseTypes", []):
        if kind != "ReportBatchItemFailures":
            raise _constraint(
                [kind], "functionResponseTypes", "satisfy enum value set: [ReportBatchItemFailures]"
            )
    if "DestinationConfig" in changes:
        changes["DestinationConfig"] = _destination(changes["DestinationConfig"])
    if "FilterCriteria" in body:
        changes["FilterCriteria"] = _filters(body["FilterCriteria"])
    return changes


def merged(before: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The settings after a change, without those that it removes."""
    return {name: value for name, value in {**before, **changes}.items() if value is not None}


def _check_bounds(body: dict[str, Any]) -> None:
    for name, (low, high) in _BOUNDS.items():
        value = body.get(name, low)
        member = name[0].lower() + name[1:]
        if value < low:
            raise _constraint(value, member, f"have value greater than or equal to {low}")
        if value > high:
            raise _constraint(value, member, f"have value less than or equal to {high}")


def _constraint(value: Any, member: str, must: str) -> ApiError:
    return ApiError(
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {must}",
    )


def _destination(given: dict[str, Any]) -> dict[str, Any]:
    """The destination for failed batches; an empty ARN removes it."""
    if (given.get("OnSuccess") or {}).get("Destination"):
        raise parameter("Unsupported DestinationConfig parameter for given event source mapping type.")
    arn = (given.get("OnFailure") or {}).get("Destination")
    if not arn:
        return {"OnFailure": {}}
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] not in _DESTINATIONS:
        raise parameter(f"The provided destination config DestinationConfig is invalid: {arn}")
    if arn.endswith(".fifo"):
        raise parameter(f"A FIFO queue or topic cannot be a destination: {arn}")
    return {"OnFailure": {"Destination": arn}}


def _filters(given: dict[str, Any]) -> dict[str, Any] | None:
    filters = given.get("Filters") or []
    if len(filters) > MOST_FILTERS:
        raise parameter(f"The number of filters ({len(filters)}) exceeds the maximum of {MOST_FILTERS}")
    for filter in filters:
        if not _is_pattern(filter.get("Pattern", "")):
            raise parameter("Invalid filter pattern definition.")
    return {"Filters": filters} if filters else None


def _is_pattern(text: str) -> bool:
    """Whether the text is a JSON object whose leaves are lists of rules (developer guide, Event filtering)."""
    try:
        pattern = json.loads(text)
    except ValueError:
        return False
    return isinstance(pattern, dict) and all(_is_rule(value) for value in pattern.values())


def _is_rule(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_rule(each) for each in value.values())
    return isinstance(value, list) and bool(value)
