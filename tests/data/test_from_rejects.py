"""Rejected rows of every format are loaded again from their rejects file, as they would have been at first."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynaops.data.rejects import RejectsFile
from dynaops.data.rows import Keys, Reject
from dynaops.model.errors import DynaopsError
from tests.data.reading import Found, read

KEYS = Keys("id", None, {"id": "S"}, {"age": "N"})
TEXTS = [
    "plain",
    'with "quotes"',
    "a, b; c\td|e",
    "line\nbreak",
    "\\back\\slash",
    "ü €",
    " blanks ",
    "%s {}",
    "'",
]


def _rows(seed: int) -> list[dict[str, Any]]:
    """Rows of which about a third has an `age` that is no number, which an index of the table needs."""
    pick = random.Random(seed)
    return [
        {
            "id": f"k{n}",
            "age": f"about {n}" if pick.random() < 0.3 else n,
            "text": pick.choice(TEXTS) + pick.choice(TEXTS),
            "zip": f"0{n}",
        }
        for n in range(80)
    ]


def _write_csv(path: Path, rows: list[dict[str, Any]], **dialect: Any) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), **dialect)
        writer.writeheader()
        writer.writerows(rows)


def _comma(path: Path, rows: list[dict[str, Any]]) -> None:
    _write_csv(path, rows)


def _semicolon(path: Path, rows: list[dict[str, Any]]) -> None:
    _write_csv(path, rows, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n")


def _lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _array(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text(json.dumps(rows, indent=2, ensure_ascii=False))


def _typed(path: Path, rows: list[dict[str, Any]]) -> None:
    items = [
        {name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in row.items()}
        for row in rows
    ]
    path.write_text("".join(json.dumps({"Item": item}) + "\n" for item in items))


def _parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    texts = [{**row, "age": str(row["age"])} for row in rows]
    parquet.write_table(pyarrow.Table.from_pylist(texts), path)


WRITERS: dict[str, Callable[[Path, list[dict[str, Any]]], None]] = {
    "a.csv": _comma,
    "semicolon.csv": _semicolon,
    "a.jsonl": _lines,
    "a.json": _array,
    "typed.jsonl": _typed,
    "a.parquet": _parquet,
}


def _kept(folder: Path, rejects: list[Reject], mode: str = "put") -> Path:
    path = folder / f"t.{len(list(folder.iterdir()))}.rejects.jsonl"
    file = RejectsFile(path, None, mode)
    file.append(rejects)
    file.close()
    return path


def _by_id(*found: Found) -> dict[str, dict[str, Any]]:
    return {item["id"]["S"]: item for one in found for item in one.items}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("seed", range(2))
def test_with_another_option_all_rows_are_there(tmp_path: Path, name: str, seed: int) -> None:
    rows = _rows(seed)
    WRITERS[name](tmp_path / name, rows)
    types = {"age": "N"} if name == "a.parquet" else {}  # its column is of texts
    first = read(tmp_path / name, KEYS, block=900, types=types)
    assert first.rows and first.rejects and first.read == len(rows)
    path = _kept(tmp_path, first.rejects)
    again = read(path, KEYS, block=900, rejects=True, types=types)
    assert not again.rows and again.rejects == first.rejects, "places, reasons and texts stay"
    assert _kept(tmp_path, again.rejects).read_bytes() == path.read_bytes()
    loose = Keys("id", None, {"id": "S"})  # a table without the index
    loaded = read(path, loose, rejects=True, types={"age": "S"})
    assert not loaded.rejects and len(loaded.rows) == len(first.rejects)
    found = _by_id(loaded, first)
    expected = {
        row["id"]: {
            "id": {"S": row["id"]},
            "age": {"N": str(row["age"])} if isinstance(row["age"], int) else {"S": row["age"]},
            "text": {"S": row["text"]},
            "zip": {"S": row["zip"]},
        }
        for row in rows
    }
    assert found == expected


def test_a_text_that_was_mended_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id,age,text\nk1,1,x\nk2,two,"a ""b"",\nc"\n,3,y\nk4,4\n')
    rejects = read(tmp_path / "a.csv", KEYS).rejects
    path = _kept(tmp_path, rejects)
    lines = path.read_text().replace("two", "2").replace('",3,y"', '"k3,3,y"').replace('"k4,4"', '"k4,4,z"')
    path.write_text(lines)
    found = read(path, KEYS, rejects=True)
    assert not found.rejects
    assert _by_id(found) == {
        "k2": {"id": {"S": "k2"}, "age": {"N": "2"}, "text": {"S": 'a "b",\nc'}},
        "k3": {"id": {"S": "k3"}, "age": {"N": "3"}, "text": {"S": "y"}},
        "k4": {"id": {"S": "k4"}, "age": {"N": "4"}, "text": {"S": "z"}},
    }
    assert [row.line for row in found.rows] == [one.line for one in rejects]


def test_types_that_were_guessed_for_the_whole_file_stay(tmp_path: Path) -> None:
    rows = "".join(f"k{n},{n},00{n}\n" for n in range(50))
    (tmp_path / "a.csv").write_text(f"id,count,code\n{rows},7,8\n")
    rejects = read(tmp_path / "a.csv", KEYS).rejects
    path = _kept(tmp_path, rejects)
    path.write_text(path.read_text().replace('",7,8"', '"k99,7,8"'))
    assert _by_id(read(path, KEYS, rejects=True)) == {
        "k99": {"id": {"S": "k99"}, "count": {"N": "7"}, "code": {"S": "8"}}
    }


def test_deletes_stay_deletes(tmp_path: Path) -> None:
    requests = [{"DeleteRequest": {"Key": {"id": {"N": "1"}}}}, {"PutRequest": {"Item": {"id": {"S": "a"}}}}]
    (tmp_path / "a.json").write_text(json.dumps({"t": requests}))
    rejects = read(tmp_path / "a.json", KEYS).rejects
    path = _kept(tmp_path, rejects)
    path.write_text(path.read_text().replace('{\\"N\\": \\"1\\"}', '{\\"S\\": \\"1\\"}'))
    (row,) = read(path, KEYS, rejects=True).rows
    assert not row.is_put and json.loads(row.body) == {"id": {"S": "1"}}


def test_bytes_that_are_no_text_have_to_be_mended(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"id,text\nk1,\xff\xfe\nk2,\\xff\n")
    first = read(tmp_path / "a.csv", KEYS, encoding="utf-8")
    (reject,) = first.rejects
    path = _kept(tmp_path, [reject])
    assert "has not been mended" in read(path, KEYS, rejects=True).told[0][1]
    path.write_text(path.read_text().replace("\\\\xff\\\\xfe", "ok"))
    assert _by_id(read(path, KEYS, rejects=True)) == {"k1": {"id": {"S": "k1"}, "text": {"S": "ok"}}}


def test_lines_that_are_no_rejects_are_rejected(tmp_path: Path) -> None:
    path = _kept(tmp_path, [Reject("f", 1, "bad", '{"id":"a"}')])
    with path.open("a") as file:
        file.write('{"id":"b"}\n\n{oops\n{"source":"f","line":"x","reason":"","text":""}\n')
        file.write('{"source":"f","line":7,"reason":"r","text":"x","reading":{"format":"csv"}}\n')
        file.write('{"source":"f","line":8,"reason":"r","text":""}\n')
    found = read(path, KEYS, rejects=True)
    assert _by_id(found) == {"a": {"id": {"S": "a"}}}
    assert [(one.source, one.line) for one in found.rejects] == [
        *((str(path), line) for line in (2, 4, 5)),
        ("f", 7),
        ("f", 8),
    ]
    again = _kept(tmp_path, found.rejects[:1])
    again.write_text(
        again.read_text().replace('{\\"id\\":\\"b\\"}', json.dumps(path.read_text().splitlines()[0])[1:-1])
    )
    assert _by_id(read(again, KEYS, rejects=True)) == {"a": {"id": {"S": "a"}}}


def test_what_is_no_rejects_file_or_of_another_mode_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id":"a"}\n')
    with pytest.raises(DynaopsError, match="is no rejects file"):
        read(tmp_path / "a.jsonl", KEYS, rejects=True)
    path = _kept(tmp_path, [Reject("f", 1, "bad", '{"id":"a"}')], mode="update")
    with pytest.raises(DynaopsError, match="were rejected by a load with --update"):
        read(path, KEYS, rejects=True)
    assert read(path, KEYS, rejects=True, mode="update").rows
