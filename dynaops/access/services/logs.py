"""The calls of CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Iterable

from dynaops.access.rules import Body, CallLocation, ServiceRules, TagsAtCreation


def _resources(api: str, location: CallLocation, body: Body) -> Iterable[str]:
    if api == "DescribeLogGroups":
        return (location.arn("logs", "log-group:*"),)
    if body.get("resourceArn"):
        return (str(body["resourceArn"]),)
    name = body.get("logGroupName")
    return (location.arn("logs", f"log-group:{name}"),) if name else ("*",)


RULES = ServiceRules(
    resources=_resources, tagged={"CreateLogGroup": TagsAtCreation("tags", "logs:TagResource")}
)
