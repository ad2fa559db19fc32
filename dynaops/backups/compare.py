"""Whether a restored copy holds what its table holds: by digests of all items, or by all keys and a sample.

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
    """How far it is."""

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
        """About as many as were read: a unit is 4 KiB of consistent reads."""
        return int(self.units * 4096)


Progress = Callable[[Reading], None]


class CopyComparison:
    """One comparison of `source` (None: it is gone) with `copy`. `expected`: what AWS counted when it was backed up."""

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
        """Compare, and tell. Raises DynaopsError kinds."""
        if self._source is None:
            found = Contents(self._copy.keys)
            self._scan([(self._copy, found.add)])
            return self._told(table, "count", found.items, self._expected)
        if self._how.sample is None:
            mine, theirs = self._contents()
            differing = self._differing(mine, theirs, None)
            digest = mine.digest if not differing.total else None
            return self._told(table, "digest", theirs.items, mine.items, mine.items, differing, digest)
        return self._sampled(table, self._source, self._how.sample)

    def _sampled(self, table: str, source: TableInfo, size: int) -> Verified:
        """All keys on both sides, and some items whole."""
        keys = self._keys_only()
        chosen: list[dict[str, Any]] = []
        seen = 0

        def choose(item: dict[str, Any]) -> None:
            nonlocal seen
            seen += 1
            if len(chosen) < size:
                chosen.append(item)
            elif (place := self._random.randrange(seen)) < size:
                chosen[place] = item

        mine, theirs = self._contents(keys, choose)
        differing = self._differing(mine, theirs, keys)
        changed = self._changed(source, chosen)
        told = (*differing.keys, *changed)[:_SHOWN]
        return self._told(
            table,
            "sample",
            theirs.items,
            mine.items,
            len(chosen),
            differing.model_copy(update={"changed": len(changed), "keys": told}),
        )

    def _contents(
        self, keys: ExportFilter | None = None, also: Take | None = None
    ) -> tuple[Contents, Contents]:
        assert self._source is not None, "there is a source to compare with"
        mine, theirs = Contents(self._source.keys), Contents(self._copy.keys)

        def take(item: dict[str, Any]) -> None:
            mine.add(item)
            if also is not None:
                also(item)

        self._scan([(self._source, take), (self._copy, theirs.add)], keys)
        return mine, theirs

    def _differing(self, mine: Contents, theirs: Contents, keys: ExportFilter | None) -> Differing:
        """Which items differ, from a second look at the buckets that do."""
        buckets = mine.differing(theirs)
        if not buckets:
            return Differing()
        assert self._source is not None, "there is a source to compare with"
        left: dict[bytes, int] = {}
        right: dict[bytes, int] = {}

        def collect(into: dict[bytes, int]) -> Take:
            def take(item: dict[str, Any]) -> None:
                key = mine.key_of(item)
                if bucket_of(key) in buckets:
                    into[key] = hash(canonical(item))

            return take

        self._scan([(self._source, collect(left)), (self._copy, collect(right))], keys)
        changed = [key for key in left.keys() & right.keys() if left[key] != right[key]]
        missing, extra = left.keys() - right.keys(), right.keys() - left.keys()
        shown = [*sorted(changed), *sorted(missing), *sorted(extra)][:_SHOWN]
        return Differing(
            changed=len(changed),
            missing=len(missing),
            extra=len(extra),
            keys=tuple(key.decode() for key in shown),
        )

    def _changed(self, source: TableInfo, chosen: Sequence[dict[str, Any]]) -> list[str]:
        """The keys of those chosen items that are on both sides and not the same."""
        found: list[str] = []
        for start in range(0, len(chosen), _BATCH):
            keys = list(chosen[start : start + _BATCH])
            left, right = self._items(source, keys), self._items(self._copy, keys)
            found += [key.decode() for key in left.keys() & right.keys() if left[key] != right[key]]
        return found

    def _items(self, table: TableInfo, keys: list[dict[str, Any]]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        contents = Contents(table.keys)
        asked: dict[str, Any] = {table.name: {"Keys": keys, "ConsistentRead": True}}
        pause = 0.05
        while asked:
            answer = self._aws.call("dynamodb", "BatchGetItem", table.region, {"RequestItems": asked})
            for item in answer.get("Responses", {}).get(table.name, ()):
                found[contents.key_of(item)] = canonical(item)
            asked = answer.get("UnprocessedKeys") or {}
            if asked:
                time.sleep(pause)
                pause = min(5.0, pause * 2)
        return found

    def _keys_only(self) -> ExportFilter:
        names = [name for name in (self._copy.keys.hash_key, self._copy.keys.range_key) if name]
        placed = {f"#k{number}": name for number, name in enumerate(names)}
        return ExportFilter(projection=",".join(placed), names=placed)

    def _scan(self, sides: Sequence[tuple[TableInfo, Take]], narrowing: ExportFilter | None = None) -> None:
        """Read all sides at once."""
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

    def _told(
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
