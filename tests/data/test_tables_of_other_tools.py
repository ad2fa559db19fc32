"""Tables that pandas, DuckDB, SQLite and openpyxl write come out as the values that they were given."""

from __future__ import annotations

import datetime
import json
import math
import sqlite3
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.expected_values import BAD, binary, number, plain, single
from tests.data.random_tables import (
    DOUBLES,
    INT64,
    SETTINGS,
    SINGLES,
    TEXT,
    arrow_table,
    check,
    decimals,
    tables,
)
from tests.data.reading import read

pa = pytest.importorskip("pyarrow")

_FRAMES = {
    "int64",
    "double",
    "single",
    "bool",
    "string",
    "tnsNone",
    "tnsUTC",
    "binary",
    "dec38",
    "day",
    "list",
}


@SETTINGS
@given(table=tables(_FRAMES))
def test_parquet_of_pandas(tmp_path_factory: Any, table: dict[str, list[Any]]) -> None:
    """Null is NaN in pandas' float columns: it writes a null for both, so that NaN is not among the values."""
    pandas = pytest.importorskip("pandas")
    path = tmp_path_factory.mktemp("t") / "a.parquet"
    for name in table.keys() & {"double", "single"}:
        table[name] = [None if one is not None and math.isnan(one) else one for one in table[name]]
    frame = arrow_table(table).to_pandas(types_mapper=pandas.ArrowDtype)
    frame.to_parquet(path)
    check(read(path), table)


@SETTINGS
@given(
    rows=st.lists(
        st.tuples(
            INT64 | st.none(),
            st.floats() | st.none(),
            SINGLES | st.none(),
            TEXT | st.none(),
            st.uuids() | st.none(),
            st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2200, 1, 1)) | st.none(),
            st.integers(0, 10**6) | st.none(),
            st.sampled_from(["sad", "happy"]) | st.none(),
            decimals(18, 3) | st.none(),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_parquet_of_duckdb(tmp_path_factory: Any, rows: list[Any]) -> None:
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path_factory.mktemp("t") / "a.parquet"
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'Asia/Tokyo'")
    connection.execute("CREATE TYPE mood AS ENUM ('sad', 'happy')")
    connection.execute(
        "CREATE TABLE t (id TEXT, i BIGINT, d DOUBLE, f FLOAT, t TEXT, u UUID, w TIMESTAMPTZ, v INTERVAL, e mood, "
        "m DECIMAL(18, 3))"
    )
    for at, row in enumerate(rows):
        cells = list(row)
        cells[5] = None if cells[5] is None else cells[5].replace(tzinfo=datetime.UTC)
        cells[6] = None if cells[6] is None else f"{cells[6]} milliseconds"
        connection.execute(
            "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, ?::INTERVAL, ?, ?)", [f"k{at}", *cells]
        )
    connection.execute(f"COPY t TO '{path}'")
    found = read(path)
    items = {item["id"]["S"]: item for item in found.items}
    for at, (i, d, f, t, u, w, v, e, m) in enumerate(rows):
        expected = {
            "i": plain(i), "d": plain(d), "f": plain(None) if f is None else single(f), "t": plain(t), "u": plain(u),
            "w": plain(None if w is None else f"{w.isoformat()}Z"),
            "v": plain(None if v is None else _seconds(v)),
            "e": plain(e), "m": plain(m),
        }  # fmt: skip
        if BAD in expected.values():
            assert f"k{at}" not in items
        else:
            item = items[f"k{at}"]
            assert {name: number(one["N"]) if "N" in one else one for name, one in item.items()} == {
                "id": {"S": f"k{at}"},
                **expected,
            }
    assert found.read == len(rows)


def _seconds(milliseconds: int) -> str:
    exact = Fraction(milliseconds, 1000)
    text = f"{int(exact)}.{milliseconds % 1000:03d}".rstrip("0").rstrip(".")
    return f"PT{text}S"


@SETTINGS
@given(rows=st.lists(st.tuples(INT64, DOUBLES, TEXT, decimals(30, 5)), min_size=1, max_size=6))
def test_json_of_duckdb(tmp_path_factory: Any, rows: list[Any]) -> None:
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path_factory.mktemp("t") / "a.json"
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (id TEXT, i BIGINT, d DOUBLE, t TEXT, m DECIMAL(38, 5))")
    for at, row in enumerate(rows):
        connection.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?)", [f"k{at}", *row])
    connection.execute(f"COPY t TO '{path}'")
    found = read(path)
    items = {item["id"]["S"]: item for item in found.items}
    for at, row in enumerate(rows):
        expected = dict(zip("idtm", map(plain, row), strict=True))
        if expected["d"] is BAD:
            assert f"k{at}" not in items
        else:
            item = items[f"k{at}"]
            assert {name: number(one["N"]) if "N" in one else one for name, one in item.items()} == {
                "id": {"S": f"k{at}"},
                **expected,
            }


@SETTINGS
@given(
    rows=st.lists(st.one_of(INT64, DOUBLES, TEXT, st.binary(max_size=9), st.none()), min_size=1, max_size=9)
)
def test_sqlite(tmp_path_factory: Any, rows: list[Any]) -> None:
    path = tmp_path_factory.mktemp("t") / "a.db"
    rows = [
        None if isinstance(one, float) and math.isnan(one) else one for one in rows
    ]  # SQLite's NaN is a null
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE t (id TEXT, v)")
        database.executemany("INSERT INTO t VALUES (?, ?)", [(f"k{at}", one) for at, one in enumerate(rows)])
    database.close()
    found = read(path)
    items = {item["id"]["S"]: item["v"] for item in found.items}
    expected = {f"k{at}": plain(one) for at, one in enumerate(rows)}
    assert items == {name: value for name, value in expected.items() if value is not BAD}
    assert len(found.rejects) == sum(value is BAD for value in expected.values())


_CELLS = st.one_of(
    st.integers(-(10**15), 10**15),
    st.floats(-1e100, 1e100).map(lambda one: float(f"{one:.15g}") if abs(one) > 1e-100 else 0.5),
    st.text("abc xyz=", min_size=1, max_size=9).filter(lambda one: not one.startswith("=")),
    st.booleans(),
    st.dates(datetime.date(1990, 1, 1)).map(lambda one: one.replace(year=min(one.year, 2100), day=1)),
    st.datetimes(datetime.datetime(1990, 1, 1), datetime.datetime(2100, 1, 1)).map(
        lambda one: one.replace(microsecond=0)
    ),
)


@SETTINGS
@given(cells=st.lists(_CELLS, min_size=1, max_size=9))
def test_workbooks_of_openpyxl(tmp_path_factory: Any, cells: list[Any]) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["id", "v"])
    for at, cell in enumerate(cells):
        book.active.append([f"k{at}", cell])
    path = tmp_path_factory.mktemp("t") / "a.xlsx"
    book.save(path)
    found = read(path)
    assert [item["v"] for item in found.items] == [plain(one) for one in cells]
    assert json.dumps(found.told) == "[]"


def test_types_of_pandas_that_parquet_has_not(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "id": ["a", "b"],
            "period": pandas.PeriodIndex(["2026-01", None], freq="M"),
            "berlin": pandas.to_datetime(["2026-01-01", "2026-07-01"]).tz_localize("Europe/Berlin"),
            "word": pandas.Categorical(["x", "y"]),
            "length": pandas.to_timedelta([90, -1], unit="s"),
        },
        index=[5, 7],
    )
    frame.to_parquet(tmp_path / "a.parquet")
    found = read(tmp_path / "a.parquet")
    assert found.items == [
        {
            "id": {"S": "b"},
            "period": {"NULL": True},
            "berlin": {"S": "2026-06-30T22:00:00Z"},
            "word": {"S": "y"},
            "length": {"S": "PT-1S"},
        }
    ]
    assert [reason[:31] for _, reason in found.told] == ["period: is a period of pandas'"[:31] + ","]
    assert {note.kind for note in found.notes} == {"pandas-index", "time-zone", "nulls"}


def test_types_of_duckdb_in_parquet(tmp_path: Path) -> None:
    """Where its types are nested, the logical types of the leaves are those of Parquet's schema, not Arrow's."""
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "a.parquet"
    duckdb.connect().execute(f"""COPY (SELECT 'a' AS id, {{'b': [INTERVAL '14 months 3 days', INTERVAL '90 seconds'],
        'u': '6f1bafe3-0000-4000-8000-000000000001'::UUID, 'm': MAP {{'x': [0.1::FLOAT, NULL]}}}} AS s,
        'abcdefghijkl'::BLOB AS raw, '{{"a":1}}'::JSON AS j, '101'::BIT AS bits, TIME '01:02:03.5' AS t,
        '2026-01-01 00:00:00.123456789'::TIMESTAMP_NS AS ns
        , INTERVAL '1 hour' AS one UNION ALL SELECT 'b', NULL, NULL, NULL, NULL, NULL, NULL, NULL) TO '{path}'""")
    found = read(path, drop_nulls=True)
    assert not found.rejects
    assert sorted(found.items, key=lambda item: str(item["id"])) == [
        {
            "id": {"S": "a"},
            "s": {
                "M": {
                    "b": {"L": [{"S": "P14M3D"}, {"S": "PT90S"}]},
                    "u": {"S": "6f1bafe3-0000-4000-8000-000000000001"},
                    "m": {"M": {"x": {"L": [{"N": "0.1"}, {"NULL": True}]}}},
                }
            },
            "raw": binary(b"abcdefghijkl"),
            "j": {"S": '{"a":1}'},
            "bits": {"S": "101"},
            "t": {"S": "01:02:03.500000"},
            "ns": {"S": "2026-01-01T00:00:00.123456789"},
            "one": {"S": "PT3600S"},
        },
        {"id": {"S": "b"}},
    ]
