"""Restore drills: restore a backup into a scratch table, compare it with its table, and delete the scratch table.

The scratch table's name is derived from its source, so that a later run finds and continues an interrupted drill.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynaops.backups.compare import CopyComparison, How, Progress
from dynaops.backups.plans import plan_of
from dynaops.backups.restore import operation_for
from dynaops.backups.source import RestoreSource, source_of
from dynaops.backups.status import SCRATCH
from dynaops.data.table_info import TableInfo, describe
from dynaops.engine.state_account import check_identity
from dynaops.kinds.kind import AddressDiff
from dynaops.kinds.steps import operation
from dynaops.model.backup import Verified
from dynaops.model.change import Action, Change
from dynaops.model.operation import Tolerance, Wait
from dynaops.model.plan import Plan
from dynaops.stores.drills import write_drill

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.model.state import State
    from dynaops.stores.side_files import Folder


@dataclass(frozen=True)
class Drill:
    """A drill: `plan` restores (without operations if an earlier run did that), then `compare`, then `clean_up`."""

    source: RestoreSource
    scratch: str
    plan: Plan


def plan_drill(
    aws: Aws,
    state: State,
    reference: str,
    region: str,
    at: float | None = None,
    latest: bool = False,
    role: str | None = None,
) -> Drill:
    """The drill with its plan. Raises DynaopsError if there is nothing to restore."""
    check_identity(state, aws)
    source = source_of(aws, reference, region, at, latest)
    scratch = SCRATCH + hashlib.sha256(source.key.encode()).hexdigest()[:16]
    operation = operation_for(aws, state, source, scratch, role, bare=True)
    change = Change(
        address=scratch,
        kind="table",
        region=source.region,
        action=Action.CREATE,
        reason="",
        after={"rows": source.words, "then": f"compared with {source.table}, and deleted"},
    )
    plan = plan_of([change] if operation else [], [operation] if operation else [], aws)
    return Drill(source, scratch, plan)


def compare(aws: Aws, drill: Drill, how: How, progress: Progress = lambda _: None) -> Verified:
    """Compare the copy with its table, or (if the table was deleted) with the item count of the backup.

    Raises DynaopsError and its subclasses.
    """
    source = drill.source
    copy = describe(aws, drill.scratch, source.region)
    table = _table(aws, source)
    expected = _counted(aws, source) if table is None else None
    return CopyComparison(aws, table, copy, how, progress, expected).run(source.table)


def clean_up(aws: Aws, drill: Drill) -> Plan:
    """The plan that deletes the scratch table."""
    deletion = operation(
        AddressDiff(drill.scratch, "table", drill.source.region),
        "DeleteTable",
        f"delete scratch table {drill.scratch}",
        {"TableName": drill.scratch},
        id=f"{drill.scratch}:delete",
        reason="the copy is not needed any more",
        tolerate=(Tolerance(code="ResourceNotFoundException"),),
        wait=Wait(
            title=f"{drill.scratch} is gone",
            parameters={"TableName": drill.scratch},
            gone=True,
            expected=6,
            timeout=900,
        ),
    )
    return plan_of([], [deletion], aws)


def note(folder: Folder, verified: Verified, source: RestoreSource, now: float) -> None:
    """Record the table's last drill beside the state. Raises DynaopsError and its subclasses."""
    drill = {
        "at": int(now),
        "source": source.key,
        "method": verified.method,
        "identical": verified.identical,
    }
    write_drill(folder, source.region, source.table, drill)


def _table(aws: Aws, source: RestoreSource) -> TableInfo | None:
    """The table from which the copy was made; None if it does not exist any more."""
    if aws.read("dynamodb", "DescribeTable", source.region, {"TableName": source.table}) is None:
        return None
    return describe(aws, source.table, source.region)


def _counted(aws: Aws, source: RestoreSource) -> int | None:
    """The item count that AWS recorded at the backup; None if it is not known."""
    if source.backup is None or source.by_service:
        return None
    response = aws.read("dynamodb", "DescribeBackup", source.region, {"BackupArn": source.backup.arn}) or {}
    count = response.get("BackupDescription", {}).get("SourceTableDetails", {}).get("ItemCount")
    return int(count) if count is not None else None
