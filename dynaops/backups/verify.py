"""Restore drills: a backup is restored into a scratch table, compared with its table, and the scratch table deleted.

The scratch table's name tells what it is a copy of, so that a drill which was broken off is found and gone on with.
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
    """A drill: `plan` restores (no operations where an earlier run has done that), then `compare`, then `clean_up`."""

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
    """The plan of a drill. Raises DynaopsError where there is nothing to restore."""
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
    """Compare the copy with its table, or (where that is gone) with what AWS counted. Raises DynaopsError kinds."""
    source = drill.source
    copy = describe(aws, drill.scratch, source.region)
    table = _table(aws, source)
    expected = _counted(aws, source) if table is None else None
    return CopyComparison(aws, table, copy, how, progress, expected).run(source.table)


def clean_up(aws: Aws, drill: Drill) -> Plan:
    """The deletion of the scratch table."""
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
    """Remember the last drill of the table beside the state, for who asks when it was. Raises DynaopsError kinds."""
    drill = {
        "at": int(now),
        "source": source.key,
        "method": verified.method,
        "identical": verified.identical,
    }
    write_drill(folder, source.region, source.table, drill)


def _table(aws: Aws, source: RestoreSource) -> TableInfo | None:
    """The table that the copy is of, if it is still there."""
    if aws.read("dynamodb", "DescribeTable", source.region, {"TableName": source.table}) is None:
        return None
    return describe(aws, source.table, source.region)


def _counted(aws: Aws, source: RestoreSource) -> int | None:
    """How many items there were, by AWS's count at the backup."""
    if source.backup is None or source.by_service:
        return None
    answer = aws.read("dynamodb", "DescribeBackup", source.region, {"BackupArn": source.backup.arn}) or {}
    count = answer.get("BackupDescription", {}).get("SourceTableDetails", {}).get("ItemCount")
    return int(count) if count is not None else None
