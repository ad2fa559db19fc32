"""The calls of CloudWatch."""

from __future__ import annotations

from collections.abc import Iterable

from dynaops.access.rules import Body, CallLocation, ServiceRules, TagsAtCreation


def _resources(api: str, location: CallLocation, body: Body) -> Iterable[str]:
    if body.get("ResourceARN"):
        return (str(body["ResourceARN"]),)
    names = body.get("AlarmNames") or ([body["AlarmName"]] if body.get("AlarmName") else [])
    if names and api != "DescribeAlarms":
        return tuple(location.arn("cloudwatch", f"alarm:{name}") for name in names)
    return ("*",)


RULES = ServiceRules(
    resources=_resources, tagged={"PutMetricAlarm": TagsAtCreation("Tags", "cloudwatch:TagResource")}
)
