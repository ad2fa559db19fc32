"""What a plan costs, in a few lines: the sum, what changes it, what is billed by use, and what was assumed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dynaops.model.cost import Cost, CostLine, Rate, Span
from dynaops.model.plan import Plan
from dynaops.views.page import ARROW, Line, PageNode, Section, TextStyle, faint, line, strong
from dynaops.views.page import StyledText as Piece

_LEAST = 0.005


def cost_sections(plan: Plan) -> Iterable[Section]:
    """The cost, where the plan changes it or what it is billed by."""
    cost = plan.cost
    if cost is None or plan.empty:
        return
    changed = [one for one in cost.lines if one.quantity_before != one.quantity_after]
    used = [one for one in cost.by_use if one.new]
    if changed or used:
        title = line(strong("Cost"), faint(": US dollars a month"))
        regions = {one.region for one in cost.lines} | {one.region for one in cost.by_use}
        lines = _lines(changed, len(regions) > 1)
        yield Section((*_sum(cost, bool(changed)), *lines, *_rates(used), *_about(cost)), title)


def figure(plan: Plan) -> str:
    """By how much the plan changes the monthly cost, for a headline; empty where it does not, or it is not known."""
    cost = plan.cost
    if cost is None or plan.empty or cost.change == Span():
        return ""
    return f"{change(cost.change)} a month"


def dollars(amount: float) -> str:
    """``$1,234.50``; next to nothing is ``<$0.01``, and what is gained has a minus."""
    sign = "-" if amount < 0 else ""
    amount = abs(amount)
    if 0 < amount < _LEAST:
        return f"{sign}<$0.01"
    return f"{sign}${amount:,.2f}"


def span(of: Span) -> str:
    """An amount, or from where to where it may be."""
    low, high = dollars(of.low), dollars(of.high)
    return low if low == high else f"{low} to {high}"


def change(of: Span) -> str:
    """By how much: with its sign."""
    low, high = (f"+{dollars(one)}" if one > 0 else dollars(one) for one in (of.low, of.high))
    return low if low == high else f"{low} to {high}"


def rate(price: float) -> str:
    """A price as precisely as AWS lists it: ``$0.625``, ``$0.0306``."""
    return f"${price:.4f}".rstrip("0").rstrip(".") if price >= 0.0001 else f"${price:.2g}"


def _sum(cost: Cost, changed: bool) -> Iterator[PageNode]:
    if changed:
        value = line(span(cost.before), ARROW, span(cost.after), faint(f"  ({change(cost.change)})"))
        yield PageNode(line(strong("in all")), value=value)


def _lines(changed: list[CostLine], with_region: bool) -> Iterator[PageNode]:
    """One line for all that change alike; the amounts are those of each."""
    alike: dict[CostLine, list[str]] = {}
    for one in changed:
        alike.setdefault(one.model_copy(update={"address": ""}), []).append(one.address)
    for one, addresses in alike.items():
        yield _line(one, _several(addresses), with_region)


def _several(addresses: list[str]) -> str:
    """The first of addresses of which the same is told, and how many others there are."""
    return addresses[0] + (f" and {len(addresses) - 1:,} more, each:" if len(addresses) > 1 else "")


def _line(cost_line: CostLine, addresses: str, with_region: bool) -> PageNode:
    label = f"{addresses} {cost_line.title}" + (f" ({cost_line.region})" if with_region else "")
    before, after = _quantity(cost_line.quantity_before), _quantity(cost_line.quantity_after)
    value = line(before, ARROW, f"{after} {cost_line.unit}")
    if cost_line.before is not None and cost_line.after is not None:
        value = line(*value, faint("  "), faint(span(cost_line.before)), ARROW, faint(span(cost_line.after)))
    else:
        value = line(*value, faint("  price not known"))
    return PageNode(line(label), value=value)


def _quantity(of: Span) -> str:
    low, high = _number(of.low), _number(of.high)
    return low if low == high else f"{low}-{high}"


def _number(amount: float) -> str:
    if 0 < amount < _LEAST:
        return "<0.01"
    return f"{amount:,.2f}".rstrip("0").rstrip(".")


def _rates(rates: list[Rate]) -> Iterator[PageNode]:
    """One line an address and region, or for all of a region that are billed alike."""
    places: dict[tuple[str, str], list[Rate]] = {}
    for one in rates:
        places.setdefault((one.address, one.region), []).append(one)
    alike: dict[tuple[str, str], list[str]] = {}
    for (address, region), some in places.items():
        alike.setdefault((region, ", ".join(_rate(one) for one in some)), []).append(address)
    for (region, told), addresses in alike.items():
        label = addresses[0] + (f" and {len(addresses) - 1:,} more" if len(addresses) > 1 else "")
        yield PageNode(line(f"{label} ({region})"), value=line(faint("by use: "), told))


def _rate(one: Rate) -> str:
    if one.per == "GB":
        return f"{rate(one.price)} a GB of {one.title}"
    return f"{rate(one.price)} a {one.per}"


def _about(cost: Cost) -> Iterator[PageNode]:
    if cost.note:
        yield PageNode(line(Piece(cost.note, TextStyle.WARNING)))
    if cost.unpriced:
        yield PageNode(line(faint(f"not counted, for want of a price: {', '.join(cost.unpriced)}")))
    yield PageNode(_source(cost))


def _source(cost: Cost) -> Line:
    return line(faint(f"{cost.source} of {cost.as_of}; a month of 730 hours; no free tier, no discounts"))
