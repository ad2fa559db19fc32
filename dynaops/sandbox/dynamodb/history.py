"""The recent changes of a table, which a restore to an earlier time undoes."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable
from typing import Any, NamedTuple

from moto.dynamodb.models.dynamo_type import Item

MOST = 20_000
"""Largest number of changes kept for a table. AWS keeps all of 35 days; here more changes shorten the window."""

Key = tuple[Any, Any]


class ItemChange(NamedTuple):
    """A write at `at` (virtual epoch seconds), and the item before the write (None if there was none)."""

    at: float
    key: Key
    before: Item | None


class ItemHistory:
    """The changes of one table since `since` (virtual epoch seconds), which advances as old changes are dropped."""

    def __init__(self, since: float) -> None:
        self.since = since
        self._changes: deque[ItemChange] = deque()

    def __deepcopy__(self, memo: dict[int, Any]) -> ItemHistory:
        """moto copies whole tables for its transactions; changes are never altered, so they need no copy."""
        copied = ItemHistory(self.since)
        copied._changes = self._changes.copy()
        return copied

    def note(self, old: Item | None, new: Item | None) -> None:
        """Record a write."""
        from dynaops.sandbox.moto_patch import Installed

        item = new if new is not None else old
        if item is None or Installed.current is None:
            return
        self._changes.append(ItemChange(Installed.current.world.now(), _key(item), old))
        if len(self._changes) > MOST:
            self.since = self._changes.popleft().at

    def items_at(self, at: float, items: Iterable[Item]) -> list[Item]:
        """The items at the time `at`, computed from the present items."""
        result = {_key(item): item for item in items}
        for change in itertools.takewhile(lambda entry: entry.at > at, reversed(self._changes)):
            if change.before is None:
                result.pop(change.key, None)
            else:
                result[change.key] = change.before
        return list(result.values())


def _key(item: Item) -> Key:
    return item.hash_key, item.range_key
