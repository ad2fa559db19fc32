"""DynamoDB numbers as text: checked exactly (up to 38 digits, from 1E-130 to 9.9E+125), in one canonical notation."""

from __future__ import annotations

import re
from typing import NoReturn

from dynaops.values.limits import HIGHEST, LOWEST, MOST_DIGITS
from dynaops.values.malformed import MalformedRow, at, shortened

_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?").fullmatch
_CANONICAL = re.compile(r"0|-?(?:[1-9][0-9]*|(?:0|[1-9][0-9]*)\.[0-9]*[1-9])").fullmatch
_LONGEST_EXPONENT = 6
"""An exponent with more digits than this is out of range, and is not converted to an integer."""


def canonical(text: str, where: str = "") -> str:
    """The number without exponent and without unneeded zeros, as DynamoDB returns it. Raises MalformedRow."""
    if len(text) <= MOST_DIGITS and _CANONICAL(text):
        return text
    match = _NUMBER(text)
    if match is None or not (match[2] or match[3]):
        raise MalformedRow(f"{at(where)}{shortened(text)!r} is not a number")
    fraction = match[3] or ""
    digits = (match[2] + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return "0"
    power = _exponent(match[4] or "0", where) - len(fraction) + len(digits) - len(significant)
    _check(significant, power, where)
    return ("-" if match[1] == "-" else "") + _written(significant, power)


def size(text: str) -> int:
    """The size of a number in bytes, as DynamoDB counts: 1, plus 1 for each two digits, plus 1 for a minus sign.

    Leading and trailing zeros do not count (Developer Guide, DynamoDB Item sizes and formats, which says "about").
    """
    if "e" in text or "E" in text:
        text = canonical(text)
    digits = text.lstrip("+-").replace(".", "").strip("0")
    return 1 + (len(digits) + 1) // 2 + (bool(digits) and text[:1] == "-")


def extra_bytes(text: str) -> int | None:
    """The number's size in DynamoDB minus the length of its text, in bytes; None if the text is not canonical."""
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
    """The number `digits` * 10 ** `power`, written without an exponent."""
    if power >= 0:
        return digits + "0" * power
    point = len(digits) + power
    return f"{digits[:point]}.{digits[point:]}" if point > 0 else f"0.{'0' * -point}{digits}"


def _out_of_range(where: str, shown: str) -> NoReturn:
    raise MalformedRow(f"{at(where)}a number is between 1E{LOWEST} and 9.9E+{HIGHEST}, not {shown}")
