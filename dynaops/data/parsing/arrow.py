"""Reads rows of Parquet, Arrow and ORC files, which arrive as Arrow IPC streams (extra `parquet`).

Line numbers are row numbers, from 1.

Decimals and integers are exact. A 16, 32 or 64-bit float is written with the fewest digits that identify it.
"""

from __future__ import annotations

import json
from typing import Any

from pyarrow import ipc

from dynaops.data.parsing.arrow_cells import (
    LEFT_OUT,
    UNREADABLE,
    Cells,
    extension_name,
    leaves,
    logical_types,
)
from dynaops.data.parsing.block_result import BlockResult
from dynaops.data.parsing.keys import KeyRules
from dynaops.data.parsing.parse_options import ParseOptions
from dynaops.data.parsing.tables import TableRows
from dynaops.values.malformed import Unusable

_PERIOD = "pandas.period"


class ArrowRows:
    """Converts record batches to rows."""

    def __init__(self, plan: ParseOptions, rules: KeyRules) -> None:
        self._rows = TableRows(plan, rules)

    def read(self, data: bytes, first_line: int, result: BlockResult, source: str) -> None:
        """Read the rows of a stream of record batches. A value that cannot be read rejects only its own row."""
        line = first_line
        with ipc.open_stream(data) as stream:
            cells = Cells(logical_types(stream.schema))
            metadata = stream.schema.metadata or {}
            left_out = metadata.get(LEFT_OUT, b"").decode().split("\n")
            unreadable = json.loads(metadata.get(UNREADABLE) or b"{}")
            names = [name for name in stream.schema.names if name not in left_out]
            for batch in stream:
                columns, leaf = [], 0
                for field, array in zip(batch.schema, batch.columns, strict=True):
                    if field.name in unreadable:
                        columns.append([Unusable(f"cannot be read: {unreadable[field.name]}")] * len(array))
                    elif field.name not in left_out:
                        is_period = extension_name(field) == _PERIOD
                        columns.append(_periods(array) if is_period else cells.of(array, leaf))
                    leaf += leaves(array.type)
                self._rows.read(names, enumerate(zip(*columns, strict=True), line), result, source)
                line += batch.num_rows


def _periods(array: Any) -> list[Any]:
    """The unusable values of a pandas period column, which stores numbers that only pandas can interpret."""
    unusable = Unusable(
        "is a period of pandas', stored as a number: write the column as text, with astype(str)"
    )
    return [unusable if valid else None for valid in array.is_valid().to_pylist()]
