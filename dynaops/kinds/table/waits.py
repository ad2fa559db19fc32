"""What tells, in DescribeTable, that AWS is done (often not TableStatus alone)."""

from __future__ import annotations

from dynaops.model.jmespath import literal
from dynaops.model.operation import Wait
from dynaops.model.resource import Scope

IDLE = (
    "Table.TableStatus=='ACTIVE'"
    " && length(Table.GlobalSecondaryIndexes[?IndexStatus!='ACTIVE'] || `[]`)==`0`"
    " && length(Table.GlobalSecondaryIndexes[?WarmThroughput.Status=='UPDATING'] || `[]`)==`0`"
    " && length(Table.VectorIndexes[?IndexStatus!='ACTIVE'] || `[]`)==`0`"
    " && !contains(['UPDATING', 'ENABLING', 'DISABLING'], Table.SSEDescription.Status || 'NONE')"
    " && !(Table.WarmThroughput.Status=='UPDATING')"
)
"""The table and its indexes are settled: SSE, warm throughput and backfill run under TableStatus ACTIVE."""

ALL_ACTIVE = (
    "Table.TableStatus=='ACTIVE' && length(Table.GlobalSecondaryIndexes[?IndexStatus!='ACTIVE'] || `[]`)==`0`"
)

TABLE_OUTPUTS = {
    "arn": "Table.TableArn",
    "id": "Table.TableId",
    "stream_arn": "Table.StreamSpecification.StreamEnabled && Table.LatestStreamArn || null",
    "stream_label": "Table.StreamSpecification.StreamEnabled && Table.LatestStreamLabel || null",
    "kms_key_arn": "Table.SSEDescription.KMSMasterKeyArn",
}
"""Values AWS minted, read from the answer that ended a wait."""


def settled(table: str, title: str, condition: str | None, expected: float, timeout: float = 1800) -> Wait:
    """A wait until `table` is idle and `condition` (of DescribeTable's answer) holds."""
    return Wait(
        title=title,
        parameters={"TableName": table},
        until=f"{IDLE} && {condition}" if condition else IDLE,
        expected=expected,
        timeout=timeout,
    )


def index_outputs(name: str, member: str = "GlobalSecondaryIndexes") -> dict[str, str]:
    """The outputs of one index."""
    return {"arn": f"Table.{member}[?IndexName=={literal(name)}] | [0].IndexArn"}


def index_is(name: str, condition: str, member: str = "GlobalSecondaryIndexes") -> str:
    """`condition` holds for the index of that name."""
    return f"length(Table.{member}[?IndexName=={literal(name)} && {condition}] || `[]`)==`1`"


def index_gone(name: str, member: str = "GlobalSecondaryIndexes") -> str:
    """There is no index of that name any more."""
    return f"length(Table.{member}[?IndexName=={literal(name)}] || `[]`)==`0`"


def until_deleted(scope: Scope) -> Wait:
    """A wait for a table that is being deleted."""
    return Wait(
        title=f"table {scope.table_name}, which is being deleted, is gone",
        parameters={"TableName": scope.table_name},
        region=scope.region,
        gone=True,
        expected=6,
        timeout=900,
    )


def until_idle(scope: Scope) -> Wait:
    """A wait for a table that AWS is still working on."""
    name = scope.table_name
    wait = settled(name, f"{name} is settled", None, 30, 7 * 24 * 3600.0)
    return wait.model_copy(update={"region": scope.region})
