"""Alarms in normal form, and the form that CloudWatch takes. Metrics: the developer guide's "DynamoDB metrics"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from dynaops.kinds.alarm import DEFAULTS, AlarmSettings
from dynaops.kinds.trigger.mapping import function_of
from dynaops.model.resource import Properties, Scope

if TYPE_CHECKING:
    from dynaops.kinds import TableSpec

KIND = "alarm"
COMPARISON = "GreaterThanOrEqualToThreshold"
MISSING = "notBreaching"
_AS_OURS = "at the threshold or above"
_LONGEST = 255
_KEPT = 220
_OPERATIONS = (
    *("GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"),
    *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"),
)
"""Requests that may fail on AWS's side: as many as one alarm can add up (ten metrics)."""


@dataclass(frozen=True)
class Metric:
    """One metric that an alarm looks at."""

    name: str
    statistic: str
    dimensions: tuple[tuple[str, str], ...]
    namespace: str = "AWS/DynamoDB"


class AlarmLocation(NamedTuple):
    """Where an alarm is, and the rest of its address: ``throttles/by-email``."""

    region: str
    rest: str


def place_of(scope: Scope, address: str) -> AlarmLocation:
    """The place of ``users/alarm/throttles`` or ``users/replica/us-east-1/alarm/throttles``."""
    below = address.removeprefix(f"{scope.address}/")
    region = scope.region
    if below.startswith("replica/"):
        _, region, below = below.split("/", 2)
    return AlarmLocation(region, below.removeprefix(f"{KIND}/"))


def address_of(scope: Scope, place: AlarmLocation) -> str:
    """The address of an alarm at a place."""
    where = ("replica", place.region) if place.region != scope.region else ()
    return scope.below(*where, KIND, place.rest)


def suffixes(spec: TableSpec, name: str) -> list[str]:
    """What each alarm `name` watches, as the rest of its address: "" is the table itself."""
    indexes = ["", *(f"/{element.name}" for element in spec.global_secondary_indexes or ())]
    if name == "throttles":
        return indexes
    if name == "system_errors":
        return [""]
    if name == "capacity_utilization":
        return indexes if spec.billing_mode == "PROVISIONED" else []
    if name == "replication_latency":
        measured = spec.multi_region_consistency != "STRONG"
        return [f"/{element.region}" for element in spec.replicas or () if measured]
    functions = {_function(element.function) for element in spec.lambda_triggers or ()}
    return [f"/{element}" for element in sorted(functions)]


def _function(name: str) -> str:
    """The function's bare name: Lambda counts the age by function, whatever its alias."""
    return function_of(name).partition(":")[0]


def alarm_name(table: str, rest: str) -> str:
    """The alarm's name in CloudWatch; `rest` is its address below ``alarm/``. Overlong ones end with a digest."""
    full = f"dynaops/{table}/{rest}"
    if len(full) <= _LONGEST:
        return full
    return f"{full[:_KEPT]}-{sha256(full.encode()).hexdigest()[:16]}"


def prefix(table: str) -> str:
    """How the names of all of a table's alarms begin."""
    return f"dynaops/{table}/"[:_KEPT]


def metrics_of(table: str, rest: str) -> tuple[list[Metric], str | None]:
    """The metrics that the alarm `rest` watches, m1, m2, ..., and the expression over them, where there is one."""
    name, _, of = rest.partition("/")
    here = (("TableName", table), *((("GlobalSecondaryIndexName", of),) if of else ()))
    if name == "throttles":
        both = [Metric(f"{side}ThrottleEvents", "Sum", here) for side in ("Read", "Write")]
        return both, _total(2)
    if name == "system_errors":
        each = [Metric("SystemErrors", "Sum", (*here, ("Operation", element))) for element in _OPERATIONS]
        return each, _total(len(each))
    if name == "capacity_utilization":
        return [
            Metric(f"{which}{side}CapacityUnits", statistic, here)
            for side in ("Read", "Write")
            for which, statistic in (("Consumed", "Sum"), ("Provisioned", "Average"))
        ], f"MAX([{_share('m1', 'm2')},{_share('m3', 'm4')}])"
    if name == "replication_latency":
        return [
            Metric("ReplicationLatency", "Average", (("TableName", table), ("ReceivingRegion", of)))
        ], None
    return [Metric("IteratorAge", "Maximum", (("FunctionName", of),), "AWS/Lambda")], None


def _total(count: int) -> str:
    """A metric without data counts as zero: DynamoDB reports no zeros."""
    return "+".join(f"FILL(m{number},0)" for number in range(1, count + 1))


def _share(consumed: str, provisioned: str) -> str:
    return f"100*FILL({consumed},0)/(PERIOD({consumed})*FILL({provisioned},REPEAT))"


def wanted(
    table: str, rest: str, settings: AlarmSettings, topics: list[str], tags: dict[str, str]
) -> Properties:
    """An alarm in normal form."""
    default = DEFAULTS[rest.partition("/")[0]]
    result: Properties = {"tags": tags} if tags else {}
    return {
        **result,
        "watches": _what(table, rest),
        "goes_off": _AS_OURS,
        "threshold": _number(settings.threshold or default.threshold),
        "period": settings.period or default.period,
        "evaluation_periods": settings.evaluation_periods or default.evaluation_periods,
        "topics": topics,
    }


def _what(table: str, rest: str) -> str:
    name, _, of = rest.partition("/")
    return f"{name.replace('_', ' ')} of {of or table}"


def _number(value: float) -> float:
    return int(value) if value == int(value) else value


def parameters(table: str, rest: str, properties: Properties) -> dict[str, Any]:
    """What PutMetricAlarm takes: always the whole alarm, since it replaces what was there."""
    metrics, expression = metrics_of(table, rest)
    result: dict[str, Any] = {
        "AlarmName": alarm_name(table, rest),
        "AlarmDescription": f"Made by dynaops: {rest.replace('/', ' of ', 1).replace('_', ' ', 1)}, table {table}.",
        "ActionsEnabled": True,
        "AlarmActions": properties["topics"],
        "OKActions": properties["topics"],
        "EvaluationPeriods": properties["evaluation_periods"],
        "Threshold": properties["threshold"],
        "ComparisonOperator": COMPARISON,
        "TreatMissingData": MISSING,
    }
    if expression is None:
        (only,) = metrics
        return {**result, **_metric(only), "Statistic": only.statistic, "Period": properties["period"]}
    name = rest.partition("/")[0]
    queries = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": _metric(metric),
                "Period": properties["period"],
                "Stat": metric.statistic,
            },
            "ReturnData": False,
        }
        for number, metric in enumerate(metrics, 1)
    ]
    return {
        **result,
        "Metrics": [*queries, {"Id": "e1", "Expression": expression, "Label": name, "ReturnData": True}],
    }


def _metric(metric: Metric) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    return {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}


def properties_of(alarm: dict[str, Any], table: str, rest: str) -> Properties:
    """A live alarm in normal form: in few words where it is as ours are, and in full where it is not."""
    periods = sorted({period for _, period in _stats(alarm)})
    topics = {kind: sorted(alarm.get(kind) or ()) for kind in ("AlarmActions", "OKActions")}
    if not alarm.get("ActionsEnabled", True):
        topics = {kind: [] for kind in topics}  # it is silenced: nobody is told
    comparison, missing = alarm["ComparisonOperator"], alarm.get("TreatMissingData") or "missing"
    ours = (comparison, missing) == (COMPARISON, MISSING)
    return {
        "watches": _watched(alarm, table, rest),
        "goes_off": _AS_OURS if ours else f"{comparison}, missing data: {missing}",
        "threshold": _number(alarm.get("Threshold") or 0),
        "period": periods[0] if len(periods) == 1 else periods,
        "evaluation_periods": alarm["EvaluationPeriods"],
        "topics": topics["AlarmActions"] if topics["AlarmActions"] == topics["OKActions"] else topics,
    }


def _watched(alarm: dict[str, Any], table: str, rest: str) -> str:
    metrics, expression = metrics_of(table, rest)
    expressions = [
        element["Expression"] for element in alarm.get("Metrics") or () if element.get("Expression")
    ]
    live = [*(_told(metric) for metric, _ in _stats(alarm)), *expressions]
    whole = alarm.get("DatapointsToAlarm") in (None, alarm["EvaluationPeriods"])
    if whole and live == [*map(_told, metrics), *([expression] if expression else [])]:
        return _what(table, rest)
    return "; ".join([*live, *([] if whole else [f"{alarm['DatapointsToAlarm']} periods of them suffice"])])


def _told(metric: Metric) -> str:
    where = ", ".join(f"{name}={value}" for name, value in sorted(metric.dimensions))
    return f"{metric.statistic} of {metric.namespace} {metric.name} ({where})"


def _stats(alarm: dict[str, Any]) -> Iterator[tuple[Metric, int]]:
    """The metrics of an alarm, with their periods."""
    if alarm.get("MetricName"):
        yield _read(alarm, alarm.get("Statistic") or alarm.get("ExtendedStatistic") or ""), alarm["Period"]
    for element in alarm.get("Metrics") or ():
        stat = element.get("MetricStat")
        if stat:
            yield _read(stat["Metric"], stat["Stat"]), stat["Period"]


def _read(metric: dict[str, Any], statistic: str) -> Metric:
    dimensions = tuple((element["Name"], element["Value"]) for element in metric.get("Dimensions") or ())
    return Metric(metric["MetricName"], statistic, dimensions, metric["Namespace"])


def rest_of(alarm: dict[str, Any]) -> str | None:
    """The address below ``alarm/`` that a live alarm would have, by what it watches; None: none of ours."""
    metric = next((metric for metric, _ in _stats(alarm)), None)
    name = _BY_METRIC.get(metric.name) if metric else None
    if metric is None or name is None:
        return None
    dimensions = dict(metric.dimensions)
    of = next((dimensions[element] for element in _OF if element in dimensions), "")
    return f"{name}/{of}" if of else name


_BY_METRIC = {
    "ReadThrottleEvents": "throttles",
    "SystemErrors": "system_errors",
    "ConsumedReadCapacityUnits": "capacity_utilization",
    "ReplicationLatency": "replication_latency",
    "IteratorAge": "iterator_age",
}
_OF = ("GlobalSecondaryIndexName", "ReceivingRegion", "FunctionName")
