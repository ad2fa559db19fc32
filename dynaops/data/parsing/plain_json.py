"""Converts plain JSON values to DynamoDB JSON, with their sizes."""

from __future__ import annotations

import base64
from typing import Any

from dynaops.data.parsing import exact_json
from dynaops.data.parsing.exact_json import Exact
from dynaops.data.parsing.foreign_json import extended
from dynaops.values import numbers
from dynaops.values.attributes import (
    FALSE,
    NULL,
    TRUE,
    Sized,
    check_level,
    elements_of,
    members_of,
    number,
    size_at,
)
from dynaops.values.limits import MOST_LEVELS
from dynaops.values.malformed import MalformedRow, Unusable, at


def without_nulls(value: Any, level: int = 0) -> Any:
    """A plain JSON value without null members of maps. Nulls in lists are kept.

    Values below the deepest allowed level are not changed, because they are rejected later.
    """
    if level > MOST_LEVELS:
        return value
    if type(value) is dict:
        return {
            name: without_nulls(member, level + 1) for name, member in value.items() if member is not None
        }
    return [without_nulls(member, level + 1) for member in value] if type(value) is list else value


def plain(value: Any, where: str, level: int = 1) -> Sized:
    """Convert a plain JSON value, whose numbers are `Exact`, integers, or doubles. Raises MalformedRow, Inexact."""
    kind = type(value)
    if kind is str:
        return {"S": value}, size_at(value, where)
    if kind is Exact:
        return number(value, where)
    if kind is int:
        return number(str(value), where)
    if kind is float:
        text = exact_json.of_double(value, where)
        return {"N": text}, numbers.size(text)
    if value is None:
        return NULL, 1
    if kind is bool:
        return (TRUE if value else FALSE), 1
    if kind is dict and len(value) == 1 and next(iter(value))[:1] == "$":
        foreign = extended(value)
        if foreign is not value:
            return plain(foreign, where, level)
    if kind is dict:
        check_level(value, where, level)
        return members_of(
            {name: plain(member, f"{where}.{name}", level + 1) for name, member in value.items()}, where
        )
    if kind is list:
        check_level(value, where, level)
        return elements_of(
            [plain(member, f"{where}[{index}]", level + 1) for index, member in enumerate(value)]
        )
    if kind is bytes:
        return {"B": base64.b64encode(value).decode()}, len(value)
    if kind is Unusable:
        raise MalformedRow(f"{at(where)}{value.reason}")
    raise MalformedRow(f"{at(where)}{kind.__name__} is not a type that DynamoDB has")
