"""CloudWatch alarms on the table, its indexes, its replicas and its triggers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from pydantic import Field

from dynaops.model.finding import Finding
from dynaops.model.findings.companions import DDB491, DDB492, DDB493, DDB494, DDB495, DDB496, DDB497
from dynaops.model.findings.rule import make_finding
from dynaops.model.spec import Fragment

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

ALARMS = ("throttles", "system_errors", "capacity_utilization", "replication_latency", "iterator_age")
REGIONAL = ("throttles", "system_errors", "capacity_utilization")
"""Alarms on metrics that each region of a global table has for itself."""
HOUR, DAY, WEEK = 3_600, 86_400, 604_800
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):\d{12}:.+")


@dataclass(frozen=True)
class Default:
    """What an alarm is where the spec says no more than true."""

    threshold: float
    period: int
    evaluation_periods: int


DEFAULTS = {
    "throttles": Default(1, 300, 1),
    "system_errors": Default(1, 300, 1),
    "capacity_utilization": Default(80, 300, 3),
    "replication_latency": Default(10_000, 60, 5),
    "iterator_age": Default(60_000, 60, 5),
}


class AlarmSettings(Fragment):
    """When an alarm goes off: at `threshold` or above, for `evaluation_periods` periods on end."""

    threshold: float | None = Field(None, gt=0, allow_inf_nan=False)
    """At or above this value; its unit is the alarm's. Default: the alarm's own."""
    period: int | None = Field(None, ge=60)
    """Seconds that one value stands for: a multiple of 60, since DynamoDB counts by the minute."""
    evaluation_periods: int | None = Field(None, ge=1)
    """Periods on end that must be over the threshold: a day of them at the most, or a week of hours or longer ones."""


Alarm = bool | float | AlarmSettings | None


class Alarms(Fragment):
    """Each alarm is on (true), off, on with its own threshold (a number), or with a map of settings."""

    sns_topic_arns: list[str] | None = Field(None, max_length=5)
    """Up to five SNS topics that are told when an alarm goes off, and when it is over: those of the alarm's region."""
    throttles: Alarm = None
    """Throttled reads and writes in a period, of the table and of each global secondary index. Default: 1 in 300 s."""
    system_errors: Alarm = None
    """Requests in a period that failed on AWS's side. Default: 1 in 300 s."""
    capacity_utilization: Alarm = None
    """Consumed capacity in per cent of the provisioned, of reads or writes, whichever is higher, of the table and of
    each global secondary index; PROVISIONED only. Default: 80 for 3 periods of 300 s."""
    replication_latency: Alarm = None
    """Milliseconds, on average, until a replica has a change; one alarm for each replica. Default: 10000 for 5 periods
    of 60 s."""
    iterator_age: Alarm = None
    """Milliseconds that a trigger's function is behind the stream; one alarm for each function. Default: 60000 for 5
    periods of 60 s."""

    def settings(self, name: str) -> AlarmSettings | None:
        """What is asked of the alarm `name`; None where it is off."""
        asked: Alarm = getattr(self, name)
        if asked is None or asked is False:
            return None
        if isinstance(asked, AlarmSettings):
            return asked
        return AlarmSettings() if asked is True else AlarmSettings(threshold=asked)


def rules(spec: TableSpec) -> Iterator[Finding]:
    """Thresholds, periods and topics that CloudWatch takes (PutMetricAlarm), and something for each alarm to watch."""
    if spec.alarms is None:
        return
    for number, arn in enumerate(spec.alarms.sns_topic_arns or ()):
        yield from _topic(spec, arn, f"alarms.sns_topic_arns.{number}")
    yield from _untold(spec)
    for name in ALARMS:
        asked = getattr(spec.alarms, name)
        if asked is None or asked is False:
            continue
        yield from _numbers(name, asked)
        yield from _idle(spec, name)


def _topic(spec: TableSpec, arn: str, path: str) -> Iterator[Finding]:
    named = _TOPIC.fullmatch(arn)
    if named is None:
        yield make_finding(DDB491, f"{arn} is not the ARN of an SNS topic", path=path)
    elif spec.region and named[1] not in (spec.region, *(replica.region for replica in spec.replicas or ())):
        yield make_finding(
            DDB496,
            f"{arn} is in another region than the alarms, which cannot tell it",
            f"Name a topic in {spec.region}.",
            path=path,
        )


def _untold(spec: TableSpec) -> Iterator[Finding]:
    """An alarm tells topics of its own region only, so where there is none nobody hears it."""
    block = spec.alarms
    if block is None or not block.sns_topic_arns or not any(block.settings(name) for name in REGIONAL):
        return
    for replica in spec.replicas or ():
        if not any(topic_region(arn) == replica.region for arn in block.sns_topic_arns):
            yield make_finding(
                DDB497,
                f"the alarms of the replica in {replica.region} tell nobody: no topic is in that region",
                f"Add a topic of {replica.region} to sns_topic_arns.",
                path="alarms.sns_topic_arns",
            )


def topic_region(arn: str) -> str:
    """The region of an SNS topic; empty where the ARN names none."""
    named = _TOPIC.fullmatch(arn)
    return named[1] if named else ""


def _numbers(name: str, asked: Alarm) -> Iterator[Finding]:
    if isinstance(asked, float | int) and not (isfinite(asked) and asked > 0):
        yield make_finding(
            DDB492, f"the threshold of {name} must be above 0, and finite", path=f"alarms.{name}"
        )
    if not isinstance(asked, AlarmSettings):
        return
    if asked.period and asked.period % 60:
        yield make_finding(
            DDB493, f"{asked.period} seconds are no whole minutes", path=f"alarms.{name}.period"
        )
    default = DEFAULTS[name]
    period = asked.period or default.period
    longest, words = (WEEK, "a week") if period >= HOUR else (DAY, "a day")
    if period * (asked.evaluation_periods or default.evaluation_periods) > longest:
        yield make_finding(
            DDB494,
            f"{name} would look back for more than {words}, which CloudWatch refuses",
            path=f"alarms.{name}",
        )


def _idle(spec: TableSpec, name: str) -> Iterator[Finding]:
    """An alarm that would watch nothing is not made, and that is said."""
    missing = {
        "capacity_utilization": spec.billing_mode != "PROVISIONED"
        and "the table has no provisioned capacity",
        "replication_latency": (not spec.replicas and "the table has no replicas")
        or (
            spec.multi_region_consistency == "STRONG"
            and "AWS measures no latency of strongly consistent replicas"
        ),
        "iterator_age": not spec.lambda_triggers and "the table has no triggers",
    }.get(name)
    if missing:
        yield make_finding(DDB495, f"there will be no alarm {name}: {missing}", path=f"alarms.{name}")
