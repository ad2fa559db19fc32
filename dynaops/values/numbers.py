"""Numbers by their text: exact, up to 38 digits, from 1E-130 to 9.9E+125, in one notation."""

from __future__ import annotations

import re
from typing import NoReturn

from dynaops.values.limits import HIGHEST, LOWEST, MOST_DIGITS
from dynaops.values.malformed import MalformedRow, at, shortened

_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?").fullmatch
_CANONICAL = re.compile(r"0|-?(?:[1-9][0-9]*|(?:0|[1-9][0-9]*)\.[0-9]*[1-9])").fullmatch
_LONGEST_EXPONENT = 6
"""Digits of an exponent beyond which it need not be read to know that it is out of range."""


def canonical(text: str, where: str = "") -> str:
    """A number's only notation without exponent and needless zeros, as DynamoDB gives it back. Raises Malformed."""
    if len(text) <= MOST_DIGITS and _CANONICAL(text):
        return text
    found = _NUMBER(text)
    if found is None or not (found[2] or found[3]):
        raise MalformedRow(f"{at(where)}{shortened(text)!r} is not a number")
    fraction = found[3] or ""
    digits = (found[2] + fraction).lstrip("0")
    kept = digits.rstrip("0")
    if not kept:
        return "0"
    power = _exponent(found[4] or "0", where) - len(fraction) + len(digits) - len(kept)
    _check(kept, power, where)
    return ("-" if found[1] == "-" else "") + _written(kept, power)


def size(text: str) -> int:
    """The bytes that DynamoDB counts a number as: one, one for two digits, one for a minus sign.

    Leading and trailing zeros do not count (Developer Guide, DynamoDB Item sizes and formats, which says "about").
    """
    if "e" in text or "E" in text:
        text = canonical(text)
    digits = text.lstrip("+-").replace(".", "").strip("0")
    return 1 + (len(digits) + 1) // 2 + (bool(digits) and text[:1] == "-")


def more(text: str) -> int | None:
    """How much more bytes DynamoDB counts a number as than its text has; None where that is not its canonical form."""
    if len(text) > MOST_DIGITS or not _CANONICAL(text):
        return None
    digits = text.replace(".", "").strip("-0")
    return 1 + ((len(digits) + 1) >> 1) + (text[0] == "-") - len(text)


def _exponent(text: str, where: str) -> int:
    if len(text.lstrip("+-0")) > _LONGEST_EXPONENT:
        _out_of_range(where, f"about 1E{shortened(text)}")
    return int(text)


def _check(digits: str, power: int, where: str) -> None:
    if len(digits) > MOST_DIGITS:
        raise MalformedRow(f"{at(where)}a number has at most {MOST_DIGITS} digits, not {len(digits)}")
    first = len(digits) + power - 1
    if not LOWEST <= first <= HIGHEST:
        _out_of_range(where, f"about 1E{first:+d}")


def _written(digits: str, power: int) -> str:
    """`digits` times ten to the `power`, without an exponent."""
    if power >= 0:
        return digits + "0" * power
    point = len(digits) + power
    return f"{digits[:point]}.{digits[point:]}" if point > 0 else f"0.{'0' * -point}{digits}"


def _out_of_range(where: str, shown: str) -> NoReturn:
    raise MalformedRow(f"{at(where)}a number is between 1E{LOWEST} and 9.9E+{HIGHEST}, not {shown}")
