"""Converts a JSON item (plain or DynamoDB JSON) to a row with all checks: the slow path."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson

from dynaops.data.parsing import conversions, exact_json, foreign_json, plain_json
from dynaops.data.parsing.exact_json import Inexact
from dynaops.data.parsing.keys import KeyRules
from dynaops.data.parsing.parse_options import ParseOptions
from dynaops.data.rows import DeletedRow, WriteRow
from dynaops.values import attributes
from dynaops.values.attributes import Sized
from dynaops.values.limits import MOST_ITEM_BYTES
from dynaops.values.malformed import MalformedRow, Unusable, at

_WRAPPERS = ("PutRequest", "Item")
"""The wrappers of an item in exports and in requests of BatchWriteItem."""
_DELETED = ("DeleteRequest", "Key")
"""The wrappers of a key, which are accepted if the load deletes rows."""


class ItemReader:
    """Converts single items to rows. All methods raise MalformedRow."""

    def __init__(self, plan: ParseOptions, rules: KeyRules) -> None:
        self._rules = rules
        self._typed = plan.typed
        self._keys_only = plan.keys_only
        self._drop_nulls = plan.drop_nulls
        types = {
            name: kind for name, kind in (*rules.types.items(), *rules.index_keys.items()) if kind == "B"
        }
        self._types: Mapping[str, str] = {**types, **plan.types}
        self._wanted = plan.types

    def of_text(self, text: bytes, line: int) -> WriteRow:
        """The row of a JSON text."""
        item = _loads(text) if exact_json.is_safe(text) else _loads_exactly(text)
        try:
            return self.of_item(item, line)
        except Inexact:
            return self.of_item(_loads_exactly(text), line)

    def of_item(self, item: Any, line: int) -> WriteRow:
        """The row of an item. Raises also Inexact."""
        if type(item) is Unusable:
            raise MalformedRow(item.reason)
        if type(item) is not dict:
            raise MalformedRow(f"a row is a JSON object, not {_named(item)}")
        item = self._unwrapped(item)
        if self._keys_only:
            item = {name: value for name, value in item.items() if name in self._rules.names}
        typed = self._typed or self._has_typed_key(item)
        if self._drop_nulls and not typed:
            item = plain_json.without_nulls(item)
        read = self._typed_value if typed else self._plain
        try:
            return self.row({name: read(value, name) for name, value in item.items()}, line)
        except MalformedRow:
            present = foreign_json.without_absent(item) if typed else item
            if present == item:
                raise
            return self.row({name: read(value, name) for name, value in present.items()}, line)

    def deleted(self, text: bytes, line: int) -> DeletedRow:
        """The deletion of the item whose key is in a JSON text."""
        row = self.of_text(text, line)
        item = orjson.loads(row.body)
        key = {name: item[name] for name in self._rules.names}
        size = sum(
            attributes.text_size(name) + attributes.typed(value, name)[1] for name, value in key.items()
        )
        return DeletedRow(orjson.dumps(key), row.key, size, line)

    def is_typed(self, item: Any) -> bool:
        """Whether a valid item is in DynamoDB JSON. Raises AttributeError if it is no item."""
        return self._typed or self._has_typed_key(self._unwrapped(item))

    def row(self, sized: dict[str, Sized], line: int) -> WriteRow:
        """The row of an item whose values are checked."""
        if "" in sized:
            raise MalformedRow("an attribute has no name")
        item = {name: value for name, (value, _) in sized.items()}
        key = self._rules.identity(item)
        size = sum(attributes.text_size(name) + taken for name, (_, taken) in sized.items())
        if size > MOST_ITEM_BYTES:
            raise MalformedRow(f"the item has {size} bytes; at most {MOST_ITEM_BYTES} are allowed")
        return WriteRow(_dumps(item), key, size, line)

    def _unwrapped(self, item: dict[str, Any]) -> dict[str, Any]:
        for name in (*_WRAPPERS, *_DELETED) if self._keys_only else _WRAPPERS:
            if name in item and len(item) == 1 and name not in self._rules.names and type(item[name]) is dict:
                item = item[name]
            elif type(item.get(name)) is Unusable and len(item) == 1:
                raise MalformedRow(item[name].reason)
        return item

    def _has_typed_key(self, item: dict[str, Any]) -> bool:
        """Whether the key is in DynamoDB JSON; the key of a plain item cannot be a map."""
        key = item.get(self._rules.hash_key)
        return type(key) is dict and not any(name.startswith("$") for name in key)

    def _plain(self, value: Any, name: str) -> Sized:
        kind = self._types.get(name)
        return plain_json.plain(value, name) if kind is None else conversions.of_plain(value, kind, name)

    def _typed_value(self, value: Any, name: str) -> Sized:
        kind = self._wanted.get(name)
        return attributes.typed(value, name) if kind is None else conversions.of_typed(value, kind, name)


def _loads(text: bytes) -> Any:
    try:
        item = orjson.loads(text)
        if names_are_single(item, text, text.count(b'"')):
            return item
    except (TypeError, ValueError):
        pass
    return _loads_exactly(text)  # reads what orjson does not, such as 1E400, or raises a better error


def names_are_single(item: Any, text: bytes, quotes: int) -> bool:
    """Whether it is certain that no object in a JSON text has two members with the same name.

    orjson keeps the last of these, so that `item`, which it read, has fewer strings than the text, which has this many
    quotes. Quotes that the text writes as ``\\u0022`` could make up for that: then it is not sure. Raises TypeError.
    """
    return orjson.dumps(item).count(b'"') == quotes and b"\\u0022" not in text


def _loads_exactly(text: bytes) -> Any:
    try:
        return exact_json.marked(text)
    except MalformedRow:
        raise
    except UnicodeDecodeError as error:
        raise MalformedRow(
            f"is not UTF-8: byte {error.start + 1} is {error.object[error.start]:#04x}"
        ) from None
    except json.JSONDecodeError as error:
        raise MalformedRow(f"is not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise MalformedRow("is not JSON that can be read: it is nested too deep") from None
    except ValueError as error:
        raise MalformedRow(f"is not JSON that can be read: {type(error).__name__}") from None


def _dumps(item: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(item)
    except TypeError as error:
        raise MalformedRow(f"cannot be written as JSON: {error}") from None


def _named(item: Any) -> str:
    shown = json.dumps(item)
    return shown if len(shown) <= 40 else f"{at(type(item).__name__)}{shown[:30]}..."
