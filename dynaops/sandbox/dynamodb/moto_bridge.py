"""Keeps moto's table objects, the data plane (items, queries, stream shards), in step with the sandbox's tables.

The moto table of a table that is being created or deleted is hidden, so that data calls answer
"Requested resource not found" as on AWS.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import GlobalSecondaryIndex
from moto.dynamodb.models.table import Table as MotoTable

from dynaops.sandbox.dynamodb import stream_store
from dynaops.sandbox.dynamodb.data import DataTable, ReplicatingShard, store
from dynaops.sandbox.dynamodb.history import ItemHistory
from dynaops.sandbox.dynamodb.model import Index, SandboxTable
from dynaops.sandbox.world import World


@dataclass
class _Aside:
    """moto tables of this region that are hidden from data calls, by name."""

    tables: dict[str, MotoTable] = field(default_factory=dict)


def backend(table: SandboxTable) -> DynamoDBBackend:
    """moto's DynamoDB of the table's account and region."""
    result: DynamoDBBackend = dynamodb_backends[table.account][table.region]
    return result


def _hidden_tables(world: World, table: SandboxTable) -> dict[str, MotoTable]:
    return world.region(table.account, table.region).holding(_Aside).tables


def data_of(world: World, table: SandboxTable) -> DataTable | None:
    """moto's table for a table, whether hidden from data calls or not."""
    data = _hidden_tables(world, table).get(table.name) or backend(table).tables.get(table.name)
    return cast("DataTable | None", data)


def attach(world: World, table: SandboxTable) -> None:
    """Create an empty moto table, hidden from data calls."""
    data = DataTable(
        table.name,
        account_id=table.account,
        region=table.region,
        schema=table.key_schema,
        attr=_attributes(table),
        billing_mode=table.billing_mode,
        indexes=[_index(held) for held in table.local_indexes.values()],
        global_indexes=[_index(held) for held in table.global_indexes.values()],
    )
    _hidden_tables(world, table)[table.name] = data
    sync_stream(world, table)


def open_data_plane(world: World, table: SandboxTable) -> None:
    """Make the table visible to data calls."""
    data = _hidden_tables(world, table).pop(table.name, None)
    if data is not None:
        backend(table).tables[table.name] = data


def close_data_plane(world: World, table: SandboxTable) -> None:
    """Hide the table from data calls."""
    data = backend(table).tables.pop(table.name, None)
    if data is not None:
        _hidden_tables(world, table)[table.name] = data


def detach(world: World, table: SandboxTable) -> None:
    """Delete the moto table with its items; the stream's records stay readable for a day."""
    data = data_of(world, table)
    if data is not None:
        _end_stream(world, table, data)
    _hidden_tables(world, table).pop(table.name, None)
    backend(table).tables.pop(table.name, None)


def sync(world: World, table: SandboxTable) -> None:
    """Copy attributes, billing mode and readable indexes to moto's table."""
    data = data_of(world, table)
    if data is None:
        return
    data.attr = _attributes(table)
    data.billing_mode = table.billing_mode
    data.deletion_protection_enabled = table.deletion_protection
    data.global_indexes = [
        GlobalSecondaryIndex.create(_index(held), data.table_key_attrs)
        for held in table.global_indexes.values()
        if is_readable(held)
    ]


def is_readable(index: Index) -> bool:
    """Whether queries may use the index: from the end of its build until its deletion begins."""
    return index.status in ("ACTIVE", "UPDATING")


def sync_stream(world: World, table: SandboxTable) -> None:
    """Open a new shard if the stream was switched on; close the shard if it was switched off."""
    data = data_of(world, table)
    if data is None:
        return
    if data.latest_stream_label != table.stream_label or table.stream_view is None:
        _end_stream(world, table, data)
    if table.stream_view is None:
        data.stream_specification = {"StreamEnabled": False}
        data.shard = None
        return
    data.stream_specification = {"StreamEnabled": True, "StreamViewType": table.stream_view}
    if data.shard is None:
        data.shard = ReplicatingShard(table.account, data)
    data.latest_stream_label = table.stream_label


def _end_stream(world: World, table: SandboxTable, data: DataTable) -> None:
    spec = data.stream_specification or {}
    if data.shard is not None and data.latest_stream_label and spec.get("StreamViewType"):
        stream_store.store_ended(world, table, spec["StreamViewType"], data.latest_stream_label, data.shard)
    data.shard = None


def set_peers(world: World, table: SandboxTable, regions: list[str]) -> None:
    """Replicate each write to the table to its replicas in `regions`."""
    data = data_of(world, table)
    if data is not None and isinstance(data.shard, ReplicatingShard):
        data.shard.peers = regions


def copy_items(world: World, source: SandboxTable, target: SandboxTable) -> None:
    """Copy the items of the source to a new replica."""
    load_items(world, target, items_of(world, source))


def load_items(world: World, table: SandboxTable, items: Iterable[Item]) -> None:
    """Put items into a table that is hidden from data calls, without stream records (restore, import)."""
    data = data_of(world, table)
    if data is not None:
        for item in items:
            store(data, copy.deepcopy(item))


def items_of(world: World, table: SandboxTable) -> list[Item]:
    """All items of the table."""
    data = data_of(world, table)
    if data is None:
        return []
    if not data.has_range_key:
        return [cast(Item, item) for item in data.items.values()]
    return [item for ranged in data.items.values() for item in ranged.values()]


def keep_history(world: World, table: SandboxTable, on: bool) -> None:
    """Start recording the table's changes (unless it is already on), or stop it."""
    data = data_of(world, table)
    if data is not None:
        data.history = (data.history or ItemHistory(world.now())) if on else None


def history_of(world: World, table: SandboxTable) -> ItemHistory | None:
    """The table's recorded changes; None if recording is off."""
    data = data_of(world, table)
    return data.history if data is not None else None


def item_count(world: World, table: SandboxTable) -> int:
    """How many items the table holds."""
    data = data_of(world, table)
    return len(data) if data is not None else 0


def _attributes(table: SandboxTable) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in table.attributes.items()]


def _index(index: Index) -> dict[str, Any]:
    return {"IndexName": index.name, "KeySchema": index.key_schema, "Projection": index.projection}
