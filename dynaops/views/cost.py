"""The cost of a plan in a few lines: the sum, the changes, prices of usage-based billing, and the assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dynaops.model.cost import Cost, CostLine, Rate, Span
from dynaops.model.plan import Plan
from dynaops.views.page import ARROW, Line, PageNode, Section, TextStyle, faint, line, strong
from dynaops.views.page import StyledText as Piece

_LEAST = 0.005


def cost_sections(plan: Plan) -> Iterable[Section]:
    """The cost section, if the plan changes the cost or how it is billed."""
    cost = plan.cost
    if cost is None or plan.empty:
        return
    changed = [entry for entry in cost.lines if entry.quantity_before != entry.quantity_after]
    used = [entry for entry in cost.by_use if entry.new]
    if changed or used:
        title = line(strong("Cost"), faint(": US dollars a month"))
        regions = {entry.region for entry in cost.lines} | {entry.region for entry in cost.by_use}
        lines = _lines(changed, len(regions) > 1)
        yield Section((*_sum(cost, bool(changed)), *lines, *_rates(used), *_about(cost)), title)


def figure(plan: Plan) -> str:
    """The change of the monthly cost for the first line; empty if there is no change or it is not known."""
    cost = plan.cost
    if cost is None or plan.empty or cost.change == Span():
        return ""
    return f"{change(cost.change)} a month"


def dollars(amount: float) -> str:
    """An amount such as ``$1,234.50``; very small amounts are ``<$0.01``, savings have a minus sign."""
    sign = "-" if amount < 0 else ""
    amount = abs(amount)
    if 0 < amount < _LEAST:
        return f"{sign}<$0.01"
    return f"{sign}${amount:,.2f}"


def span(of: Span) -> str:
    """An amount, or a range of amounts."""
    low, high = dollars(of.low), dollars(of.high)
    return low if low == high else f"{low} to {high}"


def change(of: Span) -> str:
    """A change of an amount, with its sign."""
    low, high = (f"+{dollars(amount)}" if amount > 0 else dollars(amount) for amount in (of.low, of.high))
    return low if low == high else f"{low} to {high}"


def rate(price: float) -> str:
    """A price with the precision of AWS's price list: ``$0.625``, ``$0.0306``."""
    return f"${price:.4f}".rstrip("0").rstrip(".") if price >= 0.0001 else f"${price:.2g}"


def _sum(cost: Cost, changed: bool) -> Iterator[PageNode]:
    if changed:
        value = line(span(cost.before), ARROW, span(cost.after), faint(f"  ({change(cost.change)})"))
        yield PageNode(line(strong("in all")), value=value)


def _lines(changed: list[CostLine], with_region: bool) -> Iterator[PageNode]:
    """One line for all addresses with the same change; amounts are per address."""
    alike: dict[CostLine, list[str]] = {}
    for cost_line in changed:
        alike.setdefault(cost_line.model_copy(update={"address": ""}), []).append(cost_line.address)
    for cost_line, addresses in alike.items():
        yield _line(cost_line, _several(addresses), with_region)


def _several(addresses: list[str]) -> str:
    """The first address, and the number of other addresses in the same line."""
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
    """One line for each address and region, or for all addresses of a region with the same prices."""
    places: dict[tuple[str, str], list[Rate]] = {}
    for rate_ in rates:
        places.setdefault((rate_.address, rate_.region), []).append(rate_)
    alike: dict[tuple[str, str], list[str]] = {}
    for (address, region), rates_of_place in places.items():
        alike.setdefault((region, ", ".join(_rate(rate_) for rate_ in rates_of_place)), []).append(address)
    for (region, prices), addresses in alike.items():
        label = addresses[0] + (f" and {len(addresses) - 1:,} more" if len(addresses) > 1 else "")
        yield PageNode(line(f"{label} ({region})"), value=line(faint("by use: "), prices))


def _rate(rate_: Rate) -> str:
    if rate_.per == "GB":
        return f"{rate(rate_.price)} a GB of {rate_.title}"
    return f"{rate(rate_.price)} a {rate_.per}"


def _about(cost: Cost) -> Iterator[PageNode]:
    if cost.note:
        yield PageNode(line(Piece(cost.note, TextStyle.WARNING)))
    if cost.unpriced:
        yield PageNode(line(faint(f"not counted, for want of a price: {', '.join(cost.unpriced)}")))
    yield PageNode(_source(cost))


def _source(cost: Cost) -> Line:
    return line(faint(f"{cost.source} of {cost.as_of}; a month of 730 hours; no free tier, no discounts"))
