"""Converts CSV records to rows by the types of their columns.

A cell that does not fit its column's type is noted or rejected. Empty cells are absent attributes, unless the caller
wants empty strings. If no cell needs escaping in JSON, a row is `template % cells`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from dynaops.data.parsing import column_types, conversions
from dynaops.data.parsing.block_result import BlockResult
from dynaops.data.parsing.items import ItemReader
from dynaops.data.parsing.keys import KeyRules, joined
from dynaops.data.rows import WriteRow
from dynaops.values import attributes, limits, numbers
from dynaops.values.attributes import Sized
from dynaops.values.limits import MOST_HASH_BYTES, MOST_ITEM_BYTES, MOST_RANGE_BYTES
from dynaops.values.malformed import MalformedRow, at

_BOOLS = ("true", "false")
_FIELDS = {"S": '{"S":"%s"}', "N": '{"N":"%s"}', "BOOL": '{"BOOL":%s}'}
INDEX = 0
"""In a header: pandas' index, which has no name."""
_NAMED = {"N": "a number in plain notation", "BOOL": "true or false", "S": "a string"}
_UTF8 = 4
"""The most bytes of a character."""
_MOST_CELLS = 400_000
"""The most cells in all cached templates, so that many combinations of empty cells cannot fill the memory."""


_new_row: Any = tuple.__new__


class _Template(NamedTuple):
    """The text around the cells. A row's size is `constant` plus the length of its body, plus corrections for numbers
    and flags."""

    text: str
    quotes: int
    constant: int
    numbers: tuple[int, ...]
    flags: tuple[int, ...]


class Columns:
    """The columns of files with the same header. `types` are by name; columns without a type are strings.

    In `header` a column without a name is None, and its cells have to be empty; INDEX is pandas' index, whose cells
    have to be whole numbers, which are left out. Of the types those of `guessed` hold only for cells of their very
    form: others are kept as text, or rejected if `strict`.
    """

    result: BlockResult
    """The result of the current block, for notes about cells."""
    encoding: str
    """The encoding of the file, for messages."""

    def __init__(
        self,
        header: Sequence[str | int | None],
        types: Mapping[str, str],
        rules: KeyRules,
        item_reader: ItemReader,
        keys_only: bool = False,
        keep_empty: bool = False,
        guessed: frozenset[str] = frozenset(),
        floats: frozenset[str] = frozenset(),
        strict: bool = False,
    ) -> None:
        self.result = BlockResult("")
        self.encoding = "utf-8"
        self.width = len(header)
        self._header = tuple(name if isinstance(name, str) else "" for name in header)
        self._index_at = header.index(INDEX) if INDEX in header else None
        self._kinds = tuple(types.get(name, "S") for name in self._header)
        self._rules = rules
        self._item_reader = item_reader
        self._keep_empty = keep_empty
        self._guessed = guessed
        self._floats = floats
        self._strict = strict
        self._wanted = tuple(bool(name) and (not keys_only or name in rules.names) for name in self._header)
        self._templates: dict[tuple[bool, ...], _Template | None] = {}
        self._fast = set(rules.names) <= set(header) and "B" not in rules.types.values()
        self._hash_at = header.index(rules.hash_key) if self._fast else 0
        self._range_at = header.index(rules.range_key) if self._fast and rules.range_key else None
        self._checked = tuple(
            (index, limit // _UTF8)
            for index, name in enumerate(self._header)
            if (limit := self._limit(name)) and self._kinds[index] == "S"
        )
        self._whole = self._template(tuple(False for _ in header))

    def row(self, cells: list[str], line: int, clean: bool) -> WriteRow:
        """The row of a record. `clean`: no cell needs escaping in JSON. Raises MalformedRow."""
        if len(cells) != self.width:
            cells = self._fitted(cells, line)
        if self._fast:
            template = self._template_for(tuple(not cell for cell in cells)) if "" in cells else self._whole
            if template is not None:
                try:
                    row = self._fill(template, cells, line, clean)
                except ValueError:  # what is wrong is told below
                    row = None
                if row is not None:
                    return row
        return self._cell_by_cell(cells, line)

    def row_with_nulls(self, cells: Sequence[str | None], line: int, clean: bool) -> WriteRow:
        """The row of a record in which None is an absent value, and an empty cell may be a value.

        Raises MalformedRow.
        """
        if self._keep_empty and None in cells:
            return self._cell_by_cell(self._fitted(cells, line), line)
        return self.row([cell or "" for cell in cells], line, clean)

    def tell_of_null(self, cells: Sequence[str | None], mark: str, line: int) -> None:
        """Add notes for the columns in which a cell is a text that often means null."""
        text = f"is the text {mark}, kept as it is; if that is no value, say --null '{mark}'"
        for name, cell, wanted in zip(self._header, cells, self._wanted, strict=False):
            if wanted and cell == mark:
                self.result.note("looks-null", name, f"{name} {text}", line)

    def _fitted(self, cells: Sequence[str | None], line: int) -> Any:
        """The cells without extra empty ones at the end. Raises MalformedRow if there are too few or too many."""
        if len(cells) > self.width and not any(cells[self.width :]):
            self.result.note("empty-cells", "", "Empty cells beyond the header's columns are left out", line)
            return list(cells[: self.width])
        if len(cells) != self.width:
            raise MalformedRow(f"has {len(cells)} cells; the header has {self.width}")
        return cells

    def _template_for(self, empty: tuple[bool, ...]) -> _Template | None:
        if empty not in self._templates:
            if len(self._templates) * len(empty) > _MOST_CELLS:
                self._templates.clear()
            self._templates[empty] = self._template(empty)
        return self._templates[empty]

    def _limit(self, name: str) -> int:
        """The largest size of a key attribute in bytes; 0 if the attribute is no key."""
        if name == self._rules.hash_key:
            return MOST_HASH_BYTES
        return MOST_RANGE_BYTES if name == self._rules.range_key or name in self._rules.index_keys else 0

    def _template(self, empty: tuple[bool, ...]) -> _Template | None:
        """The template of rows with these cells empty; None if such rows need the slow path."""
        parts, size = [], 0
        places: dict[str, list[int]] = {kind: [] for kind in _FIELDS}
        for index, (name, kind) in enumerate(zip(self._header, self._kinds, strict=True)):
            if empty[index] and name in self._rules.names:
                return None
            if not name and not empty[index] and index != self._index_at:
                return None
            if not self._wanted[index] or (empty[index] and not (self._keep_empty and kind == "S")):
                parts.append("%.0s")
                continue
            if kind not in _FIELDS:
                return None
            quoted = orjson.dumps(name).decode().replace("%", "%%")
            parts.append(f"{',' if size else ''}{quoted}:{_FIELDS[kind]}")
            size += attributes.text_size(name)
            places[kind].append(index)
        text = "{" + "".join(parts) + "}"
        nothing = text % tuple("" for _ in empty)
        constant = size - len(nothing.encode())
        return _Template(text, nothing.count('"'), constant, tuple(places["N"]), tuple(places["BOOL"]))

    def _fill(self, template: _Template, cells: list[str], line: int, clean: bool) -> WriteRow | None:
        """The row by a template; None (or a ValueError) if the row needs the slow path."""
        for index in template.flags:
            if cells[index] not in _BOOLS:
                lowered = cells[index].lower()
                if lowered not in _BOOLS:
                    return None
                cells[index] = lowered  # pandas writes True and False
        text = template.text % tuple(cells)
        if not clean and (text.count('"') != template.quotes or "\\" in text or not text.isprintable()):
            return None
        for index, limit in self._checked:
            if not 0 < len(cells[index]) <= limit or cells[index][0] <= " ":
                return None
        if self._index_at is not None and not cells[self._index_at].isdecimal():
            return None
        extra_size = 0
        for index in template.numbers:
            number = cells[index]
            if (
                number.isdigit()
                and number[0] != "0"
                and len(number) <= limits.MOST_DIGITS
                and number.isascii()
            ):
                extra_size += ((len(number.rstrip("0")) + 3) >> 1) - len(number)
            elif (extra := numbers.extra_bytes(number)) is not None:
                extra_size += extra
            else:
                return None
        for index in template.flags:
            extra_size += 1 - len(cells[index])
        body = text.encode()
        key = cells[self._hash_at].encode()
        if self._range_at is not None:
            key = joined(key, cells[self._range_at].encode())
        size = len(body) + template.constant + extra_size
        if size > MOST_ITEM_BYTES:
            return None
        row: WriteRow = _new_row(WriteRow, (body, key, size, line))
        return row

    def _cell_by_cell(self, cells: Sequence[str | None], line: int) -> WriteRow:
        sized: dict[str, Sized] = {}
        remarks: list[tuple[str, str, str]] = []
        for index, (name, kind, cell) in enumerate(zip(self._header, self._kinds, cells, strict=True)):
            if not name:
                self._check_nameless(index, cell or "")
            elif self._wanted[index] and cell is not None and (cell or (self._keep_empty and kind == "S")):
                if name in self._guessed and not column_types.fits(cell, kind, name in self._floats):
                    remarks.append(self._unfit(cell, kind, name))
                    kind = "S"
                if kind == "S" and cell.isascii():
                    sized[name] = {"S": cell}, len(cell)
                elif kind == "N" and (extra := numbers.extra_bytes(cell)) is not None:
                    sized[name] = {"N": cell}, len(cell) + extra
                else:
                    self._check_text(cell, name)
                    sized[name] = conversions.of_text(cell, kind, name)
                if cell.isspace() and name in self._rules.names:
                    remarks.append(("blank-key", name, f"The key {name} is of blanks alone, and is kept so"))
            elif not cell and name in self._rules.names:
                raise MalformedRow(f"the key {name!r} is empty")
        row = self._item_reader.row(sized, line)
        for remark in remarks:
            self.result.note(*remark, line)
        return row

    def _check_text(self, cell: str, name: str) -> None:
        try:
            cell.encode()
        except UnicodeEncodeError:
            raise MalformedRow(f"{at(name)}is not {self.encoding.upper()} text") from None

    def _check_nameless(self, index: int, cell: str) -> None:
        if index == self._index_at:
            if not cell.isdecimal():
                raise MalformedRow(
                    f"column {index + 1} has no name and was taken for pandas' index, but is {cell!r}"
                )
        elif cell:
            raise MalformedRow(f"column {index + 1} has no name in the header, but here it has {cell!r}")

    def _unfit(self, cell: str, kind: str, name: str) -> tuple[str, str, str]:
        """The note on a cell that does not have its column's guessed type. Raises MalformedRow with --strict-types."""
        wanted = _NAMED[kind]
        if self._strict:
            raise MalformedRow(
                f"{at(name)}{cell!r} is not {wanted}, as the column was taken for (--strict-types)"
            )
        how = f"{name} was taken for {kind}, but is not {wanted} everywhere: such cells are kept as text (S)"
        return "kept-as-text", name, f"{how}; --types {name}=S or {name}={kind} decides"
