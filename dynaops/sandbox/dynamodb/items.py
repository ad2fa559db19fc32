"""PutItem, GetItem, UpdateItem and DeleteItem: checked with AWS's rules, then answered by moto."""

from __future__ import annotations

import copy
import re
from typing import Any

from moto.dynamodb.models.dynamo_type import Item

from dynaops.sandbox.dispatch import ApiCall, Touched, operation
from dynaops.sandbox.dynamodb import capacity, keys
from dynaops.sandbox.dynamodb.keys import Rules
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.dynamodb.values import BARE, ENVELOPED, Attributes, Layer, ValueReader, rewrite, size_of

_SET_CLAUSE = re.compile(r"\bSET\b(.*?)(?=\b(?:REMOVE|ADD|DELETE)\b|$)", re.IGNORECASE | re.DOTALL)
_ASSIGNMENT = re.compile(r"([#\w.\-]+)\s*=\s*(:\w+)\s*(?:,|$)")

Body = dict[str, Any]


class Given:
    """A request about items, with its attribute values parsed."""

    def __init__(self, call: ApiCall, layer: Layer, body: Body | None = None) -> None:
        self.call = call
        self.body = call.body if body is None else body
        self.reader = ValueReader(layer)

    def attributes(self, member: str) -> Attributes:
        """The item or key in `member`."""
        return self.reader.item(self.body[member])[0]

    def check_expression_values(self) -> dict[str, Any]:
        """The parsed ExpressionAttributeValues, by name. Refuses values that AWS cannot parse."""
        given = self.body.get("ExpressionAttributeValues") or {}
        return {name: self.reader.value(value)[0] for name, value in given.items()}

    def rules(self) -> Rules:
        return keys.rules(self.call, self.body["TableName"])

    def touch(self, parsed: Body) -> None:
        """Change moto's parsed request to the form in which AWS stores its values."""
        if self.reader.rewritten:
            rewrite(parsed)
        if self.call.operation == "UpdateItem" and "UpdateExpression" not in self.body:
            parsed.setdefault("AttributeUpdates", {})  # moto crashes on an update without expressions


def check_rest(call: ApiCall, *read: str) -> None:
    """Check the request's shape, except the members `read`, whose values are checked one by one."""
    short: Body = {name: {} for name in read if isinstance(call.body.get(name), dict)}
    check_shape(call.operation, {**call.body, **short})


@operation("dynamodb", "PutItem")
def put_item(call: ApiCall) -> Touched:
    check_rest(call, "Item", "ExpressionAttributeValues")
    given = Given(call, ENVELOPED)
    attributes = given.attributes("Item")
    given.check_expression_values()
    rules = given.rules()
    rules.check_put(attributes)
    return _writing(given, rules, attributes)


@operation("dynamodb", "DeleteItem")
def delete_item(call: ApiCall) -> Touched:
    check_rest(call, "Key", "ExpressionAttributeValues")
    given = Given(call, ENVELOPED)
    attributes = given.attributes("Key")
    given.check_expression_values()
    rules = given.rules()
    rules.check_key(attributes)
    return _writing(given, rules, attributes)


@operation("dynamodb", "UpdateItem")
def update_item(call: ApiCall) -> Touched:
    check_rest(call, "Key", "ExpressionAttributeValues", "AttributeUpdates")
    given = Given(call, ENVELOPED)
    attributes = given.attributes("Key")
    rules = check_update(given, attributes)
    return _writing(given, rules, attributes)


def check_update(given: Given, key: Attributes) -> Rules:
    """Refuse an update with a key or values that AWS refuses."""
    values = given.check_expression_values()
    assigned = _assigned(given.body, values)
    for name, change in (given.body.get("AttributeUpdates") or {}).items():
        if "Value" in change:
            assigned[name] = given.reader.value(change["Value"])[0]
    rules = given.rules()
    rules.check_key(key)
    rules.check_indexed(assigned, update=True)
    return rules


def _assigned(body: Body, values: dict[str, Any]) -> Attributes:
    """The attributes that an update expression sets directly to a value of the request."""
    names = body.get("ExpressionAttributeNames") or {}
    attributes: Attributes = {}
    for clause in _SET_CLAUSE.findall(body.get("UpdateExpression") or ""):
        for target, value in _ASSIGNMENT.findall(clause):
            if value in values:
                attributes[names.get(target, target)] = values[value]
    return attributes


def _writing(given: Given, rules: Rules, attributes: Attributes) -> Touched:
    """Let moto write. The item before the write is needed to compute the consumed capacity."""
    if capacity.consumption_mode(given.body) is None:
        return Touched(given.touch, lambda answer: capacity.show_one(given.body, answer, None))
    pair = rules.pair(attributes)
    before = copy.deepcopy(rules.data.get_item(*pair))

    def answered(answer: Body) -> None:
        consumed = capacity.Consumed(rules.table)
        consumed.write(_attributes_of(before), _attributes_of(rules.data.get_item(*pair)))
        capacity.show_one(given.body, answer, consumed)

    return Touched(given.touch, answered)


def _attributes_of(item: Item | None) -> Attributes | None:
    return item.attrs if item is not None else None


@operation("dynamodb", "GetItem")
def get_item(call: ApiCall) -> Touched:
    check_rest(call, "Key")
    given = Given(call, BARE)
    attributes = given.attributes("Key")
    rules = given.rules()
    rules.check_key(attributes)

    def answered(answer: Body) -> None:
        item = rules.data.get_item(*rules.pair(attributes))
        consumed = capacity.Consumed(rules.table)
        consumed.read(size_of(item.attrs) if item is not None else 0, bool(call.body.get("ConsistentRead")))
        capacity.show_one(call.body, answer, consumed)

    return Touched(given.touch, answered if capacity.consumption_mode(call.body) else None)
