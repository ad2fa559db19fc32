"""The calls of EventBridge Pipes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dynaops.access.rules import Body, CallLocation, Need, ServiceRules, TagsAtCreation


def _resources(_api: str, location: CallLocation, body: Body) -> Iterable[str]:
    if body.get("resourceArn"):
        return (str(body["resourceArn"]),)
    return (location.arn("pipes", f"pipe/{body['Name']}") if body.get("Name") else "*",)


def _dependent_needs(api: str, _location: CallLocation, body: Body) -> Iterator[Need]:
    if api in ("CreatePipe", "UpdatePipe"):
        role = str(body["RoleArn"])
        yield Need("iam:PassRole", role, (("iam:PassedToService", "pipes.amazonaws.com"),))


RULES = ServiceRules(
    resources=_resources,
    dependent_needs=_dependent_needs,
    tagged={"CreatePipe": TagsAtCreation("Tags", "pipes:TagResource")},
)
