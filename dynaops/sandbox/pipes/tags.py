"""Tags of pipes."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox import constraints
from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.errors import validation
from dynaops.sandbox.pipes.model import SandboxPipe, SandboxPipes
from dynaops.sandbox.pipes.settings import not_found

MOST = 50
"""Tags of a pipe (EventBridge quotas)."""


def check_tags(tags: dict[str, str]) -> None:
    """Refuse tags that no resource takes. Raises ValidationException."""
    if len(tags) > MOST:
        raise validation(f"A resource has at most {MOST} tags")
    for name in tags:
        if name.lower().startswith("aws:"):
            raise validation(f"Tag keys cannot begin with aws: {name}")


@operation("pipes", "ListTagsForResource")
def list_tags(call: ApiCall) -> dict[str, Any]:
    return {"tags": dict(_named(call).tags)}


@operation("pipes", "TagResource")
def tag(call: ApiCall) -> dict[str, Any]:
    pipe = _named(call)
    tags = {**pipe.tags, **call.body["tags"]}
    check_tags(tags)
    pipe.tags = tags
    return {}


@operation("pipes", "UntagResource")
def untag(call: ApiCall) -> dict[str, Any]:
    pipe = _named(call)
    keys = call.body.get("tagKeys", ())
    pipe.tags = {name: value for name, value in pipe.tags.items() if name not in keys}
    return {}


def _named(call: ApiCall) -> SandboxPipe:
    constraints.check(call, "pipes", "ValidationException")
    arn = call.body["resourceArn"]
    held = call.here.holding(SandboxPipes).by_name.values()
    pipe = next((each for each in held if each.arn == arn), None)
    if pipe is None:
        raise not_found(arn)
    return pipe
