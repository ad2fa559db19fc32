"""What scheduled backups bill: the recovery points that are kept once the first of them are deleted again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dynaops.kinds.billing import Billing, Charge, TableResources
from dynaops.model.arns import region_of
from dynaops.model.cost import BilledItem
from dynaops.model.schedules import ScheduleError, parse

_WARM, _COLD = "backup", "cold_backup"


def _charges(resources: TableResources) -> Iterator[Charge]:
    """Each recovery point is counted as large as the table is now."""
    table_gb = resources.table_gb()
    for address, plan in resources.of_kind("backup_plan"):
        for rule in (plan.properties.get("rules") or {}).values():
            often = runs_per_day(str(rule.get("schedule", "")))
            for region, kept in _kept(rule, plan.region):
                for item, days in kept:
                    points = None if often is None or days is None else often * days
                    known = points is not None and table_gb is not None
                    quantity = (points or 0) * (table_gb or 0) if known else None
                    yield Charge(address, region, item, quantity)


def runs_per_day(schedule: str) -> float | None:
    """None where it is not known: a live plan may hold what the grammar of this version does not describe."""
    try:
        return parse(schedule).times_a_day
    except ScheduleError:
        return None


def _kept(rule: dict[str, Any], home: str) -> Iterator[tuple[str, list[tuple[str, float | None]]]]:
    """Per region: the days that each recovery point is kept in warm and in cold storage (None: for ever)."""
    yield home, _days(rule)
    for copy in rule.get("copy_to") or ():
        yield region_of(str(copy["vault_arn"]), home), _days(copy)


def _days(lifecycle: dict[str, Any]) -> list[tuple[str, float | None]]:
    deleted, cold = lifecycle.get("delete_after_days"), lifecycle.get("cold_storage_after_days")
    if cold is None:
        return [(_WARM, deleted)]
    return [(_WARM, cold), (_COLD, None if deleted is None else deleted - cold)]


BILLING = Billing(
    items={
        _WARM: BilledItem("backups kept", "GB", "TimedBackupStorage-ByteHrs"),
        _COLD: BilledItem("backups kept in cold storage", "GB", ""),
    },
    charges=_charges,
    not_counted=("restores",),
)
