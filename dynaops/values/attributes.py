"""Checks attribute values in DynamoDB JSON, writes them in one canonical notation, and computes their sizes.

Sizes in bytes are DynamoDB's (Developer Guide, DynamoDB Item sizes and formats): strings as UTF-8, 3 bytes for a list
or map and 1 for each of its elements.
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
"""A value in DynamoDB JSON: a map with one type as its key, and the content."""
Sized = tuple[Typed, int]
"""A checked value and its size in bytes."""

TRUE: Typed = {"BOOL": True}
FALSE: Typed = {"BOOL": False}
NULL: Typed = {"NULL": True}
TYPES = frozenset({"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"})


def text_size(text: str) -> int:
    """The size of a string in UTF-8, in bytes. Raises MalformedRow for a lone surrogate, which UTF-8 cannot encode."""
    if text.isascii():
        return len(text)
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise MalformedRow("a string has half a character (a lone surrogate), which is no Unicode") from None


def typed(value: Any, where: str, level: int = 1) -> Sized:
    """Check a value of DynamoDB JSON; returns its canonical form and its size. Raises MalformedRow.

    `where` is the attribute's path for messages, `level` the nesting level of the value (from 1).
    """
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
    """Decode base64 text. Raises MalformedRow."""
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise MalformedRow(f"{at(where)}binary is written as base64 text") from None


def number(text: str, where: str) -> Sized:
    """The attribute value of a number given as text, and its size. Raises MalformedRow."""
    number = numbers.canonical(text, where)
    return {"N": number}, numbers.size(number)


def _binary(text: str, where: str) -> Sized:
    data = binary(text, where)
    return {"B": base64.b64encode(data).decode()}, len(data)


def check_level(content: Any, where: str, level: int) -> None:
    """Raise MalformedRow if a list or map at this nesting level has members below DynamoDB's deepest level."""
    if level >= MOST_LEVELS and content:
        top = where.partition(".")[0].partition("[")[0]
        raise MalformedRow(f"{at(top)}lists and maps are nested {MOST_LEVELS} deep at the most")


def members_of(members: dict[str, Sized], where: str) -> Sized:
    """The map value (M) of checked members, and its size. Raises MalformedRow for an empty attribute name."""
    if "" in members:
        raise MalformedRow(f"{at(where)}an attribute has no name")
    size = 3 + sum(1 + size_at(name, where) + taken for name, (_, taken) in members.items())
    return {"M": {name: value for name, (value, _) in members.items()}}, size


def elements_of(elements: list[Sized]) -> Sized:
    """The list value (L) of checked elements, and its size."""
    return {"L": [value for value, _ in elements]}, 3 + sum(1 + taken for _, taken in elements)


def size_at(text: str, where: str) -> int:
    """The size of a string in UTF-8, in bytes. Raises MalformedRow that names the attribute `where`."""
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
        {name: typed(value, f"{where}.{name}", level + 1) for name, value in content.items()}, where
    )


def _read_list(content: Any, where: str, level: int) -> Sized:
    if type(content) is not list:
        raise MalformedRow(f"{at(where)}L holds a list, not {_named(content)}")
    check_level(content, where, level)
    return elements_of(
        [typed(element, f"{where}[{index}]", level + 1) for index, element in enumerate(content)]
    )


def _read_set(kind: str) -> Callable[[Any, str, int], Sized]:
    sort = kind[0]

    def read(content: Any, where: str, level: int) -> Sized:
        if type(content) is not list or not content:
            raise MalformedRow(f"{at(where)}{kind} holds a list of at least one value: a set is never empty")
        members = [typed({sort: element}, where, level) for element in content]
        contents = [value[sort] for value, _ in members]
        if len(set(contents)) < len(contents):
            raise MalformedRow(f"{at(where)}a set holds each value once")
        return {kind: contents}, sum(taken for _, taken in members)

    return read


def _named(content: Any) -> str:
    """The JSON type of a value, for messages."""
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
