"""CSV: types are of columns, and a cell that does not fit its column's type is told.

Empty cells are absent attributes, unless the caller wants empty strings. A row is `template % cells` where nothing in
the cells has to be escaped in JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from dynaops.data.parsing import numbers, values
from dynaops.data.parsing.harvest import MOST_BYTES
from dynaops.data.parsing.items import ItemReader
from dynaops.data.parsing.keys import MOST_HASH, MOST_RANGE, KeyRules, joined
from dynaops.data.parsing.malformed import Malformed, at
from dynaops.data.parsing.values import Sized
from dynaops.data.rows import Row

_BOOLS = {"true": True, "false": False}
_FIELDS = {"S": '{"S":"%s"}', "N": '{"N":"%s"}', "BOOL": '{"BOOL":%s}'}
_JSON = ("SS", "NS", "BS", "L", "M")
_UTF8 = 4
"""Bytes that a character takes at the most."""
_MOST_CELLS = 400_000
"""Cells of all templates that are kept. Rows of ever new combinations of empty cells must not fill the memory."""


_new_row: Any = tuple.__new__


class _Template(NamedTuple):
    """The text around the cells. `constant` and the bytes of a row's body make its size, but for numbers and flags."""

    text: str
    quotes: int
    constant: int
    numbers: tuple[int, ...]
    flags: tuple[int, ...]


class Columns:
    """The columns of files with one header. `types` are by name; what is not named there is a string."""

    def __init__(
        self,
        header: Sequence[str],
        types: Mapping[str, str],
        rules: KeyRules,
        one: ItemReader,
        keys_only: bool = False,
        keep_empty: bool = False,
    ) -> None:
        self._header = tuple(header)
        self._kinds = tuple(types.get(name, "S") for name in header)
        self._rules = rules
        self._one = one
        self._keep_empty = keep_empty
        self._wanted = tuple(not keys_only or name in rules.names for name in header)
        self._templates: dict[tuple[bool, ...], _Template | None] = {}
        self._fast = set(rules.names) <= set(header) and "B" not in rules.types.values()
        self._hash_at = header.index(rules.hash_key) if self._fast else 0
        self._range_at = header.index(rules.range_key) if self._fast and rules.range_key else None
        self._checked = tuple(
            (place, limit // _UTF8)
            for place, name in enumerate(header)
            if (limit := self._limit(name)) and self._kinds[place] == "S"
        )
        self._whole = self._template(tuple(False for _ in header))

    def row(self, cells: list[str], line: int, clean: bool) -> Row:
        """The row of a record. `clean`: nothing in its cells has to be escaped in JSON. Raises Malformed."""
        if self._fast and len(cells) == len(self._header):
            template = self._template_for(tuple(not cell for cell in cells)) if "" in cells else self._whole
            if template is not None:
                try:
                    row = self._fill(template, cells, line, clean)
                except ValueError:  # what is wrong is told below
                    row = None
                if row is not None:
                    return row
        return self._cell_by_cell(cells, line)

    def _template_for(self, empty: tuple[bool, ...]) -> _Template | None:
        if empty not in self._templates:
            if len(self._templates) * len(empty) > _MOST_CELLS:
                self._templates.clear()
            self._templates[empty] = self._template(empty)
        return self._templates[empty]

    def _limit(self, name: str) -> int:
        """How many bytes a key has at the most; 0 for what is no key."""
        if name == self._rules.hash_key:
            return MOST_HASH
        return MOST_RANGE if name == self._rules.range_key or name in self._rules.index_keys else 0

    def _template(self, empty: tuple[bool, ...]) -> _Template | None:
        """The template of rows with these cells empty; None where each has to be looked at by itself."""
        parts, size = [], 0
        places: dict[str, list[int]] = {kind: [] for kind in _FIELDS}
        for place, (name, kind) in enumerate(zip(self._header, self._kinds, strict=True)):
            if not self._wanted[place] or (empty[place] and not (self._keep_empty and kind == "S")):
                parts.append("%.0s")
                continue
            if kind not in _FIELDS:
                return None
            quoted = orjson.dumps(name).decode().replace("%", "%%")
            parts.append(f"{',' if size else ''}{quoted}:{_FIELDS[kind]}")
            size += values.text_size(name)
            places[kind].append(place)
        text = "{" + "".join(parts) + "}"
        nothing = text % tuple("" for _ in empty)
        constant = size - len(nothing.encode())
        return _Template(text, nothing.count('"'), constant, tuple(places["N"]), tuple(places["BOOL"]))

    def _fill(self, template: _Template, cells: list[str], line: int, clean: bool) -> Row | None:
        """The row by a template; None where the cells have to be looked at. Raises ValueError kinds likewise."""
        text = template.text % tuple(cells)
        if not clean and (text.count('"') != template.quotes or "\\" in text or not text.isprintable()):
            return None
        for place, limit in self._checked:
            if not 0 < len(cells[place]) <= limit:
                return None
        more = 0
        for place in template.numbers:
            number = cells[place]
            if (
                number.isdigit()
                and number[0] != "0"
                and len(number) <= numbers.MOST_DIGITS
                and number.isascii()
            ):
                more += ((len(number.rstrip("0")) + 3) >> 1) - len(number)
            elif (extra := numbers.more(number)) is not None:
                more += extra
            else:
                return None
        for place in template.flags:
            if cells[place] not in _BOOLS:
                return None
            more += 1 - len(cells[place])
        body = text.encode()
        key = cells[self._hash_at].encode()
        if self._range_at is not None:
            key = joined(key, cells[self._range_at].encode())
        size = len(body) + template.constant + more
        if size > MOST_BYTES:
            return None
        row: Row = _new_row(Row, (body, key, size, line))
        return row

    def _cell_by_cell(self, cells: list[str], line: int) -> Row:
        if len(cells) != len(self._header):
            raise Malformed(f"has {len(cells)} cells; the header has {len(self._header)}")
        sized: dict[str, Sized] = {}
        for name, kind, cell, wanted in zip(self._header, self._kinds, cells, self._wanted, strict=True):
            if wanted and (cell or (self._keep_empty and kind == "S")):
                sized[name] = _value(cell, kind, name)
            elif not cell and name in self._rules.names:
                raise Malformed(f"the key {name!r} is empty")
        return self._one.row(sized, line)


def _value(cell: str, kind: str, name: str) -> Sized:
    """A cell as a value of its column's type. Raises Malformed."""
    try:
        cell.encode()
    except UnicodeEncodeError:
        raise Malformed(f"{at(name)}is not UTF-8 text") from None
    if kind == "S":
        return {"S": cell}, values.text_size(cell)
    bare = cell.strip()
    if kind == "BOOL":
        if bare.lower() not in _BOOLS:
            raise Malformed(f"{at(name)}{cell!r} is neither true nor false (BOOL)")
        return (values.TRUE if _BOOLS[bare.lower()] else values.FALSE), 1
    if kind == "NULL":
        raise Malformed(f"{at(name)}a cell of a column of NULLs is empty")
    return values.converted(_json(bare, name) if kind in _JSON else bare, kind, name)


def _json(cell: str, name: str) -> Any:
    """Lists, maps and sets are written as JSON in a cell."""
    try:
        return numbers.exactly(cell.encode())
    except Malformed as error:
        raise Malformed(f"{at(name)}{error}") from None
    except (ValueError, RecursionError):
        raise Malformed(f"{at(name)}a list, map or set is written as JSON") from None
