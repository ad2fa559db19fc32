"""A bad cell of a table costs its row alone, whatever packages are installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.data.reading import read

pa = pytest.importorskip("pyarrow")
_FAR = 2**62
_HALF = (10**9 + 1).to_bytes(8, "little")


def _times(bad: set[int], count: int) -> Any:
    """In seconds; those of `bad` rows are beyond the year 9999."""
    return pa.array([_FAR if at in bad else at for at in range(count)], pa.int64()).cast(pa.timestamp("s"))


def _days(bad: set[int], count: int) -> Any:
    return pa.array([2**31 - 1 if at in bad else at for at in range(count)], pa.int32()).cast(pa.date32())


def _doubled_keys(bad: set[int], count: int) -> Any:
    twice, once = [("a", 1), ("a", 2)], [("a", 1), ("b", 2)]
    return pa.array([twice if at in bad else once for at in range(count)], pa.map_(pa.string(), pa.int8()))


def _map_keys(bad: set[int], count: int) -> Any:
    kind = pa.map_(pa.struct([("x", pa.int8())]), pa.int8())
    return pa.array([[({"x": 1}, 1)] if at in bad else [] for at in range(count)], kind)


def _no_numbers(bad: set[int], count: int) -> Any:
    nested = [[{"f": float("inf") if at in bad else 0.5}] for at in range(count)]
    return pa.array(nested, pa.list_(pa.struct([("f", pa.float32())])))


def _no_utf8(bad: set[int], count: int) -> Any:
    raw = pa.array([b"\xff" if at in bad else b"ok" for at in range(count)])
    return pa.Array.from_buffers(pa.string(), count, raw.buffers())


def _too_long(bad: set[int], count: int) -> Any:
    return pa.array(["x" * 410_000 if at in bad else "x" for at in range(count)])


def _long_numbers(bad: set[int], count: int) -> Any:
    from decimal import Decimal

    return pa.array([Decimal("1" * 39 if at in bad else "1") for at in range(count)], pa.decimal256(50, 0))


_KINDS = {
    _times: "v: is a time outside of the years 1 to 9999",
    _days: "v: is a date outside of the years 1 to 9999",
    _doubled_keys: "v: the name 'a' is there twice",
    _map_keys: "v: is a map with a map as a key",
    _no_numbers: "v[0].f: inf is no number",
    _no_utf8: "v: cannot be read as string: 'utf-8' codec",
    _too_long: "the item has 410",
    _long_numbers: "v: a number has at most 38 digits, not 39",
}


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(make=st.sampled_from(list(_KINDS)), bad=st.sets(st.integers(0, 19), max_size=4))
def test_only_their_rows_are_rejected(tmp_path_factory: Any, make: Any, bad: set[int]) -> None:
    from pyarrow import feather

    path = tmp_path_factory.mktemp("t") / "a.feather"
    ids = [f"k{at}" for at in range(20)]
    feather.write_feather(pa.table({"id": ids, "v": make(bad, 20)}), str(path), chunksize=7)
    found = read(path)
    assert {item["id"]["S"] for item in found.items} == {f"k{at}" for at in range(20) if at not in bad}
    assert [line for line, _ in found.told] == [at + 1 for at in sorted(bad)]
    assert all(reason.startswith(_KINDS[make]) for _, reason in found.told)


def test_one_of_many_rows(tmp_path: Path) -> None:
    """Nanoseconds, which Python's datetime has not, in one row of a large file."""
    from pyarrow import parquet

    count = 60_000
    values = pa.array([10**18 + (at == 41_234) for at in range(count)], pa.int64()).cast(pa.timestamp("ns"))
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"id": [f"k{at}" for at in range(count)], "v": values}), path)
    found = read(path)
    assert len(found.rows) == count and not found.rejects
    assert {item["v"]["S"] for item in found.items} == {
        "2001-09-09T01:46:40",
        "2001-09-09T01:46:40.000000001",
    }


_PROGRAM = """
import sys
for name in {blocked!r}:
    sys.modules[name] = None
from pathlib import Path
from tests.data.reading import read
found = read(Path(sys.argv[1]))
print(found.items, found.told)
"""


def test_the_same_without_pandas_numpy_and_time_zones(tmp_path: Path) -> None:
    from pyarrow import parquet

    instants = pa.array([0, 1, 10**18 + 1], pa.int64())
    columns = {
        "id": ["a", "b", "c"],
        "t": instants.cast(pa.timestamp("ns")),
        "z": instants.cast(pa.timestamp("ns", "America/New_York")),
        "d": instants.cast(pa.duration("ns")),
        "w": pa.array([0, 1, 2**40 + 1], pa.int64()).cast(pa.time64("ns")),
        "f": pa.array([0.1, float("nan"), None], pa.float32()),
        "h": pa.array([0.1, 1, None], pa.float16()),
    }
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table(columns), path)
    said = set()
    for blocked in ((), ("pandas", "numpy", "pytz", "tzdata", "dateutil")):
        code = _PROGRAM.format(blocked=blocked)
        run = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
        said.add(run.stdout)
    assert len(said) == 1 and "'z': {'S': '2001-09-09T01:46:40.000000001Z'}" in said.pop()


def test_a_row_without_its_value_is_rejected_again(tmp_path: Path) -> None:
    from pyarrow import feather

    cells = {
        "id": ["a", "b"],
        "b": [b"", None],
        "v": pa.array([2**62] * 2, pa.int64()).cast(pa.timestamp("s")),
    }
    path, again = tmp_path / "a.feather", tmp_path / "again.jsonl"
    feather.write_feather(pa.table(cells), str(path))
    again.write_text("".join(one.text + "\n" for one in read(path).rejects))
    found = read(again)
    assert found.told == [(1, "v: NaN is no number that DynamoDB can hold"), (2, found.told[0][1])]


def test_rows_of_tables_that_are_rejected_can_be_loaded_again(tmp_path: Path) -> None:
    """Their text is JSON, with numbers as exact as they were, and binary as DynamoDB JSON has it."""
    from decimal import Decimal

    from pyarrow import feather

    cells = {
        "id": ["", "b"],
        "n": pa.array([Decimal("1.50"), Decimal(2)], pa.decimal128(38, 2)),
        "b": [b"\0\xff", b""],
        "m": [{"x": [0.1, None]}, None],
    }
    path = tmp_path / "a.feather"
    feather.write_feather(pa.table(cells), str(path))
    again = tmp_path / "again.jsonl"
    again.write_text("".join(one.text.replace('{"S":""}', '{"S":"a"}') + "\n" for one in read(path).rejects))
    assert read(again).items == [
        {
            "id": {"S": "a"},
            "n": {"N": "1.5"},
            "b": {"B": "AP8="},
            "m": {"M": {"x": {"L": [{"N": "0.1"}, {"NULL": True}]}}},
        }
    ]


@pytest.mark.parametrize("depth", [40, 300, 990, 5_000])
def test_nested_too_deep_with_nulls_dropped(tmp_path: Path, depth: int) -> None:
    path = tmp_path / "a.jsonl"
    lists, maps = "[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth
    rows = [f'{{"id":"a","n":{lists}}}', f'{{"id":"b","n":{maps}}}', '{"id":"c","n":{"x":null},"m":null}']
    path.write_text("\n".join(rows * 2))
    found = read(path, drop_nulls=True)
    assert found.items == [{"id": {"S": "c"}, "n": {"M": {}}}] * 2
    assert [line for line, _ in found.told] == [1, 2, 4, 5]


def test_numbers_as_text_are_as_dynamodb_shows_them(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    texts = ["2.50", "1e2", "7", "0E-8", "12345678901234567890.10"]
    path.write_text("\n".join(f'{{"id":"{at}","n":{text}}}' for at, text in enumerate(texts)))
    found = read(path, types={"n": "S"})
    shown = ["2.5", "100", "7", "0", "12345678901234567890.1"]
    assert [item["n"]["S"] for item in found.items] == shown


def test_a_damaged_column_costs_the_rows_of_its_row_group(tmp_path: Path) -> None:
    from pyarrow import parquet

    path = tmp_path / "a.parquet"
    columns = {
        "id": [f"k{at}" for at in range(30)],
        "v": ["x" * at for at in range(30)],
        "w": list(range(30)),
    }
    options: Any = {"compression": "zstd", "use_dictionary": False, "row_group_size": 10}
    parquet.write_table(pa.table(columns), path, **options)
    data = bytearray(path.read_bytes())
    damaged = parquet.ParquetFile(path).metadata.row_group(1).column(1)
    end = damaged.data_page_offset + damaged.total_compressed_size
    data[end - 12 : end] = b"\xff" * 12
    path.write_bytes(data)
    found = read(path)
    assert [item["w"]["N"] for item in found.items] == [str(at) for at in (*range(10), *range(20, 30))]
    assert [line for line, _ in found.told] == list(range(11, 21))
    assert all(reason.startswith("v: cannot be read: ") for _, reason in found.told)
