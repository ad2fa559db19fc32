"""The records of CSV blocks. A block is its file's header and whole records."""

from __future__ import annotations

import csv
import io

from dynaops.data.parsing.cells import Columns
from dynaops.data.parsing.harvest import Harvest
from dynaops.data.parsing.items import ItemReader
from dynaops.data.parsing.keys import KeyRules
from dynaops.data.parsing.malformed import Malformed
from dynaops.data.parsing.plan import ParsePlan

MOST_CELL = 1 << 30
"""Characters in a cell beyond which the standard library's reader gives up, and takes the next line for a new record.

More than a block ever has, so that a line within a long cell is never taken for a row.
"""
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\r\n")
"""Which JSON has escaped. Ends of lines are never within a cell that is not in quotes."""


class CsvRows:
    """Makes rows of records."""

    def __init__(self, plan: ParsePlan, rules: KeyRules) -> None:
        csv.field_size_limit(MOST_CELL)
        self._plan = plan
        self._rules = rules
        self._one = ItemReader(plan, rules)
        self._columns: dict[tuple[str, ...], Columns] = {}

    def read(self, data: bytes, delimiter: str, first_line: int, harvest: Harvest) -> None:
        """The rows of a block, whose first record after the header is in line `first_line` of its file."""
        lines = io.StringIO(data.decode("utf-8", "surrogateescape"), newline="").readlines()
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        columns = self._columns_of(tuple(next(reader)))
        before = reader.line_num
        offset = first_line - before
        add, row = harvest.rows.append, columns.row
        clean = not any(sign in data for sign in (b'"', b"\\")) and len(
            data.translate(None, _CONTROLS)
        ) == len(data)
        while True:
            try:
                for cells in reader:
                    if cells:
                        try:
                            add(row(cells, before + offset, clean))
                        except Malformed as error:
                            record = "".join(lines[before : reader.line_num])
                            harvest.reject(before + offset, str(error), record)
                    before = reader.line_num
                return
            except csv.Error as error:
                record = "".join(lines[before : reader.line_num])
                harvest.reject(before + offset, f"is not CSV: {error}", record)
                before = reader.line_num

    def _columns_of(self, header: tuple[str, ...]) -> Columns:
        found = self._columns.get(header)
        if found is None:
            plan, rules = self._plan, self._rules
            types = {**plan.columns, **rules.index_keys, **rules.types, **plan.types}
            found = Columns(header, types, rules, self._one, plan.keys_only, plan.keep_empty)
            self._columns[header] = found
        return found
