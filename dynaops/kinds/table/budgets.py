"""AWS's budgets per table: what is left of them, from what DescribeTable shows and the state remembers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dynaops.kinds.kind import Entry, Work

DECREASES_A_DAY = 4
_HOUR = 3600.0


def decreases_left(work: Work) -> bool:
    """May capacity be lowered now? Four times a UTC day, then once an hour after the last one (quota page)."""
    entries = [work.table, *work.of_kind("gsi")]
    return all(_may_decrease(entry, work.now) for entry in entries if entry.live)


def _may_decrease(entry: Entry, now: float) -> bool:
    assert entry.live is not None, "only live capacity has a budget"
    units: dict[str, Any] = entry.live.raw.get("ProvisionedThroughput", {})
    if units.get("NumberOfDecreasesToday", 0) < DECREASES_A_DAY:
        return True
    last = units.get("LastDecreaseDateTime")
    return not isinstance(last, datetime) or now - last.timestamp() > _HOUR


def spent(entry: Entry, stamp: str, budget: tuple[int, float], now: float) -> float | None:
    """Seconds until AWS allows another change of that kind; None when it does now.

    `budget` is how many changes AWS allows in how many seconds. Only our own changes are known.
    """
    allowed, period = budget
    stamps = entry.record.stamps.get(stamp, []) if entry.record else []
    recent = sorted(at for at in stamps if now - at < period)
    if len(recent) < allowed:
        return None
    return recent[-allowed] + period - now
