"""TransactWriteItems and TransactGetItems. As on AWS, bad values fail the request, bad keys cancel the transaction."""

from __future__ import annotations

import copy
from typing import Any

from dynaops.sandbox.dispatch import ApiCall, Touched, operation
from dynaops.sandbox.dynamodb import capacity, keys
from dynaops.sandbox.dynamodb.items import Given, check_update
from dynaops.sandbox.dynamodb.keys import Rules
from dynaops.sandbox.dynamodb.shapes import check_types
from dynaops.sandbox.dynamodb.values import OLDER, Attributes, size_of
from dynaops.sandbox.errors import ApiError, validation

MOST_ACTIONS = 100
_CANCELLED = "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]"
_SEVERAL = "Transaction request cannot include multiple operations on one item"

Body = dict[str, Any]


def _actions(call: ApiCall) -> list[tuple[str, Body]]:
    """The actions of a transaction, by kind."""
    check_types(f"{call.operation}Input", {**call.body, "TransactItems": []})
    given = call.body.get("TransactItems")
    check_types("TransactWriteItemList", [{} for _ in given] if isinstance(given, list) else given or [])
    if not given:
        raise validation(
            "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: Member must "
            "have length greater than or equal to 1"
        )
    if len(given) > MOST_ACTIONS:
        raise validation(
            "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have "
            f"length less than or equal to {MOST_ACTIONS}"
        )
    if any(not isinstance(each, dict) or len(each) != 1 for each in given):
        raise validation(
            "TransactItems can only contain one of Check, Put, Update or Delete"
            if call.operation == "TransactWriteItems"
            else "TransactItems can only contain Get"
        )
    return [next(iter(each.items())) for each in given]


@operation("dynamodb", "TransactWriteItems")
def transact_write_items(call: ApiCall) -> Touched:
    """Refuse bad values with a ValidationException, bad keys with a TransactionCanceledException."""
    actions = _actions(call)
    givens = [Given(call, OLDER, body) for _, body in actions]
    read = [
        given.attributes("Item" if kind == "Put" else "Key")
        for (kind, _), given in zip(actions, givens, strict=True)
    ]
    for given in givens:
        given.check_expression_values()
    tables = [given.rules() for given in givens]
    reasons = [
        _reason(kind, given, rules, attributes)
        for (kind, _), given, rules, attributes in zip(actions, givens, tables, read, strict=True)
    ]
    if any(each["Code"] != "None" for each in reasons):
        codes = ", ".join(each["Code"] for each in reasons)
        raise ApiError("TransactionCanceledException", _CANCELLED.format(codes), CancellationReasons=reasons)
    places = [
        (rules.table.name, rules.pair(attributes)) for rules, attributes in zip(tables, read, strict=True)
    ]
    if len(set(places)) != len(places):
        raise validation(_SEVERAL)
    return _let_moto_write(call, givens, tables, read)


def _reason(kind: str, given: Given, rules: Rules, attributes: Attributes) -> Body:
    """The cancellation reason of an action, or None. An empty or too long key fails the request, as on AWS."""
    try:
        if kind == "Put":
            rules.check_put(attributes)
        elif kind == "Update":
            check_update(given, attributes)
        else:
            rules.check_key(attributes)
    except ApiError as error:
        if "not valid" in error.message:
            raise
        return {"Code": "ValidationError", "Message": error.message}
    return {"Code": "None"}


def _let_moto_write(
    call: ApiCall, givens: list[Given], tables: list[Rules], read: list[Attributes]
) -> Touched:
    counts = capacity.consumption_mode(call.body) is not None
    pairs = [rules.pair(attributes) for rules, attributes in zip(tables, read, strict=True)]
    before = [
        copy.deepcopy(rules.data.get_item(*pair)) if counts else None
        for rules, pair in zip(tables, pairs, strict=True)
    ]

    def request(parsed: Body) -> None:
        for given in givens:
            given.touch(parsed)

    def answer(body: Body) -> None:
        body.pop("ItemCollectionMetrics", None)
        consumed: dict[str, capacity.Consumed] = {}
        for rules, pair, old in zip(tables, pairs, before, strict=True):
            new = keys.rules(call, rules.table.name).data.get_item(*pair)
            held = consumed.setdefault(rules.table.name, capacity.Consumed(rules.table))
            held.write(old.attrs if old else None, new.attrs if new else None, times=2)
        capacity.show(call.body, body, consumed.values())

    return Touched(request, answer if counts else _without_counts)


def _without_counts(body: Body) -> None:
    body.pop("ConsumedCapacity", None)
    body.pop("ItemCollectionMetrics", None)


@operation("dynamodb", "TransactGetItems")
def transact_get_items(call: ApiCall) -> Touched:
    """Check the keys; each read consumes twice the units of a consistent read."""
    givens = [Given(call, OLDER, body) for _, body in _actions(call)]
    read = [given.attributes("Key") for given in givens]
    tables = [given.rules() for given in givens]
    for rules, key in zip(tables, read, strict=True):
        rules.check_key(key)

    def request(parsed: Body) -> None:
        for given in givens:
            given.touch(parsed)

    def answer(body: Body) -> None:
        consumed: dict[str, capacity.Consumed] = {}
        for rules, key in zip(tables, read, strict=True):
            item = rules.data.get_item(*rules.pair(key))
            held = consumed.setdefault(rules.table.name, capacity.Consumed(rules.table))
            held.units += 2 * capacity.read_units(size_of(item.attrs) if item is not None else 0, True)
        capacity.show(call.body, body, consumed.values())

    return Touched(request, answer)
