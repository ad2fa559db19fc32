"""Deletes among the rows of a load, sent to a table: in order with puts of their keys, and counted."""

from __future__ import annotations

import json
from pathlib import Path

from dynaops.data.load import load
from dynaops.data.options import LoadOptions, LoadSummary
from dynaops.data.reading.prepare import ReadOptions, prepare
from dynaops.data.reading.source import FileSource
from dynaops.sandbox import SandboxServer
from tests.data.reading import ID, nowhere
from tests.data.tables import REGION, make_table, put, way_to


def _load(server: SandboxServer, path: Path, block: int) -> LoadSummary:
    prepared = prepare([str(path)], ID, nowhere, ReadOptions(table="ttt"))
    options = LoadOptions(
        ID, prepared.plan, workers=2, checkpoint=path.parent / "load", inputs=prepared.names
    )
    return load(way_to(server), "ttt", REGION, FileSource(prepared.source.inputs, block), options)


def test_deletes_and_puts_of_a_key_end_as_the_file_says(server: SandboxServer, tmp_path: Path) -> None:
    aws = way_to(server)
    make_table(aws, "ttt", {"id": "S"})
    put(aws, "ttt", ({"id": {"S": f"k{at}"}} for at in range(30)))
    requests = [{"DeleteRequest": {"Key": {"id": {"S": f"k{at}"}}}} for at in range(30)]
    for at in range(10, 20):  # these come back
        requests.append({"PutRequest": {"Item": {"id": {"S": f"k{at}"}, "n": {"N": "2"}}}})
    requests.append({"DeleteRequest": {"Key": {"id": {"S": "k10"}}}})
    path = tmp_path / "requests.json"
    for block in (400, 1 << 20):
        path.write_text(json.dumps({"ttt": requests, "u": requests[:3]}, indent=1))
        counts = _load(server, path, block).counts
        assert (counts.read, counts.written, counts.deleted, counts.not_loaded) == (44, 10, 31, 3)
        items = aws.call("dynamodb", "Scan", REGION, {"TableName": "ttt"})["Items"]
        assert sorted(item["id"]["S"] for item in items) == [f"k{at}" for at in range(11, 20)]
