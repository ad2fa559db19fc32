"""Prices of one source: by region and item, in US dollars a unit and month (or a unit by use)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from dynaops.kinds.registry import BILLED_ITEMS

_YARDSTICK = "write_capacity"


@dataclass(frozen=True)
class Prices:
    """`table`: region -> item -> US dollars for one unit as the price list has it (an hour, a request).

    `estimated` holds the (region, item) whose price is not listed but in proportion to the region's other prices.
    """

    source: str
    as_of: str
    table: Mapping[str, Mapping[str, float]]
    estimated: frozenset[tuple[str, str]] = frozenset()

    def of(self, region: str, item: str) -> float | None:
        """US dollars for one unit and month (or one `unit` by use); None where it is not known."""
        listed = self.table.get(region, {}).get(item)
        return None if listed is None else listed * BILLED_ITEMS[item].scale


def packaged() -> Prices:
    """The table that comes with dynaops (`table.json`).

    It lists us-east-1 in full and the capacity of the other regions. Frankfurt's other prices stand to those of
    us-east-1 as its capacity does, within half a per cent; so those that are not listed are taken in that proportion.
    """
    read = json.loads(files("dynaops.costs").joinpath("table.json").read_text(encoding="utf-8"))
    listed: dict[str, dict[str, float]] = read["regions"]
    base, everywhere = listed[read["base"]], read["everywhere"]
    table = {}
    for region, prices in listed.items():
        ratio = prices[_YARDSTICK] / base[_YARDSTICK]
        table[region] = {item: price * ratio for item, price in base.items()} | everywhere | prices
    estimated = frozenset(
        (region, item) for region, prices in listed.items() for item in base if item not in prices
    )
    return Prices("packaged list prices", read["as_of"], table, estimated)
