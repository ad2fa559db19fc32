"""--types means the same in all formats: every value as CSV, JSON, DynamoDB JSON and Parquet has it."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.data.reading import Found, read

_CASES: list[tuple[Any, str, Any]] = [
    # the value (a number is a Decimal), the type asked for, the value in DynamoDB JSON (None: rejected)
    (Decimal("12"), "S", "12"),
    (Decimal("2.50"), "S", "2.5"),
    (Decimal("0E-8"), "S", "0"),
    (Decimal("1E+5"), "S", "100000"),
    (Decimal("1E-7"), "S", "0.0000001"),
    (True, "S", "true"),
    ("007", "S", "007"),
    ("007", "N", "7"),
    (" 1e5 ", "N", "100000"),
    ("12345678901234567890123456789012345678", "N", "12345678901234567890123456789012345678"),
    ("seven", "N", None),
    ("", "N", None),
    ("TRUE", "BOOL", True),
    ("false", "BOOL", False),
    ("yes", "BOOL", None),
    (Decimal(1), "BOOL", None),
    ("AQI=", "B", "AQI="),
    ("AQ", "B", None),
    ('["a","b"]', "SS", ["a", "b"]),
    ("[1,2.50]", "NS", ["1", "2.5"]),
    ("[1,1.0]", "NS", None),
    ('{"a":1.50}', "M", {"a": {"N": "1.5"}}),
    ("[1]", "L", [{"N": "1"}]),
    ("[1]", "M", None),
    ('"a"', "L", None),
    ("text", "L", None),
    (["a", "b"], "SS", ["a", "b"]),
    ([Decimal("1.0"), Decimal("2E+1")], "SS", ["1", "20"]),
    (["1.0", "2"], "NS", ["1", "2"]),
    ([], "SS", None),
    ({"a": Decimal(1)}, "L", None),
    ("x", "NULL", None),
]


def _json_text(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list):
        return f"[{','.join(map(_json_text, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_json_text(one)}" for name, one in value.items()) + "}"
    return json.dumps(value)


def _typed(value: Any) -> dict[str, Any]:
    if isinstance(value, Decimal):
        return {"N": str(value)}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, list):
        return {"L": [_typed(one) for one in value]}
    if isinstance(value, dict):
        return {"M": {name: _typed(one) for name, one in value.items()}}
    return {"S": value}


def _as_csv(path: Path, value: Any) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["id", "x"], ["k", value]])
    path.write_text(text.getvalue())


def _as_parquet(path: Path, value: Any) -> None:
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.Table.from_pylist([{"id": "k", "x": value}]), path)


def _check(found: Found, kind: str, wanted: Any) -> None:
    if wanted is None:
        assert not found.items and len(found.rejects) == 1
        assert found.told[0][1].startswith("x"), "the reason names the attribute"
    else:
        assert found.items == [{"id": {"S": "k"}, "x": {kind: wanted}}], found.told


@pytest.mark.parametrize(("value", "kind", "wanted"), _CASES)
def test_types_convert_alike_in_all_formats(tmp_path: Path, value: Any, kind: str, wanted: Any) -> None:
    types = {"x": kind}
    lines = {
        "plain.jsonl": f'{{"id":"k","x":{_json_text(value)}}}\n',
        "typed.jsonl": json.dumps({"id": {"S": "k"}, "x": _typed(value)}) + "\n",
        "wrapped.jsonl": json.dumps({"Item": {"id": {"S": "k"}, "x": _typed(value)}}) + "\n",
    }
    for name, line in lines.items():
        path = tmp_path / name
        path.write_text(line * 3)  # rows after the first take the fast path
        found = read(path, types=types)
        _check(found._replace(rows=found.rows[:1], rejects=found.rejects[:1]), kind, wanted)
        assert len({row.body for row in found.rows}) <= 1 and found.read == 3
    if isinstance(value, str) and value:
        _as_csv(tmp_path / "a.csv", value)
        _check(read(tmp_path / "a.csv", types=types), kind, wanted)
    if value not in ([], ""):
        _as_parquet(tmp_path / "a.parquet", value)
        _check(read(tmp_path / "a.parquet", types=types), kind, wanted)
