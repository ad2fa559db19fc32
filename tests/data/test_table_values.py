"""What other tools write into tables comes out as the value that they were given, or costs its row, never another's.

The expectation is made here, from what the writer is given, without the product's own code.
"""

from __future__ import annotations

import base64
import datetime
import json
import math
import sqlite3
import struct
import uuid
from decimal import Context, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.data.reading import Found, read

pa = pytest.importorskip("pyarrow")
BAD: Any = object()
"""A value that DynamoDB cannot hold: its row has to be rejected, with the attribute's name."""
_settings = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
_long = settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))


def number(value: Any) -> Any:
    """A number as DynamoDB JSON, by exact arithmetic."""
    exact = Decimal(value) if not isinstance(value, float) else Decimal(repr(value))
    if not exact.is_finite():
        return BAD
    if not exact:
        return {"N": "0"}
    exact = exact.normalize(Context(prec=400))
    if len(exact.as_tuple().digits) > 38 or not -130 <= exact.adjusted() <= 125:
        return BAD
    return {"N": format(exact, "f")}


def single(value: float) -> Any:
    """A 32-bit float: the shortest decimal nearest to it."""
    if not math.isfinite(value):
        return BAD
    for digits in range(1, 10):
        text = f"{value:.{digits}g}"
        if abs(float(text)) <= 3.4028235e38 and struct.pack("f", float(text)) == struct.pack("f", value):
            return number(text)
    raise AssertionError(value)


def binary(value: bytes) -> Any:
    return {"B": base64.b64encode(value).decode()}


def moment(nanoseconds: int, zone: bool) -> Any:
    """An instant by whole seconds and the rest, where Python's datetime has it."""
    seconds, rest = divmod(nanoseconds, 10**9)
    try:
        text = (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)).strftime(
            "%Y-%m-%dT%H:%M:%S"
        )
    except OverflowError:
        return BAD
    text = text.rjust(19, "0")
    fraction = f"{rest:09d}"
    text += "" if not rest else f".{fraction[:6]}" if fraction.endswith("000") else f".{fraction}"
    return {"S": text + ("Z" if zone else "")}


def plain(value: Any) -> Any:
    """Values of Python whose meaning is the same in all tools."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float | Decimal):
        return number(value)
    if isinstance(value, bytes):
        return binary(value)
    if isinstance(value, list):
        inner = [plain(one) for one in value]
        return BAD if BAD in inner else {"L": inner}
    if isinstance(value, dict):
        made = {name: plain(one) for name, one in value.items()}
        return BAD if BAD in made.values() else {"M": made}
    if isinstance(value, uuid.UUID):
        return {"S": str(value)}
    if isinstance(value, datetime.date | datetime.time):
        return {"S": value.isoformat()}
    return {"S": value}


INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
DOUBLES = st.floats() | st.sampled_from([0.1, 1e22, 5e-324, 1e300, -0.0, 1e-130, 9.99e125])
SINGLES = st.floats(width=32) | st.sampled_from([struct.unpack("f", struct.pack("f", 0.1))[0]])
Column = tuple[Any, Any, Any]


def _scaled(unit: int) -> Any:
    return st.integers(-(2**62), 2**62) | st.integers(-(9 * 10**9), 9 * 10**9).map(
        lambda one: one * 10**9 // unit
    )


def _decimals(digits: int, scale: int) -> Any:
    return st.integers(-(10**digits) + 1, 10**digits - 1).map(
        lambda one: Decimal(one).scaleb(-scale, Context(prec=100))
    )


def _columns() -> dict[str, Column]:
    """By name: Arrow's type, values to give to the writer, what is expected of one."""
    found: dict[str, Column] = {
        "int8": (pa.int8(), st.integers(-128, 127), plain),
        "int64": (pa.int64(), INT64, plain),
        "uint64": (pa.uint64(), st.integers(0, 2**64 - 1), plain),
        "bool": (pa.bool_(), st.booleans(), plain),
        "double": (pa.float64(), DOUBLES, plain),
        "single": (pa.float32(), SINGLES, single),
        "half": (pa.float16(), st.integers(-2048, 2048), number),
        "string": (pa.string(), TEXT, plain),
        "large_string": (pa.large_string(), TEXT, plain),
        "binary": (pa.binary(), st.binary(max_size=9), plain),
        "fixed": (pa.binary(16), st.binary(min_size=16, max_size=16), plain),
        "dec38": (pa.decimal128(38, 10), _decimals(38, 10), plain),
        "dec256": (pa.decimal256(76, 4), _decimals(42, 4), plain),
        "day": (pa.date32(), st.dates(), plain),
        "day64": (pa.date64(), st.dates(), plain),
        "clock": (pa.time64("us"), st.times(), plain),
        "words": (pa.dictionary(pa.int32(), pa.string()), st.sampled_from(["a", "b", ""]), plain),
        "list": (pa.list_(pa.float64()), st.lists(DOUBLES | st.none(), max_size=3), plain),
        "large_list": (pa.large_list(pa.int8()), st.lists(st.integers(-9, 9) | st.none(), max_size=3), plain),
        "pair": (pa.list_(pa.string(), 2), st.lists(TEXT | st.none(), min_size=2, max_size=2), plain),
        "map": (
            pa.map_(pa.string(), pa.int64()),
            st.dictionaries(st.sampled_from("abc"), INT64, max_size=3),
            plain,
        ),
        "struct": (
            pa.struct([("x", pa.list_(pa.float64())), ("y", pa.binary())]),
            st.fixed_dictionaries(
                {"x": st.lists(DOUBLES, max_size=2) | st.none(), "y": st.binary(max_size=2) | st.none()}
            ),
            plain,
        ),
    }
    for unit, nanoseconds in (("s", 10**9), ("ms", 10**6), ("us", 10**3), ("ns", 1)):
        for zone in (None, "UTC", "Europe/Berlin"):
            found[f"t{unit}{zone}"] = (
                pa.timestamp(unit, zone),
                _scaled(nanoseconds),
                lambda one, nanoseconds=nanoseconds, zone=zone: moment(one * nanoseconds, zone is not None),
            )
    return found


COLUMNS = _columns()


@st.composite
def tables(draw: Any, names: Any = None) -> dict[str, list[Any]]:
    """Values by column's name."""
    chosen = draw(st.lists(st.sampled_from(sorted(names or COLUMNS)), min_size=1, max_size=4, unique=True))
    count = draw(st.integers(1, 9))
    return {name: [draw(COLUMNS[name][1] | st.none()) for _ in range(count)] for name in chosen}


def _arrow(table: dict[str, list[Any]]) -> Any:
    count = len(next(iter(table.values())))
    arrays = [pa.array([f"k{at}" for at in range(count)])]
    for name, values in table.items():
        kind = COLUMNS[name][0]
        cells = [list(one.items()) if pa.types.is_map(kind) and one is not None else one for one in values]
        arrays.append(pa.array(cells, type=kind))
    return pa.table(arrays, names=["id", *table])


def _check(found: Found, table: dict[str, list[Any]], absent_nulls: bool = False) -> None:
    """Each row is as expected, or rejected because of a value that is expected to be bad."""
    count = len(next(iter(table.values())))
    items = {item["id"]["S"]: item for item in found.items}
    reasons = dict(found.told)
    for at in range(count):
        expected: dict[str, Any] = {"id": {"S": f"k{at}"}}
        for name, values in table.items():
            value = values[at]
            if value is None and absent_nulls:
                continue
            expected[name] = {"NULL": True} if value is None else COLUMNS[name][2](value)
        bad = [name for name, value in expected.items() if value is BAD]
        if bad:
            assert f"k{at}" not in items
            assert any(reasons[at + 1].startswith(name) for name in bad), reasons[at + 1]
        else:
            assert items.get(f"k{at}") == expected, reasons
    assert found.read == count


def _arrow_formats(folder: Path, table: dict[str, list[Any]]) -> None:
    from pyarrow import feather, ipc, parquet

    made = _arrow(table)
    parquet.write_table(made, folder / "a.parquet", row_group_size=4)
    _check(read(folder / "a.parquet"), table)
    feather.write_feather(made, str(folder / "a.feather"), compression="uncompressed", chunksize=3)
    _check(read(folder / "a.feather"), table)
    with ipc.new_stream(str(folder / "a.arrows"), made.schema) as stream:
        stream.write_table(made.slice(0, 2))
        stream.write_table(made.slice(2))
    _check(read(folder / "a.arrows"), table)
    _check(read(folder / "a.arrows", drop_nulls=True), *_dropped(table))


def _dropped(table: dict[str, list[Any]]) -> tuple[dict[str, list[Any]], bool]:
    return {name: values for name, values in table.items() if name != "struct"} or {"struct": []}, True


@_settings
@given(table=tables(set(COLUMNS) - {"tsNone", "tsUTC", "tsEurope/Berlin", "struct"}))
def test_arrow_and_parquet(tmp_path_factory: Any, table: dict[str, list[Any]]) -> None:
    _arrow_formats(tmp_path_factory.mktemp("t"), table)


@pytest.mark.slow
@_long
@given(table=tables(set(COLUMNS) - {"tsNone", "tsUTC", "tsEurope/Berlin", "struct"}))
def test_arrow_and_parquet_for_long(tmp_path_factory: Any, table: dict[str, list[Any]]) -> None:
    _arrow_formats(tmp_path_factory.mktemp("t"), table)


@_settings
@given(table=tables({"struct", "tsNone", "tsUTC", "list", "map"}))
def test_nested_values_in_parquet(tmp_path_factory: Any, table: dict[str, list[Any]]) -> None:
    from pyarrow import feather

    path = tmp_path_factory.mktemp("t") / "a.feather"
    feather.write_feather(_arrow(table), str(path))
    _check(read(path), table)


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


@_settings
@given(table=tables(_FRAMES))
def test_parquet_of_pandas(tmp_path_factory: Any, table: dict[str, list[Any]]) -> None:
    """Null is NaN in pandas' float columns: it writes a null for both, so that NaN is not among the values."""
    pandas = pytest.importorskip("pandas")
    path = tmp_path_factory.mktemp("t") / "a.parquet"
    for name in table.keys() & {"double", "single"}:
        table[name] = [None if one is not None and math.isnan(one) else one for one in table[name]]
    frame = _arrow(table).to_pandas(types_mapper=pandas.ArrowDtype)
    frame.to_parquet(path)
    _check(read(path), table)


@_settings
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
            _decimals(18, 3) | st.none(),
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


@_settings
@given(rows=st.lists(st.tuples(INT64, DOUBLES, TEXT, _decimals(30, 5)), min_size=1, max_size=6))
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


@_settings
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


@_settings
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
