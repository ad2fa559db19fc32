"""What an export holds is read back the same: by load-data, by pandas and by DuckDB, in every form."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynaops.aws.session import Aws
from dynaops.data.exporting import shown
from dynaops.data.exporting.destination import destination
from dynaops.data.exporting.export import export
from dynaops.data.exporting.filters import narrowing
from dynaops.data.exporting.options import Exported, ExportOptions, RowForm, S3Target
from dynaops.data.exporting.tables import DELIMITERS, TableWriter, columns_of, note_types, types_of
from dynaops.data.rows import Keys
from dynaops.data.table_info import describe
from dynaops.model.errors import DynaopsError
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from dynaops.values.numbers import canonical
from tests.data.random_tables import SETTINGS
from tests.data.reading import read
from tests.data.tables import REGION, make_table, put, way_to

pd = pytest.importorskip("pandas")
duckdb = pytest.importorskip("duckdb")

KEYS = Keys("id", None, {"id": "S"})
_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=10
) | st.sampled_from(
    [
        'a "b"',
        "x,y",
        "tab\tbed",
        "cr\rlf\n",
        " blanks ",
        "007",
        "1e5",
        "true",
        "-",
        "\\",
        "a;b|c",
        "'",
        "=1+1",
    ]
)
_NUMBER = st.integers(-(10**37), 10**37).map(str) | st.decimals(
    min_value=-(10**9), max_value=10**9, places=6, allow_nan=False
).map(lambda one: canonical(format(one, "f")))
_VALUE = {
    "S": _TEXT.map(lambda one: {"S": one}),
    "N": _NUMBER.map(lambda one: {"N": one}),
    "BOOL": st.booleans().map(lambda one: {"BOOL": one}),
    "L": st.lists(_NUMBER.map(lambda one: {"N": one}) | _TEXT.map(lambda one: {"S": one}), max_size=3).map(
        lambda one: {"L": one}
    ),
    "SS": st.sets(_TEXT, min_size=1, max_size=3).map(lambda one: {"SS": sorted(one)}),
    "B": st.just({"B": "AAEC"}),
}


@st.composite
def tables(draw: Any) -> list[dict[str, Any]]:
    """Items whose attributes are of one type each, and may be absent."""
    kinds = draw(st.lists(st.sampled_from(sorted(_VALUE)), max_size=4))
    count = draw(st.integers(1, 6))
    rows = []
    for at in range(count):
        row = {"id": {"S": f"k{at}"}}
        for number, kind in enumerate(kinds):
            if draw(st.booleans()):
                row[f"{kind.lower()} {number}"] = draw(_VALUE[kind])
        rows.append(row)
    return rows


def _written(path: Path, rows: list[dict[str, Any]], form: RowForm) -> dict[str, str]:
    types: dict[str, str] = {}
    note_types(types, set(), rows)
    types = types_of(types, KEYS)
    writer = TableWriter(list(types), form)
    path.write_bytes(writer.header() + writer.rows(rows))
    return types


def _sorted(item: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {kind: sorted(content) if kind == "SS" else content for kind, content in value.items()}
        for name, value in item.items()
    }


@SETTINGS
@given(rows=tables())
@pytest.mark.parametrize("form", DELIMITERS)
def test_csv_is_read_back_with_the_types_that_are_told(
    tmp_path_factory: pytest.TempPathFactory, form: RowForm, rows: list[dict[str, Any]]
) -> None:
    path = tmp_path_factory.mktemp("export") / f"a.{form.value}"
    types = _written(path, rows, form)
    found = read(path, KEYS, types=types)
    assert not found.rejects and [_sorted(item) for item in found.items] == [_sorted(row) for row in rows]


@SETTINGS
@given(rows=tables())
@pytest.mark.parametrize("form", DELIMITERS)
def test_other_tools_read_the_same_cells(
    tmp_path_factory: pytest.TempPathFactory, form: RowForm, rows: list[dict[str, Any]]
) -> None:
    path = tmp_path_factory.mktemp("export") / f"a.{form.value}"
    columns = list(_written(path, rows, form))
    cells = [[shown.cell(row[name]) if name in row else "" for name in columns] for row in rows]
    by_pandas = pd.read_csv(path, sep=DELIMITERS[form], dtype=str, keep_default_na=False)
    assert [list(by_pandas.columns), *by_pandas.to_numpy().tolist()] == [columns, *cells]
    if any("\r" in cell for row in cells for cell in row):
        return  # DuckDB's reader takes no CR within quotes beside lines that end with LF
    rows_of = duckdb.connect().execute(
        "SELECT * FROM read_csv(?, delim=?, quote='\"', escape='\"', header=true, all_varchar=true, "
        "auto_detect=false, columns=?, new_line='\\n')",
        [str(path), DELIMITERS[form], dict.fromkeys(columns, "VARCHAR")],
    )
    assert [[cell or "" for cell in row] for row in rows_of.fetchall()] == cells


@SETTINGS
@given(rows=tables())
def test_other_tools_read_the_same_json(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    import orjson

    path = tmp_path_factory.mktemp("export") / "a.jsonl"
    path.write_bytes(b"".join(orjson.dumps(shown.plain(row)) + b"\n" for row in rows))
    expected = [{name: _plain(value) for name, value in row.items()} for row in rows]
    lines = path.read_text().split("\n")[:-1]
    assert [json.loads(line, parse_float=Decimal, parse_int=Decimal) for line in lines] == expected
    if re.search(r"[0-9.]{15}", path.read_text()):
        return  # pandas and DuckDB have no such numbers
    by_pandas = pd.read_json(path, lines=True, dtype=False, convert_dates=False, precise_float=True)
    assert by_pandas["id"].tolist() == [row["id"]["S"] for row in rows]
    ids = duckdb.connect().execute("SELECT id FROM read_json(?, format='newline_delimited')", [str(path)])
    assert [one for (one,) in ids.fetchall()] == [row["id"]["S"] for row in rows]


def _plain(value: dict[str, Any]) -> Any:
    ((kind, content),) = value.items()
    if kind == "N":
        return Decimal(content)
    return [_plain(one) for one in content] if kind == "L" else content


@pytest.mark.parametrize(
    ("out", "wanted", "file", "form"),
    [
        (None, None, "users.jsonl", RowForm.AUTO),
        (None, "csv", "users.csv", RowForm.CSV),
        (None, "tsv", "users.tsv", RowForm.TSV),
        ("x.tsv", None, "x.tsv", RowForm.TSV),
        ("x.CSV.gz", None, "x.CSV.gz", RowForm.CSV),
        ("x.csv.bz2", None, "x.csv.bz2", RowForm.CSV),
        ("x.json.zst", "dynamodb", "x.json.zst", RowForm.DYNAMODB),
        ("backup.2026-01-01", None, "backup.2026-01-01", RowForm.AUTO),
        ("folder/", None, "folder/users.jsonl", RowForm.AUTO),
        ("folder/", "csv", "folder/users.csv", RowForm.CSV),
        ("there", "tsv", "there/users.tsv", RowForm.TSV),
    ],
)
def test_names_and_forms(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    out: str | None,
    wanted: str | None,
    file: str,
    form: RowForm,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    found = destination(out, wanted, "users")
    assert (str(found.file), found.form, found.upload) == (file, form, None)


@pytest.mark.parametrize(
    ("out", "wanted", "message"),
    [
        *(
            (f"x{ending}", None, "is not written as")
            for ending in (".parquet", ".xlsx", ".avro", ".zip", ".orc.gz")
        ),
        ("x.parquet", "csv", "is not written as Parquet"),
        ("x.csv", "tsv", "names another format than --format tsv"),
        ("x.jsonl", "csv", "names another format"),
        ("s3://bucket/x.parquet", None, "is not written as Parquet"),
        ("s3:///x", None, "names no bucket"),
        ("x", "xml", "there is no 'xml'"),
    ],
)
def test_names_that_cannot_be_written(out: str, wanted: str | None, message: str) -> None:
    with pytest.raises(DynaopsError, match=message):
        destination(out, wanted, "users")


def test_places_in_s3() -> None:
    assert destination("s3://b/a/x.csv.gz", None, "t").upload == S3Target("b", "a/x.csv.gz")
    assert destination("s3://b/a/", "csv", "t").upload == S3Target("b", "a/t.csv")
    assert destination("s3://b", None, "t").upload == S3Target("b", "t.jsonl")


@pytest.fixture
def aws(server: SandboxServer) -> Aws:
    aws = way_to(server)
    make_table(aws, "source", {"id": "S"})
    return aws


def _export(aws: Aws, folder: Path, **options: Any) -> Exported:
    options.setdefault("out", folder / "out.jsonl")
    return export(
        aws, describe(aws, "source", REGION), ExportOptions(checkpoint=folder / "checkpoint", **options)
    )


def test_paths_of_a_projection(aws: Aws, tmp_path: Path) -> None:
    address = {
        "M": {"city": {"S": "X"}, "zip": {"S": "1"}, "geo": {"L": [{"N": "1"}, {"M": {"d": {"N": "2"}}}]}}
    }
    put(aws, "source", [{"id": {"S": "a"}, "address": address, "a.b": {"S": "dotted"}, "size": {"N": "3"}}])
    for paths, names, expected in (
        ("id,address.city", None, {"id": "a", "address": {"city": "X"}}),
        ("address.geo[0],size", None, {"address": {"geo": [1]}, "size": 3}),
        ("#d , id", '{"#d": "a.b"}', {"a.b": "dotted", "id": "a"}),
        ("address.#c", '{"#c": "zip"}', {"address": {"zip": "1"}}),
    ):
        narrow = narrowing(None, paths, names, None)
        _export(aws, tmp_path, narrowing=narrow)
        assert json.loads((tmp_path / "out.jsonl").read_text()) == expected
        assert set(narrow.columns) == set(expected)


def test_columns_of_several_types_are_told(aws: Aws, tmp_path: Path) -> None:
    put(
        aws,
        "source",
        [{"id": {"S": "a"}, "v": {"N": "1"}, "w": {"NULL": True}}, {"id": {"S": "b"}, "v": {"S": "x"}}],
    )
    exported = _export(aws, tmp_path, form=RowForm.CSV)
    assert exported.mixed == ["v"] and exported.types == {"id": "S", "v": "S", "w": "S"}
    assert columns_of(["b", "id", "a"], KEYS) == ["id", "a", "b"]


def test_to_s3_in_parts_and_without_a_trace_where_it_fails(
    server: SandboxServer, aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # S3 takes no parts of less than 5 MB, so that this export is of 12 MB.
    monkeypatch.setattr("dynaops.data.exporting.upload._PART_BYTES", 5 << 20)
    put(aws, "source", ({"id": {"S": f"k{n}"}, "v": {"S": f"{n:05}" * 20_000}} for n in range(120)))
    aws.call(
        "s3",
        "CreateBucket",
        REGION,
        {"Bucket": "exports", "CreateBucketConfiguration": {"LocationConstraint": REGION}},
    )
    target = S3Target("exports", "a/out.jsonl")
    server.faults.add(FaultRule("access_denied", operation="PutObject", nth=2, times=1))
    with pytest.raises(DynaopsError):
        _export(aws, tmp_path, out=None, upload=target)
    assert not aws.call("s3", "ListMultipartUploads", REGION, {"Bucket": "exports"}).get("Uploads")
    assert not aws.call("s3", "ListObjectsV2", REGION, {"Bucket": "exports"}).get("Contents")
    server.faults.clear()
    exported = _export(aws, tmp_path, out=None, upload=target, resume=True)
    assert exported.resumed and exported.items == 120
    body = aws.call("s3", "GetObject", REGION, {"Bucket": "exports", "Key": target.key})["Body"].read()
    assert {json.loads(line)["id"] for line in body.splitlines()} == {f"k{n}" for n in range(120)}
    assert not [one for one in (tmp_path / "checkpoint").iterdir() if one.suffix != ".lock"]


def test_a_rate_holds_from_the_first_second(aws: Aws, tmp_path: Path) -> None:
    """The clock is not measured: the units of each answer are held against the time that the bucket has seen."""
    put(aws, "source", ({"id": {"S": f"k{n}"}, "v": {"S": "x" * 3_000}} for n in range(120)))
    told: list[tuple[float, float]] = []
    rate = 60.0
    exported = _export(aws, tmp_path, rate=rate, segments=4)
    assert exported.items == 120 and exported.consumed >= 40
    told.append((exported.seconds, exported.consumed))
    for seconds, consumed in told:
        assert consumed <= rate * seconds + rate / 4
