"""A plan's quantities at given prices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dynaops.costs.prices import Prices
from dynaops.kinds.registry import BILLED_ITEMS
from dynaops.model.cost import HOURS_PER_MONTH, ByUse, Cost, CostLine, Rate, Span, Usage

ASSUMPTIONS = (
    f"A month has {HOURS_PER_MONTH} hours.",
    "Free tier, reserved capacity, savings plans, discounts, credits and taxes are left out.",
    "Autoscaled capacity costs from its least to its most, all month.",
    "Sizes are those that DescribeTable tells, about six hours old, and stay as they are.",
    "A new index may grow as large as its table, a replica becomes as large, and what is new is empty.",
    "Kept backups are counted as when the first are deleted again, each as large as the table now.",
    "Not counted: streams, triggers, pipes, Kinesis, logs, insights, KMS, data transfer, restores and alarms of "
    "autoscaling.",
)


def estimate(usage: Sequence[Usage], by_use: Sequence[ByUse], prices: Prices, note: str = "") -> Cost:
    """The monthly cost before and after. What has no price is named, never counted as free."""
    lines = tuple(_line(amount, prices) for amount in usage)
    rates = [(unit, prices.of(unit.region, unit.item)) for unit in by_use]
    missing = [*_missing(lines), *((unit.item, unit.region) for unit, price in rates if price is None)]
    return Cost(
        source=prices.source,
        as_of=prices.as_of,
        before=_total(line.before for line in lines),
        after=_total(line.after for line in lines),
        change=_total(line.before.to(line.after) for line in lines if line.before and line.after),
        lines=lines,
        by_use=tuple(_rate(unit, price) for unit, price in rates if price is not None),
        unpriced=tuple(dict.fromkeys(f"{BILLED_ITEMS[item].title} in {region}" for item, region in missing)),
        assumptions=(*ASSUMPTIONS, *_proportion(usage, by_use, prices)),
        note=note,
    )


def _line(usage: Usage, prices: Prices) -> CostLine:
    price = prices.of(usage.region, usage.item)
    return CostLine(
        address=usage.address,
        region=usage.region,
        item=usage.item,
        title=BILLED_ITEMS[usage.item].title,
        unit=BILLED_ITEMS[usage.item].unit,
        quantity_before=usage.before,
        quantity_after=usage.after,
        price=price,
        before=None if price is None else usage.before.times(price),
        after=None if price is None else usage.after.times(price),
    )


def _rate(by_use: ByUse, price: float) -> Rate:
    item = BILLED_ITEMS[by_use.item]
    return Rate(
        address=by_use.address,
        region=by_use.region,
        item=by_use.item,
        title=item.title,
        price=price,
        per=item.unit,
        new=by_use.new,
    )


def _proportion(usage: Sequence[Usage], by_use: Sequence[ByUse], prices: Prices) -> Iterable[str]:
    """Which prices are no listed ones."""
    used = {(amount.region, amount.item) for amount in usage} | {(unit.region, unit.item) for unit in by_use}
    regions = {region for region, _ in used & prices.estimated}
    if regions:
        yield (
            f"Prices other than of capacity are taken in proportion to it in {', '.join(sorted(regions))}: "
            "--prices live has AWS's own."
        )


def _missing(lines: Iterable[CostLine]) -> Iterable[tuple[str, str]]:
    return [(line.item, line.region) for line in lines if line.price is None]


def _total(spans: Iterable[Span | None]) -> Span:
    return sum((span for span in spans if span is not None), Span())
