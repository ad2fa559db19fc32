"""Rows of Parquet, Arrow and ORC files, which come as Arrow IPC streams (extra `parquet`). Lines are rows, from 1.

Decimals and integers are exact. A 16, 32 or 64-bit float is written with the digits that tell it from its neighbours.
"""

from __future__ import annotations

from pyarrow import ipc

from dynaops.data.parsing.arrow_cells import Cells, leaves, logical_types
from dynaops.data.parsing.harvest import Harvest
from dynaops.data.parsing.keys import KeyRules
from dynaops.data.parsing.plan import ParsePlan
from dynaops.data.parsing.tables import TableRows


class ArrowRows:
    """Makes rows of record batches."""

    def __init__(self, plan: ParsePlan, rules: KeyRules) -> None:
        self._rows = TableRows(plan, rules)

    def read(self, data: bytes, first_line: int, harvest: Harvest, source: str) -> None:
        """The rows of a stream of record batches. A value that cannot be read costs its row, never the others."""
        line = first_line
        with ipc.open_stream(data) as stream:
            cells = Cells(logical_types(stream.schema))
            for batch in stream:
                columns, leaf = [], 0
                for array in batch.columns:
                    columns.append(cells.of(array, leaf))
                    leaf += leaves(array.type)
                self._rows.read(
                    batch.schema.names, enumerate(zip(*columns, strict=True), line), harvest, source
                )
                line += batch.num_rows
