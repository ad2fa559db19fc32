"""Schedule expressions of scheduled actions: ``at(..)``, ``rate(..)`` and ``cron(..)``, and their time zones.

Forms as in PutScheduledAction's documentation and the User Guide, "Schedule recurring scaling actions using cron
expressions".
"""

from __future__ import annotations

import datetime
import re
import zoneinfo

from dynaops.sandbox.errors import ApiError, validation

_RATE = re.compile(r"rate\(([1-9][0-9]*) (minutes?|hours?|days?)\)")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: tuple[tuple[int, int, tuple[str, ...]], ...] = (
    (0, 59, ()),
    (0, 23, ()),
    (1, 31, ()),
    (1, 12, _MONTHS),
    (1, 7, _DAYS),
    (1970, 2199, ()),
)
"""Least, most and names of minutes, hours, days of the month, months, days of the week, years."""
_DAY_OF_MONTH, _DAY_OF_WEEK = 2, 4


def check(expression: str) -> None:
    """Refuse an expression that is none of the three forms."""
    kind, _, rest = expression.partition("(")
    inner = rest.removesuffix(")")
    right = rest.endswith(")") and (
        (kind == "at" and _is_moment(inner))
        or (kind == "rate" and _is_rate(expression))
        or (kind == "cron" and _is_cron(inner.split()))
    )
    if not right:
        raise _invalid(expression)


def check_timezone(name: str) -> None:
    """Refuse a time zone that is not one of IANA's."""
    if name not in zoneinfo.available_timezones():
        raise validation(f"Invalid timezone: {name}")


def _invalid(expression: str) -> ApiError:
    return validation(f"Schedule expression is not valid: {expression}")


def _is_moment(inner: str) -> bool:
    try:
        datetime.datetime.strptime(inner, "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return False
    return True


def _is_rate(expression: str) -> bool:
    """One minute, two minutes: the unit's number is that of the value."""
    found = _RATE.fullmatch(expression)
    return found is not None and (found[1] == "1") != found[2].endswith("s")


def _is_cron(fields: list[str]) -> bool:
    if len(fields) != len(_FIELDS) or (fields[_DAY_OF_MONTH] == "?") == (fields[_DAY_OF_WEEK] == "?"):
        return False
    return all(_is_field(number, field) for number, field in enumerate(fields))


def _is_field(number: int, field: str) -> bool:
    if field == "?":
        return number in (_DAY_OF_MONTH, _DAY_OF_WEEK)
    return all(_is_part(number, part) for part in field.split(","))


def _is_part(number: int, part: str) -> bool:
    if number == _DAY_OF_MONTH and re.fullmatch(r"L|([1-9]|[12][0-9]|3[01])W", part):
        return True
    if number == _DAY_OF_WEEK and (part == "L" or _is_nth_day(part)):
        return True
    span, _, step = part.partition("/")
    if "/" in part and not (step.isdecimal() and int(step) > 0):
        return False
    if span == "*":
        return True
    ends = span.split("-")
    return len(ends) <= 2 and all(_is_value(number, end) for end in ends)


def _is_nth_day(part: str) -> bool:
    """The last Friday (``6L``), the second one (``6#2``)."""
    found = re.fullmatch(r"(\w+)(?:L|#[1-5])", part)
    return found is not None and _is_value(_DAY_OF_WEEK, found[1])


def _is_value(number: int, text: str) -> bool:
    least, most, names = _FIELDS[number]
    return text.upper() in names or (text.isdecimal() and least <= int(text) <= most)
