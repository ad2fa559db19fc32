"""Items as DynamoDB JSON in one canonical form: numbers exact, sets sorted, binary as base64 text.

Equal items have equal canonical forms, whoever wrote them, so a digest of it tells whether a row is as the spec says.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import orjson

Typed = dict[str, Any]
"""An item in canonical DynamoDB JSON: attribute name -> {type: value}."""

SCALARS = frozenset({"S", "N", "B"})
"""Types of key attributes."""
_TYPES = SCALARS | {"BOOL", "NULL", "L", "M", "SS", "NS", "BS"}
MAX_DEPTH = 32
"""Levels of nested lists and maps (DynamoDB quotas, Attributes)."""
_DIGITS = 38
_LARGEST, _SMALLEST = 125, -130
"""Powers of ten of a number's first digit (DynamoDB data types, Number)."""
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


class Malformed(ValueError):
    """A value that DynamoDB cannot hold; the message says where in the item and why."""


def is_typed(item: Mapping[str, Any]) -> bool:
    """Whether an item is given in DynamoDB JSON: every value is a map of one type name.

    No plain item looks so: its key attributes would be maps, which DynamoDB does not allow.
    """
    return bool(item) and all(
        isinstance(value, dict) and len(value) == 1 and next(iter(value)) in _TYPES for value in item.values()
    )


def typed(item: Mapping[str, Any], binary: frozenset[str] = frozenset()) -> Typed:
    """The canonical form of an item, plain or in DynamoDB JSON. Raises Malformed.

    `binary` are attributes whose plain text is base64, since the table's keys say that they are binary.
    """
    if is_typed(item):
        return {name: _typed(value, name, 0) for name, value in item.items()}
    return {
        name: {"B": _binary(value, name)}
        if name in binary and isinstance(value, str)
        else _plain(value, name, 0)
        for name, value in item.items()
    }


def digest(item: Typed) -> str:
    """16 hex digits that stand for a canonical item."""
    return hashlib.sha256(orjson.dumps(item, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def size(item: Typed) -> int:
    """The bytes DynamoDB counts an item as (developer guide, Item sizes and formats; numbers are an estimate)."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def readable(item: Typed) -> dict[str, Any]:
    """The item as people write it. Sets look like lists, binary like text, so this is for showing only."""
    return {name: _readable(value) for name, value in item.items()}


def number(value: Any, where: str = "") -> str:
    """A number in its only canonical notation: all digits, no exponent. Raises Malformed."""
    exact = _decimal(value, where)
    if not exact.is_finite():
        raise Malformed(f"{_at(where)}{value} is no number that DynamoDB can hold")
    sign, digits, exponent = exact.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    significant = text.rstrip("0")
    if not significant:
        return "0"
    power = int(exponent) + len(text) - 1
    if len(significant) > _DIGITS:
        raise Malformed(f"{_at(where)}a number has at most {_DIGITS} digits, not {len(significant)}")
    if not _SMALLEST <= power <= _LARGEST:
        raise Malformed(
            f"{_at(where)}a number is between 1E{_SMALLEST} and 9.9E+{_LARGEST}, not about 1E{power}"
        )
    return format(Decimal((sign, tuple(map(int, significant)), power - len(significant) + 1)), "f")


def _decimal(value: Any, where: str) -> Decimal:
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise Malformed(f"{_at(where)}{value!r} is not a number")
    return Decimal(value)


def _plain(value: Any, where: str, depth: int) -> Typed:
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int | float | Decimal):
        return {"N": number(value, where)}
    if isinstance(value, dict):
        _check_depth(where, depth)
        return {"M": {name: _plain(one, f"{where}.{name}", depth + 1) for name, one in value.items()}}
    if isinstance(value, list):
        _check_depth(where, depth)
        return {"L": [_plain(one, f"{where}[{place}]", depth + 1) for place, one in enumerate(value)]}
    raise Malformed(f"{_at(where)}{type(value).__name__} is not a type that DynamoDB has")


def _typed(value: Any, where: str, depth: int) -> Typed:
    if not (isinstance(value, dict) and len(value) == 1 and next(iter(value)) in _TYPES):
        raise Malformed(f"{_at(where)}in DynamoDB JSON every value is a map of one type, such as {{S: text}}")
    kind, content = next(iter(value.items()))
    if kind in ("M", "L"):
        _check_depth(where, depth)
        return {kind: _nested(kind, content, where, depth + 1)}
    if kind in ("SS", "NS", "BS"):
        return {kind: _set(kind, content, where)}
    return {kind: _CONTENTS[kind](content, where)}


def _nested(kind: str, content: Any, where: str, depth: int) -> Any:
    if kind == "M" and isinstance(content, dict):
        return {name: _typed(one, f"{where}.{name}", depth) for name, one in content.items()}
    if kind == "L" and isinstance(content, list):
        return [_typed(one, f"{where}[{place}]", depth) for place, one in enumerate(content)]
    raise Malformed(f"{_at(where)}{kind} holds a {'map' if kind == 'M' else 'list'}")


def _set(kind: str, content: Any, where: str) -> list[str]:
    if not isinstance(content, list) or not content:
        raise Malformed(f"{_at(where)}{kind} holds a list of at least one value: a set is never empty")
    members = sorted(_CONTENTS[kind[0]](one, where) for one in content)
    if len(set(members)) < len(members):
        raise Malformed(f"{_at(where)}a set holds each value once")
    return members


def _string(content: Any, where: str) -> str:
    if not isinstance(content, str):
        raise Malformed(f"{_at(where)}S holds a string; put it in quotes")
    return content


def _numeral(content: Any, where: str) -> str:
    if isinstance(content, bool) or not isinstance(content, str | int | float | Decimal):
        raise Malformed(f"{_at(where)}N holds a number")
    return number(content, where)


def _binary(content: Any, where: str) -> str:
    """Base64 text, or what AWS answered."""
    if isinstance(content, bytes):
        return base64.b64encode(content).decode()
    try:
        return base64.b64encode(base64.b64decode(content, validate=True)).decode()
    except (TypeError, ValueError, binascii.Error):
        raise Malformed(f"{_at(where)}binary is written as base64 text") from None


def _boolean(content: Any, where: str) -> bool:
    if not isinstance(content, bool):
        raise Malformed(f"{_at(where)}BOOL holds true or false")
    return content


def _null(content: Any, where: str) -> bool:
    if content is not True:
        raise Malformed(f"{_at(where)}NULL holds true")
    return True


_CONTENTS: dict[str, Callable[[Any, str], Any]] = {
    "S": _string,
    "N": _numeral,
    "B": _binary,
    "BOOL": _boolean,
    "NULL": _null,
}


def _check_depth(where: str, depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise Malformed(
            f"{_at(where.partition('.')[0])}lists and maps are nested {MAX_DEPTH} deep at the most"
        )


def _at(where: str) -> str:
    return f"{where}: " if where else ""


def _size(value: Typed) -> int:
    content: Any
    kind, content = next(iter(value.items()))
    if kind == "M":
        return 3 + len(content) + size(content)
    if kind == "L":
        return 3 + len(content) + sum(_size(one) for one in content)
    if kind in ("SS", "NS", "BS"):
        return sum(_size({kind[0]: one}) for one in content)
    if kind == "N":
        return len(content.strip("-0.")) // 2 + (3 if content.startswith("-") else 2)
    if kind == "B":
        return len(base64.b64decode(content))
    return len(content.encode()) if kind == "S" else 1


def _readable(value: Typed) -> Any:
    kind, content = next(iter(value.items()))
    if kind == "M":
        return readable(content)
    if kind == "L":
        return [_readable(one) for one in content]
    if kind == "NS":
        return [_shown(one) for one in content]
    if kind == "N":
        return _shown(content)
    return None if kind == "NULL" else content


def _shown(text: str) -> Any:
    """A number that JSON readers keep exact, else its text."""
    exact = Decimal(text)
    if exact == exact.to_integral_value():
        return int(text) if len(text) < 16 else text
    return float(text) if Decimal(repr(float(text))) == exact else text
