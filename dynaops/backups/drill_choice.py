"""Selects the tables of a state for restore drills, and the backup that each drill restores. Only reads AWS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from dynaops.backups.listing import listing, window
from dynaops.engine.observe import in_parallel
from dynaops.model.backup import Backup, DrillCandidate

if TYPE_CHECKING:
    from dynaops.aws.session import Aws

OF_DELETED_TABLE = "SYSTEM"
"""BackupType of the backup that AWS makes when a table with point-in-time recovery is deleted."""


def candidates(
    aws: Aws, tables: Mapping[str, str], succeeded: Mapping[str, int], latest: bool
) -> tuple[list[DrillCandidate], list[str]]:
    """A candidate for each of `tables` (name -> region), the one verified longest ago first; and what was not read.

    `succeeded` is the time of the last successful drill by ``region/name``, in epoch seconds. With `latest`, a drill
    restores the table's current content by point-in-time recovery. Else it restores the newest backup that can be
    restored, and uses point-in-time recovery only for a table that has no backup.
    """
    chosen: list[DrillCandidate] = []
    gaps: list[str] = []
    for region in dict.fromkeys(tables.values()):
        names = [name for name, table_region in tables.items() if table_region == region]
        backups: dict[str, list[Backup]] = {}
        if not latest:
            listed = listing(aws, region)
            gaps += [f"{region}: {gap}" for gap in listed.gaps]
            for backup in listed.backups:
                if backup.ready:
                    backups.setdefault(backup.table, []).append(backup)
        recoverable = _recoverable(aws, region, names)
        for name in names:
            at = succeeded.get(f"{region}/{name}")
            candidate = DrillCandidate(table=name, region=region, succeeded_at=at)
            source = _source(name, backups.get(name, []), recoverable=name in recoverable)
            chosen.append(candidate.model_copy(update=source))
    return sorted(chosen, key=_verified_longest_ago_first), gaps


def stalest(candidates: Iterable[DrillCandidate], count: int | None) -> list[DrillCandidate]:
    """The first `count` candidates (None: all) that have a backup or a restorable time."""
    return [candidate for candidate in candidates if candidate.reference is not None][:count]


def last_successes(*sources: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """The time of the last successful drill by ``region/name``, from records of this or an older version.

    Records of older versions have no ``succeeded_at``, only the last drill and whether it was successful.
    """
    successes: dict[str, int] = {}
    for drills in sources:
        for name, drill in drills.items():
            at = drill["at"] if drill.get("identical") is True else drill.get("succeeded_at")
            if type(at) is int:
                successes[name] = max(at, successes.get(name, at))
    return successes


def _recoverable(aws: Aws, region: str, names: list[str]) -> set[str]:
    """The tables that point-in-time recovery can restore."""
    return {
        recovery_window.table
        for recovery_window in in_parallel([partial(window, aws, region, name) for name in names])
        if recovery_window
    }


def _source(table: str, newest_first: list[Backup], *, recoverable: bool) -> dict[str, Any]:
    """The candidate's fields that name what is restored; empty if nothing can be restored.

    AWS's backup of a deleted table is used only if there is nothing else: a table that exists now under the same name
    is a different table.
    """
    of_current_table = [backup for backup in newest_first if backup.kind != OF_DELETED_TABLE]
    if not of_current_table and recoverable:
        return {"reference": table, "latest": True}
    return {"reference": (of_current_table or newest_first)[0].arn} if newest_first else {}


def _verified_longest_ago_first(candidate: DrillCandidate) -> tuple[bool, int, str]:
    at = candidate.succeeded_at
    return at is not None, at or 0, candidate.table
