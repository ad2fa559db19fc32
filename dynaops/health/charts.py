"""What is drawn of a table's metrics: an hour a step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from dynaops.health.metrics import OPERATIONS, PERIOD, Metrics
from dynaops.health.observations import NotKnown, TableObservations
from dynaops.model.health import Chart

_STEP = 3600 // PERIOD
T = TypeVar("T")


def charts(facts: TableObservations) -> Iterator[Chart]:
    """Consumed against provisioned capacity, throttles and latency; none where the metrics could not be read."""
    try:
        metrics = facts.metrics.value
    except NotKnown:
        return
    yield from _capacity(metrics, facts, "Read", "RCU")
    yield from _capacity(metrics, facts, "Write", "WCU")
    for side in ("Read", "Write"):
        values = metrics.values(f"{side}ThrottleEvents")
        if any(values):
            hourly = [sum(hour) for hour in _hours([value or 0 for value in values])]
            yield Chart(
                title=f"{side.lower()} throttles", values=tuple(hourly), summary=f"{sum(hourly):,.0f} in all"
            )
    for operation in OPERATIONS:
        yield from _latency(metrics, operation)


def _capacity(metrics: Metrics, facts: TableObservations, side: str, unit: str) -> Iterator[Chart]:
    rates = metrics.rates(f"Consumed{side}CapacityUnits")
    peaks = tuple(max(hour) for hour in _hours(rates))
    units = (facts.table.get("ProvisionedThroughput") or {}).get(f"{side}CapacityUnits", 0)
    peak = max(peaks, default=0)
    provisioned = [value for value in metrics.values(f"Provisioned{side}CapacityUnits", "Average") if value]
    bound = max(provisioned, default=float(units))
    against = f" of {bound:,.0f} provisioned" if bound and facts.provisioned else ""
    average = sum(rates) / len(rates) if rates else 0
    yield Chart(
        title=f"{side.lower()} capacity",
        values=peaks,
        summary=f"peak {peak:,.1f}{against} {unit}, average {average:,.1f}",
    )


def _latency(metrics: Metrics, operation: str) -> Iterator[Chart]:
    values = metrics.values("SuccessfulRequestLatency", "Average", operation=operation)
    peaks = tuple(
        max((value for value in hour if value is not None), default=None) for hour in _hours(values)
    )
    known = [value for value in peaks if value is not None]
    if known:
        yield Chart(title=f"{operation} latency", values=peaks, summary=f"up to {max(known):.1f} ms")


def _hours(values: Sequence[T]) -> list[Sequence[T]]:
    return [values[first : first + _STEP] for first in range(0, len(values), _STEP)]
