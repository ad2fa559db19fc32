"""Judgements of how a table is used: CloudWatch's last 24 hours against what is paid for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import NamedTuple

from dynaops.costs.prices import packaged
from dynaops.health.check import CheckResult, failed, passed, warned
from dynaops.health.metrics import HOURS, INDEX_DAYS, OPERATIONS, PERIOD, MetricKey
from dynaops.health.observations import TableObservations
from dynaops.model.cost import HOURS_PER_MONTH

SLOW = 50.0
"""Milliseconds on average in a quarter of an hour, for one item; DynamoDB's are single digits."""
BEHIND = 10_000.0
"""Milliseconds on average in a quarter of an hour until a replica has a change; usually it is within a second."""
FULL = 0.8
"""Of the provisioned capacity: above it, bursts are throttled."""
IDLE = 0.2
"""Of the provisioned capacity: a peak below it is paid for in vain."""
SMALL = 5
"""Units below which provisioned capacity costs next to nothing."""
TARGET = 0.7
"""The utilization that autoscaling is set to by default."""
WORTH = 5.0
"""US dollars a month from which another billing mode is worth a hint."""
_SINGLE = ("GetItem", "PutItem", "UpdateItem", "DeleteItem")
_SIDES = (("Read", "RCU"), ("Write", "WCU"))
_ELSEWHERE = "us-east-1"
"""Whose prices stand in for a region that the price table does not have: others' are in about the same proportion."""


class CapacityUse(NamedTuple):
    """Capacity of one side of a table or an index: units a second, per period, and what is provisioned (0: nothing)."""

    name: str
    side: str
    unit: str
    rates: list[float]
    provisioned: int

    @property
    def peak(self) -> float:
        return max(self.rates, default=0.0)


def uses(facts: TableObservations) -> Iterator[CapacityUse]:
    """Both sides of the table, then of each index."""
    metrics = facts.metrics.value
    for index, shape in [("", facts.table), *facts.indexes.items()]:
        for side, unit in _SIDES:
            given = (shape.get("ProvisionedThroughput") or {}).get(f"{side}CapacityUnits", 0)
            rates = metrics.rates(f"Consumed{side}CapacityUnits", index)
            yield CapacityUse(index or facts.scope.table_name, side, unit, rates, int(given))


class _Prices(NamedTuple):
    """US dollars, by item, and `whose` they are."""

    by_item: Mapping[str, float]
    kind: str
    whose: str

    def hour(self, of: CapacityUse) -> float:
        """Of a provisioned unit and hour."""
        return self.by_item[f"{self.kind}{of.side.lower()}_capacity"]

    def request(self, of: CapacityUse) -> float:
        """Of a request unit."""
        return self.by_item[f"{self.kind}{of.side.lower()}_requests"]


def _prices(facts: TableObservations) -> _Prices:
    """The packaged list prices of the table's region and class."""
    table = packaged().table
    region = facts.scope.region if facts.scope.region in table else _ELSEWHERE
    infrequent = facts.table.get("TableClassSummary", {}).get("TableClass") == "STANDARD_INFREQUENT_ACCESS"
    return _Prices(table[region], "ia_" if infrequent else "", f"{region}'s list prices")


def throttles(facts: TableObservations) -> CheckResult:
    metrics = facts.metrics.value
    result = [
        (index or facts.scope.table_name, side.lower(), metrics.total(f"{side}ThrottleEvents", index))
        for index in ("", *facts.indexes)
        for side, _ in _SIDES
    ]
    hit = [f"{name}: {count:,.0f} {side}s" for name, side, count in result if count]
    if hit:
        return warned(f"throttled in {HOURS} h: {', '.join(hit)}")
    return passed(f"none in {HOURS} h")


def system_errors(facts: TableObservations) -> CheckResult:
    metrics = facts.metrics.value
    counts = {element: metrics.total("SystemErrors", operation=element) for element in OPERATIONS}
    hit = [f"{name} {count:,.0f}" for name, count in counts.items() if count]
    return warned(f"in {HOURS} h: {', '.join(hit)}") if hit else passed(f"none in {HOURS} h")


def latency(facts: TableObservations) -> CheckResult:
    metrics = facts.metrics.value
    result = {
        element: metrics.highest(MetricKey("SuccessfulRequestLatency", "Average", operation=element))
        for element in OPERATIONS
    }
    peaks = {element: value for element, value in result.items() if value is not None}
    if not peaks:
        return passed(f"no requests in {HOURS} h")
    reading = ", ".join(f"{name} {value:.1f} ms" for name, value in peaks.items())
    slow = [name for name in _SINGLE if peaks.get(name, 0) > SLOW]
    evidence = f"slowest quarter of an hour on average: {reading}"
    return warned(evidence) if slow else passed(evidence)


def replication(facts: TableObservations) -> CheckResult:
    regions = [element["RegionName"] for element in facts.table.get("Replicas", ())]
    if not regions:
        return passed("there are no replicas")
    metrics = facts.metrics.value
    result = {
        element: metrics.highest(MetricKey("ReplicationLatency", "Average", receiver=element))
        for element in regions
    }
    peaks = {element: value for element, value in result.items() if value is not None}
    if not peaks:
        return passed(f"nothing was replicated in {HOURS} h")
    reading = ", ".join(f"{region} {value:,.0f} ms" for region, value in peaks.items())
    evidence = f"slowest quarter of an hour on average: {reading}"
    return warned(evidence) if max(peaks.values()) > BEHIND else passed(evidence)


def headroom(facts: TableObservations) -> CheckResult:
    if not facts.provisioned:
        return passed("on demand")
    result = [element for element in uses(facts) if element.provisioned]
    full = [element for element in result if element.peak >= element.provisioned]
    high = [element for element in result if element.peak >= FULL * element.provisioned]
    if full or high:
        reading = ", ".join(_share(element) for element in high)
        return failed(reading) if full else warned(reading)
    busiest = max(result, key=lambda element: element.peak / element.provisioned)
    return passed(f"peak {_share(busiest)}")


def over_provisioned(facts: TableObservations) -> CheckResult:
    if not facts.provisioned:
        return passed("on demand")
    idle = [
        element
        for element in uses(facts)
        if element.provisioned > SMALL and element.peak < IDLE * element.provisioned
    ]
    if not idle:
        return passed("what is provisioned is used")
    prices = _prices(facts)
    reading = "; ".join(
        f"{_share(element)}: {max(1, ceil(element.peak / TARGET))} would do" for element in idle
    )
    spared = sum(
        (element.provisioned - max(1, ceil(element.peak / TARGET))) * prices.hour(element) for element in idle
    )
    return warned(
        f"{reading}; it costs about ${spared * HOURS_PER_MONTH:,.0f} a month too much, at {prices.whose}"
    )


def billing(facts: TableObservations) -> CheckResult:
    """What the window's use would cost in the other mode, by the month.

    Provisioned is taken as autoscaling would have it: each hour's peak at TARGET.
    """
    on_demand = provisioned = paid = 0.0
    listed = _prices(facts)
    for use in uses(facts):
        on_demand += sum(use.rates) * PERIOD * listed.request(use)
        paid += use.provisioned * HOURS * listed.hour(use)
        provisioned += sum(max(1, ceil(peak / TARGET)) for peak in _hourly(use.rates)) * listed.hour(use)
    months = HOURS_PER_MONTH / HOURS
    on_demand, provisioned, paid = (cost * months for cost in (on_demand, provisioned, paid))
    prices = f"by the month, at {listed.whose}, from this window"
    if facts.provisioned:
        evidence = f"provisioned ${paid:,.2f}, on demand ${on_demand:,.2f} {prices}"
        dear = paid - on_demand >= WORTH
        return warned(evidence, "Set billing_mode: PAY_PER_REQUEST.") if dear else passed(evidence)
    evidence = f"on demand ${on_demand:,.2f}, provisioned at {TARGET:.0%} ${provisioned:,.2f} {prices}"
    if on_demand - provisioned >= WORTH:
        return warned(evidence, "Set billing_mode: PROVISIONED with autoscaling, if this day is like others.")
    return passed(evidence)


def unused_indexes(facts: TableObservations) -> CheckResult:
    if not facts.indexes:
        return passed("there are no global secondary indexes")
    metrics = facts.metrics.value
    used = any(use.peak for use in uses(facts) if use.name == facts.scope.table_name)
    idle = [name for name in facts.indexes if not metrics.index_reads.get(name)]
    if not idle or not used:
        return passed("all are read" if not idle else f"the table itself was not used in {HOURS} h")
    parts = [
        f"{name} (wrote {metrics.total('ConsumedWriteCapacityUnits', name):,.0f} units in {HOURS} h)"
        for name in idle
    ]
    return warned(f"not read in {INDEX_DAYS} days: {', '.join(parts)}")


def _share(use: CapacityUse) -> str:
    return f"{use.name} {use.peak:,.1f} of {use.provisioned:,} {use.unit} ({use.peak / use.provisioned:.0%})"


def _hourly(rates: list[float]) -> Iterator[float]:
    points = 3600 // PERIOD
    for first in range(0, len(rates), points):
        yield max(rates[first : first + points])
