"""A summary of a table's items that fits in memory: a count and a digest for each bucket of keys, in any reading order.

If two tables differ, only a few buckets differ, and only the items of these are read again, to name them.
"""

from __future__ import annotations

import base64
from hashlib import blake2b
from typing import Any

import orjson

from dynaops.data.rows import Keys

BUCKETS = 4096
MOST = 500_000
"""The highest number of items that are compared individually, which bounds the memory."""
_MODULUS = 1 << 128


class Contents:
    """Counts and digests of the added items. The digests are summed, so the order of the items does not matter."""

    def __init__(self, keys: Keys) -> None:
        self._keys = tuple(name for name in (keys.hash_key, keys.range_key) if name)
        self.counts = [0] * BUCKETS
        self.sums = [0] * BUCKETS

    @property
    def items(self) -> int:
        return sum(self.counts)

    @property
    def digest(self) -> str:
        """One digest of all the items."""
        whole = blake2b(digest_size=16)
        for count, total in zip(self.counts, self.sums, strict=True):
            whole.update(count.to_bytes(8) + total.to_bytes(16))
        return whole.hexdigest()

    def add(self, item: dict[str, Any]) -> None:
        """Add an item (DynamoDB JSON)."""
        text = canonical(item)
        bucket = bucket_of(self.key_of(item))
        self.counts[bucket] += 1
        self.sums[bucket] = (self.sums[bucket] + _number(text, 16)) % _MODULUS

    def key_of(self, item: dict[str, Any]) -> bytes:
        """The item's key as canonical JSON text."""
        return canonical({name: item[name] for name in self._keys})

    def differing(self, other: Contents) -> set[int]:
        """The buckets that differ, as many as hold at most MOST items together (at least one bucket)."""
        own_buckets, other_buckets = (
            zip(contents.counts, contents.sums, strict=True) for contents in (self, other)
        )
        buckets: set[int] = set()
        total = 0
        for bucket, (left, right) in enumerate(zip(own_buckets, other_buckets, strict=True)):
            if left != right:
                total += left[0] + right[0]
                if total > MOST and buckets:
                    return buckets
                buckets.add(bucket)
        return buckets


def bucket_of(key: bytes) -> int:
    """The bucket of a key."""
    return _number(key, 4) % BUCKETS


def canonical(item: dict[str, Any]) -> bytes:
    """An item as JSON text that is equal for equal items: attributes sorted by name, members of sets sorted."""
    text = orjson.dumps(item, option=orjson.OPT_SORT_KEYS, default=_text)
    if b'S":[' not in text:
        return text
    return orjson.dumps(_ordered(item), option=orjson.OPT_SORT_KEYS, default=_text)


def _ordered(value: Any, kind: str = "M") -> Any:
    """A copy of the members of a map (or of a list) with all sets sorted."""
    if kind == "M":
        return {name: _typed(value) for name, value in value.items()}
    return [_typed(value) for value in value]


def _typed(value: dict[str, Any]) -> dict[str, Any]:
    ((kind, content),) = value.items()
    if kind in ("SS", "NS", "BS"):
        return {kind: sorted(content)}
    return {kind: _ordered(content, kind)} if kind in ("M", "L") else value


def _text(value: Any) -> str:
    """Bytes as base64 text, for JSON."""
    return base64.b64encode(value).decode()


def _number(text: bytes, size: int) -> int:
    return int.from_bytes(blake2b(text, digest_size=size).digest())
