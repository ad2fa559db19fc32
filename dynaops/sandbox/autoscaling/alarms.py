"""The CloudWatch alarms of a target tracking policy, as described by DDB-TABLE-314.

The alarms are moto's own objects, so CloudWatch's DescribeAlarms returns them too.
"""

from __future__ import annotations

import uuid

from dynaops.sandbox.autoscaling.model import ScalableTarget, TrackingPolicy, parsed

_SLACK = 20
"""Percentage points below the target at which an idle resource is scaled in."""


def make(
    account: str, region: str, target: ScalableTarget, policy: TrackingPolicy, units: int
) -> list[dict[str, str]]:
    """Create the four alarms of a policy on a resource whose capacity is `units`; returns their names and ARNs."""
    from moto.cloudwatch.models import cloudwatch_backends

    table, index = parsed(target.resource)
    dimensions = [{"Name": "TableName", "Value": table}]
    if index is not None:
        dimensions.append({"Name": "GlobalSecondaryIndexName", "Value": index})
    metric = target.dimension.rpartition(":")[2]
    percent = policy.configuration["TargetValue"]
    high, low = units * 60 * percent / 100, units * 60 * max(0.0, percent - _SLACK) / 100
    names_and_arns = []
    for kind, measure, above, threshold, statistic, period, evaluations in (
        ("AlarmHigh", f"Consumed{metric}", True, high, "Sum", 60, 2),
        ("AlarmLow", f"Consumed{metric}", False, low, "Sum", 60, 15),
        ("ProvisionedCapacityHigh", f"Provisioned{metric}", True, float(units), "Average", 300, 3),
        ("ProvisionedCapacityLow", f"Provisioned{metric}", False, float(units), "Average", 300, 3),
    ):
        alarm = cloudwatch_backends[account][region].put_metric_alarm(
            name=f"TargetTracking-{target.resource}-{kind}-{uuid.uuid4()}",
            namespace="AWS/DynamoDB",
            metric_name=measure,
            comparison_operator="GreaterThanThreshold" if above else "LessThanThreshold",
            evaluation_periods=evaluations,
            period=period,
            threshold=threshold,
            statistic=statistic,
            description=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy.arn}.",
            dimensions=dimensions,
            alarm_actions=[policy.arn],
        )
        names_and_arns.append({"AlarmName": alarm.name, "AlarmARN": alarm.alarm_arn})
    return names_and_arns


def remove(account: str, region: str, alarms: list[dict[str, str]]) -> None:
    """Remove a policy's alarms."""
    from moto.cloudwatch.models import cloudwatch_backends

    cloudwatch_backends[account][region].delete_alarms([each["AlarmName"] for each in alarms])
