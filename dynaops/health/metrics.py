"""CloudWatch's metrics of a table and its indexes, many in one GetMetricData.

Names, dimensions and units: "DynamoDB Metrics and dimensions", developer guide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dynaops.kinds.kind import AwsReader

HOURS = 24
PERIOD = 900
"""Seconds of a point: a quarter of an hour shows peaks that an hour hides."""
INDEX_DAYS = 14
"""How far back an index's use is looked for: a weekly job is use, too."""
_DAY = 86400
_MOST = 500
"""Queries in one GetMetricData (CloudWatch API reference)."""
OPERATIONS = (
    *("GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"),
    *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"),
)


class MetricKey(NamedTuple):
    """A metric of a table, of one of its indexes, operations or replicas (by region), by one statistic."""

    metric: str
    statistic: str = "Sum"
    of_index: str = ""
    operation: str = ""
    receiver: str = ""


Series = tuple[float | None, ...]


@dataclass(frozen=True)
class Metrics:
    """Values by key, oldest first. `index_reads` are the units read from each index in INDEX_DAYS."""

    series: Mapping[MetricKey, Series] = field(default_factory=dict)
    index_reads: Mapping[str, float] = field(default_factory=dict)

    def values(self, metric: str, statistic: str = "Sum", index: str = "", operation: str = "") -> Series:
        return self.series.get(MetricKey(metric, statistic, index, operation), ())

    def highest(self, key: MetricKey) -> float | None:
        """The highest value in the window; None where there is none."""
        return max((value for value in self.series.get(key, ()) if value is not None), default=None)

    def total(self, metric: str, index: str = "", operation: str = "") -> float:
        """The sum over the window."""
        return sum(value or 0 for value in self.values(metric, "Sum", index, operation))

    def rates(self, metric: str, index: str = "") -> list[float]:
        """A sum's values per second."""
        return [(value or 0) / PERIOD for value in self.values(metric, "Sum", index)]


def read_metrics(
    read: AwsReader, region: str, table: str, indexes: Sequence[str], replicas: Sequence[str], now: float
) -> Metrics:
    """The metrics of the last HOURS (of an index's use: INDEX_DAYS). `replicas`: their regions."""
    end = (int(now) // PERIOD + 1) * PERIOD
    start = end - HOURS * 3600
    series = _fetch(read, region, table, list(_keys(indexes, replicas)), start, end, PERIOD)
    use = [MetricKey("ConsumedReadCapacityUnits", of_index=index) for index in indexes]
    last = (int(now) // _DAY + 1) * _DAY
    long = _fetch(read, region, table, use, last - INDEX_DAYS * _DAY, last, _DAY)
    return Metrics(
        series, {key.of_index: sum(value or 0 for value in result) for key, result in long.items()}
    )


def _keys(indexes: Iterable[str], replicas: Iterable[str]) -> Iterable[MetricKey]:
    for replica in replicas:
        yield MetricKey("ReplicationLatency", "Average", receiver=replica)
    for index in ("", *indexes):
        for direction in ("Read", "Write"):
            yield MetricKey(f"Consumed{direction}CapacityUnits", of_index=index)
            yield MetricKey(f"{direction}ThrottleEvents", of_index=index)
            yield MetricKey(f"Provisioned{direction}CapacityUnits", "Average", index)
    for operation in OPERATIONS:
        yield MetricKey("SuccessfulRequestLatency", "Average", operation=operation)
        yield MetricKey("SystemErrors", operation=operation)


def _fetch(
    read: AwsReader, region: str, table: str, keys: Sequence[MetricKey], start: int, end: int, period: int
) -> dict[MetricKey, Series]:
    """The keys' values, one a period. Raises AwsFailure kinds."""
    result = {key: [None] * ((end - start) // period) for key in keys}  # type: dict[MetricKey, list[float | None]]
    for first in range(0, len(keys), _MOST):
        batch = keys[first : first + _MOST]
        request = {
            "MetricDataQueries": [_query(f"m{at}", table, key, period) for at, key in enumerate(batch)],
            "StartTime": start,
            "EndTime": end,
            "ScanBy": "TimestampAscending",
        }
        answers = read.read_all("cloudwatch", "GetMetricData", region, request, "MetricDataResults")
        for answer in answers or ():
            values = result[batch[int(answer["Id"][1:])]]
            for time, value in zip(answer["Timestamps"], answer["Values"], strict=True):
                at = int(time.timestamp() - start) // period
                if 0 <= at < len(values):
                    values[at] = float(value)
    return {key: tuple(values) for key, values in result.items()}


def _query(name: str, table: str, key: MetricKey, period: int) -> dict[str, Any]:
    dimensions = {
        "TableName": table,
        "GlobalSecondaryIndexName": key.of_index,
        "Operation": key.operation,
        "ReceivingRegion": key.receiver,
    }
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/DynamoDB",
                "MetricName": key.metric,
                "Dimensions": [
                    {"Name": element, "Value": value} for element, value in dimensions.items() if value
                ],
            },
            "Period": period,
            "Stat": key.statistic,
        },
    }
