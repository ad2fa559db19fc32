"""Streams that were disabled, or whose table was deleted: they can be read for another day."""

from __future__ import annotations

from dataclasses import dataclass, field

from moto.dynamodb.models.table import StreamShard

from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.world import World

READABLE_SECONDS = 24 * 3600.0
"""A stream's records are kept for 24 hours (developer guide, Change data capture)."""


@dataclass
class TableStream:
    """One stream: the table's present stream, or one that has ended."""

    arn: str
    label: str
    table: str
    view: str
    key_schema: list[dict[str, str]]
    shard: StreamShard
    ended: float | None = None


@dataclass
class Ended:
    """The ended streams of an account and region, by ARN."""

    by_arn: dict[str, TableStream] = field(default_factory=dict)


def store_ended(world: World, table: SandboxTable, view: str, label: str, shard: StreamShard) -> None:
    """Store a stream that ends now."""
    arn = f"{table.arn}/stream/{label}"
    streams = world.region(table.account, table.region).holding(Ended).by_arn
    streams[arn] = TableStream(arn, label, table.name, view, table.key_schema, shard, world.now())


def ended(world: World, account: str, region: str) -> list[TableStream]:
    """The streams that ended within the last day."""
    streams = world.region(account, region).holding(Ended).by_arn
    for arn in [arn for arn, each in streams.items() if world.now() - (each.ended or 0) > READABLE_SECONDS]:
        del streams[arn]
    return list(streams.values())
