"""Decides when rows may be written, so that rows with the same key are written in the order of the input.

Several processes parse and write blocks at the same time. A row must not be sent while an earlier row of its key in
another block is not yet written (it may be sent again after a throttle): else the earlier row could be written last.
Assigning each key to one process would need every row parsed before it is handed out, or passed between processes.
Instead:

* A worker that has parsed a block announces the CRC32 of each row's key: four bytes a row.
* Announcements are processed in the order of the file. A block is granted at once, except for rows whose CRC32 is also
  in an earlier block that is not yet confirmed: these are held until the last such block is confirmed completely.
* So no two rows that are being written have the same key, in any process. Within a block the worker ensures this.

Keys seldom repeat close together, so few rows are held (if two keys have the same CRC32 by chance, one more row waits).
If all blocks have a key in common, the rows of that key are written one after the other, and all other rows in
parallel. The cost is about 0.2 µs per row in the main process.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import NamedTuple
from zlib import crc32


class OrderGrant(NamedTuple):
    """Permission to write rows of a block: with `first` all except those of `keys` (CRC32s), else only these."""

    number: int
    first: bool
    keys: frozenset[int]


def hashes_of(keys: Iterable[bytes]) -> bytes:
    """The CRC32s of a block's keys, as a worker announces them."""
    return array("I", map(crc32, keys)).tobytes()


class KeyOrder:
    """Grants the writing of rows. The numbers of blocks count up from `first` without a gap."""

    def __init__(self, first: int = 0) -> None:
        self._next = first
        self._announced: dict[int, bytes | None] = {}
        self._latest: dict[int, int] = {}
        self._keys: dict[int, array[int]] = {}
        self._waiting: dict[int, list[OrderGrant]] = {}

    def announce(self, number: int, hashes: bytes | None) -> list[OrderGrant]:
        """Take the keys of a block (None if it is confirmed already); returns the new grants."""
        self._announced[number] = hashes
        granted = []
        while self._next in self._announced:
            announced = self._announced.pop(self._next)
            if announced is not None:
                granted.append(self._register(self._next, announced))
            self._next += 1
        return granted

    def confirm(self, number: int) -> list[OrderGrant]:
        """Record that all rows of a granted block are finished; returns the grants that this allows."""
        latest = self._latest
        for key in self._keys.pop(number):
            if latest.get(key) == number:
                del latest[key]
        return self._waiting.pop(number, [])

    def _register(self, number: int, hashes: bytes) -> OrderGrant:
        """Record a block's keys; returns its first grant."""
        keys = array("I")
        keys.frombytes(hashes)
        latest = self._latest
        held: frozenset[int] = frozenset()
        if not latest.keys().isdisjoint(keys):
            held = frozenset(key for key in keys if key in latest)
            # Waiting for the latest block with a key is enough: that block waits for the earlier ones itself.
            for earlier in {latest[key] for key in held}:
                shared = frozenset(key for key in held if latest[key] == earlier)
                self._waiting.setdefault(earlier, []).append(OrderGrant(number, False, shared))
        latest.update(dict.fromkeys(keys, number))
        self._keys[number] = keys
        return OrderGrant(number, True, held)
