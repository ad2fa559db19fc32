"""The AWS price list (pricing:GetProducts), which is public and the same for every account."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Protocol

from dynaops.costs.prices import Prices, packaged
from dynaops.kinds.registry import BILLED_ITEMS

ENDPOINT_REGION = "us-east-1"
"""The price list is answered in a few regions only, for all of them."""
_PREFIX = re.compile(r"^(?:EU|[A-Z]{2,4}\d)-")
"""How usage types begin outside us-east-1: EU-, EUC1-, APN1-."""


class PriceReader(Protocol):
    """The read-only call that is needed of AWS."""

    def read_all(
        self, service: str, api: str, region: str, parameters: dict[str, Any], items: str
    ) -> list[Any] | None: ...


def listed(read: PriceReader, wanted: Iterable[tuple[str, str]]) -> Prices:
    """The prices of the `wanted` regions and items, as AWS lists them now. Raises AwsFailure kinds.

    What the list does not have under a name of its own (cold storage of AWS Backup) is the packaged table's.
    """
    services: dict[tuple[str, str], set[str]] = {}
    for region, item in wanted:
        services.setdefault((region, BILLED_ITEMS[item].service), set()).add(item)
    own = packaged().table
    table: dict[str, dict[str, float]] = {}
    for (region, service), items in sorted(services.items()):
        prices = _offers(read, region, service)
        here = table.setdefault(region, {})
        for item in sorted(items):
            usage_type = BILLED_ITEMS[item].usage_type
            price = prices.get(usage_type) if usage_type else own.get(region, {}).get(item)
            if price is not None:
                here[item] = price
    now = datetime.now(UTC).date().isoformat()
    return Prices("AWS price list", now, table)


def _offers(read: PriceReader, region: str, service: str) -> dict[str, float]:
    """Usage type without its prefix -> price of the first paid tier; of several products, the dearest."""
    filters = {"regionCode": region}
    if service == "AmazonCloudWatch":
        filters["productFamily"] = "Alarm"
    asked = {
        "ServiceCode": service,
        "Filters": [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in filters.items()],
        "FormatVersion": "aws_v1",
        "MaxResults": 100,
    }
    prices: dict[str, float] = {}
    for text in read.read_all("pricing", "GetProducts", ENDPOINT_REGION, asked, "PriceList") or ():
        product = json.loads(text) if isinstance(text, str) else text
        usage_type = _PREFIX.sub("", product.get("product", {}).get("attributes", {}).get("usagetype", ""))
        price = _price(product)
        if price is not None:
            prices[usage_type] = max(price, prices.get(usage_type, 0.0))
    return prices


def _price(product: dict[str, Any]) -> float | None:
    """The first tier that costs something: what comes before it is the free tier, which is an account's once."""
    tiers = sorted(_tiers(product))
    return next((price for _, price in tiers if price > 0), None)


def _tiers(product: dict[str, Any]) -> Iterator[tuple[float, float]]:
    for term in product.get("terms", {}).get("OnDemand", {}).values():
        for tier in term.get("priceDimensions", {}).values():
            price = tier.get("pricePerUnit", {}).get("USD")
            if price is not None:
                yield float(tier.get("beginRange", 0)), float(price)
