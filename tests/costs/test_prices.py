"""Prices: those that are packaged, AWS's, and what quantities cost at them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dynaops.aws.session import Aws
from dynaops.costs.estimate import estimate
from dynaops.costs.price_list import listed
from dynaops.costs.prices import packaged
from dynaops.kinds.registry import BILLED_ITEMS
from dynaops.model.cost import ByUse, Span, Usage
from dynaops.sandbox import SandboxServer


@pytest.fixture(scope="module")
def price_list() -> Iterator[Aws]:
    with SandboxServer() as running:
        yield Aws(region="eu-west-1", endpoint_url=running.url)


def usage(item: str, before: float, after: Span, region: str = "us-east-1") -> Usage:
    return Usage(address="users", region=region, item=item, before=Span(low=before, high=before), after=after)


def test_every_region_of_the_table_has_a_price_for_every_item() -> None:
    prices = packaged()
    assert len(prices.table) >= 20
    for region in prices.table:
        assert [item for item in BILLED_ITEMS if not (prices.of(region, item) or 0) > 0] == [], region


def test_prices_in_proportion_are_near_those_that_are_listed() -> None:
    """Frankfurt's are listed by AWS: its storage and requests stand to Virginia's as its capacity does."""
    prices = packaged()
    ratio = prices.table["eu-central-1"]["write_capacity"] / prices.table["us-east-1"]["write_capacity"]
    for item in ("storage", "recovery", "write_requests", "read_requests", "read_capacity"):
        assert ("eu-central-1", item) not in prices.estimated
        near = prices.table["us-east-1"][item] * ratio
        assert prices.table["eu-central-1"][item] == pytest.approx(near, rel=0.005)
    assert ("eu-west-1", "storage") in prices.estimated


def test_a_month_of_capacity_storage_and_what_has_no_price() -> None:
    lines = [
        usage("write_capacity", 10, Span(low=5, high=20)),
        usage("storage", 4, Span(low=4, high=4)),
        usage("storage", 0, Span(low=9, high=9), region="il-central-1"),
    ]
    cost = estimate(lines, [], packaged())
    month = 730 * 0.00065
    assert cost.before.low == pytest.approx(10 * month + 1)
    assert cost.after.high == pytest.approx(20 * month + 1)
    assert (cost.change.low, cost.change.high) == pytest.approx((-5 * month, 10 * month))
    assert cost.unpriced == ("storage in il-central-1",)


def test_the_same_range_is_no_change() -> None:
    span = Span(low=1, high=9)
    line = usage("write_capacity", 1, span).model_copy(update={"before": span})
    assert estimate([line], [], packaged()).change == Span()


def test_prices_in_proportion_are_told() -> None:
    some = [ByUse(address="users", region="sa-east-1", item="storage", new=True)]
    assert "sa-east-1" in estimate([], some, packaged()).assumptions[-1]


def test_the_price_list_beyond_its_free_tier_and_beside_names_like_it(price_list: Aws) -> None:
    wanted = [
        *(("us-east-1", item) for item in ("write_capacity", "ia_write_capacity", "storage", "alarm")),
        *(("eu-west-1", item) for item in ("storage", "write_requests", "cold_backup")),
    ]
    prices = listed(price_list, wanted)
    assert prices.table["us-east-1"] == {
        "write_capacity": 0.00065,
        "ia_write_capacity": 0.00081,
        "storage": 0.25,
        "alarm": 0.1,
    }
    assert prices.table["eu-west-1"]["storage"] == 0.283, "as listed, not in proportion"
    assert prices.of("eu-west-1", "write_requests") == pytest.approx(0.7068)
    assert prices.table["eu-west-1"]["cold_backup"] == packaged().table["eu-west-1"]["cold_backup"]
    assert prices.of("eu-west-1", "ia_storage") is None


class _Listing:
    """A price list with whatever products."""

    def __init__(self, *products: tuple[str, list[tuple[str, str]]]) -> None:
        self.products = products

    def read_all(self, *_: Any) -> list[Any]:
        return [
            json.dumps(
                {
                    "product": {"attributes": {"usagetype": usage_type}},
                    "terms": {
                        "OnDemand": {
                            "t": {
                                "priceDimensions": {
                                    start: {"beginRange": start, "pricePerUnit": {"USD": price}}
                                    for start, price in tiers
                                }
                            }
                        }
                    },
                }
            )
            for usage_type, tiers in self.products
        ]


def test_of_two_products_of_a_name_the_dearest_counts_and_a_free_one_is_none() -> None:
    listing = _Listing(
        ("TimedStorage-ByteHrs", [("0", "0.0"), ("25", "0.25")]),
        ("USE1-TimedStorage-ByteHrs", [("0", "0.3")]),
        ("ReadCapacityUnit-Hrs", [("0", "0.0")]),
    )
    prices = listed(listing, [("us-east-1", "storage"), ("us-east-1", "read_capacity")])
    assert prices.table["us-east-1"] == {"storage": 0.3}
