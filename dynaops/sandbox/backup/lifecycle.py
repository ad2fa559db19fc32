"""Lifecycles of recovery points: days until cold storage and days until deletion. -1 means never."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.backup.model import DAY, VaultLock
from dynaops.sandbox.backup.refusals import invalid_parameter

COLD_DAYS = 90
"""Least number of days in cold storage (service model, Lifecycle)."""
MOST_DAYS = 36_500
CONTINUOUS_DAYS = 35
_DELETE, _COLD = "DeleteAfterDays", "MoveToColdStorageAfterDays"


def check(given: dict[str, Any] | None, where: str = "", continuous: bool = False) -> None:
    """Refuse a lifecycle that AWS Backup refuses; the message begins with `where`.

    Raises InvalidParameterValueException.
    """
    problem = _problem(given or {}) or (_continuous_problem(given or {}) if continuous else None)
    if problem is not None:
        raise invalid_parameter(f"{where}Invalid lifecycle. {problem}")


def _problem(given: dict[str, Any]) -> str | None:
    delete, cold = given.get(_DELETE), given.get(_COLD)
    for name, days in ((_DELETE, delete), (_COLD, cold)):
        if days is not None and days != -1 and not 1 <= days <= MOST_DAYS:
            return f"{name} must be between 1 and {MOST_DAYS} days, not {days}"
    if delete in (None, -1) or cold in (None, -1):
        return None
    if delete < cold + COLD_DAYS:
        return f"{_DELETE} ({delete}) must be at least {COLD_DAYS} days greater than {_COLD} ({cold})"
    return None


def _continuous_problem(given: dict[str, Any]) -> str | None:
    if given.get(_COLD) not in (None, -1):
        return "Continuous backups cannot be moved to cold storage"
    if not 1 <= given.get(_DELETE, 0) <= CONTINUOUS_DAYS:
        return f"{_DELETE} must be between 1 and {CONTINUOUS_DAYS} days for continuous backups"
    return None


def calculated(created: float, given: dict[str, Any]) -> dict[str, float]:
    """CalculatedLifecycle: when a recovery point made at `created` is moved and deleted."""
    moments = {}
    if given.get(_COLD) not in (None, -1):
        moments["MoveToColdStorageAt"] = created + given[_COLD] * DAY
    if given.get(_DELETE) not in (None, -1):
        moments["DeleteAt"] = created + given[_DELETE] * DAY
    return moments


def without_cold(given: dict[str, Any]) -> dict[str, Any]:
    """The lifecycle without cold storage, for resources that do not support it (service model, Lifecycle)."""
    return {name: value for name, value in given.items() if name != _COLD}


def breaks(lock: VaultLock | None, given: dict[str, Any]) -> str | None:
    """Why a vault's lock refuses a recovery point with this lifecycle; None if the lock admits it."""
    if lock is None:
        return None
    days = given.get(_DELETE)
    retention_days = float("inf") if days in (None, -1) else float(days or 0)
    if lock.min_days is not None and retention_days < lock.min_days:
        return f"the retention of {days} days is shorter than the vault lock's minimum of {lock.min_days}"
    if lock.max_days is not None and retention_days > lock.max_days:
        shown = "forever" if retention_days == float("inf") else f"of {days} days"
        return f"the retention {shown} is longer than the vault lock's maximum of {lock.max_days}"
    return None
