"""The options that a worker needs to parse blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from dynaops.data.parsing.dialect import Dialect
from dynaops.data.rows import Keys


class Container(StrEnum):
    """How a file contains rows."""

    LINES = "lines"
    """One JSON object per line."""
    STREAM = "stream"
    """JSON objects in an array, or consecutive JSON objects."""
    CSV = "csv"
    ARROW = "arrow"
    """Parquet, Arrow and ORC, which are sent to the workers as Arrow IPC streams."""
    TABLE = "table"
    """Rows of cells in the format of `tables.packed`."""
    REJECTS = "rejects"
    """Rejected rows of earlier loads in the format of `rejects.RejectsFile`."""


class InputLayout(NamedTuple):
    """How to read a source. `dialect` is for CSV."""

    container: Container
    dialect: Dialect = Dialect()


Partitions = tuple[tuple[str, str], ...]
"""Attributes from the names of a file's partition folders: names and texts."""


class Shard(NamedTuple):
    """The share `part` (from 0) of `parts`: a row belongs to one of them by its key."""

    part: int
    parts: int


@dataclass(frozen=True, slots=True)
class ParseOptions:
    """The options for parsing blocks; picklable.

    `layouts` are by source. `types` are what the caller says of attributes, `columns` what was found out of CSV's;
    those of the latter in `floats` are numbers in the notation of floats (2.0, 1e-07). `strict_types`: a cell that does
    not fit its column's type is rejected, not kept as text. `nulls` are the texts of cells that are no value.
    `typed`: items are in DynamoDB JSON and in nothing else. `keys_only`: rows are to be deleted. `keep_empty`: an empty
    cell of CSV is an empty string, not an absent attribute. `drop_nulls`: a null is an absent attribute, not a NULL.
    `ttl` is the attribute by which the table's items expire. `table`: rows that their file says are another table's are
    not loaded ("": all are). `deletes`: rows may be deletes, which a load that puts carries out. `partitions` are by
    source.

    `named_only`: only rows for which their file names `table` are read, and all rows of the sources in `whole`. Those
    of other tables are left to other loads. What names no table is rejected if `unnamed`, else left to another load.
    """

    keys: Keys
    layouts: Mapping[str, InputLayout] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    typed: bool = False
    keys_only: bool = False
    keep_empty: bool = False
    floats: frozenset[str] = frozenset()
    strict_types: bool = False
    nulls: tuple[str, ...] = ()
    shard: Shard | None = None
    drop_nulls: bool = False
    ttl: str | None = None
    table: str = ""
    deletes: bool = True
    partitions: Mapping[str, Partitions] = field(default_factory=dict)
    named_only: bool = False
    unnamed: bool = False
    whole: frozenset[str] = frozenset()
