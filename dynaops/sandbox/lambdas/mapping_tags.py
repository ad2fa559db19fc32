"""Tags of event source mappings; moto answers for tags of functions."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.dispatch import PASS, ApiCall, operation
from dynaops.sandbox.lambdas.functions import parameter
from dynaops.sandbox.lambdas.model import Mapping, Mappings

MOST = 50


def checked(tags: dict[str, str]) -> dict[str, str]:
    """The tags, checked with Lambda's rules. Raises InvalidParameterValueException."""
    if len(tags) > MOST:
        raise parameter(f"A resource has at most {MOST} tags")
    for name, value in tags.items():
        if not 1 <= len(name) <= 128 or len(value) > 256:
            raise parameter(f"The tag {name!r} is too long or empty")
        if name.lower().startswith("aws:"):
            raise parameter(f"Tag keys cannot begin with aws: {name}")
    return dict(tags)


@operation("lambda", "ListTags")
def list_tags(call: ApiCall) -> dict[str, Any]:
    mapping = _requested_mapping(call)
    return PASS if mapping is None else {"Tags": dict(mapping.tags)}


@operation("lambda", "TagResource")
def tag(call: ApiCall) -> dict[str, Any]:
    mapping = _requested_mapping(call)
    if mapping is None:
        return PASS
    mapping.tags = checked({**mapping.tags, **call.body["Tags"]})
    return {}


@operation("lambda", "UntagResource")
def untag(call: ApiCall) -> dict[str, Any]:
    mapping = _requested_mapping(call)
    if mapping is None:
        return PASS
    mapping.tags = {name: value for name, value in mapping.tags.items() if name not in call.body["TagKeys"]}
    return {}


def _requested_mapping(call: ApiCall) -> Mapping | None:
    held = call.here.holding(Mappings).by_uuid.values()
    return next((each for each in held if each.arn == call.body["Resource"]), None)
