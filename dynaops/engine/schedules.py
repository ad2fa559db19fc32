"""How often a schedule of AWS Backup comes round."""

from __future__ import annotations

import re

_YEAR = 365.25
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_A_DAY = {"minute": 1440.0, "hour": 24.0, "day": 1.0}
_NAMES = {
    name: str(number)
    for names in (
        "SUN MON TUE WED THU FRI SAT",
        "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC",
    )
    for number, name in enumerate(names.split(), start=1)
}


def times_a_day(schedule: str) -> float | None:
    """On average; None for a schedule of certain years, or one that is not understood."""
    rate = _RATE.fullmatch(schedule)
    if rate:
        return _A_DAY[rate[2]] / int(rate[1])
    cron = _CRON.fullmatch(schedule)
    if cron is None or cron[6] != "*":
        return None
    minutes, hours, month_days, months, week_days = (
        _count(text, size) for text, size in zip(cron.groups()[:5], (60, 24, 31, 12, 7), strict=True)
    )
    if None in (minutes, hours, month_days, months, week_days):
        return None
    assert minutes and hours and months, "none is empty"
    days = 1.0
    if cron[3] not in ("*", "?"):
        days = (month_days or 0) * 12 / _YEAR
    elif cron[5] not in ("*", "?"):
        days = (week_days or 0) / 7
    return minutes * hours * days * months / 12


def _count(text: str, size: int) -> int | None:
    """How many of its `size` values a field of a cron expression takes."""
    if text in ("*", "?"):
        return size
    counts = [_part(part, size) for part in text.split(",")]
    return None if None in counts else sum(one for one in counts if one is not None)


def _part(part: str, size: int) -> int | None:
    for name, number in _NAMES.items():
        part = part.replace(name, number)
    start, slash, step = part.partition("/")
    if slash:
        first = 0 if start == "*" else int(start) if start.isdigit() else None
        return (
            None if first is None or not re.fullmatch(r"[1-9]\d*", step) else -(-(size - first) // int(step))
        )
    if re.fullmatch(r"\d+|L|\d+L|\d*W|LW|\d+#\d+", part):
        return 1
    bounds = re.fullmatch(r"(\d+)-(\d+)", part)
    return int(bounds[2]) - int(bounds[1]) + 1 if bounds else None
