"""AWS's budgets per table: what is left of them, from what DescribeTable shows and the state remembers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dynaops.kinds.kind import AddressDiff, TableChanges

DECREASES_A_DAY = 4
_HOUR = 3600.0
_DAY = 24 * _HOUR


def decreases_left(work: TableChanges) -> bool:
    """May capacity be lowered now? Four times a UTC day, then once an hour after the last one (quota page)."""
    entries = [work.table, *work.of_kind("gsi")]
    return all(_may_decrease(entry, work.now) for entry in entries if entry.live)


def _may_decrease(entry: AddressDiff, now: float) -> bool:
    assert entry.live is not None, "only live capacity has a budget"
    units: dict[str, Any] = entry.live.raw.get("ProvisionedThroughput", {})
    if units.get("NumberOfDecreasesToday", 0) < DECREASES_A_DAY:
        return True
    last = units.get("LastDecreaseDateTime")
    return not isinstance(last, datetime) or now - last.timestamp() > _HOUR


@dataclass(frozen=True)
class Budget:
    """How many changes AWS allows in so many seconds; `then_every`: once these are used up, one in so many seconds."""

    changes: int
    seconds: float
    then_every: float | None = None


TABLE_CLASS = Budget(2, 30 * _DAY)
"""UpdateTable: "You can only update the table class twice in a 30-day trailing period" (quota page)."""
ENCRYPTION = Budget(4, _DAY, 6 * _HOUR)
"""Four changes in 24 hours, then one in six hours (quota page, and UpdateTable's own message)."""


def spent(entry: AddressDiff, stamp: str, budget: Budget, now: float) -> float | None:
    """Seconds until AWS allows another change of that kind; None when it does now. Only our own changes are known."""
    stamps = entry.record.stamps.get(stamp, []) if entry.record else []
    recent = sorted(at for at in stamps if now - at < budget.seconds)
    if len(recent) < budget.changes:
        return None
    allowed_at = recent[-budget.changes] + budget.seconds
    if budget.then_every is not None:
        allowed_at = min(allowed_at, recent[-1] + budget.then_every)
    return allowed_at - now if allowed_at > now else None
