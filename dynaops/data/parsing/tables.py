"""Reads rows of tables with columns of plain values: Parquet, Arrow, ORC, SQLite and Excel workbooks."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from dynaops.data.notes import LoadNote
from dynaops.data.parsing import plain_json
from dynaops.data.parsing.block_result import BlockResult
from dynaops.data.parsing.exact_json import Exact, Inexact
from dynaops.data.parsing.items import ItemReader
from dynaops.data.parsing.keys import KeyRules
from dynaops.data.parsing.parse_options import ParseOptions
from dynaops.values.malformed import MalformedRow, Unusable

ABSENT: dict[str, Any] = {}
"""In a packed table: an empty cell, which is not a null either."""
_NULLS = "Nulls are NULL values in the table (--nulls drop leaves such attributes out)"
_MOST_PLACES = 3


class TableRows:
    """Converts table rows to item rows.

    A null is a NULL value as it is in JSON, or left out with --nulls drop. In a key attribute (of an index, too), which
    can hold none, it is an absent attribute: a column has no other way to say that.
    """

    def __init__(self, plan: ParseOptions, rules: KeyRules) -> None:
        self._item_reader = ItemReader(plan, rules)
        self._keys = {*rules.names, *rules.index_keys}
        self._hash_key = rules.hash_key
        self._drop_nulls = plan.drop_nulls
        self._typed = plan.typed

    def read(
        self,
        names: Sequence[str],
        rows: Iterable[tuple[int, Sequence[Any]]],
        result: BlockResult,
        source: str,
    ) -> None:
        """Read rows, given with their line numbers. Cells are plain values, `Unusable`, or ABSENT."""
        nulls, places = 0, list[str]()
        for line, cells in rows:
            item = {name: cell for name, cell in zip(names, cells, strict=True) if cell is not ABSENT}
            if None in cells:
                item = self._without_nulls(item)
                if None in item.values() and result.takes(line):
                    nulls += 1
                    if len(places) < _MOST_PLACES:
                        places.append(f"{source}:{line}")
            elif type(item.get(self._hash_key)) is dict:
                item = plain_json.without_nulls(item)
            try:
                result.rows.append(self._item_reader.of_item(item, line))
            except (MalformedRow, Inexact) as error:
                result.reject(line, str(error), text_of(item))
        if nulls:
            result.notes.add([LoadNote("nulls", "", _NULLS, nulls, tuple(places))])

    def _without_nulls(self, item: dict[str, Any]) -> dict[str, Any]:
        """An item without nulls that mean absent attributes, such as unused types in DynamoDB JSON."""
        if self._drop_nulls or self._typed or type(item.get(self._hash_key)) is dict:
            kept: dict[str, Any] = plain_json.without_nulls(item)
            return kept
        return {name: cell for name, cell in item.items() if cell is not None or name not in self._keys}


def text_of(item: dict[str, Any]) -> str:
    """A row as JSON that can be loaded again: plain JSON, or DynamoDB JSON if the row has binary values."""
    if not any(type(cell) is bytes for cell in item.values()):
        return _text(item)
    return _text({name: _typed(cell, name) for name, cell in item.items()})


def _typed(cell: Any, name: str) -> Any:
    try:
        return orjson.loads(
            orjson.dumps(plain_json.plain(cell, name)[0])
        )  # its numbers are text from here on
    except MalformedRow:
        return cell


def _text(value: Any) -> str:
    if isinstance(value, Exact):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_text(name)}:{_text(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_text, value)) + "]"
    if isinstance(value, Unusable):
        return "NaN"  # which no load takes: a row must not come in with words instead of a value
    if isinstance(value, bytes):
        return _text(base64.b64encode(value).decode())
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # half a character, or an integer of more than 64 bits
        return str(value) if isinstance(value, int) else _text(ascii(value)[1:-1])


def packed(names: Sequence[str], rows: Sequence[tuple[int, Sequence[Any]]]) -> bytes:
    """A table as bytes for a worker.

    Cells are text, bytes, bool, None, ABSENT, Unusable, or a number: an integer, a finite float, or `Exact`.
    """
    return orjson.dumps(
        {"names": names, "rows": [[line, [_packed(cell) for cell in cells]] for line, cells in rows]}
    )


def unpacked(data: bytes) -> tuple[list[str], list[tuple[int, list[Any]]]]:
    """The table that `packed` has serialised."""
    table = orjson.loads(data)
    return table["names"], [(line, [_unpacked(cell) for cell in cells]) for line, cells in table["rows"]]


def _packed(cell: Any) -> Any:
    kind = type(cell)
    if kind is str or kind is bool or cell is None:
        return cell
    if kind is bytes:
        return {"B": base64.b64encode(cell).decode()}
    if kind is Unusable:
        return {"X": cell.reason}
    return ABSENT if cell is ABSENT else {"N": repr(cell) if kind is float else str(cell)}


def _unpacked(cell: Any) -> Any:
    if type(cell) is not dict:
        return cell
    for kind, content in cell.items():
        if kind == "N":
            return Exact(content)
        return base64.b64decode(content) if kind == "B" else Unusable(content)
    return ABSENT
