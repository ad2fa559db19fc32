"""Rows of Parquet files, which come as Arrow IPC streams (extra `parquet`). "Lines" are the rows' numbers, from 1.

Decimals and integers are exact. A 32 or 64-bit float is written with the digits that tell it from its neighbours.
"""

from __future__ import annotations

import datetime
import math
import uuid
from decimal import Decimal
from typing import Any

from dynaops.data.parsing.harvest import Harvest
from dynaops.data.parsing.items import ItemReader
from dynaops.data.parsing.keys import KeyRules
from dynaops.data.parsing.malformed import Malformed
from dynaops.data.parsing.numbers import Exact
from dynaops.data.parsing.plan import ParsePlan


class ArrowRows:
    """Makes rows of record batches."""

    def __init__(self, plan: ParsePlan, rules: KeyRules) -> None:
        self._one = ItemReader(plan, rules)

    def read(self, data: bytes, first_line: int, harvest: Harvest) -> None:
        """The rows of a stream of record batches. Null is an absent attribute."""
        from pyarrow import ipc

        with ipc.open_stream(data) as stream:
            found = stream.read_all().to_pylist(maps_as_pydicts="strict")
        for line, row in enumerate(found, first_line):
            try:
                item = {name: _value(value) for name, value in row.items() if value is not None}
                harvest.rows.append(self._one.of_item(item, line))
            except Malformed as error:
                harvest.reject(line, str(error), repr(row))


def _value(value: Any) -> Any:
    """A value of Arrow's as plain JSON has it, with numbers as `Exact`."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Malformed(f"{value} is no number that DynamoDB can hold")
        return Exact(repr(value))
    if isinstance(value, Decimal):
        return Exact(str(value))
    if isinstance(value, dict):
        return {str(name): _value(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_value(one) for one in value]
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return str(value) if isinstance(value, datetime.timedelta | uuid.UUID) else value
