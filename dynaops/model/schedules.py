"""AWS's schedule expressions: cron(...), rate(...) and at(...), checked, and the times at which they run.

Grammar: EventBridge User Guide, "Cron expressions reference" and "Rate expressions reference", which the guides of
Application Auto Scaling ("Schedule recurring scaling actions") and AWS Backup refer to. What these pages do not
describe is refused: AWS may refuse it as well, and then in the middle of an apply.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

Form = Literal["cron", "rate", "at"]
FORMS: tuple[Form, ...] = ("cron", "rate", "at")


class ScheduleError(ValueError):
    """What is wrong with a schedule. `position`: index of the first wrong character of the expression."""

    def __init__(self, message: str, position: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.position = position
        self.hint = hint

    @property
    def message(self) -> str:
        """For people: with the position, counted from 1."""
        return f"{self} (character {self.position + 1})" if self.position else str(self)


@dataclass(frozen=True)
class _Field:
    """One field of a cron expression: its bounds, and the names that its values have."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    @property
    def all(self) -> frozenset[int]:
        return frozenset(range(self.low, self.high + 1))


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day-of-month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day-of-week", 1, 7, _WEEKDAYS),
    _Field("year", 1970, 2199),
)
_MONTH_DAY, _WEEKDAY = 2, 4
UTC_ZONE = "Etc/UTC"
"""The time zone of a schedule that names none."""
_UNITS = {"minute": 60, "hour": 3600, "day": 86_400}
_RATE = re.compile(r"rate\((0{0,9}[1-9][0-9]{0,8}) (minute|hour|day)(s?)\)")
_AT = re.compile(r"at\(([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\)")
_NUMBER = re.compile(r"[0-9]{1,4}")
_LAST = -1
"""As the number of a weekday in its month: the last one."""


@dataclass(frozen=True)
class Days:
    """The days that the two day fields allow: one of these forms is given.

    `weekday_in_month`: (1-7 from Sunday, first to fifth, or -1 for the last). `nearest`: the working day (Monday to
    Friday) nearest to this day of the month, 0 for the last day.
    """

    month_days: frozenset[int] | None = None
    weekdays: frozenset[int] | None = None
    weekday_in_month: tuple[int, int] | None = None
    nearest: int | None = None
    last: bool = False

    def include(self, day: date) -> bool:
        length = calendar.monthrange(day.year, day.month)[1]
        weekday = day.isoweekday() % 7 + 1
        if self.month_days is not None:
            return day.day in self.month_days
        if self.weekdays is not None:
            return weekday in self.weekdays
        if self.weekday_in_month is not None:
            wanted, number = self.weekday_in_month
            at_number = day.day + 7 > length if number == _LAST else (day.day - 1) // 7 + 1 == number
            return weekday == wanted and at_number
        if self.nearest is not None:
            return day == _working_day(day.replace(day=min(self.nearest or length, length)), length)
        return day.day == length


def _working_day(day: date, length: int) -> date:
    """The day from Monday to Friday that is nearest to `day` within its month of `length` days."""
    if day.isoweekday() == 6:
        return day + timedelta(days=2 if day.day == 1 else -1)
    if day.isoweekday() == 7:
        return day + timedelta(days=-2 if day.day == length else 1)
    return day


@dataclass(frozen=True)
class Cron:
    """The values that each field of a cron expression allows."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    years: frozenset[int]
    days: Days

    def dates(self, first: date) -> Iterator[date]:
        """The days on which it runs, from `first` on."""
        for year in sorted(year for year in self.years if year >= first.year):
            for month in sorted(self.months):
                if (year, month) < (first.year, first.month):
                    continue
                for number in range(1, calendar.monthrange(year, month)[1] + 1):
                    day = date(year, month, number)
                    if day >= first and self.days.include(day):
                        yield day


@dataclass(frozen=True)
class Schedule:
    """A checked schedule expression: exactly one of `every` (seconds), `moment` (local time) and `cron` is given."""

    text: str
    every: int | None = None
    moment: datetime | None = None
    cron: Cron | None = None

    def after(self, moment: float, zone: str = UTC_ZONE) -> float | None:
        """The first time later than `moment` (both in epoch seconds), None if there is none.

        A rate counts from `moment`. Local times that a change of the clock leaves out do not occur, those that it
        repeats occur once (EventBridge Scheduler User Guide, "Daylight savings time").
        """
        if self.every is not None:
            return moment + self.every
        timezone = ZoneInfo(zone)
        if self.moment is not None:
            due = self.moment.replace(tzinfo=timezone).timestamp()
            return due if due > moment else None
        assert self.cron is not None, "one of the three is given"
        return next((due for due in _times(self.cron, moment, timezone) if due > moment), None)

    @property
    def times_a_day(self) -> float | None:
        """How often it runs a day on average; None for one moment, and where the year field limits it."""
        if self.every is not None:
            return _UNITS["day"] / self.every
        if self.cron is None or self.cron.years != _FIELDS[-1].all:
            return None
        return _days_share(self.cron) * len(self.cron.hours) * len(self.cron.minutes)

    @property
    def never_runs(self) -> bool:
        """Whether the fields exclude each other, as 30 February does."""
        return self.cron is not None and next(self.cron.dates(date(_FIELDS[-1].low, 1, 1)), None) is None


def _times(cron: Cron, moment: float, timezone: ZoneInfo) -> Iterator[float]:
    """The times of a cron expression from the local day of `moment` on, in epoch seconds."""
    for day in cron.dates(datetime.fromtimestamp(moment, timezone).date()):
        for hour in cron.hours:
            for minute in cron.minutes:
                local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=timezone)
                if local.astimezone(UTC).astimezone(timezone).replace(tzinfo=None) == local.replace(
                    tzinfo=None
                ):
                    yield local.timestamp()


@lru_cache(maxsize=64)
def _days_share(cron: Cron) -> float:
    """The share of all days on which it runs, over 28 years: then weekdays and leap years repeat."""
    first, end = date(2001, 1, 1), date(2029, 1, 1)
    dates = Cron(cron.minutes, cron.hours, cron.months, frozenset(range(first.year, end.year)), cron.days)
    return sum(1 for _ in dates.dates(first)) / (end - first).days


def parse(text: str, forms: tuple[Form, ...] = FORMS) -> Schedule:
    """The schedule that an expression describes. Raises ScheduleError.

    `forms`: those that the service takes; AWS Backup takes no at(...).
    """
    form = text.partition("(")[0]
    if form not in forms or "(" not in text:
        *others, last = (f"{name}(...)" for name in forms)
        raise ScheduleError(f"{text!r} is not a schedule: write {', '.join(others)} or {last}")
    if not text.endswith(")"):
        raise ScheduleError(f"{text!r} does not end with a closing parenthesis", len(text))
    if form == "rate":
        return Schedule(text, every=_rate(text))
    if form == "at":
        return Schedule(text, moment=_moment(text))
    return Schedule(text, cron=_cron(text))


def refusal(text: str, forms: tuple[Form, ...] = FORMS) -> ScheduleError | None:
    """The reason why AWS refuses an expression, if it does."""
    try:
        parse(text, forms)
    except ScheduleError as error:
        return error
    return None


def check_timezone(name: str) -> None:
    """Check that a time zone is one of IANA's. Raises ScheduleError."""
    if name == UTC_ZONE:
        return
    if not _timezones():
        raise ScheduleError("this machine has no time zone database", hint="Install the package tzdata.")
    if name not in _timezones():
        raise ScheduleError(
            f"{name!r} is not a time zone of the IANA database",
            hint="Write a name such as Europe/Berlin or Etc/UTC.",
        )


@lru_cache(maxsize=1)
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def _rate(text: str) -> int:
    """The seconds between two runs."""
    matched = _RATE.fullmatch(text)
    if matched is None:
        raise ScheduleError(
            f"{text!r} is not a rate",
            len("rate("),
            "Write rate(VALUE UNIT): a whole number from 1, and minutes, hours or days (minute, hour, day for 1).",
        )
    count = int(matched[1])
    if bool(matched[3]) != (count > 1):
        unit = matched[2] if count == 1 else f"{matched[2]}s"
        raise ScheduleError(
            f"the unit of {text!r} does not fit its value", matched.start(2), f"Write rate({count} {unit})."
        )
    return count * _UNITS[matched[2]]


def _moment(text: str) -> datetime:
    matched = _AT.fullmatch(text)
    try:
        if matched:
            return datetime.fromisoformat(matched[1])
    except ValueError:
        pass
    raise ScheduleError(
        f"{text!r} does not name a date and time",
        len("at("),
        "Write at(yyyy-mm-ddThh:mm:ss), without a time zone.",
    )


def _cron(text: str) -> Cron:
    start = len("cron(")
    parts = [
        (match[0], match.start()) for match in re.compile(r"[^ \t]+").finditer(text, start, len(text) - 1)
    ]
    if len(parts) != len(_FIELDS):
        raise ScheduleError(
            f"{text!r} has {len(parts)} fields; a cron expression of AWS has {len(_FIELDS)}",
            start,
            f"They are {', '.join(field.name for field in _FIELDS)}.",
        )
    days_of_month, days_of_week = parts[_MONTH_DAY], parts[_WEEKDAY]
    if (days_of_month[0] == "?") == (days_of_week[0] == "?"):
        raise ScheduleError(
            f"{text!r} {'gives neither' if days_of_week[0] == '?' else 'gives both'} day-of-month "
            f"{'nor' if days_of_week[0] == '?' else 'and'} day-of-week",
            days_of_week[1],
            "Write ? for one of the two, and only for one.",
        )
    days = _weekdays(*days_of_week) if days_of_month[0] == "?" else _month_days(*days_of_month)
    minutes, hours, months, years = (_values(_FIELDS[index], *parts[index]) for index in (0, 1, 3, 5))
    return Cron(tuple(sorted(minutes)), tuple(sorted(hours)), months, years, days)


def _month_days(text: str, position: int) -> Days:
    special = text.upper()
    if special == "L":
        return Days(last=True)
    if special == "LW":
        return Days(nearest=0)
    if special.endswith("W"):
        field = _FIELDS[_MONTH_DAY]
        return Days(nearest=_value(field, text[:-1], position))
    return Days(month_days=_values(_FIELDS[_MONTH_DAY], text, position))


def _weekdays(text: str, position: int) -> Days:
    field, special = _FIELDS[_WEEKDAY], text.upper()
    if special == "L":
        return Days(weekdays=frozenset({field.high}))
    if "," not in special and "-" not in special:
        day, sign, number = text.partition("#")
        if sign:
            if number not in ("1", "2", "3", "4", "5"):
                raise ScheduleError(
                    f"{text!r} of day-of-week: after # stands which one of the month, 1 to 5",
                    position + len(day) + 1,
                )
            return Days(weekday_in_month=(_value(field, day, position), int(number)))
        if special.endswith("L"):
            return Days(weekday_in_month=(_value(field, text[:-1], position), _LAST))
    if "/" in text:
        raise ScheduleError(
            f"{text!r} of day-of-week: AWS describes no step (/) for this field",
            position + text.index("/"),
            "List the days, such as MON,WED,FRI.",
        )
    return Days(weekdays=_values(field, text, position))


def _values(field: _Field, text: str, position: int) -> frozenset[int]:
    """The values that a field of lists, ranges and steps allows."""
    values: set[int] = set()
    for part in text.split(","):
        values.update(_range(field, part, position))
        position += len(part) + 1
    return frozenset(values)


def _range(field: _Field, part: str, position: int) -> range:
    """The values of one part of a list: ``*``, ``5``, ``5-9``, each with a step or without."""
    span, slash, step = part.partition("/")
    first, dash, last = span.partition("-")
    if first == "*" and not dash:
        start, end = field.low, field.high
    else:
        start = _value(field, first, position)
        end = _value(field, last, position + len(first) + 1) if dash else (field.high if slash else start)
    if start > end:
        raise ScheduleError(
            f"{part!r} of {field.name}: the range ends before it starts",
            position,
            f"Write two ranges: {first}-{field.high},{field.low}-{last}." if field.low < end else "",
        )
    if slash and not (_NUMBER.fullmatch(step) and int(step) > 0):
        raise ScheduleError(
            f"{part!r} of {field.name}: a step is a whole number from 1", position + len(span) + 1
        )
    return range(start, end + 1, int(step) if slash else 1)


def _value(field: _Field, text: str, position: int) -> int:
    if text.upper() in field.names:
        return field.names.index(text.upper()) + field.low
    if _NUMBER.fullmatch(text) and field.low <= int(text) <= field.high:
        return int(text)
    names = f" or {field.names[0]} to {field.names[-1]}" if field.names else ""
    raise ScheduleError(
        f"{text!r} of {field.name} is not one of {field.low} to {field.high}{names}", position
    )
