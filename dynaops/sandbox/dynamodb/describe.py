"""Table descriptions, as DescribeTable and the calls that change a table return them.

Members are absent exactly where AWS leaves them out (DDB-TABLE-025 to 035, 134, 138, 201, 229).
"""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb import global_tables, statistics, throughput
from dynaops.sandbox.dynamodb.model import Index, SandboxTable, Warm
from dynaops.sandbox.dynamodb.registry import lookup, tables_in
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.world import World

_PAGE = 100


@operation("dynamodb", "DescribeTable")
def describe_table(call: ApiCall) -> dict[str, Any]:
    """DescribeTable. Raises ResourceNotFoundException."""
    check_shape("DescribeTable", call.body)
    return {"Table": describe(call.world, lookup(call, call.body["TableName"]))}


@operation("dynamodb", "ListTables")
def list_tables(call: ApiCall) -> dict[str, Any]:
    """ListTables: names in byte order, including tables that are being created or deleted (DDB-TABLE-012)."""
    check_shape("ListTables", call.body)
    start, limit = call.body.get("ExclusiveStartTableName"), int(call.body.get("Limit") or _PAGE)
    names = sorted(tables_in(call.world, call.account, call.region), key=str.encode)
    left = [name for name in names if start is None or name.encode() > start.encode()]
    answer: dict[str, Any] = {"TableNames": left[:limit]}
    if len(left) > limit:
        answer["LastEvaluatedTableName"] = left[limit - 1]
    return answer


def describe(world: World, table: SandboxTable) -> dict[str, Any]:
    """The TableDescription of a table."""
    now = world.now()
    sizes = statistics.measure(world, table)
    shown: dict[str, Any] = {
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in table.attributes.items()
        ],
        "TableName": table.name,
        "KeySchema": table.key_schema,
        "TableStatus": table.status,
        "CreationDateTime": table.created,
        "ProvisionedThroughput": throughput.described(table.throughput, now),
        "TableSizeBytes": sizes.table.size,
        "ItemCount": sizes.table.count,
        "TableArn": table.arn,
        "TableId": table.table_id,
        "DeletionProtectionEnabled": table.deletion_protection,
    }
    shown.update(_capacity(table))
    shown.update(_settings(table))
    shown.update(_indexes(table, sizes, now))
    shown.update(global_tables.described(world, table))
    return shown


def _capacity(table: SandboxTable) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if table.on_demand_billing or table.ever_on_demand_at is not None:
        shown["BillingModeSummary"] = {"BillingMode": table.billing_mode}
        if table.ever_on_demand_at is not None:
            shown["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] = table.ever_on_demand_at
    if table.on_demand:
        shown["OnDemandThroughput"] = dict(table.on_demand)
    if table.warm is not None:
        shown["WarmThroughput"] = warm(table.warm)
    return shown


def _settings(table: SandboxTable) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if table.stream_view is not None:
        shown["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": table.stream_view}
    if table.stream_label is not None:
        shown["LatestStreamLabel"] = table.stream_label
        shown["LatestStreamArn"] = f"{table.arn}/stream/{table.stream_label}"
    if table.sse is not None:
        shown["SSEDescription"] = dict(table.sse)
    if table.table_class is not None:
        shown["TableClassSummary"] = {"TableClass": table.table_class}
        if table.class_changed is not None:
            shown["TableClassSummary"]["LastUpdateDateTime"] = table.class_changed
    if table.restore is not None:
        shown["RestoreSummary"] = dict(table.restore)
    return shown


def _indexes(table: SandboxTable, sizes: statistics.MeasuredSizes, now: float) -> dict[str, Any]:
    kinds = {
        "LocalSecondaryIndexes": [_local(index) for index in table.local_indexes.values()],
        "GlobalSecondaryIndexes": [_global(index, now) for index in table.global_indexes.values()],
        "VectorIndexes": [_vector(index) for index in table.vector_indexes.values()],
    }
    for listed in kinds.values():
        for shown in listed:
            measured = sizes.of_index(shown["IndexName"])
            shown["IndexSizeBytes"], shown["ItemCount"] = measured.size, measured.count
            shown["IndexArn"] = f"{table.arn}/index/{shown['IndexName']}"
    return {member: listed for member, listed in kinds.items() if listed}


def _local(index: Index) -> dict[str, Any]:
    return {"IndexName": index.name, "KeySchema": index.key_schema, "Projection": index.projection}


def _global(index: Index, now: float) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "IndexName": index.name,
        "KeySchema": index.key_schema,
        "Projection": index.projection,
        "IndexStatus": index.status,
        "ProvisionedThroughput": throughput.described(index.throughput, now),
    }
    if index.backfilling is not None:
        shown["Backfilling"] = index.backfilling
    if index.on_demand:
        shown["OnDemandThroughput"] = dict(index.on_demand)
    if index.warm is not None:
        shown["WarmThroughput"] = warm(index.warm)
    return shown


def _vector(index: Index) -> dict[str, Any]:
    shown: dict[str, Any] = {"IndexName": index.name, **(index.vector or {}), "IndexStatus": index.status}
    shown["Projection"] = index.projection
    if index.backfilling is not None:
        shown["Backfilling"] = index.backfilling
    return shown


def warm(held: Warm) -> dict[str, Any]:
    """The WarmThroughput member: the present values, and whether an increase is in progress."""
    return {"ReadUnitsPerSecond": held.read, "WriteUnitsPerSecond": held.write, "Status": held.status}
