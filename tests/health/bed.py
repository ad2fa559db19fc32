"""A sandbox over HTTP whose CloudWatch holds what tests put there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dynaops.health.metrics import HOURS, PERIOD
from dynaops.health.observations import Subject
from dynaops.health.run import examine
from dynaops.kinds import TableSpec
from dynaops.model.health import Report, Result
from dynaops.model.resource import Scope
from dynaops.model.state import State
from tests.companions.bench import BASE, REGION, Bench

POINTS = HOURS * 3600 // PERIOD


def feed(bench: Bench, metric: str, value: Callable[[int], float], **dimensions: str) -> None:
    """Put a value for each quarter of an hour of the last day; `value` is given how many ago it was."""
    named = {"TableName": "users", **dimensions}
    now = datetime.fromtimestamp(bench.server.clock.now(), UTC)
    bench.client("cloudwatch").put_metric_data(
        Namespace="AWS/DynamoDB",
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": one} for name, one in named.items()],
                "Timestamp": now - timedelta(seconds=PERIOD * ago),
                "Value": value(ago),
            }
            for ago in range(POINTS)
        ],
    )


def units(rate: float) -> Callable[[int], float]:
    """Consumed capacity of `rate` units a second."""
    return lambda _: rate * PERIOD


def look(
    bench: Bench,
    spec: Mapping[str, Any] | None = None,
    *,
    state: State | None = None,
    drills: Mapping[str, Any] | None = None,
    table: str = "users",
) -> Report:
    """The health of a table, with the spec laid over `BASE`, or without any."""
    expected = TableSpec.model_validate({**BASE, **spec}) if spec is not None else None
    subject = Subject(Scope(table, table, REGION), expected)
    [report] = examine(bench.aws, [subject], state or bench.state, drills or {})
    return report


def result(report: Report, code: str) -> Result:
    [found] = [one for one in report.results if one.code == code]
    return found
