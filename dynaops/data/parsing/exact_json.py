"""Reads JSON with exact numbers.

orjson reads numbers that are not 64-bit integers as doubles. A double stores each decimal number of up to 15 digits
(the meaning of DBL_DIG), and its `repr` is that number again; so a text whose numbers have at most 15 digits is safe.
Other texts are read by the standard library, which passes the numbers as text.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NoReturn

from dynaops.values.limits import LARGEST, SMALLEST
from dynaops.values.malformed import MalformedRow, Unusable, shortened
from dynaops.values.numbers import canonical

_SAFE_DIGITS = 15
_DIGITS_AS_ZERO = bytes(48 if byte in b"0123456789." else 32 for byte in range(256))
_TOO_LONG = b"0" * (_SAFE_DIGITS + 1)
_NO_NUMBER = "{} is no number that DynamoDB can hold"


class Exact(str):
    """A JSON number as its text."""

    __slots__ = ()


class Inexact(Exception):
    """A double may differ from the number in the text; the text has to be read by `exactly`."""


def is_safe(text: bytes) -> bool:
    """Whether all numbers in a JSON text have so few digits that doubles store them exactly."""
    return _TOO_LONG not in text.translate(_DIGITS_AS_ZERO)


def exactly(text: bytes) -> Any:
    """Read a JSON text with its numbers as `Exact`. Raises ValueError or RecursionError if it is not JSON.

    Raises MalformedRow if an object has two members with the same name: JSON does not define which one is valid.
    """
    return json.loads(
        text, parse_float=Exact, parse_int=Exact, parse_constant=_no_number, object_pairs_hook=_each_once
    )


def marked(text: bytes) -> Any:
    """As `exactly`, but with `Unusable` for NaN, infinities and objects with duplicate names, to report where."""
    return json.loads(
        text,
        parse_float=Exact,
        parse_int=Exact,
        parse_constant=lambda name: Unusable(_NO_NUMBER.format(name)),
        object_pairs_hook=_each_once_or_marked,
    )


def of_double(value: float, where: str = "") -> str:
    """The text of a double from a safe JSON text. Raises Inexact, MalformedRow."""
    if value == 0:
        raise Inexact  # 1E-400 reads as 0, too
    if SMALLEST <= abs(value) < LARGEST:
        return repr(value)
    return canonical(repr(value), where)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of an object. Raises MalformedRow if two have the same name."""
    members = dict(pairs)
    if len(members) < len(pairs):
        duplicate, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise MalformedRow(f"the name {shortened(duplicate)!r} is there twice")
    return members


def _each_once_or_marked(pairs: list[tuple[str, Any]]) -> Any:
    try:
        return _each_once(pairs)
    except MalformedRow as error:
        return Unusable(str(error))


def _no_number(text: str) -> NoReturn:
    raise MalformedRow(_NO_NUMBER.format(text))
