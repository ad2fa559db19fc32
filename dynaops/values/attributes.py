"""Attribute values in DynamoDB JSON, checked, in one notation and with their sizes.

Sizes are DynamoDB's (Developer Guide, DynamoDB Item sizes and formats): strings as UTF-8, 3 bytes for a list or map and
1 for each of its elements.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

from dynaops.values import numbers
from dynaops.values.limits import MOST_LEVELS
from dynaops.values.malformed import MalformedRow, Unusable, at

Typed = dict[str, Any]
"""A value in DynamoDB JSON: one type and its content."""
Sized = tuple[Typed, int]

TRUE: Typed = {"BOOL": True}
FALSE: Typed = {"BOOL": False}
NULL: Typed = {"NULL": True}
TYPES = frozenset({"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"})


def text_size(text: str) -> int:
    """The bytes of a string as UTF-8. Raises Malformed for half a surrogate pair, which no UTF-8 has."""
    if text.isascii():
        return len(text)
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise MalformedRow("a string has half a character (a lone surrogate), which is no Unicode") from None


def typed(value: Any, where: str, level: int = 1) -> Sized:
    """A value of DynamoDB JSON, checked. Raises Malformed."""
    if type(value) is dict and len(value) == 1:
        ((kind, content),) = value.items()
        if kind == "S" and type(content) is str:
            return value, size_at(content, where)
        if type(content) is Unusable:
            raise MalformedRow(f"{at(where)}{content.reason}")
        read = _READERS.get(kind)
        if read is not None:
            return read(content, where, level)
    if type(value) is Unusable:
        raise MalformedRow(f"{at(where)}{value.reason}")
    raise MalformedRow(
        f'{at(where)}in DynamoDB JSON every value is a map of one type, such as {{"S": "text"}}'
    )


def binary(text: str, where: str) -> bytes:
    """What base64 text stands for. Raises Malformed."""
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise MalformedRow(f"{at(where)}binary is written as base64 text") from None


def number(text: str, where: str) -> Sized:
    number = numbers.canonical(text, where)
    return {"N": number}, numbers.size(number)


def _binary(text: str, where: str) -> Sized:
    data = binary(text, where)
    return {"B": base64.b64encode(data).decode()}, len(data)


def check_level(content: Any, where: str, level: int) -> None:
    if level >= MOST_LEVELS and content:
        top = where.partition(".")[0].partition("[")[0]
        raise MalformedRow(f"{at(top)}lists and maps are nested {MOST_LEVELS} deep at the most")


def members_of(members: dict[str, Sized], where: str) -> Sized:
    if "" in members:
        raise MalformedRow(f"{at(where)}an attribute has no name")
    size = 3 + sum(1 + size_at(name, where) + taken for name, (_, taken) in members.items())
    return {"M": {name: value for name, (value, _) in members.items()}}, size


def elements_of(elements: list[Sized]) -> Sized:
    return {"L": [value for value, _ in elements]}, 3 + sum(1 + taken for _, taken in elements)


def size_at(text: str, where: str) -> int:
    if text.isascii():
        return len(text)
    try:
        return text_size(text)
    except MalformedRow as error:
        raise MalformedRow(f"{at(where)}{error}") from None


def _read_string(content: Any, where: str, _level: int) -> Sized:
    raise MalformedRow(f"{at(where)}S holds a string, in quotes, not {_named(content)}")


def _read_number(content: Any, where: str, _level: int) -> Sized:
    if type(content) is not str:
        raise MalformedRow(f"{at(where)}N holds a number in quotes, not {_named(content)}")
    return number(content, where)


def _read_binary(content: Any, where: str, _level: int) -> Sized:
    if type(content) is not str:
        raise MalformedRow(f"{at(where)}B holds base64 text, not {_named(content)}")
    return _binary(content, where)


def _read_bool(content: Any, where: str, _level: int) -> Sized:
    if type(content) is not bool:
        raise MalformedRow(f"{at(where)}BOOL holds true or false, not {_named(content)}")
    return (TRUE if content else FALSE), 1


def _read_null(content: Any, where: str, _level: int) -> Sized:
    if content is not True:
        raise MalformedRow(f"{at(where)}NULL holds true, not {_named(content)}")
    return NULL, 1


def _read_map(content: Any, where: str, level: int) -> Sized:
    if type(content) is not dict:
        raise MalformedRow(f"{at(where)}M holds a map, not {_named(content)}")
    check_level(content, where, level)
    return members_of(
        {name: typed(one, f"{where}.{name}", level + 1) for name, one in content.items()}, where
    )


def _read_list(content: Any, where: str, level: int) -> Sized:
    if type(content) is not list:
        raise MalformedRow(f"{at(where)}L holds a list, not {_named(content)}")
    check_level(content, where, level)
    return elements_of([typed(one, f"{where}[{place}]", level + 1) for place, one in enumerate(content)])


def _read_set(kind: str) -> Callable[[Any, str, int], Sized]:
    sort = kind[0]

    def read(content: Any, where: str, level: int) -> Sized:
        if type(content) is not list or not content:
            raise MalformedRow(f"{at(where)}{kind} holds a list of at least one value: a set is never empty")
        members = [typed({sort: one}, where, level) for one in content]
        kept = [value[sort] for value, _ in members]
        if len(set(kept)) < len(kept):
            raise MalformedRow(f"{at(where)}a set holds each value once")
        return {kind: kept}, sum(taken for _, taken in members)

    return read


def _named(content: Any) -> str:
    """What JSON calls a value."""
    if content is None:
        return "null"
    names = {str: "a string", bool: "true or false", dict: "a map", list: "a list"}
    return names.get(type(content), "a number")


_READERS: dict[str, Callable[[Any, str, int], Sized]] = {
    "S": _read_string,
    "N": _read_number,
    "B": _read_binary,
    "BOOL": _read_bool,
    "NULL": _read_null,
    "M": _read_map,
    "L": _read_list,
    "SS": _read_set("SS"),
    "NS": _read_set("NS"),
    "BS": _read_set("BS"),
}
