"""Inputs from folders, S3, manifests of exports and pipes."""

from __future__ import annotations

import gzip
import io
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from dynaops.aws.s3 import ObjectReader, list_objects
from dynaops.data.reading.prepare import ReadOptions, prepare
from dynaops.model.errors import DynaopsError
from dynaops.sandbox import SandboxServer
from tests.data.reading import ID, nowhere, parsed
from tests.data.tables import REGION, make_table, put, way_to

BUCKET = "rows"


def _ids(arguments: list[str], aws: Any = nowhere, **options: Any) -> list[str]:
    found = parsed(prepare(arguments, ID, aws, ReadOptions(**options)), block=100)
    assert not found.rejects
    return [item["id"]["S"] for item in found.items]


def _lines(*ids: str) -> bytes:
    return b"".join(json.dumps({"id": one}).encode() + b"\n" for one in ids)


def test_folders_and_several_files(tmp_path: Path) -> None:
    for name, ids in {"b.jsonl": "cd", "a.jsonl": "ab", ".hidden": "x", "_SUCCESS": "", "c.md5": "y"}.items():
        (tmp_path / name).write_bytes(_lines(*ids))
    assert _ids([str(tmp_path)]) == ["a", "b", "c", "d"]
    assert _ids([str(tmp_path / "b.jsonl"), str(tmp_path / "a.jsonl")]) == ["c", "d", "a", "b"]


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DynaopsError, match=r"Cannot read .*nope: No such file"):
        _ids([str(tmp_path / "nope")])
    with pytest.raises(DynaopsError, match="There is no file to load"):
        _ids([str(tmp_path)])
    with pytest.raises(DynaopsError, match="only once"):
        _ids(["-", "-"])


def test_a_pipe_is_read_once_and_cannot_be_resumed(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(gzip.compress(_lines("a", "b"), mtime=0)))
    writer.start()
    prepared = prepare([str(path)], ID, nowhere, ReadOptions())
    assert not prepared.repeatable and prepared.source.size is None
    assert [row.key for row in parsed(prepared).rows] == [b"a", b"b"]
    writer.join()


def test_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(_lines("a", "b"))

    monkeypatch.setattr("sys.stdin", Stdin)
    assert _ids(["-"]) == ["a", "b"]


def test_an_export_on_this_machine(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name, ids in (("one", "ab"), ("two", "c"), ("three", "")):
        data = "".join(json.dumps({"Item": {"id": {"S": one}}}) + "\n" for one in ids).encode()
        (tmp_path / "data" / f"{name}.json.gz").write_bytes(gzip.compress(data, mtime=0))
    files = [
        {"itemCount": count, "dataFileS3Key": f"AWSDynamoDB/0-x/data/{name}.json.gz"}
        for name, count in (("one", 2), ("three", 0), ("two", 1))
    ]
    (tmp_path / "manifest-files.json").write_text("\n".join(map(json.dumps, files)))
    summary = tmp_path / "manifest-summary.json"
    summary.write_text(json.dumps({"outputFormat": "DYNAMODB_JSON", "exportType": "FULL_EXPORT"}))
    for argument in (tmp_path, summary, tmp_path / "manifest-files.json"):
        assert _ids([str(argument)]) == ["a", "b", "c"]
    for change, message in (
        ({"outputFormat": "ION"}, "in ION"),
        ({"exportType": "SOME_EXPORT"}, "not known"),
    ):
        summary.write_text(json.dumps({"outputFormat": "DYNAMODB_JSON", **change}))
        with pytest.raises(DynaopsError, match=message):
            _ids([str(tmp_path)])
    summary.write_text("{")
    with pytest.raises(DynaopsError, match="no manifest"):
        _ids([str(tmp_path)])


def test_objects_and_prefixes_in_s3(server: SandboxServer) -> None:
    aws = way_to(server)
    where = {"LocationConstraint": REGION}
    aws.call("s3", "CreateBucket", REGION, {"Bucket": BUCKET, "CreateBucketConfiguration": where})
    for key, ids in {
        "in/a.jsonl": "ab",
        "in/b.jsonl.gz": "cd",
        "in/_SUCCESS": "",
        "inside.jsonl": "x",
    }.items():
        body = gzip.compress(_lines(*ids), mtime=0) if key.endswith("gz") else _lines(*ids)
        aws.call("s3", "PutObject", REGION, {"Bucket": BUCKET, "Key": key, "Body": body})
    assert _ids([f"s3://{BUCKET}/in/"], lambda: aws) == ["a", "b", "c", "d"]
    assert _ids([f"s3://{BUCKET}/in/b.jsonl.gz"], lambda: aws) == ["c", "d"]
    assert _ids([f"s3://{BUCKET}/inside.jsonl", f"s3://{BUCKET}/in/a.jsonl"], lambda: aws) == ["x", "a", "b"]
    for url, message in ((f"s3://{BUCKET}/none/", "no object"), ("s3://", "names no bucket")):
        with pytest.raises(DynaopsError, match=message):
            _ids([url], lambda: aws)
    prepared = prepare([f"s3://{BUCKET}/in/"], ID, lambda: aws, ReadOptions())
    blocks = parsed(prepared, block=15).blocks
    rest = parsed(prepared, block=15, start=blocks[0].end).blocks
    assert [one.data for one in rest] == [one.data for one in blocks[1:]] and len(rest) >= 2


def test_an_object_that_changes_while_it_is_read(server: SandboxServer) -> None:
    aws = way_to(server)
    where = {"LocationConstraint": REGION}
    aws.call("s3", "CreateBucket", REGION, {"Bucket": BUCKET, "CreateBucketConfiguration": where})
    aws.call("s3", "PutObject", REGION, {"Bucket": BUCKET, "Key": "a", "Body": b"x" * 1000})
    (one,) = list_objects(aws, BUCKET, "a")
    aws.call("s3", "PutObject", REGION, {"Bucket": BUCKET, "Key": "a", "Body": b"y" * 1000})
    with pytest.raises(DynaopsError, match="has changed while it was read"):
        ObjectReader(aws, one).read(10)


def test_an_export_by_aws(server: SandboxServer) -> None:
    aws = way_to(server)
    where = {"LocationConstraint": REGION}
    aws.call("s3", "CreateBucket", REGION, {"Bucket": BUCKET, "CreateBucketConfiguration": where})
    make_table(aws, "source", {"id": "S"})
    pitr = {"TableName": "source", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}
    aws.call("dynamodb", "UpdateContinuousBackups", REGION, pitr)
    put(aws, "source", ({"id": {"S": f"k{n}"}, "n": {"N": str(n)}} for n in range(30)))
    arn = aws.call("dynamodb", "DescribeTable", REGION, {"TableName": "source"})["Table"]["TableArn"]
    request = {"TableArn": arn, "S3Bucket": BUCKET, "S3Prefix": "out"}
    export = aws.call("dynamodb", "ExportTableToPointInTime", REGION, request)["ExportDescription"]
    while export["ExportStatus"] == "IN_PROGRESS":
        export = aws.call("dynamodb", "DescribeExport", REGION, {"ExportArn": export["ExportArn"]})[
            "ExportDescription"
        ]
    assert export["ExportStatus"] == "COMPLETED"
    folder = f"s3://{BUCKET}/{export['ExportManifest'].rpartition('/')[0]}"
    for url in (
        folder,
        f"{folder}/manifest-summary.json",
        f"{folder}/manifest-files.json",
        f"{folder}/data/",
    ):
        assert sorted(_ids([url], lambda: aws)) == sorted(f"k{n}" for n in range(30))


def test_a_pipe_that_gives_little_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)

    def write() -> None:
        with path.open("wb", buffering=0) as pipe:
            for piece in (b'{"id', b'":"a"}\n{"', b"oops\n", b'{"id":"b"}'):
                pipe.write(piece)

    writer = threading.Thread(target=write)
    writer.start()
    found = parsed(prepare([str(path)], ID, nowhere, ReadOptions()))
    writer.join()
    assert [row.key for row in found.rows] == [b"a", b"b"] and [one.line for one in found.rejects] == [2]
