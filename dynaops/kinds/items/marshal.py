"""Items as DynamoDB JSON in one canonical form: numbers exact, sets sorted, binary as base64 text.

Equal items have equal canonical forms, whoever wrote them, so a digest of it tells whether a row is as the spec says.
What DynamoDB takes is checked by `dynaops.values`, as for loaded rows.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

from dynaops.values import attributes, numbers
from dynaops.values.attributes import FALSE, NULL, TRUE, TYPES, Sized, check_level, elements_of, members_of
from dynaops.values.limits import MOST_DIGITS, MOST_LEVELS
from dynaops.values.malformed import MalformedRow, at

Typed = dict[str, Any]
"""An item in canonical DynamoDB JSON: attribute name -> {type: value}."""

SCALARS = frozenset({"S", "N", "B"})
"""Types of key attributes."""
_SETS = frozenset({"SS", "NS", "BS"})


def is_typed(item: Mapping[str, Any]) -> bool:
    """Whether an item is given in DynamoDB JSON: every value is a map of one type name.

    No plain item looks so: its key attributes would be maps, which DynamoDB does not allow.
    """
    return bool(item) and all(
        isinstance(value, dict) and len(value) == 1 and next(iter(value)) in TYPES for value in item.values()
    )


def typed(item: Mapping[str, Any], binary: frozenset[str] = frozenset()) -> Typed:
    """The canonical form of an item, plain or in DynamoDB JSON. Raises Malformed.

    `binary` are attributes whose plain text is base64, since the table's keys say that they are binary.
    """
    if "" in item:
        raise MalformedRow("an attribute has no name")
    if is_typed(item):
        return {name: _typed(value, name) for name, value in item.items()}
    return {
        name: _typed({"B": value}, name)
        if name in binary and isinstance(value, str)
        else _plain(value, name, 1)[0]
        for name, value in item.items()
    }


def digest(item: Typed) -> str:
    """16 hex digits that stand for a canonical item."""
    return hashlib.sha256(orjson.dumps(item, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def size(item: Typed) -> int:
    """The bytes that DynamoDB counts a canonical item as."""
    return sum(attributes.text_size(name) + attributes.typed(value, name)[1] for name, value in item.items())


def readable(item: Typed) -> dict[str, Any]:
    """The item as people write it. Sets look like lists, binary like text, so this is for showing only."""
    return {name: _readable(value) for name, value in item.items()}


def number(value: int | float | Decimal | str, where: str = "") -> str:
    """A number in its only canonical notation: all digits, no exponent. Raises Malformed."""
    return numbers.canonical(_number_text(value, where), where)


def _number_text(value: int | float | Decimal | str, where: str) -> str:
    try:
        return repr(value) if isinstance(value, float) else str(value)
    except ValueError:  # Python does not write integers of thousands of digits
        raise MalformedRow(f"{at(where)}a number has at most {MOST_DIGITS} digits") from None


def _plain(value: Any, where: str, level: int) -> Sized:
    if value is None:
        return NULL, 1
    if isinstance(value, bool):
        return (TRUE if value else FALSE), 1
    if isinstance(value, str):
        return {"S": value}, attributes.size_at(value, where)
    if isinstance(value, int | float | Decimal):
        return attributes.number(_number_text(value, where), where)
    if isinstance(value, dict):
        check_level(value, where, level)
        return members_of(
            {name: _plain(member, f"{where}.{name}", level + 1) for name, member in value.items()}, where
        )
    if isinstance(value, list):
        check_level(value, where, level)
        return elements_of(
            [_plain(element, f"{where}[{index}]", level + 1) for index, element in enumerate(value)]
        )
    raise MalformedRow(f"{at(where)}{type(value).__name__} is not a type that DynamoDB has")


def _typed(value: Any, where: str) -> Typed:
    return _with_sorted_sets(attributes.typed(_wire(value, where, 1), where)[0])


def _wire(value: Any, where: str, level: int) -> Any:
    """DynamoDB JSON as it is on the wire: specs may have numbers without quotes, and boto3 answers bytes.

    What is nested too deep, and so will be refused, stays as it is.
    """
    if not (isinstance(value, dict) and len(value) == 1) or level > MOST_LEVELS:
        return value
    ((kind, content),) = value.items()
    if kind in ("NS", "BS") and isinstance(content, list):
        return {kind: [_wire_scalar(kind[0], member, where) for member in content]}
    if kind == "M" and isinstance(content, dict):
        return {kind: {name: _wire(member, f"{where}.{name}", level + 1) for name, member in content.items()}}
    if kind == "L" and isinstance(content, list):
        return {
            kind: [_wire(element, f"{where}[{index}]", level + 1) for index, element in enumerate(content)]
        }
    return {kind: _wire_scalar(kind, content, where)}


def _wire_scalar(kind: str, content: Any, where: str) -> Any:
    if kind == "N" and isinstance(content, int | float | Decimal) and not isinstance(content, bool):
        return _number_text(content, where)
    return base64.b64encode(content).decode() if kind == "B" and isinstance(content, bytes) else content


def _with_sorted_sets(value: Typed) -> Typed:
    ((kind, content),) = value.items()
    if kind in _SETS:
        return {kind: sorted(content)}
    if kind == "M":
        return {kind: {name: _with_sorted_sets(member) for name, member in content.items()}}
    return {kind: [_with_sorted_sets(element) for element in content]} if kind == "L" else value


def _readable(value: Typed) -> Any:
    kind, content = next(iter(value.items()))
    if kind == "M":
        return readable(content)
    if kind == "L":
        return [_readable(element) for element in content]
    if kind == "NS":
        return [_shown(element) for element in content]
    if kind == "N":
        return _shown(content)
    return None if kind == "NULL" else content


def _shown(text: str) -> Any:
    """A number that JSON readers keep exact, else its text."""
    exact = Decimal(text)
    if exact == exact.to_integral_value():
        return int(text) if len(text) < 16 else text
    return float(text) if Decimal(repr(float(text))) == exact else text
