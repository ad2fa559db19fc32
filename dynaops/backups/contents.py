"""What is in a table, small enough to compare: digests of its items, apart by bucket, whatever order they are read in.

Where two tables differ, so do a few buckets, and only the items of those are read once more, to say which they are.
"""

from __future__ import annotations

import base64
from hashlib import blake2b
from typing import Any

import orjson

from dynaops.data.rows import Keys

BUCKETS = 4096
MOST = 500_000
"""Items that are looked at one by one, at the most: memory is bounded, however much differs."""
_MODULUS = 1 << 128


class Contents:
    """Counts and digests of the items that were added. Digests are summed, so that order does not matter."""

    def __init__(self, keys: Keys) -> None:
        self._keys = tuple(name for name in (keys.hash_key, keys.range_key) if name)
        self.counts = [0] * BUCKETS
        self.sums = [0] * BUCKETS

    @property
    def items(self) -> int:
        return sum(self.counts)

    @property
    def digest(self) -> str:
        """One digest of it all."""
        whole = blake2b(digest_size=16)
        for count, total in zip(self.counts, self.sums, strict=True):
            whole.update(count.to_bytes(8) + total.to_bytes(16))
        return whole.hexdigest()

    def add(self, item: dict[str, Any]) -> None:
        """Take an item (DynamoDB JSON) in."""
        text = canonical(item)
        bucket = bucket_of(self.key_of(item))
        self.counts[bucket] += 1
        self.sums[bucket] = (self.sums[bucket] + _number(text, 16)) % _MODULUS

    def key_of(self, item: dict[str, Any]) -> bytes:
        """The item's key, as text."""
        return canonical({name: item[name] for name in self._keys})

    def differing(self, other: Contents) -> set[int]:
        """The buckets that are not the same; only so many that their items are not too many to look at."""
        mine, theirs = (zip(one.counts, one.sums, strict=True) for one in (self, other))
        found: set[int] = set()
        total = 0
        for bucket, (left, right) in enumerate(zip(mine, theirs, strict=True)):
            if left != right:
                total += left[0] + right[0]
                if total > MOST and found:
                    return found
                found.add(bucket)
        return found


def bucket_of(key: bytes) -> int:
    """The bucket of a key."""
    return _number(key, 4) % BUCKETS


def canonical(item: dict[str, Any]) -> bytes:
    """An item as text that is the same for the same item: attributes by name, members of sets in order."""
    text = orjson.dumps(item, option=orjson.OPT_SORT_KEYS, default=_text)
    if b'S":[' not in text:
        return text
    return orjson.dumps(_ordered(item), option=orjson.OPT_SORT_KEYS, default=_text)


def _ordered(value: Any, kind: str = "M") -> Any:
    """A copy of the members of a map (or of a list) with all sets in order."""
    if kind == "M":
        return {name: _typed(one) for name, one in value.items()}
    return [_typed(one) for one in value]


def _typed(value: dict[str, Any]) -> dict[str, Any]:
    ((kind, content),) = value.items()
    if kind in ("SS", "NS", "BS"):
        return {kind: sorted(content)}
    return {kind: _ordered(content, kind)} if kind in ("M", "L") else value


def _text(value: Any) -> str:
    """Bytes as JSON has them."""
    return base64.b64encode(value).decode()


def _number(text: bytes, size: int) -> int:
    return int.from_bytes(blake2b(text, digest_size=size).digest())
