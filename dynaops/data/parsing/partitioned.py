"""Reads files in partition folders (``dt=2026-01-01/``), and adds the folders' attributes to their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import orjson

from dynaops.data.parsing import conversions
from dynaops.data.parsing.block_result import BlockResult, Reader
from dynaops.data.parsing.keys import KeyRules
from dynaops.data.parsing.parse_options import ParseOptions, Partitions
from dynaops.data.rows import InputBlock, Keys, WriteRow
from dynaops.values import attributes
from dynaops.values.attributes import Sized
from dynaops.values.limits import MOST_ITEM_BYTES
from dynaops.values.malformed import MalformedRow


class PartitionedRows:
    """Reads files in partition folders. Key attributes from folder names are not required in the files themselves."""

    def __init__(
        self, plan: ParseOptions, rules: KeyRules, make: Callable[[ParseOptions, KeyRules], Reader]
    ) -> None:
        self._plan = plan
        self._rules = rules
        self._make = make
        self._readers: dict[frozenset[str], Reader] = {}

    def read(self, block: InputBlock, result: BlockResult, folders: Partitions) -> None:
        """Read the rows of a block whose file is in these folders."""
        names = frozenset(name for name, _ in folders)
        reader = self._readers.get(names)
        if reader is None:
            keys = keys_without(self._plan.keys, names)
            reader = self._readers[names] = self._make(replace(self._plan, keys=keys), KeyRules(keys))
        reader(block, result)
        rows, result.rows = result.rows, []
        try:
            added = {name: self._value(name, text) for name, text in folders}
        except MalformedRow as error:
            self._reject(result, rows, f"the folder's name: {error}")
            return
        for row in rows:
            try:
                result.rows.append(self._with(row, added))
            except MalformedRow as error:
                self._reject(result, [row], str(error))

    def _value(self, name: str, text: str) -> Sized:
        types = {**self._plan.types, **self._rules.index_keys, **self._rules.types}
        return conversions.of_text(text, types.get(name, "S"), name)

    def _with(self, row: WriteRow, added: dict[str, Sized]) -> WriteRow:
        """The row with the folders' attributes. Raises MalformedRow."""
        item = orjson.loads(row.body)
        keys_only = self._plan.keys_only or not row.is_put
        size = row.size
        for name, (value, taken) in added.items():
            if keys_only and name not in self._rules.names:
                continue
            if name not in item:
                item[name] = value
                size += attributes.text_size(name) + taken
            elif item[name] != value:
                raise MalformedRow(
                    f"{name!r} is {_shown(item[name])} in the file and {_shown(value)} in its folder's name"
                )
        if size > MOST_ITEM_BYTES:
            raise MalformedRow(f"the item has {size} bytes; at most {MOST_ITEM_BYTES} are allowed")
        return type(row)(orjson.dumps(item), self._rules.identity(item), size, row.line)

    @staticmethod
    def _reject(result: BlockResult, rows: Iterable[WriteRow], reason: str) -> None:
        for row in rows:
            reading = {"format": "dynamodb"} if row.is_put else {"format": "dynamodb", "delete": True}
            result.reject(row.line, reason, row.body, reading)


def keys_without(keys: Keys, names: frozenset[str]) -> Keys:
    """A table's keys without those in folder names; all keys if none would remain."""
    index_keys = {name: kind for name, kind in keys.index_keys.items() if name not in names}
    key_names = [name for name in (keys.hash_key, keys.range_key) if name and name not in names]
    if not key_names:
        return replace(keys, index_keys=index_keys)
    return replace(
        keys,
        hash_key=key_names[0],
        range_key=key_names[1] if len(key_names) > 1 else None,
        index_keys=index_keys,
    )


def _shown(value: object) -> str:
    return orjson.dumps(value).decode()
