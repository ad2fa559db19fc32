"""Rows that their file says are of another table than the one that is loaded."""

from __future__ import annotations

from dynaops.data.parsing.harvest import Harvest
from dynaops.data.parsing.plan import ParsePlan

OTHER_TABLE = "other-table"


class TableChoice:
    """Tells them from the table's own, and counts them."""

    def __init__(self, plan: ParsePlan) -> None:
        self._table = plan.table

    def is_other(self, table: str, harvest: Harvest, rows: int, line: int) -> bool:
        """Whether rows that name this table ("": none) are not to be loaded; if so, they are counted."""
        if not self._table or not table or table == self._table:
            return False
        harvest.not_loaded += rows
        text = f"Rows of the table {table!r} are not loaded (--source-table {table} loads them into this one)"
        for _ in range(rows):
            harvest.note(OTHER_TABLE, table, text, line)
        return True
