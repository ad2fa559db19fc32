"""Converts items from DynamoDB JSON to plain JSON with exact numbers, and finds types that plain JSON would lose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from dynaops.values.numbers import canonical

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").fullmatch
_LOSING = {"B": "binary (B)", "SS": "a set (SS)", "NS": "a set (NS)", "BS": "a set (BS)"}
_SIGNS = tuple(f'"{kind}":'.encode() for kind in _LOSING)


def may_lose(lines: bytes) -> bool:
    """Whether plain JSON may lose the type of a value. Fast; may be wrong only if it returns True."""
    return any(sign in lines for sign in _SIGNS)


def loss(item: Mapping[str, Any]) -> str | None:
    """A text about the first attribute whose type plain JSON would lose; None if there is none."""
    for name, value in item.items():
        kind = _losing(value)
        if kind:
            return f"{name!r} holds {_LOSING[kind]}"
    return None


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as plain JSON. Sets become lists, binary stays base64 text."""
    return {name: plain_value(value) for name, value in item.items()}


def plain_value(value: dict[str, Any]) -> Any:
    """A value as plain JSON that orjson can serialise."""
    ((kind, content),) = value.items()
    if kind == "N":
        return _number(content)
    if kind == "NULL":
        return None
    if kind == "M":
        return plain(content)
    if kind == "L":
        return [plain_value(element) for element in content]
    return [_number(element) for element in content] if kind == "NS" else content


def cell(value: dict[str, Any]) -> str:
    """A value as a cell of CSV: lists, maps and sets as JSON."""
    ((kind, content),) = value.items()
    if kind in ("S", "N", "B"):
        return str(content)
    if kind == "BOOL":
        return "true" if content else "false"
    return "" if kind == "NULL" else orjson.dumps(plain_value(value)).decode()


def _losing(value: dict[str, Any]) -> str | None:
    ((kind, content),) = value.items()
    if kind in _LOSING:
        return kind
    below = content.values() if kind == "M" else content if kind == "L" else ()
    return next(filter(None, map(_losing, below)), None)


def _number(text: str) -> orjson.Fragment:
    return orjson.Fragment(text if _JSON_NUMBER(text) else canonical(text))
