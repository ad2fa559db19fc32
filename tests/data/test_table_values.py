"""What other tools write into tables comes out as the value that they were given, or costs its row, never another's.

The expectation is made here, from what the writer is given, without the product's own code.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.data.random_tables import COLUMNS, SETTINGS, arrow_table, check, tables
from tests.data.reading import read

pa = pytest.importorskip("pyarrow")
_long = settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))


def _arrow_formats(folder: Path, table: dict[str, list[Any]]) -> None:
    from pyarrow import feather, ipc, parquet

    made = arrow_table(table)
    parquet.write_table(made, folder / "a.parquet", row_group_size=4)
    check(read(folder / "a.parquet"), table)
    feather.write_feather(made, str(folder / "a.feather"), compression="uncompressed", chunksize=3)
    check(read(folder / "a.feather"), table)
    with ipc.new_stream(str(folder / "a.arrows"), made.schema) as stream:
        stream.write_table(made.slice(0, 2))
        stream.write_table(made.slice(2))
    check(read(folder / "a.arrows"), table)
    check(read(folder / "a.arrows", drop_nulls=True), *_dropped(table))


def _dropped(table: dict[str, list[Any]]) -> tuple[dict[str, list[Any]], bool]:
    return {name: values for name, values in table.items() if name != "struct"} or {"struct": []}, True


@SETTINGS
@given(table=tables(set(COLUMNS) - {"tsNone", "tsUTC", "tsEurope/Berlin", "struct"}))
def test_arrow_and_parquet(tmp_path_factory: Any, table: dict[str, list[Any]]) -> None:
    _arrow_formats(tmp_path_factory.mktemp("t"), table)


@pytest.mark.slow
@_long
@given(table=tables(set(COLUMNS) - {"tsNone", "tsUTC", "tsEurope/Berlin", "struct"}))
def test_arrow_and_parquet_for_long(tmp_path_factory: Any, table: dict[str, list[Any]]) -> None:
    _arrow_formats(tmp_path_factory.mktemp("t"), table)


@SETTINGS
@given(table=tables({"struct", "tsNone", "tsUTC", "list", "map"}))
def test_nested_values_in_parquet(tmp_path_factory: Any, table: dict[str, list[Any]]) -> None:
    from pyarrow import feather

    path = tmp_path_factory.mktemp("t") / "a.feather"
    feather.write_feather(arrow_table(table), str(path))
    check(read(path), table)


def test_times_of_the_old_type_that_nanoseconds_do_not_hold(tmp_path: Path) -> None:
    """INT96, as Spark and Hive wrote it: Arrow's usual reading makes the year 1816 of 9999."""
    from pyarrow import parquet

    far, first = datetime.datetime(9999, 12, 31, 1, 2, 3, 4), datetime.datetime(1, 1, 1)
    columns = {
        "id": ["a", "b", "c"],
        "t": pa.array([far, first, None], pa.timestamp("us")),
        "n": [{"t": far}] * 3,
    }
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table(columns), path, use_deprecated_int96_timestamps=True)
    found = read(path, drop_nulls=True)
    assert [item.get("t") for item in found.items] == [{"S": far.isoformat()}, {"S": first.isoformat()}, None]
    assert found.items[2]["n"] == {"M": {"t": {"S": far.isoformat()}}}
    exact = pa.array([10**18 + 1], pa.int64()).cast(pa.timestamp("ns"))
    parquet.write_table(pa.table({"id": ["a"], "t": exact}), path, use_deprecated_int96_timestamps=True)
    assert read(path).items[0]["t"] == {"S": "2001-09-09T01:46:40.000000001"}
