"""The calls of Lambda."""

from __future__ import annotations

from collections.abc import Iterable

from dynaops.access.rules import Body, CallLocation, ServiceRules, TagsAtCreation

_ANY_MAPPING = "event-source-mapping:*"
"""AWS generates the id of a mapping in the call that creates it."""


def _resources(api: str, location: CallLocation, body: Body) -> Iterable[str]:
    if api in ("CreateEventSourceMapping", "ListEventSourceMappings", "ListFunctions"):
        return ("*",)
    if api in ("GetEventSourceMapping", "UpdateEventSourceMapping", "DeleteEventSourceMapping"):
        return (location.arn("lambda", _ANY_MAPPING),)
    if body.get("Resource"):
        resource = str(body["Resource"])
        return (resource.rpartition(":")[0] + ":*" if ":event-source-mapping:" in resource else resource,)
    name = str(body.get("FunctionName", "*"))
    return (name if name.startswith("arn:") else location.arn("lambda", f"function:{name}"),)


def _function(body: Body) -> tuple[tuple[str, str], ...]:
    name = str(body.get("FunctionName", ""))
    return (("lambda:FunctionArn", name),) if name.startswith("arn:") else ()


RULES = ServiceRules(
    resources=_resources,
    tagged={"CreateEventSourceMapping": TagsAtCreation("Tags", "lambda:TagResource", _ANY_MAPPING)},
    context={"CreateEventSourceMapping": _function},
)
