"""Tags of scalable targets."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.autoscaling.model import SERVICE, ScalableTarget, scaling_in
from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.errors import ApiError, validation

_MOST = 50


def checked(tags: dict[str, str]) -> dict[str, str]:
    """The tags. Refuses keys with AWS's own prefix, and more tags than the quota."""
    if any(key.lower().startswith("aws:") for key in tags):
        raise validation("Tag keys starting with 'aws:' are reserved for AWS")
    if len(tags) > _MOST:
        raise ApiError("TooManyTagsException", f"A resource can have at most {_MOST} tags")
    return dict(tags)


@operation("application-autoscaling", "TagResource")
def tag(call: ApiCall) -> dict[str, Any]:
    target = _require_target(call)
    target.tags = checked({**target.tags, **call.body["Tags"]})
    return {}


@operation("application-autoscaling", "UntagResource")
def untag(call: ApiCall) -> dict[str, Any]:
    """Remove tags. Keys that the target does not have are ignored."""
    target = _require_target(call)
    target.tags = {key: value for key, value in target.tags.items() if key not in call.body["TagKeys"]}
    return {}


@operation("application-autoscaling", "ListTagsForResource")
def list_tags(call: ApiCall) -> dict[str, Any]:
    return {"Tags": dict(_require_target(call).tags)}


def _require_target(call: ApiCall) -> ScalableTarget:
    check_shape(call.operation, call.body, SERVICE)
    arn = call.body["ResourceARN"]
    for target in scaling_in(call.world, call.account, call.region).targets.values():
        if target.arn == arn:
            return target
    raise ApiError(
        "ResourceNotFoundException", f"The specified resource doesn't exist: {arn}", ResourceName=arn
    )
