"""Schedule expressions, against the examples of AWS's guides and against a search of all minutes."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynaops.model.schedules import ScheduleError, check_timezone, parse

# --- an independent reading: what each field allows is known from how its text was made, and all minutes are tried ---

Allowed = frozenset[int]
_NAMES = {
    "month": dict(
        enumerate(["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1)
    ),
    "weekday": dict(enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], 1)),
}


@st.composite
def _part(draw: st.DrawFn, low: int, high: int, names: dict[int, str], steps: bool) -> tuple[str, Allowed]:
    def text(value: int) -> str:
        name = names.get(value)
        return draw(st.sampled_from([name, name.lower(), str(value)])) if name else str(value)

    start = draw(st.integers(low, high))
    form = draw(st.sampled_from(["value", "range", *(["from", "every", "range step"] if steps else [])]))
    if form == "value":
        return text(start), frozenset({start})
    step = draw(st.integers(1, 20))
    if form == "from":
        return f"{text(start)}/{step}", frozenset(
            n for n in range(low, high + 1) if n >= start and not (n - start) % step
        )
    if form == "every":
        return f"*/{step}", frozenset(n for n in range(low, high + 1) if not (n - low) % step)
    end = draw(st.integers(start, high))
    values = [n for n in range(low, high + 1) if start <= n <= end]
    if form == "range":
        return f"{text(start)}-{text(end)}", frozenset(values)
    return f"{text(start)}-{text(end)}/{step}", frozenset(n for n in values if not (n - start) % step)


@st.composite
def _field(
    draw: st.DrawFn, low: int, high: int, names: dict[int, str] | None = None, steps: bool = True
) -> tuple[str, Allowed]:
    if draw(st.booleans()):
        return "*", frozenset(range(low, high + 1))
    parts = draw(st.lists(_part(low, high, names or {}, steps), min_size=1, max_size=3))
    return ",".join(text for text, _ in parts), frozenset().union(*(values for _, values in parts))


@st.composite
def _days(draw: st.DrawFn) -> tuple[str, str, str, int | Allowed]:
    """(day-of-month, day-of-week, the rule's form, its number or values)."""
    form = draw(
        st.sampled_from(
            ["days", "weekdays", "last", "last working", "working", "nth", "last weekday", "saturday"]
        )
    )
    if form == "days":
        text, values = draw(_field(1, 31))
        return text, "?", form, values
    if form == "weekdays":
        text, values = draw(_field(1, 7, _NAMES["weekday"], steps=False))
        return "?", text, form, values
    if form == "saturday":
        return "?", "L", "weekdays", frozenset({7})
    day, weekday, number = draw(st.integers(1, 28)), draw(st.integers(1, 7)), draw(st.integers(1, 5))
    spelled = draw(st.sampled_from([str(weekday), _NAMES["weekday"][weekday]]))
    return {
        "last": ("L", "?", form, 0),
        "last working": ("LW", "?", form, 0),
        "working": (f"{day}W", "?", form, day),
        "nth": ("?", f"{spelled}#{number}", form, weekday * 10 + number),
        "last weekday": ("?", f"{spelled}L", form, weekday),
    }[form]


def _runs_on(day: date, form: str, allowed: int | Allowed) -> bool:
    month = [date(day.year, day.month, n) for n in range(1, calendar.monthrange(day.year, day.month)[1] + 1)]
    aws_weekday = (day.weekday() + 1) % 7 + 1
    if isinstance(allowed, frozenset):
        return (day.day if form == "days" else aws_weekday) in allowed
    if form == "last":
        return day == month[-1]
    working = [other for other in month if other.weekday() < 5]
    if form == "last working":
        return day == working[-1]
    if form == "working":
        return day == min(working, key=lambda other: abs(other.day - allowed))
    wanted = allowed // 10 if form == "nth" else allowed
    same = [other for other in month if (other.weekday() + 1) % 7 + 1 == wanted]
    if form == "last weekday":
        return day == same[-1]
    return len(same) >= allowed % 10 and day == same[allowed % 10 - 1]


@given(
    minutes=_field(0, 59),
    hours=_field(0, 23),
    months=_field(1, 12, _NAMES["month"]),
    years=st.one_of(st.just(("*", frozenset(range(1970, 2200)))), _field(2024, 2030, steps=False)),
    days=_days(),
    start=st.datetimes(datetime(2023, 1, 1), datetime(2031, 1, 1)),
)
@settings(max_examples=150, deadline=None)
def test_the_next_run_is_the_first_minute_that_all_fields_allow(
    minutes: tuple[str, Allowed],
    hours: tuple[str, Allowed],
    months: tuple[str, Allowed],
    years: tuple[str, Allowed],
    days: tuple[str, str, str, int | Allowed],
    start: datetime,
) -> None:
    text = f"cron({minutes[0]} {hours[0]} {days[0]} {months[0]} {days[1]} {years[0]})"
    year_values = years[1] if years[0] != "*" else frozenset(range(1970, 2200))
    expected = None
    for ahead in range(70):
        day = start.date() + timedelta(days=ahead)
        if day.year not in year_values or day.month not in months[1] or not _runs_on(day, days[2], days[3]):
            continue
        moments = (datetime(day.year, day.month, day.day, n // 60, n % 60, tzinfo=UTC) for n in range(1440))
        expected = next(
            (
                moment
                for moment in moments
                if moment > start.replace(tzinfo=UTC)
                and moment.hour in hours[1]
                and moment.minute in minutes[1]
            ),
            None,
        )
        if expected:
            break
    actual = parse(text).after(start.replace(tzinfo=UTC).timestamp())
    if expected is not None:
        assert actual == expected.timestamp()
    else:
        end = datetime.combine(start.date() + timedelta(days=70), datetime.min.time(), UTC)
        assert actual is None or actual >= end.timestamp()


@given(st.text("cronateL()*?,-/#W 0123456789MONJAN", max_size=30))
def test_any_text_is_a_schedule_or_is_refused_with_a_position(text: str) -> None:
    for candidate in (text, f"cron({text})", f"rate({text})", f"at({text})"):
        try:
            parse(candidate)
        except ScheduleError as error:
            assert str(error)
            assert 0 <= error.position <= len(candidate)


@pytest.mark.parametrize(
    ("text", "zone", "runs"),
    [
        # EventBridge User Guide, "Cron expressions reference" and "Rate expressions reference": examples.
        ("cron(0 10 * * ? *)", "Etc/UTC", ["2026-02-28 10:00", "2026-03-01 10:00"]),
        ("cron(15 12 * * ? *)", "Etc/UTC", ["2026-02-27 12:15", "2026-02-28 12:15"]),
        ("cron(0 18 ? * MON-FRI *)", "Etc/UTC", ["2026-02-27 18:00", "2026-03-02 18:00"]),
        ("cron(0 8 1 * ? *)", "Etc/UTC", ["2026-03-01 08:00", "2026-04-01 08:00"]),
        ("cron(0/15 * * * ? *)", "Etc/UTC", ["2026-02-27 12:15", "2026-02-27 12:30"]),
        ("cron(0/5 8-17 ? * MON-FRI *)", "Etc/UTC", ["2026-02-27 12:05", "2026-02-27 12:10"]),
        ("cron(0 9 ? * 2#1 *)", "Etc/UTC", ["2026-03-02 09:00", "2026-04-06 09:00"]),
        ("rate(5 minutes)", "Etc/UTC", ["2026-02-27 12:05", "2026-02-27 12:10"]),
        ("rate(1 hour)", "Etc/UTC", ["2026-02-27 13:00", "2026-02-27 14:00"]),
        ("rate(7 days)", "Etc/UTC", ["2026-03-06 12:00", "2026-03-13 12:00"]),
        # In a year far away, and once only.
        ("cron(0 3 1 1 ? 2190)", "Etc/UTC", ["2190-01-01 03:00"]),
        ("at(2026-03-01T00:30:00)", "Europe/Berlin", ["2026-02-28 23:30"]),
        # The hour from 02:00 to 03:00 of 29 March 2026 does not exist in Berlin; that of 25 October comes twice.
        ("cron(30 2 28-30 3 ? *)", "Europe/Berlin", ["2026-03-28 01:30", "2026-03-30 00:30"]),
        ("cron(30 2 25,26 10 ? *)", "Europe/Berlin", ["2026-10-25 00:30", "2026-10-26 01:30"]),
    ],
)
def test_runs(text: str, zone: str, runs: list[str]) -> None:
    moment: float | None = datetime(2026, 2, 27, 12, 0, tzinfo=UTC).timestamp()
    actual = []
    for _ in runs:
        assert moment is not None
        moment = parse(text).after(moment, zone)
        assert moment is not None
        actual.append(f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M}")
    assert actual == runs


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("cron(99 99 * * ? *)", 5, "'99' of minutes is not one of 0 to 59"),
        ("cron(0 99 * * ? *)", 7, "'99' of hours is not one of 0 to 23"),
        ("cron(0 5 0 * ? *)", 9, "'0' of day-of-month is not one of 1 to 31"),
        ("cron(0 5 1,32 * ? *)", 11, "'32' of day-of-month"),
        ("cron(0 5 32W * ? *)", 9, "'32' of day-of-month"),
        ("cron(0 5 L-3 * ? *)", 9, "'L' of day-of-month"),
        ("cron(0 5 1,L * ? *)", 11, "'L' of day-of-month"),
        ("cron(0 5 ? JAM * *)", 11, "'JAM' of month is not one of 1 to 12 or JAN to DEC"),
        ("cron(0 5 ? * MOO *)", 13, "'MOO' of day-of-week is not one of 1 to 7 or SUN to SAT"),
        ("cron(0 5 ? * 0 *)", 13, "'0' of day-of-week"),
        ("cron(0 5 ? * 2#6 *)", 15, "which one of the month, 1 to 5"),
        ("cron(0 5 ? * 3#1,6#3 *)", 13, "'3#1' of day-of-week"),
        ("cron(0 5 ? * 2/2 *)", 14, "no step (/)"),
        ("cron(0 5 * * ? 2200)", 15, "'2200' of year is not one of 1970 to 2199"),
        ("cron(0 22-2 * * ? *)", 7, "the range ends before it starts"),
        ("cron(0/0 5 * * ? *)", 7, "a step is a whole number from 1"),
        ("cron(*-5 5 * * ? *)", 5, "'*' of minutes"),
        ("cron(1,,2 5 * * ? *)", 7, "'' of minutes"),
        ("cron(٣ 5 * * ? *)", 5, "'٣' of minutes"),
        ("cron(0 5 * * * *)", 13, "gives both day-of-month and day-of-week"),
        ("cron(0 5 ? * ? *)", 13, "gives neither day-of-month nor day-of-week"),
        ("cron(0 5 * * ?)", 5, "has 5 fields; a cron expression of AWS has 6"),
        ("cron(0 5 * * ? *", 16, "does not end with a closing parenthesis"),
        ("0 5 * * ? *", 0, "is not a schedule: write cron(...), rate(...) or at(...)"),
        ("CRON(0 5 * * ? *)", 0, "is not a schedule"),
        ("rate(1 days)", 7, "does not fit its value"),
        ("rate(5 minute)", 7, "does not fit its value"),
        ("rate(0 days)", 5, "is not a rate"),
        ("rate(5 weeks)", 5, "is not a rate"),
        (f"rate({'9' * 5000} days)", 5, "is not a rate"),
        ("at(2027-02-29T00:00:00)", 3, "does not name a date and time"),
        ("at(2027-01-01T00:00:00Z)", 3, "does not name a date and time"),
    ],
)
def test_refused_with_the_position(text: str, position: int, message: str) -> None:
    with pytest.raises(ScheduleError) as raised:
        parse(text)
    assert message in str(raised.value)
    assert raised.value.position == position


def test_a_service_that_takes_fewer_forms() -> None:
    with pytest.raises(ScheduleError, match=r"write cron\(\.\.\.\) or rate\(\.\.\.\)"):
        parse("at(2027-01-01T00:00:00)", ("cron", "rate"))


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("cron(0 0 30 2 ? *)", True),
        ("cron(0 0 31 4,6,9,11 ? *)", True),
        ("cron(0 0 29 2 ? 2100)", True),
        ("cron(0 0 29 2 ? *)", False),
        ("cron(0 0 ? 2 1#5 *)", False),
        ("rate(1 day)", False),
        ("at(1999-01-01T00:00:00)", False),
    ],
)
def test_fields_that_exclude_each_other(text: str, never: bool) -> None:
    assert parse(text).never_runs is never


@pytest.mark.parametrize(
    "text",
    ["cron(0 3 31 * ? *)", "cron(0/27 */5 15W * ? *)", "cron(0 3 ? JAN,JUL FRI#5 *)", "cron(5 4 LW 2 ? *)"],
)
def test_times_a_day_are_those_of_the_runs_over_28_years(text: str) -> None:
    moment, end = (datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in (2001, 2029))
    schedule, runs, at = parse(text), 0, moment - 1
    dates = schedule.cron.dates(date(2001, 1, 1)) if schedule.cron else iter(())
    for day in dates:
        if day.year > 2028:
            break
        while (due := schedule.after(at)) is not None and due < datetime(
            day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC
        ).timestamp():
            runs, at = runs + 1, due
    assert schedule.times_a_day == pytest.approx(runs / ((end - moment) / 86_400))


def test_time_zones() -> None:
    check_timezone("Europe/Berlin")
    for name in ("", "Berlin", "../etc/passwd", "europe/berlin"):
        with pytest.raises(ScheduleError, match="not a time zone"):
            check_timezone(name)
