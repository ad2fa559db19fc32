"""moto's table, corrected where AWS's data plane differs, with replication of writes to its replicas."""

from __future__ import annotations

import copy
from typing import Any

from moto.dynamodb.limits import HASH_KEY_MAX_LENGTH, RANGE_KEY_MAX_LENGTH
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import StreamShard
from moto.dynamodb.models.table import Table as MotoTable

from dynaops.sandbox.dynamodb.history import ItemHistory


class DataTable(MotoTable):
    """A table whose indexes hold only the items that fit their keys.

    A key attribute of the wrong type, empty or too long keeps an item out of the index if the item was
    written before the index was created; such items stay in the table.
    """

    _reading: str | None = None
    shard: StreamShard | None = None
    """The shard that holds the stream's records; None if there is no stream."""
    history: ItemHistory | None = None
    """The table's past changes, for point-in-time recovery; None while it is off."""

    @property
    def stream_shard(self) -> StreamShard | None:
        """The shard that moto adds every write to. Through it the history records writes too."""
        return _Tap(self) if self.history is not None else self.shard  # type: ignore[return-value]

    @stream_shard.setter
    def stream_shard(self, shard: StreamShard | None) -> None:
        self.shard = shard

    def query(self, *args: Any, **kwargs: Any) -> tuple[list[Item], int, dict[str, Any] | None]:
        self._reading = kwargs.get("index_name") or (args[7] if len(args) > 7 else None)
        try:
            return super().query(*args, **kwargs)
        finally:
            self._reading = None

    def all_items(self) -> list[Item]:
        items = super().all_items()
        if self._reading is None:
            return items
        return [item for item in items if self._fits(item, self._reading)]

    def has_idx_items(self, index_name: str) -> list[Item]:
        return [item for item in super().has_idx_items(index_name) if self._fits(item, index_name)]

    def _fits(self, item: Item, index_name: str) -> bool:
        index = next((index for index in self.all_indexes() if index.name == index_name), None)
        if index is None:
            return True
        types = {each["AttributeName"]: each["AttributeType"] for each in self.attr}
        return all(_is_key(item.attrs.get(key["AttributeName"]), key, types) for key in index.schema)

    @property
    def is_created(self) -> bool:  # type: ignore[override]  # moto declares it abstract and never uses it
        return True

    @classmethod
    def update_from_cloudformation_json(cls, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("tables are updated by UpdateTable only")


class _Tap:
    """Records a write in the history, and in the stream if there is one."""

    def __init__(self, table: DataTable) -> None:
        self._table = table

    def add(self, old: Item | None, new: Item | None) -> None:
        if self._table.history is not None:
            self._table.history.note(old, new)
        if self._table.shard is not None:
            self._table.shard.add(old, new)


def _is_key(value: DynamoType | None, key: dict[str, str], types: dict[str, str]) -> bool:
    if value is None or value.type != types.get(key["AttributeName"], value.type):
        return False
    most = HASH_KEY_MAX_LENGTH if key["KeyType"] == "HASH" else RANGE_KEY_MAX_LENGTH
    return value.type == "N" or 0 < value.size() <= most


class ReplicatingShard(StreamShard):
    """A stream shard that also replicates each change to the table's replicas.

    Replicas always have a stream, so every write is added here. A change that arrives by replication
    is in the replica's stream, but is not replicated again.
    """

    def __init__(self, account_id: str, table: MotoTable) -> None:
        super().__init__(account_id, table)
        self.peers: list[str] = []

    def add(self, old: Item | None, new: Item | None) -> None:
        super().add(old, new)
        _set_region(self)
        for region in self.peers:
            peer = dynamodb_backends[self.account_id][region].tables.get(self.table.name)
            if peer is not None:
                _replicate_write(peer, old, new)


def _replicate_write(peer: MotoTable, old: Item | None, new: Item | None) -> None:
    if new is not None:
        store(peer, copy.deepcopy(new))
    elif old is not None:
        _delete_item(peer, old)
    if isinstance(peer, DataTable):
        if peer.history is not None:
            peer.history.note(old, new)
        if peer.shard is not None:
            StreamShard.add(peer.shard, old, new)
            _set_region(peer.shard)


def _set_region(shard: StreamShard) -> None:
    """Set the last record's region (moto writes us-east-1 into every record)."""
    if shard.items:
        shard.items[-1].record["awsRegion"] = shard.table.region_name


def store(table: MotoTable, item: Item) -> None:
    """Store an item without writing to the stream."""
    if item.range_key is not None:
        table.items[item.hash_key][item.range_key] = item
    else:
        table.items[item.hash_key] = item  # type: ignore[assignment]  # moto keeps items so


def _delete_item(table: MotoTable, item: Item) -> None:
    if item.range_key is None:
        table.items.pop(item.hash_key, None)
    elif item.hash_key in table.items:
        table.items[item.hash_key].pop(item.range_key, None)
