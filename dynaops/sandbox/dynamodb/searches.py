"""Query and Scan: indexes that are not built yet are refused, and consumed capacity is counted before filters."""

from __future__ import annotations

import re
from typing import Any

from dynaops.sandbox.dispatch import ApiCall, Touched, operation
from dynaops.sandbox.dynamodb import capacity, indexes, statistics
from dynaops.sandbox.dynamodb.items import Given, check_rest
from dynaops.sandbox.dynamodb.keys import Rules
from dynaops.sandbox.dynamodb.values import BARE, OLDER, ValueReader
from dynaops.sandbox.errors import validation

Body = dict[str, Any]
_LIST = re.compile(r"(#\w+)\[")
_OTHERS = ("FilterExpression", "KeyConditionExpression")


@operation("dynamodb", "Query")
def query(call: ApiCall) -> Touched:
    return _search(call, Given(call, BARE))


@operation("dynamodb", "Scan")
def scan(call: ApiCall) -> Touched:
    return _search(call, Given(call, OLDER))


def _search(call: ApiCall, given: Given) -> Touched:
    check_rest(call, "ExpressionAttributeValues", "ExclusiveStartKey")
    given.check_expression_values()
    if call.body.get("ExclusiveStartKey"):
        given.attributes("ExclusiveStartKey")
    rules = given.rules()
    index = call.body.get("IndexName")
    if index is not None:
        indexes.check_readable(rules.table, index)
        if index in rules.table.global_indexes and call.body.get("ConsistentRead"):
            raise validation("Consistent reads are not supported on global secondary indexes")

    def answered(answer: Body) -> None:
        consumed = capacity.Consumed(rules.table)
        consumed.read(_read_bytes(call, rules, answer), bool(call.body.get("ConsistentRead")), index)
        capacity.show_one(call.body, answer, consumed)

    def touch(parsed: Body) -> None:
        given.touch(parsed)
        _name_lists(parsed)

    return Touched(touch, answered if capacity.consumption_mode(call.body) else None)


def _name_lists(parsed: Body) -> None:
    """Replace placeholders with an index (``#l[1]``) in a projection, which moto does not support."""
    names: dict[str, str] = parsed.get("ExpressionAttributeNames") or {}
    projection: str = parsed.get("ProjectionExpression") or ""
    for placeholder in {name for name in _LIST.findall(projection) if name in names}:
        projection = projection.replace(f"{placeholder}[", f"{names[placeholder]}[")
        parsed["ProjectionExpression"] = projection
        expressions = (projection, *(parsed.get(expression) or "" for expression in _OTHERS))
        if not any(re.search(rf"{re.escape(placeholder)}\b", expression) for expression in expressions):
            names = {name: attribute for name, attribute in names.items() if name != placeholder}
            parsed["ExpressionAttributeNames"] = names
    if not names:
        parsed.pop("ExpressionAttributeNames", None)


def _read_bytes(call: ApiCall, rules: Rules, answer: Body) -> int:
    """The bytes read before filter and projection; from the average item where those hide some of them."""
    body = call.body
    narrowed = any(name in body for name in ("ProjectionExpression", "AttributesToGet", "Select"))
    items, scanned = answer.get("Items"), answer["ScannedCount"]
    if items is not None and not narrowed and len(items) == scanned:
        reader = ValueReader(BARE)
        return sum(reader.item(item)[1] for item in items)
    sizes = statistics.measure(call.world, rules.table)
    held = sizes.of_index(body["IndexName"]) if "IndexName" in body else sizes.table
    return round(scanned * held.size / held.count) if held.count else 0
