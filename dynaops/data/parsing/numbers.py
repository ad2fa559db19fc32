"""Numbers, exact: up to 38 digits, from 1E-130 to 9.9E+125 (DynamoDB, Supported data types, Number).

orjson reads what is not a 64-bit integer as a double. A double keeps every decimal number of up to 15 digits (that is
what DBL_DIG means), and its `repr` is that number again; so a text whose numbers have no more digits is safe. All
others are read again, by the standard library, which hands their text over.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any, NoReturn

from dynaops.data.parsing.malformed import Malformed, Unusable, at

MOST_DIGITS = 38
HIGHEST, LOWEST = 125, -130
"""Powers of ten of a number's first digit."""
SMALLEST, LARGEST = 1e-130, 1e126
"""Doubles from SMALLEST to below LARGEST are numbers that DynamoDB can hold."""
_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?").fullmatch
_CANONICAL = re.compile(r"0|-?(?:[1-9][0-9]*|(?:0|[1-9][0-9]*)\.[0-9]*[1-9])").fullmatch
_SAFE_DIGITS = 15
_DIGITS_AS_ZERO = bytes(48 if byte in b"0123456789." else 32 for byte in range(256))
_TOO_LONG = b"0" * (_SAFE_DIGITS + 1)
_NO_NUMBER = "{} is no number that DynamoDB can hold"
_LONGEST_EXPONENT = 6
"""Digits of an exponent beyond which it need not be read to know that it is out of range."""


class Exact(str):
    """A number by its text, where JSON has it as a number."""

    __slots__ = ()


class Inexact(Exception):
    """A double that may not be what the text says; the text has to be read by `exactly`."""


def is_safe(text: bytes) -> bool:
    """Whether all numbers of a JSON text have so few digits that doubles keep them."""
    return _TOO_LONG not in text.translate(_DIGITS_AS_ZERO)


def exactly(text: bytes) -> Any:
    """A JSON text with its numbers as `Exact`. Raises ValueError (and RecursionError) where it is none.

    Raises Malformed where an object has two members of one name: JSON leaves open which one counts.
    """
    return json.loads(
        text, parse_float=Exact, parse_int=Exact, parse_constant=_no_number, object_pairs_hook=_each_once
    )


def marked(text: bytes) -> Any:
    """The same, with `Unusable` for NaN, infinities and objects with a name twice, so that their place can be told."""
    return json.loads(
        text,
        parse_float=Exact,
        parse_int=Exact,
        parse_constant=lambda name: Unusable(_NO_NUMBER.format(name)),
        object_pairs_hook=_each_once_or_marked,
    )


def of_double(value: float, where: str = "") -> str:
    """The text of a double from a safe JSON text. Raises Inexact, Malformed."""
    if value == 0:
        raise Inexact  # 1E-400 reads as 0, too
    if SMALLEST <= abs(value) < LARGEST:
        return repr(value)
    return canonical(repr(value), where)


def canonical(text: str, where: str = "") -> str:
    """A number's only notation without exponent and needless zeros, as DynamoDB gives it back. Raises Malformed."""
    if len(text) <= MOST_DIGITS and _CANONICAL(text):
        return text
    found = _NUMBER(text)
    if found is None or not (found[2] or found[3]):
        raise Malformed(f"{at(where)}{_shortened(text)!r} is not a number")
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
        _out_of_range(where, f"about 1E{_shortened(text)}")
    return int(text)


def _check(digits: str, power: int, where: str) -> None:
    if len(digits) > MOST_DIGITS:
        raise Malformed(f"{at(where)}a number has at most {MOST_DIGITS} digits, not {len(digits)}")
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
    raise Malformed(f"{at(where)}a number is between 1E{LOWEST} and 9.9E+{HIGHEST}, not {shown}")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of an object. Raises Malformed where two have the same name."""
    members = dict(pairs)
    if len(members) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise Malformed(f"the name {_shortened(twice)!r} is there twice")
    return members


def _each_once_or_marked(pairs: list[tuple[str, Any]]) -> Any:
    try:
        return _each_once(pairs)
    except Malformed as error:
        return Unusable(str(error))


def _no_number(text: str) -> NoReturn:
    raise Malformed(_NO_NUMBER.format(text))


def _shortened(text: str) -> str:
    return text if len(text) <= 50 else f"{text[:47]}..."
