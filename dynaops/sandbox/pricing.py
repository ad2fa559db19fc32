"""The AWS price list: GetProducts for some products of DynamoDB and CloudWatch, in AWS's format.

moto does not have this service, so the server handles it here. Prices are AWS's of October 2026; each has its free
tier if AWS has one, and there are products with similar names, as in AWS's list.
"""

from __future__ import annotations

import json
from typing import Any
from wsgiref.types import WSGIEnvironment

from dynaops.sandbox.errors import ApiError
from dynaops.sandbox.faults import Dropped, Faults
from dynaops.sandbox.foreign import Foreign
from dynaops.sandbox.recorder import Recorder
from dynaops.sandbox.world import World

TARGET = "AWSPriceListService."
_ACCOUNT = "123456789012"
_PREFIXES = {"us-east-1": "", "eu-west-1": "EU-", "eu-central-1": "EUC1-"}
_MOST = 100
_CAPACITY, _REQUESTS = "Provisioned IOPS", "Amazon DynamoDB PayPerRequest Throughput"
_STORAGE, _ALARM = "Database Storage", "Alarm"
_PRODUCTS: dict[str, tuple[str, str, dict[str, float]]] = {
    "WriteCapacityUnit-Hrs": (
        "AmazonDynamoDB",
        _CAPACITY,
        {"us-east-1": 0.00065, "eu-west-1": 0.000735, "eu-central-1": 0.000793},
    ),
    "ReadCapacityUnit-Hrs": (
        "AmazonDynamoDB",
        _CAPACITY,
        {"us-east-1": 0.00013, "eu-west-1": 0.000147, "eu-central-1": 0.0001586},
    ),
    "IA-WriteCapacityUnit-Hrs": ("AmazonDynamoDB", _CAPACITY, {"us-east-1": 0.00081}),
    "IA-ReadCapacityUnit-Hrs": ("AmazonDynamoDB", _CAPACITY, {"us-east-1": 0.00016}),
    "ReplWriteCapacityUnit-Hrs": (
        "AmazonDynamoDB",
        _CAPACITY,
        {"us-east-1": 0.00065, "eu-west-1": 0.000735, "eu-central-1": 0.000793},
    ),
    "WriteRequestUnits": (
        "AmazonDynamoDB",
        _REQUESTS,
        {"us-east-1": 6.25e-7, "eu-west-1": 7.0675e-7, "eu-central-1": 7.625e-7},
    ),
    "ReadRequestUnits": (
        "AmazonDynamoDB",
        _REQUESTS,
        {"us-east-1": 1.25e-7, "eu-west-1": 1.415e-7, "eu-central-1": 1.525e-7},
    ),
    "TimedStorage-ByteHrs": (
        "AmazonDynamoDB",
        _STORAGE,
        {"us-east-1": 0.25, "eu-west-1": 0.283, "eu-central-1": 0.306},
    ),
    "IA-TimedStorage-ByteHrs": ("AmazonDynamoDB", _STORAGE, {"us-east-1": 0.1}),
    "TimedPITRStorage-ByteHrs": (
        "AmazonDynamoDB",
        _STORAGE,
        {"us-east-1": 0.2, "eu-west-1": 0.2264, "eu-central-1": 0.2448},
    ),
    "CW:AlarmMonitorUsage": (
        "AmazonCloudWatch",
        _ALARM,
        {"us-east-1": 0.1, "eu-west-1": 0.1, "eu-central-1": 0.1},
    ),
}
"""Usage type -> service, product family, price by region."""
_FREE = {"WriteCapacityUnit-Hrs": 18_600, "ReadCapacityUnit-Hrs": 18_600, "TimedStorage-ByteHrs": 25}
"""Free amounts, for products whose first price tier is free."""


def answer(
    environ: WSGIEnvironment, world: World, faults: Faults, recorder: Recorder
) -> tuple[int, dict[str, Any]]:
    """Status and body for a request to the price list."""
    body = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or b"{}")
    operation = environ["HTTP_X_AMZ_TARGET"].removeprefix(TARGET)
    entry = recorder.begin("pricing", operation, "us-east-1", body, world.now(), len(json.dumps(body)))
    try:
        faults.before("pricing", operation, "us-east-1", _ACCOUNT, body)
        if operation != "GetProducts":
            raise ApiError("NotImplemented", f"The sandbox does not implement pricing:{operation}")
        status, response = 200, _products(body)
    except ApiError as error:
        status, response = error.status, {"__type": error.code, "message": error.message}
    except Foreign as error:
        recorder.end(entry, error.answer[0])
        raise Dropped from None  # responses are JSON only: drop the connection instead
    recorder.end(entry, status)
    return status, response


def _products(body: dict[str, Any]) -> dict[str, Any]:
    filters = {entry["Field"]: entry["Value"] for entry in body.get("Filters", ())}
    products = [
        _product(usage_type, service, family, region, price)
        for usage_type, (service, family, prices) in _PRODUCTS.items()
        for region, price in prices.items()
        if service == body.get("ServiceCode")
        and filters.get("regionCode", region) == region
        and filters.get("productFamily", family) == family
    ]
    start = int(body.get("NextToken") or 0)
    end = start + min(int(body.get("MaxResults") or _MOST), _MOST)
    page = {"FormatVersion": "aws_v1", "PriceList": [json.dumps(entry) for entry in products[start:end]]}
    return {**page, "NextToken": str(end)} if end < len(products) else page


def _product(usage_type: str, service: str, family: str, region: str, price: float) -> dict[str, Any]:
    free = _FREE.get(usage_type)
    tiers = [(0, free, 0.0), (free, None, price)] if free else [(0, None, price)]
    sku = f"{region}-{usage_type}".upper()
    dimensions = {
        f"{sku}.{number}": {
            "beginRange": str(start),
            "endRange": "Inf" if end is None else str(end),
            "pricePerUnit": {"USD": f"{usd:.10f}"},
        }
        for number, (start, end, usd) in enumerate(tiers)
    }
    attributes = {"usagetype": _PREFIXES[region] + usage_type, "regionCode": region, "servicecode": service}
    return {
        "product": {"productFamily": family, "attributes": attributes, "sku": sku},
        "serviceCode": service,
        "terms": {"OnDemand": {sku: {"priceDimensions": dimensions, "sku": sku}}},
    }
