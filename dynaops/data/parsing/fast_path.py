"""The fast paths from a JSON item to a row: one for plain JSON, one for DynamoDB JSON.

A fast path returns the row, or raises one of FALLBACK_ERRORS if the item needs the slow path: it has a new shape, or
may be invalid.
"""

from __future__ import annotations

from typing import Any, Protocol

import orjson

from dynaops.data.parsing import exact_json, plain_json
from dynaops.data.parsing.items import names_are_single
from dynaops.data.parsing.keys import KeyRules
from dynaops.data.parsing.parse_options import ParseOptions
from dynaops.data.parsing.shapes import DOUBLE, NeedsSlowPath, Shape, Shapes, Values, put_in, shape_of
from dynaops.data.rows import WriteRow
from dynaops.values import attributes, limits, numbers
from dynaops.values.limits import MOST_ITEM_BYTES

FALLBACK_ERRORS = (
    ValueError,
    KeyError,
    AttributeError,
    TypeError,
    IndexError,
    NeedsSlowPath,
    exact_json.Inexact,
)
"""Raised by a fast path if an item needs the slow path."""
UNCOUNTED = -1
"""Instead of a text's number of quotes: no member name occurs twice, so the quotes need not be counted."""
SUMMED = -2
"""Instead of a text's number of quotes: the text has several rows; the fast path sums up the expected quotes."""
_KINDS = {str: "S", int: "N", bool: "BOOL", type(None): "NULL", float: DOUBLE, dict: "M", list: "L"}
_CONTENTS: dict[str, type] = {"S": str, "N": str, "BOOL": bool, "M": dict, "L": list}
_new_row: Any = tuple.__new__

_Names = tuple[str, ...]
_Types = tuple[type, ...]


class FastPath(Protocol):
    """A fast path from items to rows. Both methods raise FALLBACK_ERRORS, and may change the item."""

    quotes: int
    """The expected number of quotes in the JSON of all rows with SUMMED, if no name occurs twice."""

    def row(
        self, item: Any, line: int, escaped: bool, safe: bool | None, text: bytes, quotes: int
    ) -> WriteRow:
        """The row of an item, whose JSON is `text`. `escaped`: the text may contain backslashes.

        `safe`: doubles are exact; None if that is not known. `quotes`: the number of quotes in the text, which shows
        whether a name occurs twice; UNCOUNTED if that has been checked, SUMMED if the caller checks it.
        """

    def learn(self, item: Any) -> None:
        """Store the shape of a valid item."""


class PlainFastPath:
    """The fast path for plain JSON."""

    def __init__(self, plan: ParseOptions, rules: KeyRules) -> None:
        self.quotes = 0
        self._names = rules.names if plan.keys_only else None
        self._partial = plan.keys_only or plan.drop_nulls
        """Whether some attributes of an item are not in its row."""
        self._shapes: Shapes[tuple[_Names, _Types]] = Shapes(
            lambda signature: shape_of(
                signature[0], tuple(_KINDS[kind] for kind in signature[1]), rules, plan.types, plain=True
            )
        )
        self._known = self._shapes.known

    def row(
        self, item: Any, line: int, escaped: bool, safe: bool | None, text: bytes, quotes: int
    ) -> WriteRow:
        if self._partial:
            _check_names(item, text, quotes)
            item, quotes = self._reduced(item), UNCOUNTED
        values = tuple(item.values())
        names = tuple(item)
        shape = self._known[names, tuple(map(type, values))]
        if (shape.doubles or shape.others) and not (exact_json.is_safe(text) if safe is None else safe):
            raise NeedsSlowPath
        if quotes >= 0:
            if not escaped:
                expected = shape.quotes + _quotes(values, shape.others) if shape.others else shape.quotes
                if quotes != expected:
                    raise NeedsSlowPath
            elif shape.others or b"\\\\" in text:
                _check_names(item, text, quotes)
            elif quotes - text.count(b'\\"') != shape.quotes:
                raise NeedsSlowPath
        elif quotes == SUMMED:
            self.quotes += shape.quotes + _quotes(values, shape.others)
        if shape.straight and not escaped:
            return shape.straight(values, line)
        key = shape.identity(values)
        extra_size = _integers(values, shape.numbers) if shape.numbers else 0
        if escaped or not shape.simple:
            raw = values
            values, extra = put_in(shape, raw, escaped, lambda at: plain_json.plain(raw[at], names[at]))
            extra_size += extra
        return _row(shape, values, key, extra_size, line)

    def learn(self, item: Any) -> None:
        if self._partial:
            item = self._reduced(item)
        self._shapes.learn((tuple(item), tuple(map(type, item.values()))))

    def _reduced(self, item: Any) -> dict[str, Any]:
        if self._names:
            return {name: item[name] for name in self._names}
        kept: dict[str, Any] = plain_json.without_nulls(item)
        return kept


class TypedFastPath:
    """The fast path for DynamoDB JSON, with or without the wrapper of exports."""

    def __init__(self, plan: ParseOptions, rules: KeyRules) -> None:
        self.quotes = 0
        self._rules = rules
        self._types = plan.types
        self._keys_only = plan.keys_only
        self._shapes: Shapes[tuple[_Names, _Names, _Types]] = Shapes(self._make)
        self._known = self._shapes.known

    def row(
        self,
        item: Any,
        line: int,
        escaped: bool,
        safe: bool | None,
        text: bytes,
        quotes: int,
    ) -> WriteRow:
        if escaped or self._keys_only:
            _check_names(item, text, quotes)
            quotes = UNCOUNTED
        wrapper = 2 if len(item) == 1 and "Item" in item else 0
        names, kinds, values = self._names_types_contents(item)
        shape = self._known[names, kinds, tuple(map(type, values))]
        if quotes >= 0:
            expected = shape.quotes + _quotes(values, shape.others) if shape.others else shape.quotes
            if quotes - wrapper != expected:
                raise NeedsSlowPath
        elif quotes == SUMMED:
            self.quotes += wrapper + shape.quotes + _quotes(values, shape.others)
        key = shape.identity(values)
        extra_size = _decimals(values, shape.numbers)
        if escaped or not shape.simple:
            raw = values
            values, extra = put_in(
                shape, raw, escaped, lambda at: attributes.typed({kinds[at]: raw[at]}, names[at])
            )
            extra_size += extra
        return _row(shape, values, key, extra_size, line)

    def learn(self, item: Any) -> None:
        names, kinds, values = self._names_types_contents(item)
        self._shapes.learn((names, kinds, tuple(map(type, values))))

    def _make(self, signature: tuple[_Names, _Names, _Types]) -> Shape | None:
        names, kinds, types = signature
        for kind, content in zip(kinds, types, strict=True):
            if _CONTENTS.get(kind, content) is not content:
                return None
        others = tuple(kind if kind != "NULL" else "null" for kind in kinds)  # its content is to be looked at
        return shape_of(names, others, self._rules, self._types)

    def _names_types_contents(self, item: Any) -> tuple[_Names, _Names, Values]:
        """The names, types and contents of an item's attributes."""
        if len(item) == 1 and "Item" in item and "Item" not in self._rules.names:
            item = item["Item"]
        if self._keys_only:
            item = {name: item[name] for name in self._rules.names}
        parts = item.values()
        kinds, contents = zip(*map(dict.popitem, parts), strict=True)
        if any(parts):  # more than one type
            raise NeedsSlowPath
        return tuple(item), kinds, contents


def _check_names(item: Any, text: bytes, quotes: int) -> None:
    """Raises NeedsSlowPath if a name may occur twice."""
    if quotes >= 0 and not names_are_single(item, text, quotes):
        raise NeedsSlowPath


def _quotes(values: Values, indexes: tuple[int, ...]) -> int:
    """The number of quotes in the JSON of values."""
    return sum(orjson.dumps(values[index]).count(b'"') for index in indexes) if indexes else 0


def _row(shape: Shape, values: Values, key: bytes | None, extra_size: int, line: int) -> WriteRow:
    body = (shape.template % values).encode()
    size = len(body) + shape.constant + extra_size
    if key is None or size > MOST_ITEM_BYTES:
        raise NeedsSlowPath
    row: WriteRow = _new_row(WriteRow, (body, key, size, line))
    return row


def _integers(values: Values, indexes: tuple[int, ...]) -> int:
    """The size of integers as DynamoDB counts, minus the length of their texts (mostly negative)."""
    extra_size = 0
    for index in indexes:
        number = values[index]
        text = str(number)
        digits = len(text.rstrip("0"))
        extra_size += (((digits + 3) >> 1) if number >= 0 else ((digits + 4) >> 1)) - len(text)
    return extra_size


def _decimals(values: Values, indexes: tuple[int, ...]) -> int:
    """The same for numbers as text. Raises NeedsSlowPath for a number that is not in canonical notation."""
    extra_size = 0
    for index in indexes:
        text = values[index]
        if text.isdigit() and text[0] != "0" and len(text) <= limits.MOST_DIGITS and text.isascii():
            extra_size += ((len(text.rstrip("0")) + 3) >> 1) - len(text)
        elif numbers.canonical(text) == text:
            extra_size += numbers.size(text) - len(text)
        else:
            raise NeedsSlowPath
    return extra_size
