"""AWS's schedule expressions: cron(minutes hours day-of-month month day-of-week year) and rate(value unit)."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minutes", 0, 59, {}),
    ("hours", 0, 23, {}),
    ("day-of-month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day-of-week", 1, 7, _DAYS),
    ("year", _FIRST_YEAR, _LAST_YEAR, {}),
)
_UNITS = {"minute": 60, "hour": 3600, "day": 86_400}
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((.*)\)")
_SEARCHED_DAYS = 366 * 8
"""A schedule that has no time in eight years (29 February included) is taken as never due."""


@dataclass(frozen=True)
class Schedule:
    """When something is due: at fixed distances in seconds, or at the times that six cron fields allow."""

    every: float | None
    fields: tuple[str, ...]
    zone: str

    def after(self, moment: float) -> float | None:
        """The first due time later than `moment` (both in epoch seconds); None if there is none for years."""
        if self.every is not None:
            return moment + self.every
        return _next(self.fields, datetime.fromtimestamp(moment, ZoneInfo(self.zone)))


def parse(text: str, zone: str = "Etc/UTC") -> Schedule:
    """The schedule that an expression says. Raises ValueError in words for one that AWS would refuse."""
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"Unknown time zone: {zone}") from None
    rate = _RATE.fullmatch(text)
    if rate:
        count, plural = int(rate[1]), bool(rate[3])
        if count < 1 or plural != (count > 1):
            raise ValueError(f"Invalid rate expression: {text}")
        return Schedule(float(count * _UNITS[rate[2]]), (), zone)
    cron = _CRON.fullmatch(text)
    if cron is None:
        raise ValueError(f"The expression is neither cron(...) nor rate(...): {text}")
    return Schedule(None, _checked(text, cron[1].split()), zone)


def _checked(text: str, fields: list[str]) -> tuple[str, ...]:
    if len(fields) != len(_FIELDS):
        raise ValueError(f"A cron expression has {len(_FIELDS)} fields: {text}")
    if (fields[2] == "?") == (fields[4] == "?"):
        raise ValueError(f"Exactly one of day-of-month and day-of-week is ?: {text}")
    for number, (field, (name, *_)) in enumerate(zip(fields, _FIELDS, strict=True)):
        if field == "?" and number in (2, 4):
            continue
        try:
            if not _special(number, field):
                _values(number, field)
        except ValueError:
            raise ValueError(f"Invalid {name} {field!r} in {text}") from None
    return tuple(fields)


def _special(number: int, field: str) -> bool:
    """Whether the field is one of the day forms L, LW, 15W, 6L and 3#2."""
    if number == 2:
        near = re.fullmatch(r"(\d{1,2})W", field)
        return field in ("L", "LW") or (near is not None and 1 <= int(near[1]) <= 31)
    if number == 4:
        return field == "L" or _weekday_form(field) is not None
    return False


def _weekday_form(field: str) -> tuple[int, int] | None:
    """(weekday 1-7, which one of the month 1-5, or -1 for the last)."""
    found = re.fullmatch(r"(\w+)#([1-5])|(\w+)L", field.upper())
    if found is None:
        return None
    day = _DAYS.get(found[1] or found[3]) or (
        int(found[1] or found[3]) if (found[1] or found[3]).isdigit() else 0
    )
    return (day, int(found[2]) if found[2] else -1) if 1 <= day <= 7 else None


def _values(number: int, field: str) -> set[int]:
    """The values that a field of lists, ranges and steps allows. Raises ValueError."""
    _, low, high, names = _FIELDS[number]
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        if first == "*":
            if dash:
                raise ValueError(part)
            start, end = low, high
        else:
            start = _number(first, names)
            end = _number(last, names) if dash else (high if slash else start)
        stride = int(step) if slash else 1
        if not low <= start <= high or not low <= end <= high or stride < 1 or start > end:
            raise ValueError(part)
        found.update(range(start, end + 1, stride))
    return found


def _number(text: str, names: dict[str, int]) -> int:
    return names[text.upper()] if text.upper() in names else int(text)


def _next(fields: tuple[str, ...], since: datetime) -> float | None:
    minutes, hours = sorted(_values(0, fields[0])), sorted(_values(1, fields[1]))
    months, years = _values(3, fields[3]), _values(5, fields[5])
    for ahead in range(_SEARCHED_DAYS):
        day = since.date() + timedelta(days=ahead)
        if day.month not in months or day.year not in years or not _falls_on(fields, day):
            continue
        for hour in hours:
            for minute in minutes:
                due = datetime(day.year, day.month, day.day, hour, minute, tzinfo=since.tzinfo)
                if due.astimezone(UTC) > since.astimezone(UTC):
                    return due.timestamp()
    return None


def _falls_on(fields: tuple[str, ...], day: date) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    of_month, of_week = fields[2], fields[4]
    if of_week == "?":
        return _month_day(of_month, day, last)
    weekday = day.isoweekday() % 7 + 1
    if of_week == "L":
        return weekday == 7
    form = _weekday_form(of_week)
    if form is None:
        return weekday in _values(4, of_week)
    return weekday == form[0] and (day.day + 7 > last if form[1] == -1 else (day.day - 1) // 7 + 1 == form[1])


def _month_day(field: str, day: date, last: int) -> bool:
    if field == "L":
        return day.day == last
    if field.endswith("W"):
        wanted = last if field == "LW" else min(int(field[:-1]), last)
        return day == _nearest_weekday(day.replace(day=wanted), last)
    return day.day in _values(2, field)


def _nearest_weekday(wanted: date, last: int) -> date:
    """The weekday (Monday to Friday) nearest to `wanted` within its month."""
    if wanted.isoweekday() == 6:
        return wanted + timedelta(days=2) if wanted.day == 1 else wanted - timedelta(days=1)
    if wanted.isoweekday() == 7:
        return wanted - timedelta(days=2) if wanted.day == last else wanted + timedelta(days=1)
    return wanted
