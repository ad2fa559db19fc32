"""Compares a restored copy with its table: by digests of all items, or by all keys and a sample of items.

Only reads AWS.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynaops.aws.route import credentials_of, renewed_credentials, route_to
from dynaops.backups.contents import Contents, bucket_of, canonical
from dynaops.data.exporting.options import Exported, ExportFilter, ExportOptions
from dynaops.data.exporting.scan import Scan
from dynaops.model.backup import Differing, Verified

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.data.table_info import TableInfo

_SHOWN = 5
_PROGRESS_SECONDS = 0.25
_BATCH = 100
"""Keys of one BatchGetItem."""
Take = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class How:
    """`sample`: how many items are compared whole (None: all). `rate` is in read units a second, on each side."""

    sample: int | None = None
    rate: float | None = None
    segments: int = 8


@dataclass
class Reading:
    """The progress of a comparison."""

    began: float = field(default_factory=time.monotonic)
    tables: list[Exported] = field(default_factory=list)
    items: int = 0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def units(self) -> float:
        return sum(table.consumed for table in self.tables)

    @property
    def bytes(self) -> int:
        """An estimate of the bytes read: a read capacity unit is 4 KiB of a consistent read."""
        return int(self.units * 4096)


Progress = Callable[[Reading], None]


class CopyComparison:
    """One comparison of the table `source` (None if it was deleted) with `copy`.

    `expected` is the number of items that AWS counted at the backup.
    """

    def __init__(
        self,
        aws: Aws,
        source: TableInfo | None,
        copy: TableInfo,
        how: How,
        progress: Progress,
        expected: int | None = None,
    ) -> None:
        self._aws = aws
        self._source = source
        self._copy = copy
        self._how = how
        self._progress = progress
        self._expected = expected
        self._reading = Reading()
        self._random = random.Random()  # noqa: S311 (a sample, no secret)

    def run(self, table: str) -> Verified:
        """Compare, and return the result. Raises DynaopsError and its subclasses."""
        if self._source is None:
            contents = Contents(self._copy.keys)
            self._scan([(self._copy, contents.add)])
            return self._verified(table, "count", contents.items, self._expected)
        if self._how.sample is None:
            source_contents, copy_contents = self._contents()
            differing = self._differing(source_contents, copy_contents, None)
            digest = source_contents.digest if not differing.total else None
            return self._verified(
                table,
                "digest",
                copy_contents.items,
                source_contents.items,
                source_contents.items,
                differing,
                digest,
            )
        return self._sampled(table, self._source, self._how.sample)

    def _sampled(self, table: str, source: TableInfo, size: int) -> Verified:
        """Compare all keys of both tables, and `size` items as a whole."""
        keys = self._keys_only()
        chosen: list[dict[str, Any]] = []
        seen = 0

        def choose(item: dict[str, Any]) -> None:
            nonlocal seen
            seen += 1
            if len(chosen) < size:
                chosen.append(item)
            elif (index := self._random.randrange(seen)) < size:
                chosen[index] = item

        source_contents, copy_contents = self._contents(keys, choose)
        differing = self._differing(source_contents, copy_contents, keys)
        changed = self._changed(source, chosen)
        shown = (*differing.keys, *changed)[:_SHOWN]
        return self._verified(
            table,
            "sample",
            copy_contents.items,
            source_contents.items,
            len(chosen),
            differing.model_copy(update={"changed": len(changed), "keys": shown}),
        )

    def _contents(
        self, keys: ExportFilter | None = None, also: Take | None = None
    ) -> tuple[Contents, Contents]:
        assert self._source is not None, "there is a source to compare with"
        source_contents, copy_contents = Contents(self._source.keys), Contents(self._copy.keys)

        def take(item: dict[str, Any]) -> None:
            source_contents.add(item)
            if also is not None:
                also(item)

        self._scan([(self._source, take), (self._copy, copy_contents.add)], keys)
        return source_contents, copy_contents

    def _differing(
        self, source_contents: Contents, copy_contents: Contents, keys: ExportFilter | None
    ) -> Differing:
        """The items that differ, found by reading the differing buckets a second time."""
        buckets = source_contents.differing(copy_contents)
        if not buckets:
            return Differing()
        assert self._source is not None, "there is a source to compare with"
        source_hashes: dict[bytes, int] = {}
        copy_hashes: dict[bytes, int] = {}

        def collect(into: dict[bytes, int]) -> Take:
            def take(item: dict[str, Any]) -> None:
                key = source_contents.key_of(item)
                if bucket_of(key) in buckets:
                    into[key] = hash(canonical(item))

            return take

        self._scan([(self._source, collect(source_hashes)), (self._copy, collect(copy_hashes))], keys)
        changed = [
            key for key in source_hashes.keys() & copy_hashes.keys() if source_hashes[key] != copy_hashes[key]
        ]
        missing, extra = source_hashes.keys() - copy_hashes.keys(), copy_hashes.keys() - source_hashes.keys()
        shown = [*sorted(changed), *sorted(missing), *sorted(extra)][:_SHOWN]
        return Differing(
            changed=len(changed),
            missing=len(missing),
            extra=len(extra),
            keys=tuple(key.decode() for key in shown),
        )

    def _changed(self, source: TableInfo, chosen: Sequence[dict[str, Any]]) -> list[str]:
        """The keys of the chosen items that are in both tables with different content."""
        changed: list[str] = []
        for start in range(0, len(chosen), _BATCH):
            keys = list(chosen[start : start + _BATCH])
            source_items, copy_items = self._items(source, keys), self._items(self._copy, keys)
            changed += [
                key.decode()
                for key in source_items.keys() & copy_items.keys()
                if source_items[key] != copy_items[key]
            ]
        return changed

    def _items(self, table: TableInfo, keys: list[dict[str, Any]]) -> dict[bytes, bytes]:
        items: dict[bytes, bytes] = {}
        contents = Contents(table.keys)
        request_items: dict[str, Any] = {table.name: {"Keys": keys, "ConsistentRead": True}}
        pause = 0.05
        while request_items:
            response = self._aws.call(
                "dynamodb", "BatchGetItem", table.region, {"RequestItems": request_items}
            )
            for item in response.get("Responses", {}).get(table.name, ()):
                items[contents.key_of(item)] = canonical(item)
            request_items = response.get("UnprocessedKeys") or {}
            if request_items:
                time.sleep(pause)
                pause = min(5.0, pause * 2)
        return items

    def _keys_only(self) -> ExportFilter:
        names = [name for name in (self._copy.keys.hash_key, self._copy.keys.range_key) if name]
        placeholders = {f"#k{number}": name for number, name in enumerate(names)}
        return ExportFilter(projection=",".join(placeholders), names=placeholders)

    def _scan(self, sides: Sequence[tuple[TableInfo, Take]], narrowing: ExportFilter | None = None) -> None:
        """Read all the tables at the same time."""
        asyncio.run(self._read(sides, narrowing or ExportFilter()))

    async def _read(self, sides: Sequence[tuple[TableInfo, Take]], narrowing: ExportFilter) -> None:
        options = ExportOptions(
            out=Path(), segments=self._how.segments, rate=self._how.rate, narrowing=narrowing, consistent=True
        )
        reporting = asyncio.ensure_future(self._report())
        try:
            await asyncio.gather(*(self._read_one(table, take, options) for table, take in sides))
        finally:
            reporting.cancel()

    async def _read_one(self, table: TableInfo, take: Take, options: ExportOptions) -> None:
        exported = Exported()
        self._reading.tables.append(exported)

        async def took(segment: int, page: dict[str, Any], key: Any) -> None:  # noqa: ARG001 (Scan's)
            for item in page["Items"]:
                take(item)
            self._reading.items += len(page["Items"])

        scan = Scan(
            table.name,
            route_to(self._aws, "dynamodb", table.region),
            credentials_of(self._aws),
            options,
            exported,
            lambda refused: renewed_credentials(self._aws, refused),
            table.size / table.items if table.items else 0.0,
        )
        await scan.run([None] * options.segments, took)

    async def _report(self) -> None:
        while True:
            self._progress(self._reading)
            await asyncio.sleep(_PROGRESS_SECONDS)

    def _verified(
        self,
        table: str,
        method: str,
        items: int,
        expected: int | None,
        compared: int = 0,
        differing: Differing | None = None,
        digest: str | None = None,
    ) -> Verified:
        return Verified(
            table=table,
            copy_name=self._copy.name,
            method=method,
            items=items,
            expected=expected,
            compared=compared,
            differing=differing or Differing(),
            digest=digest,
            seconds=round(self._reading.seconds, 3),
            units=self._reading.units,
        )
