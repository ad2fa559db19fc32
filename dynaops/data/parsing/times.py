"""Converts dates, times, timestamps and durations of tables to exact ISO 8601 text."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from dynaops.values.malformed import Unusable

NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
"""Nanoseconds per unit, by Arrow's unit names."""
_SECOND = 10**9
_DAY = 86_400 * _SECOND
_EPOCH, _FIRST_DAY = datetime(1970, 1, 1), date(1970, 1, 1).toordinal()
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)").fullmatch
_OUTSIDE = "is a {} outside of the years 1 to 9999, which ISO 8601 text does not hold"


def day(days: int) -> str | Unusable:
    """The text of a date, given as days since 1970."""
    try:
        return date.fromordinal(_FIRST_DAY + days).isoformat()
    except (ValueError, OverflowError):
        return Unusable(_OUTSIDE.format("date"))


def time_of_day(nanoseconds: int) -> str | Unusable:
    """The text of a time of day, given as nanoseconds since midnight."""
    if not 0 <= nanoseconds < _DAY:
        return Unusable("is a time outside of a day")
    seconds, rest = divmod(nanoseconds, _SECOND)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{_fraction(rest)}"


def instant(nanoseconds: int, suffix: str = "", offset: int = 0) -> str | Unusable:
    """The text of a timestamp, given as nanoseconds since 1970, with `offset` seconds added and `suffix` appended."""
    seconds, rest = divmod(nanoseconds, _SECOND)
    try:
        moment = _EPOCH + timedelta(seconds=seconds + offset)
    except OverflowError:
        return Unusable(_OUTSIDE.format("time"))
    return f"{moment.isoformat()}{_fraction(rest)}{suffix}"


def zone(name: str | None) -> tuple[str, int]:
    """The suffix and offset in seconds of a column's time zone.

    Instants of named zones are written in UTC, too: which offset a zone has, each machine's own data says.
    """
    if name is None:
        return "", 0
    match = _OFFSET(name)
    if match is None or (match[2], match[3]) == ("00", "00"):
        return "Z", 0
    seconds = (int(match[2]) * 60 + int(match[3])) * 60
    return f"{match[1]}{match[2]}:{match[3]}", seconds if match[1] == "+" else -seconds


def duration(nanoseconds: int, days: int = 0, months: int = 0) -> str:
    """The text of a duration, such as P14M3DT4.5S. Each negative part has its own sign, as in ISO 8601-2."""
    text = f"{months}M" if months else ""
    if days:
        text += f"{days}D"
    if nanoseconds or not text:
        sign = "-" if nanoseconds < 0 else ""
        seconds, rest = divmod(abs(nanoseconds), _SECOND)
        fraction = f".{rest:09d}".rstrip("0") if rest else ""
        text += f"T{sign}{seconds}{fraction}S"
    return f"P{text}"


def _fraction(nanoseconds: int) -> str:
    """The fraction of a second as in Python's isoformat, with nine digits if six are not enough."""
    if not nanoseconds:
        return ""
    return f".{nanoseconds:09d}" if nanoseconds % 1000 else f".{nanoseconds // 1000:06d}"
