"""Skips and counts rows that belong to another table than the loaded one, as their file says."""

from __future__ import annotations

from dynaops.data.parsing.block_result import BlockResult
from dynaops.data.parsing.parse_options import ParseOptions
from dynaops.data.rows import Keys

OTHER_TABLE = "other-table"
NO_KEY = "(no attribute)"
"""A key name that no item has, so that each item must be in a document that names its table."""
NO_KEYS = Keys(NO_KEY, None, {NO_KEY: "S"})
NAMES_NO_TABLE = "names no table, so it is loaded into none (load-data TABLE loads such rows)"


class TableChoice:
    """Recognises rows of other tables, and counts them."""

    def __init__(self, plan: ParseOptions) -> None:
        self._table = plan.table
        self._named_only = plan.named_only

    def is_other(self, table: str, result: BlockResult, rows: int, line: int) -> bool:
        """Whether rows of `table` ("": not named) are skipped; if so, they are counted."""
        if not self._table or not table or table == self._table:
            return False
        if self._named_only:
            result.without_rows += rows
            return True
        text = f"Rows of the table {table!r} are not loaded (--source-table {table} loads them into this one)"
        result.leave_out(OTHER_TABLE, table, text, rows, line)
        return True
