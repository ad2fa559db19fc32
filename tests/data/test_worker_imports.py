"""A budget for what a worker process imports: its start is a part of the time until a load's first write."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

MOST_MODULES = 50
"""Of dynaops. A worker with the reader of one format has 47 at the most today."""
PROGRAM = """
import ast, json, sys
before = set(sys.modules)
import dynaops.data.worker
from dynaops.data.parsing.dialect import Dialect
from dynaops.data.parsing.parser import make_parser
from dynaops.data.parsing.parse_options import Container, InputLayout, ParseOptions
from dynaops.data.rows import InputBlock, Keys, Position
plan = ParseOptions(Keys("id", None, {"id": "S"}), {"rows": InputLayout(Container(sys.argv[1]))})
parsed = make_parser(plan)(InputBlock(0, "rows", 1, ast.literal_eval(sys.argv[2]), Position(0, 0, 1)))
assert len(parsed.rows) == 3, parsed
print(json.dumps(sorted(set(sys.modules) - before)))
"""
JSON_LINES = b'{"id":"a","n":1}\n{"id":"b","n":2.5}\n{"id":"c","n":[]}\n'
CSV = b'["id","n"]\na,1\nb,2.5\nc,\n'
UNUSED = {
    *("boto3", "botocore", "jmespath", "moto", "pydantic", "pyarrow", "rich", "typer", "yaml", "filelock"),
    *("xml", "email", "http", "tempfile", "sqlite3", "multiprocessing", "dynaops.cli", "dynaops.aws.session"),
    *("dynaops.data.load", "dynaops.data.reading", "dynaops.data.parsing.arrow", "dynaops.data.parsing.ttl"),
    *("dynaops.data.parsing.partitioned", "dynaops.data.parsing.rejected", "dynaops.data.parsing.tables"),
    *("dynaops.data.parsing.documents", "dynaops.data.parsing.spans", "dynaops.data.parsing.stream"),
}
"""Modules and packages that a load of plain JSON lines or CSV has no use for in its workers."""
ONLY_CSV = {f"dynaops.data.parsing.{name}" for name in ("cells", "column_types", "csv_records", "records")}
ONLY_JSON = {f"dynaops.data.parsing.{name}" for name in ("lines", "roads", "shapes", "straight")}


@pytest.mark.parametrize(
    ("container", "data", "other_format"),
    [("lines", JSON_LINES, ONLY_CSV), ("csv", CSV, ONLY_JSON)],
)
def test_a_worker_imports_only_what_its_load_needs(
    container: str, data: bytes, other_format: set[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, container, repr(data)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    imported = json.loads(done.stdout)
    unused = UNUSED | other_format
    assert not [name for name in imported if any(f"{name}.".startswith(f"{one}.") for one in unused)]
    ours = [name for name in imported if name.split(".")[0] == "dynaops"]
    assert len(ours) <= MOST_MODULES, ours
