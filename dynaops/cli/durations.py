"""Parse durations and times of the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import typer

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_PARTS = re.compile(r"(\d+)([smhdw])")


def seconds(text: str, option: str = "DURATION", bare: str = "s") -> float:
    """``1h30m`` in seconds; a bare number is in the unit `bare`. Raises BadParameter."""
    if text.isdigit():
        return float(text) * _UNITS[bare]
    parts = _PARTS.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise typer.BadParameter("write a duration like 90s, 10m, 1h30m or 7d", param_hint=option)
    return float(sum(int(number) * _UNITS[unit] for number, unit in parts))


def time_of(text: str, now: float, option: str) -> float:
    """A time in epoch seconds: ISO 8601 (UTC unless it says otherwise), or a duration before `now`.

    Raises BadParameter.
    """
    if _PARTS.match(text):
        return now - seconds(text, option)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            "write a time like 2026-11-25T10:00:00Z (UTC), or how long ago it was, like 15m",
            param_hint=option,
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
