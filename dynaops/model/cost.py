"""What AWS bills by the month, and what it comes to: quantities of a plan, and money."""

from __future__ import annotations

from typing import NamedTuple

from dynaops.model.base import Model

HOURS_PER_MONTH = 730
"""As AWS's own calculators have it."""


class BilledItem(NamedTuple):
    """Something that AWS bills: its name, its unit, and how AWS's price list calls it.

    `usage_type` is the price list's, without the region's prefix; empty where only the packaged table knows it.
    The list's price is for an hour or a request; `scale` of these make what is shown: a unit for a month, or `unit` by
    use.
    """

    title: str
    unit: str
    usage_type: str
    scale: float = 1
    service: str = "AmazonDynamoDB"


class Span(Model):
    """From `low` to `high`: equal where the amount is known, apart where autoscaling or the data decide."""

    low: float = 0.0
    high: float = 0.0

    def __add__(self, other: Span) -> Span:
        return Span(low=self.low + other.low, high=self.high + other.high)

    def times(self, factor: float) -> Span:
        """The span in another unit."""
        return Span(low=self.low * factor, high=self.high * factor)

    def to(self, after: Span) -> Span:
        """By how much it changes towards `after`. The same span is no change, wherever in it the amount is."""
        if self == after:
            return Span()
        return Span(low=after.low - self.high, high=after.high - self.low)


class Usage(Model):
    """A billed quantity before and after a plan.

    `item` is a key of the price table and of the registry's `BILLED_ITEMS`, which also tells the unit (capacity units,
    GB, alarms).
    """

    address: str
    region: str
    item: str
    before: Span = Span()
    after: Span = Span()


class ByUse(Model):
    """Something that is billed by what will happen, so that only its price can be told.

    `new`: it was not billed so before the plan.
    """

    address: str
    region: str
    item: str
    new: bool


class CostLine(Model):
    """A billed quantity with its price (US dollars a unit and month) and monthly cost; None where no price is known."""

    address: str
    region: str
    item: str
    title: str
    unit: str
    quantity_before: Span
    quantity_after: Span
    price: float | None
    before: Span | None
    after: Span | None


class Rate(Model):
    """The price of something that is billed by use: `price` US dollars for `per`."""

    address: str
    region: str
    item: str
    title: str
    price: float
    per: str
    new: bool


class Cost(Model):
    """The monthly cost of a plan's tables before and after it, as far as it can be known.

    `source` is where the prices are from, `as_of` when (ISO 8601). `unpriced` names what no price was found for.
    """

    currency: str = "USD"
    source: str
    as_of: str
    before: Span
    after: Span
    change: Span
    lines: tuple[CostLine, ...] = ()
    by_use: tuple[Rate, ...] = ()
    unpriced: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    note: str = ""
    """What went wrong with the prices that were asked for."""
