"""Tables in a sandbox, and what is in them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import orjson

from dynaops.aws.session import Aws
from dynaops.sandbox import SandboxServer

REGION = "eu-west-1"


def way_to(server: SandboxServer) -> Aws:
    return Aws(REGION, endpoint_url=server.url)


def make_table(aws: Aws, name: str, keys: dict[str, str], **more: Any) -> None:
    """A table whose first key is the hash key, and the second, if any, the range key."""
    schema = [
        {"AttributeName": one, "KeyType": kind} for one, kind in zip(keys, ("HASH", "RANGE"), strict=False)
    ]
    defined = [{"AttributeName": one, "AttributeType": kind} for one, kind in keys.items()]
    defined += more.pop("AttributeDefinitions", [])
    request = {
        "TableName": name,
        "KeySchema": schema,
        "AttributeDefinitions": defined,
        "BillingMode": "PAY_PER_REQUEST",
    }
    aws.call("dynamodb", "CreateTable", REGION, {**request, **more})
    while (
        aws.call("dynamodb", "DescribeTable", REGION, {"TableName": name})["Table"]["TableStatus"] != "ACTIVE"
    ):
        time.sleep(0.01)


def put(aws: Aws, name: str, items: Iterable[dict[str, Any]]) -> None:
    """Put items in DynamoDB JSON."""
    waiting = list(items)
    while waiting:
        requests = [{"PutRequest": {"Item": item}} for item in waiting[:25]]
        aws.call("dynamodb", "BatchWriteItem", REGION, {"RequestItems": {name: requests}})
        del waiting[:25]


def rows_of(aws: Aws, name: str) -> dict[bytes, Any]:
    """All items, by their text; sets sorted."""
    found: dict[bytes, Any] = {}
    key: dict[str, Any] = {}
    while True:
        answer = aws.call("dynamodb", "Scan", REGION, {"TableName": name, "ConsistentRead": True, **key})
        for item in answer["Items"]:
            found[orjson.dumps(_sorted(item), option=orjson.OPT_SORT_KEYS, default=repr)] = item
        if "LastEvaluatedKey" not in answer:
            return found
        key = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: sorted(map(repr, one)) if name in ("SS", "NS", "BS") else _sorted(one)
            for name, one in value.items()
        }
    return [_sorted(one) for one in value] if isinstance(value, list) else value
