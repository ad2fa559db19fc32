"""Converts values as --types asks, in the same way for all formats (docs/loading.md has this table).

| to | from |
| --- | --- |
| S | N: the number as DynamoDB shows it, without exponent and needless zeros; BOOL: true or false |
| N | S: the number that the text is, exactly |
| BOOL | S: true or false, in any case |
| B | S: base64 |
| L, M | S: JSON text; L also of a set |
| SS, NS, BS | S: JSON text; L and other sets, of which each member is converted |

Blanks around a number, a flag, base64 or JSON text do not count. Anything else cannot be converted.
"""

from __future__ import annotations

from typing import Any

from dynaops.data.parsing import exact_json, plain_json
from dynaops.values import attributes, numbers
from dynaops.values.attributes import Sized, Typed
from dynaops.values.malformed import MalformedRow, at

_MEMBERS = {"SS": "S", "NS": "N", "BS": "B"}
_BOOLS = {"true": attributes.TRUE, "false": attributes.FALSE}


def of_plain(value: Any, kind: str, where: str) -> Sized:
    """A value of plain JSON as `kind`. Raises MalformedRow, Inexact."""
    return of_sized(plain_json.plain(value, where), kind, where)


def of_typed(value: Any, kind: str, where: str) -> Sized:
    """A value of DynamoDB JSON as `kind`. Raises MalformedRow."""
    return of_sized(attributes.typed(value, where), kind, where)


def of_text(text: str, kind: str, where: str) -> Sized:
    """Text, such as a cell of CSV, as `kind`. Raises MalformedRow."""
    if kind == "S":
        return {"S": text}, attributes.text_size(text)
    return of_sized(({"S": text}, 0), kind, where)


def of_sized(sized: Sized, kind: str, where: str) -> Sized:
    """Convert a checked value to `kind`. Raises MalformedRow."""
    value, _ = sized
    ((actual, content),) = value.items()
    if actual == kind:
        return sized
    if actual == "S" and kind != "NULL":
        return _from_text(content, kind, where)
    if kind == "S" and actual == "N":
        text = numbers.canonical(content, where)
        return {"S": text}, len(text)
    if kind == "S" and actual == "BOOL":
        text = "true" if content else "false"
        return {"S": text}, len(text)
    if actual in _MEMBERS and kind in ("L", *_MEMBERS):
        content = [{_MEMBERS[actual]: member} for member in content]
        return attributes.typed({"L": content}, where) if kind == "L" else _set(content, kind, where)
    if actual == "L" and kind in _MEMBERS:
        return _set(content, kind, where)
    raise MalformedRow(f"{at(where)}is of type {actual}, which cannot be made {kind}")


def _from_text(text: str, kind: str, where: str) -> Sized:
    bare = text.strip()
    if kind in ("N", "B"):
        return attributes.typed({kind: bare}, where)
    if kind == "BOOL":
        flag = _BOOLS.get(bare.lower())
        if flag is None:
            raise MalformedRow(f"{at(where)}{text!r} is neither true nor false (BOOL)")
        return flag, 1
    try:
        value = exact_json.exactly(bare.encode())
    except MalformedRow as error:
        raise MalformedRow(f"{at(where)}{error}") from None
    except (ValueError, RecursionError):
        raise MalformedRow(f"{at(where)}is text that is not JSON, which cannot be made {kind}") from None
    found_kind = plain_json.plain(value, where)
    if "S" in found_kind[0]:
        raise MalformedRow(f"{at(where)}is JSON of a string, which cannot be made {kind}")
    return of_sized(found_kind, kind, where)


def _set(members: list[Typed], kind: str, where: str) -> Sized:
    """A set of the elements of a list."""
    member_kind = _MEMBERS[kind]
    content = []
    for index, member in enumerate(members):
        converted, _ = of_sized((member, 0), member_kind, f"{where}[{index}]")
        content.append(str(converted[member_kind]))  # a number may be `Exact`
    return attributes.typed({kind: content}, where)
