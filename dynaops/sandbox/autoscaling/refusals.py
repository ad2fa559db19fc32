"""Shared by the calls of Application Auto Scaling: checks, errors and pages of results."""

from __future__ import annotations

from typing import Any, TypeVar

from dynaops.sandbox.autoscaling.model import (
    NAMESPACE,
    SERVICE,
    ScalableTarget,
    dimension_of,
    parsed,
    scaling_in,
)
from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.errors import ApiError, validation

T = TypeVar("T")
_MOST = 50


def is_ours(call: ApiCall) -> bool:
    """Whether the call is about DynamoDB; if so, its shape is checked. moto answers for other namespaces."""
    if call.body.get("ServiceNamespace") != NAMESPACE:
        return False
    check_shape(call.operation, call.body, SERVICE)
    return True


def check_dimension(body: dict[str, Any]) -> None:
    """Refuse a resource id that names neither a table nor an index, or a dimension that does not fit the resource."""
    try:
        _, index = parsed(body["ResourceId"])
    except ValueError:
        index, fits = None, False
    else:
        fits = body["ScalableDimension"] in [dimension_of(units, index) for units in _UNITS]
    if not fits:
        raise validation("Unsupported service namespace, resource type or scalable dimension")


_UNITS = ("ReadCapacityUnits", "WriteCapacityUnits")


def target_of(call: ApiCall) -> ScalableTarget | None:
    """The registered target that a call names."""
    key = call.body["ResourceId"], call.body["ScalableDimension"]
    return scaling_in(call.world, call.account, call.region).targets.get(key)


def require_target(call: ApiCall, verb: str = "registered") -> ScalableTarget:
    """The target that a call names. Raises ObjectNotFoundException if it is not registered."""
    target = target_of(call)
    if target is None:
        raise missing(f"No scalable target {verb} for {_request_text(call.body)}")
    return target


def missing(message: str) -> ApiError:
    return ApiError("ObjectNotFoundException", message)


def missing_part(kind: str, body: dict[str, Any], named: str) -> ApiError:
    """The error for a policy or a scheduled action that does not exist."""
    return missing(f"No {kind} found for {_request_text(body)}, {named}")


def _request_text(body: dict[str, Any]) -> str:
    return (
        f"service namespace: {NAMESPACE}, resource ID: {body['ResourceId']}, "
        f"scalable dimension: {body['ScalableDimension']}"
    )


def over_limit(message: str) -> ApiError:
    return ApiError("LimitExceededException", message)


def selected(call: ApiCall) -> list[ScalableTarget]:
    """The targets that a Describe call asks for, in the order of their names.

    Raises ValidationException where a dimension is given without a resource.
    """
    body = call.body
    resources = set(body.get("ResourceIds") or ([body["ResourceId"]] if "ResourceId" in body else []))
    dimension = body.get("ScalableDimension")
    if dimension is not None and not resources:
        raise validation("If you specify a scalable dimension, you must also specify a resource ID")
    targets = scaling_in(call.world, call.account, call.region).targets
    return [
        targets[key]
        for key in sorted(targets)
        if (not resources or key[0] in resources) and dimension in (None, key[1])
    ]


def page(call: ApiCall, member: str, entries: list[T]) -> dict[str, Any]:
    """One page of `found` as `member`: MaxResults (1-50, 50 unless given) from NextToken on."""
    most = call.body.get("MaxResults", _MOST)
    if not 1 <= most <= _MOST:
        raise validation(f"MaxResults must be between 1 and {_MOST}")
    token = call.body.get("NextToken", "0")
    if not token.isdecimal() or int(token) > len(entries):
        raise ApiError("InvalidNextTokenException", "The specified next token is invalid.")
    end = int(token) + most
    answer: dict[str, Any] = {member: entries[int(token) : end]}
    return {**answer, "NextToken": str(end)} if end < len(entries) else answer
