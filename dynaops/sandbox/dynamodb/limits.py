"""The account's limits and the service's endpoints."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb.throughput import PER_ACCOUNT_MAXIMUM, PER_TABLE_MAXIMUM

CACHE_MINUTES = 1440


@operation("dynamodb", "DescribeLimits")
def describe_limits(_call: ApiCall) -> dict[str, Any]:
    return {
        "AccountMaxReadCapacityUnits": PER_ACCOUNT_MAXIMUM,
        "AccountMaxWriteCapacityUnits": PER_ACCOUNT_MAXIMUM,
        "TableMaxReadCapacityUnits": PER_TABLE_MAXIMUM,
        "TableMaxWriteCapacityUnits": PER_TABLE_MAXIMUM,
    }


@operation("dynamodb", "DescribeEndpoints")
def describe_endpoints(call: ApiCall) -> dict[str, Any]:
    address = f"dynamodb.{call.region}.amazonaws.com"
    return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": CACHE_MINUTES}]}
