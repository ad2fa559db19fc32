"""Attribute values in wire form (DynamoDB JSON): checked, measured, and converted to moto's, in one pass.

AWS has two layers of checks with different messages; which one an operation uses was measured by test suites that
run against AWS (October 2026): PutItem, UpdateItem and DeleteItem add a preamble to the message, GetItem, BatchGetItem
and Query do not, and BatchWriteItem, TransactWriteItems, TransactGetItems and Scan use an older layer.

It does not use `dynaops.values` on purpose: the tests compare that package with this independent implementation.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict

from dynaops.sandbox.dynamodb import numbers
from dynaops.sandbox.dynamodb.shapes import check_types
from dynaops.sandbox.errors import ApiError, validation

MOST_BYTES = 400 * 1024
MOST_LEVELS = 32
"""Largest nesting depth of a value, counting the attribute itself."""
TOO_LARGE = "Item size has exceeded the maximum allowed size"
_TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: "
    "Attributes in the item have nested levels beyond supported limit"
)
_EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
SEVERAL = (
    "Supplied AttributeValue has more than one datatypes set, "
    "must contain exactly one of the supported datatypes"
)
_INVALID = "One or more parameter values were invalid: "
_KINDS = {"S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"}
_EMPTY_SETS = {
    "SS": "An string set  may not be empty",
    "NS": "An number set  may not be empty",
    "BS": "Binary sets should not be empty",
}

Wire = dict[str, Any]
"""An item, key or value in wire form (DynamoDB JSON)."""
Attributes = dict[str, DynamoType]


@dataclass(frozen=True)
class Layer:
    """The messages with which an operation refuses a value."""

    envelope: str = ""
    older: bool = False

    def refuse(self, text: str) -> NoReturn:
        raise validation(self.envelope + text)


ENVELOPED = Layer("1 validation error detected: ")
BARE = Layer()
OLDER = Layer(older=True)


@dataclass
class ValueReader:
    """Parses the values of one request. `rewritten`: AWS stores at least one value in another form than sent."""

    layer: Layer
    rewritten: bool = False

    def item(self, wire: Wire) -> tuple[Attributes, int]:
        """The attributes of an item or key, and its size in bytes. Raises AWS's ValidationException."""
        attributes: Attributes = {}
        size = 0
        for name, value in wire.items():
            attributes[name], taken = self.value(value, 1)
            size += taken + (len(name) if name.isascii() else len(name.encode()))
        if size > MOST_BYTES:
            raise validation(TOO_LARGE)
        return attributes, size

    def value(self, wire: Any, level: int = 1) -> tuple[DynamoType, int]:
        """One value and its size in bytes."""
        if type(wire) is not dict or len(wire) != 1:
            wire = self._only(wire)
        ((kind, content),) = wire.items()
        if kind == "S" and type(content) is str:
            return _moto_value(kind, content), len(content) if content.isascii() else len(content.encode())
        if kind == "N" and type(content) is str:
            number = self._number(content)
            return _moto_value(kind, number), numbers.size(number)
        if kind not in _KINDS or content is None:
            self.layer.refuse(_EMPTY)
        check_types("AttributeValue", {kind: content if kind not in ("M", "L") else type(content)()})
        return self._other(kind, content, level)

    def _only(self, wire: Any) -> Wire:
        check_types("AttributeValue", wire)
        known = {kind: content for kind, content in wire.items() if kind in _KINDS and content is not None}
        if not known:
            self.layer.refuse(_EMPTY)
        if isinstance(known.get("N"), str):
            self._number(known["N"])
        if len(known) > 1:
            self.layer.refuse(SEVERAL)
        return known

    def _other(self, kind: str, content: Any, level: int) -> tuple[DynamoType, int]:
        if kind == "BOOL":
            return _moto_value(kind, content), 1
        if kind == "NULL":
            self.rewritten |= not content
            return _moto_value(kind, True), 1
        if kind == "B":
            data = _bytes(content)
            return _moto_value(kind, data), len(data)
        if kind in _EMPTY_SETS:
            return self._set(kind, content)
        if level >= MOST_LEVELS and content:
            self.layer.refuse(_TOO_DEEP)
        if kind == "M":
            return self._map(content, level)
        read = [self.value(each, level + 1) for each in content]
        return _moto_value(kind, [value for value, _ in read]), 3 + sum(1 + size for _, size in read)

    def _map(self, content: Wire, level: int) -> tuple[DynamoType, int]:
        values, size = {}, 3
        for name, value in content.items():
            values[name], taken = self.value(value, level + 1)
            size += 1 + taken + len(name.encode())
        return _moto_value("M", values), size

    def _set(self, kind: str, content: list[str]) -> tuple[DynamoType, int]:
        if not content:
            self.layer.refuse(_INVALID + _EMPTY_SETS[kind])
        if kind == "NS":
            elements: list[Any] = [self._number(text) for text in content]
            size = sum(numbers.size(text) for text in elements)
        elif kind == "BS":
            elements = [_bytes(text) for text in content]
            size = sum(len(text) for text in elements)
        else:
            elements = content
            size = sum(len(text.encode()) for text in elements)
        if len(set(elements)) != len(elements):
            self.layer.refuse(_duplicates(kind, content, elements, self.layer.older))
        return _moto_value(kind, elements), size

    def _number(self, text: str) -> str:
        try:
            number = numbers.canonical(text)
        except numbers.NotStorable as error:
            self.layer.refuse(numbers.NOT_NUMERIC if self.layer.older and not text else str(error))
        if number != text:
            self.rewritten = True
        return number


def _moto_value(kind: str, content: Any) -> DynamoType:
    """moto's value object, created without the copying in its constructor."""
    value: DynamoType = DynamoType.__new__(DynamoType)
    value.type, value.value = kind, content
    return value


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ApiError("SerializationException", "Invalid Base64 content") from None


def _duplicates(kind: str, sent: list[str], elements: list[Any], older: bool) -> str:
    if kind == "NS":
        text = "Input collection contains duplicates"
        return text if older else f"{_INVALID}{text}."
    if older:
        shown = f"[{', '.join(sent)}]"
    else:
        repeat = next(at for at, each in enumerate(elements) if each in elements[:at])
        order = sorted(range(repeat), key=lambda at: elements[at])
        listed = [f'"{sent[at]}"' for at in (*order, *range(repeat, len(sent)))]
        shown = f"[{(',' if kind == 'BS' else ', ').join(listed)}]"
    return f"{_INVALID}Input collection {shown}{'of type BS' if kind == 'BS' else ''} contains duplicates."


def moto_item(keys: list[str], attributes: Attributes) -> Item:
    """moto's item object for checked attributes, created without moto's slow and inexact size computation."""
    item = cast(Item, Item.__new__(Item))
    item.hash_key = attributes[keys[0]]
    item.range_key = attributes[keys[1]] if len(keys) > 1 else None
    item.attrs = LimitedSizeDict.__new__(LimitedSizeDict)
    dict.update(item.attrs, attributes)
    return item


def wire_of(attributes: Mapping[str, DynamoType]) -> Wire:
    """Attributes in wire form (DynamoDB JSON)."""
    return {name: _wire(value) for name, value in attributes.items()}


def _wire(value: DynamoType) -> Wire:
    content = value.value
    if value.type == "B":
        content = _text(content)
    elif value.type == "BS":
        content = [_text(each) for each in content]
    elif value.type == "L":
        content = [_wire(each) for each in content]
    elif value.type == "M":
        content = wire_of(content)
    return {value.type: content}


def _text(content: bytes | str) -> str:
    return content if isinstance(content, str) else base64.b64encode(content).decode()


def size_of(attributes: Mapping[str, DynamoType]) -> int:
    """The size of stored attributes in bytes, as AWS counts it."""
    return ValueReader(BARE).item(wire_of(attributes))[1]


def rewrite(parsed: Any) -> None:
    """Change numbers and nulls in moto's parsed request to the form in which AWS stores them.

    Texts that are not numbers stay: they are not values, or moto refuses them.
    """
    if isinstance(parsed, list):
        for each in parsed:
            rewrite(each)
    elif isinstance(parsed, dict):
        for kind, content in parsed.items():
            if kind == "N" and isinstance(content, str):
                parsed[kind] = _rewritten(content)
            elif kind == "NS" and isinstance(content, list):
                parsed[kind] = [_rewritten(each) if isinstance(each, str) else each for each in content]
            elif kind == "NULL" and content is False:
                parsed[kind] = True
            else:
                rewrite(content)


def _rewritten(text: str) -> str:
    try:
        return numbers.canonical(text)
    except numbers.NotStorable:
        return text
