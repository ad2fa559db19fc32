"""Numbers of DynamoDB: exact, 38 significant digits, 1E-130 to 9.99E+125.

Messages and bounds as observed by test suites on AWS (October 2026); the text form is Java's plain string.
"""

from __future__ import annotations

import re

MOST_DIGITS = 38
HIGHEST = 125
"""The largest power of ten of a number's first digit."""
LOWEST = -130
NOT_NUMERIC = "The parameter cannot be converted to a numeric value"
TOO_PRECISE = "Attempting to store more than 38 significant digits in a Number"
OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"

_CANONICAL = re.compile(r"0|-?(?:[1-9][0-9]*|(?:0|[1-9][0-9]*)\.[0-9]*[1-9])").fullmatch
_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?").fullmatch


class NotStorable(ValueError):
    """A text that is not a valid number of DynamoDB; the exception's message is AWS's."""


def canonical(text: str) -> str:
    """The number as DynamoDB returns it: no exponent, no leading or trailing zeros. Raises NotStorable."""
    if len(text) <= MOST_DIGITS and _CANONICAL(text):
        return text
    match = _NUMBER(text)
    if match is None or not (match[2] or match[3]):
        raise NotStorable(f"{NOT_NUMERIC}: {text}")
    whole, fraction = match[2], match[3] or ""
    digits = (whole + fraction).lstrip("0")
    power = int(match[4] or 0) - len(fraction)
    significant = digits.rstrip("0")
    if not significant:
        return "0"
    power += len(digits) - len(significant)
    _check(significant, power)
    return ("-" if match[1] == "-" else "") + _plain(significant, power)


def _check(digits: str, power: int) -> None:
    first = len(digits) + power - 1
    if first > HIGHEST:
        raise NotStorable(OVERFLOW)
    if first < LOWEST:
        raise NotStorable(UNDERFLOW)
    if len(digits) > MOST_DIGITS:
        raise NotStorable(TOO_PRECISE)


def _plain(digits: str, power: int) -> str:
    """`digits` times ten to the `power`, written without an exponent."""
    if power >= 0:
        return digits + "0" * power
    point = len(digits) + power
    if point > 0:
        return f"{digits[:point]}.{digits[point:]}"
    return f"0.{'0' * -point}{digits}"


def size(number: str) -> int:
    """The size of a canonical number in bytes: 1, plus 1 for two digits, plus 1 for a minus sign (Developer Guide)."""
    digits = number.lstrip("-").replace(".", "").strip("0")
    return 1 + (len(digits) + 1) // 2 + (number[0] == "-")
