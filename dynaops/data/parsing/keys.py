"""Checks an item's key attributes by the rules of the table and its indexes, and computes its key's identity.

Limits: DynamoDB quotas, "Partition keys and sort keys": 2,048 bytes for a hash key, 1,024 for a range key. Empty
strings and binary values cannot be keys, of the table or of an index; an item without an index's key is just not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynaops.data.rows import Keys
from dynaops.values import numbers
from dynaops.values.attributes import binary, text_size
from dynaops.values.limits import MOST_HASH_BYTES, MOST_RANGE_BYTES
from dynaops.values.malformed import MalformedRow

_NAMES = {"S": "a string (S)", "N": "a number (N)", "B": "binary (B)"}


class KeyRules:
    """The key attributes of one table."""

    def __init__(self, keys: Keys) -> None:
        self.hash_key = keys.hash_key
        self.range_key = keys.range_key
        self.names = (keys.hash_key, keys.range_key) if keys.range_key else (keys.hash_key,)
        self.types = {name: keys.types.get(name, "S") for name in self.names}
        self.index_keys = {name: kind for name, kind in keys.index_keys.items() if name not in self.types}

    def identity(self, item: Mapping[str, Any]) -> bytes:
        """Check the key attributes of an item (DynamoDB JSON); returns bytes that are equal for equal keys.

        Raises MalformedRow.
        """
        for name in self.index_keys.keys() & item.keys():
            self._check_index_key(name, item[name])
        first = self._own(self.hash_key, item, MOST_HASH_BYTES)
        return (
            first
            if self.range_key is None
            else joined(first, self._own(self.range_key, item, MOST_RANGE_BYTES))
        )

    def _own(self, name: str, item: Mapping[str, Any], most: int) -> bytes:
        if name not in item:
            raise MalformedRow(f"the key {name!r} is missing")
        kind, content = next(iter(item[name].items()))
        wanted = self.types[name]
        if kind != wanted:
            raise MalformedRow(f"the key {name!r} is of type {kind}, not {_NAMES[wanted]} as the table's key")
        if kind == "N":
            return numbers.canonical(content, name).encode()
        raw = binary(content, name) if kind == "B" else content.encode()
        if not raw:
            raise MalformedRow(f"the key {name!r} is empty")
        if len(raw) > most:
            raise MalformedRow(f"the key {name!r} has {len(raw)} bytes; at most {most} are allowed")
        return bytes(raw)

    def _check_index_key(self, name: str, value: Any) -> None:
        kind, content = next(iter(value.items()))
        wanted = self.index_keys[name]
        if kind != wanted:
            raise MalformedRow(
                f"{name!r} is the key of an index and has to be {_NAMES[wanted]} or absent, not of type {kind}"
            )
        if kind == "N":
            return
        size = len(binary(content, name)) if kind == "B" else text_size(content)
        if not size:
            raise MalformedRow(f"{name!r} is the key of an index and must not be empty: leave it out")
        if size > MOST_HASH_BYTES:
            raise MalformedRow(
                f"{name!r} is the key of an index and has {size} bytes; at most {MOST_HASH_BYTES} are allowed"
            )


def joined(first: bytes, second: bytes) -> bytes:
    """The identity of a key of two attributes."""
    return b"%d:%b%b" % (len(first), first, second)
