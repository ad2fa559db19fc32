"""What is exported and loaded again is the same table."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from dynaops.aws.session import Aws
from dynaops.data.exporting.export import export
from dynaops.data.exporting.filters import narrowing
from dynaops.data.exporting.options import Exported, ExportOptions, RowForm
from dynaops.data.load import load
from dynaops.data.options import LoadOptions
from dynaops.data.reading.decompress import Packing
from dynaops.data.reading.prepare import ReadOptions, parsed_types, prepare
from dynaops.data.table_info import describe
from dynaops.model.errors import DynaopsError
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from tests.data.tables import REGION, make_table, put, rows_of, way_to

PLAIN: list[dict[str, Any]] = [
    {
        "id": {"S": f"k{n}"},
        "at": {"N": str(n * 10**30 + 1)},
        "tiny": {"N": "0." + "0" * 120 + "12345"},
        "none": {"NULL": True},
        "flag": {"BOOL": n % 2 == 0},
        "empty": {"S": ""},
        "text": {"S": 'ü "quoted", \n\\ 𝄞' * (n % 5)},
        "deep": {"M": {"l": {"L": [{"N": "1.5"}, {"M": {}}, {"L": []}]}, "": {"S": "x"}} if n < 0 else {}},
    }
    for n in range(300)
]
TYPED: list[dict[str, Any]] = [
    {
        "id": {"S": "sets"},
        "at": {"N": "1"},
        "ss": {"SS": ["a", "b"]},
        "ns": {"NS": ["1", "2.5"]},
        "b": {"B": "AAEC"},
        "deep": {"M": {"bs": {"BS": ["AQ==", "Ag=="]}}},
    }
]
KEYS = {"id": "S", "at": "N"}


@pytest.fixture
def aws(server: SandboxServer) -> Aws:
    aws = way_to(server)
    make_table(aws, "source", KEYS)
    return aws


def _export(aws: Aws, folder: Path, name: str = "out.jsonl", **options: Any) -> Exported:
    given = ExportOptions(folder / name, checkpoint=folder / "checkpoint", **options)
    return export(aws, describe(aws, "source", REGION), given)


def _load(aws: Aws, path: Path, folder: Path, table: str = "copy", **reading: Any) -> None:
    make_table(aws, table, KEYS)
    target = describe(aws, table, REGION)
    prepared = prepare([str(path)], target.keys, lambda: aws, ReadOptions(**reading))
    options = LoadOptions(target.keys, prepared.plan, workers=1, checkpoint=folder / "load")
    summary = load(aws, table, REGION, prepared.source, options)
    assert summary.complete and not summary.counts.rejected


@pytest.mark.parametrize("packing", Packing)
def test_plain_json_where_it_loses_nothing(aws: Aws, tmp_path: Path, packing: Packing) -> None:
    put(aws, "source", PLAIN)
    exported = _export(aws, tmp_path, packing=packing, segments=3)
    assert (exported.items, exported.scanned, exported.form, exported.lost) == (300, 300, RowForm.JSONL, None)
    _load(aws, tmp_path / "out.jsonl", tmp_path)
    assert rows_of(aws, "copy") == rows_of(aws, "source")
    assert {one.name for one in tmp_path.iterdir()} == {"out.jsonl", "checkpoint", "load"}
    assert not list((tmp_path / "checkpoint").glob("*.json"))


def test_dynamodb_json_where_plain_json_would_lose_types(aws: Aws, tmp_path: Path) -> None:
    put(aws, "source", PLAIN[:50] + TYPED)
    exported = _export(aws, tmp_path)
    assert exported.form is RowForm.DYNAMODB and exported.lost == "'ss' holds a set (SS)"
    _load(aws, tmp_path / "out.jsonl", tmp_path)
    assert rows_of(aws, "copy") == rows_of(aws, "source")


def test_plain_json_is_json(aws: Aws, tmp_path: Path) -> None:
    put(aws, "source", TYPED)
    exported = _export(aws, tmp_path, form=RowForm.JSONL)
    assert exported.lost and exported.form is RowForm.JSONL
    (row,) = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert (sorted(row["ss"]), sorted(row["ns"]), row["b"], row["at"]) == (["a", "b"], [1, 2.5], "AAEC", 1)


def test_csv_and_the_types_to_load_it_with(aws: Aws, tmp_path: Path) -> None:
    rows = [{name: value for name, value in row.items() if name not in ("empty", "none")} for row in PLAIN]
    rows = [row for row in rows if row["text"]["S"]] + TYPED
    put(aws, "source", rows)
    exported = _export(aws, tmp_path, "out.csv.gz", form=RowForm.CSV, packing=Packing.GZIP)
    header = gzip.decompress((tmp_path / "out.csv.gz").read_bytes()).decode().partition("\n")[0]
    assert header == "id,at,b,deep,flag,ns,ss,text,tiny"
    types = ",".join(f"{name}={kind}" for name, kind in exported.types.items())
    _load(aws, tmp_path / "out.csv.gz", tmp_path, types=parsed_types(types))
    expected = rows_of(aws, "source")
    assert {key for key in rows_of(aws, "copy") if b'"sets"' not in key} == {
        key for key in expected if b'"sets"' not in key
    }


def test_an_empty_table(aws: Aws, tmp_path: Path) -> None:
    exported = _export(aws, tmp_path)
    assert exported.items == 0 and (tmp_path / "out.jsonl").read_bytes() == b""
    _export(aws, tmp_path, "out.csv", form=RowForm.CSV)
    assert (tmp_path / "out.csv").read_bytes() == b"\n"


def test_filter_and_projection(aws: Aws, tmp_path: Path) -> None:
    put(aws, "source", PLAIN[:100])
    narrow = narrowing(
        "flag = :yes AND #i > :at", "id, name, flag", '{"#i": "at"}', '{":yes": true, ":at": 1e31}'
    )
    exported = _export(aws, tmp_path, narrowing=narrow)
    rows = list(map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines()))
    assert {row["id"] for row in rows} == {f"k{n}" for n in range(10, 100, 2)}
    assert set(rows[0]) == {"id", "flag"} and (exported.items, exported.scanned) == (45, 100)


def test_expressions_that_cannot_be_understood() -> None:
    for arguments, message in (
        ((None, "a..b", None, None), "--projection"),
        ((None, None, "[1]", None), "--names is a JSON object"),
        ((None, None, None, "{"), "--values is not JSON"),
        ((None, None, None, '{":a": {"SS": []}}'), "a set is never empty"),
    ):
        with pytest.raises(DynaopsError, match=message):
            narrowing(*arguments)
    assert narrowing("a = :a", None, None, '{":a": {"N": "1"}}').values == {":a": {"N": "1"}}


def test_throttles_and_errors_are_repeated(server: SandboxServer, aws: Aws, tmp_path: Path) -> None:
    put(aws, "source", PLAIN)
    server.faults.add(FaultRule("throttle", operation="Scan", times=3))
    exported = _export(aws, tmp_path, segments=4)
    assert exported.items == 300 and exported.throttles == 3


def test_a_refusal_leaves_nothing_behind(aws: Aws, tmp_path: Path) -> None:
    with pytest.raises(DynaopsError, match="ValidationException"):
        _export(aws, tmp_path, narrowing=narrowing("nonsense (", None, None, None))
    assert {one.name for one in tmp_path.iterdir()} == {"checkpoint"}


def _small_pages() -> dict[str, Any]:
    """Options with which a page has ten rows at the most."""
    return {"page_items": 10, "segments": 3}


@pytest.mark.parametrize("form", [RowForm.AUTO, RowForm.CSV])
def test_an_export_that_failed_is_resumed(
    server: SandboxServer, aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: RowForm
) -> None:
    put(aws, "source", PLAIN)
    whole = _export(aws, tmp_path, "whole", form=form)
    options = _small_pages()
    for nth in (3, 2, 4):
        server.faults.add(FaultRule("access_denied", operation="Scan", nth=nth, times=None))
        with pytest.raises(DynaopsError, match="denied"):
            _export(aws, tmp_path, form=form, resume=True, **options)
        server.faults.clear()
    with (tmp_path / "out.jsonl.part").open("ab") as part:
        part.write(b'{"Item":{"id":{"S":"never confirmed"')
    exported = _export(aws, tmp_path, form=form, resume=True, **options)
    assert exported.resumed and exported.items == exported.scanned == 300
    made, expected = (sorted((tmp_path / name).read_bytes().splitlines()) for name in ("out.jsonl", "whole"))
    assert made == expected and whole.types == exported.types


def test_resuming_another_export_is_refused(
    server: SandboxServer, aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(aws, "source", PLAIN)
    options = _small_pages()
    server.faults.add(FaultRule("access_denied", operation="Scan", nth=5, times=None))
    with pytest.raises(DynaopsError, match="denied"):
        _export(aws, tmp_path, **options)
    server.faults.clear()
    (checkpoint,) = (tmp_path / "checkpoint").glob("*.json")
    data = json.loads(checkpoint.read_text())
    data["export"]["identity"] = "another table of that name"
    checkpoint.write_text(json.dumps(data))
    with pytest.raises(DynaopsError, match="another table of that name"):
        _export(aws, tmp_path, resume=True, **options)
    checkpoint.write_text("{")
    with pytest.raises(DynaopsError, match="is damaged"):
        _export(aws, tmp_path, resume=True, **options)
