"""Files of all formats through the command line: cut off anywhere, in S3, in partition folders, killed and resumed."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import random
import signal
import sqlite3
import subprocess
import time
import zipfile
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import zstandard
from pyarrow import feather, ipc, parquet

from dynaops.aws.session import Aws
from dynaops.sandbox import SandboxServer
from tests.cli.running import Cli, bare_environment, run_process
from tests.data.sinks import SinkProcess
from tests.data.tables import REGION, make_table, rows_of, way_to
from tests.preloaded.process import popen


def _environment(url: str) -> dict[str, str]:
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    return {"AWS_ENDPOINT_URL": url, "AWS_REGION": REGION, **keys}


@pytest.fixture
def aws(server: SandboxServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """A sandbox with the table `users`, to which the command line goes."""
    for name, value in _environment(server.url).items():
        monkeypatch.setenv(name, value)
    aws = way_to(server)
    make_table(aws, "users", {"id": "S"})
    return aws


def _rows(count: int) -> list[dict[str, Any]]:
    numbers = random.Random(count)
    return [{"id": f"k{number}", "v": numbers.randbytes(20).hex()} for number in range(count)]


def _lines(count: int) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in _rows(count))


def _typed(count: int) -> list[dict[str, Any]]:
    return [{name: {"S": value} for name, value in row.items()} for row in _rows(count)]


def _table(count: int) -> pa.Table:
    return pa.Table.from_pylist(_rows(count))


def _zip(count: int) -> bytes:
    file, lines = io.BytesIO(), _lines(count).splitlines(keepends=True)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jsonl", b"".join(lines[: count // 2]))
        archive.writestr("b.jsonl", b"".join(lines[count // 2 :]))
    return file.getvalue()


def _parquet(count: int) -> bytes:
    file = io.BytesIO()
    parquet.write_table(_table(count), file, row_group_size=max(1, count // 5))
    return file.getvalue()


def _feather(count: int) -> bytes:
    file = io.BytesIO()
    feather.write_feather(_table(count), file, chunksize=max(1, count // 5))
    return file.getvalue()


def _arrow_stream(count: int) -> bytes:
    file = io.BytesIO()
    with ipc.new_stream(file, _table(count).schema) as writer:
        writer.write_table(_table(count), max_chunksize=max(1, count // 5))
    return file.getvalue()


def _sqlite(count: int) -> bytes:
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE t (id TEXT, v TEXT)")
    base.executemany("INSERT INTO t VALUES (:id, :v)", _rows(count))
    base.commit()
    data = bytes(base.serialize())
    base.close()
    return data


def _xlsx(count: int) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["id", "v"])
    for row in _rows(count):
        sheet.append([row["id"], row["v"]])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _csv(count: int) -> bytes:
    return b"id,v\n" + b"".join(f"{row['id']},{row['v']}\n".encode() for row in _rows(count))


def _puts(count: int) -> list[dict[str, Any]]:
    return [{"PutRequest": {"Item": item}} for item in _typed(count)]


WRAPPED: dict[str, Callable[[int], Any]] = {
    "array.json": _rows,
    "scan.json": lambda count: {"Items": _typed(count), "Count": count, "ScannedCount": count},
    "answer.json": lambda count: {"$metadata": {}, "Count": count, "Items": _typed(count)},
    "batch.json": lambda count: {"users": _puts(count)},
    "items.json": lambda count: {"RequestItems": {"users": _puts(count)}},
    "model.json": lambda count: {"DataModel": [{"TableName": "users", "TableData": _typed(count)}]},
    "get.json": lambda count: {"Responses": {"users": _typed(count)}, "UnprocessedKeys": {}},
}
WRITERS: dict[str, Callable[[int], bytes]] = {
    "rows.jsonl.gz": lambda count: gzip.compress(_lines(count), mtime=0),
    "rows.jsonl.zst": lambda count: zstandard.compress(_lines(count)),
    "rows.jsonl.bz2": lambda count: bz2.compress(_lines(count)),
    "rows.jsonl.xz": lambda count: lzma.compress(_lines(count)),
    "rows.zip": _zip,
    "rows.parquet": _parquet,
    "rows.feather": _feather,
    "rows.arrows": _arrow_stream,
    "rows.sqlite": _sqlite,
    "rows.xlsx": _xlsx,
    **{name: lambda count, make=make: json.dumps(make(count)).encode() for name, make in WRAPPED.items()},  # type: ignore[misc]
}


def _check_cut(cli: Cli, here: Path, name: str, count: int, cuts: int, seed: int) -> None:
    """A file that lost its end is loaded whole all the same, or is an error."""
    whole = WRITERS[name](count)
    path = here / name
    path.write_bytes(whole)
    result = cli("load-data", "users", name, "--dry-run", "--json")
    assert result.code == 0 and result.json["read"] == count, result.err
    numbers = random.Random(f"{name} {seed}")
    for cut in {len(whole) - 1, *(numbers.randrange(1, len(whole)) for _ in range(cuts))}:
        path.write_bytes(whole[:cut])
        result = cli("load-data", "users", name, "--dry-run", "--json")
        assert "Traceback" not in result.err
        assert result.code != 0 or result.json["valid"] == count, (name, cut, len(whole), result.err)
        assert result.code == 0 or name in result.err + result.out, (name, cut, result.err)


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_a_cut_off_file_is_never_silently_a_smaller_load(cli: Cli, aws: Aws, here: Path, name: str) -> None:
    _check_cut(cli, here, name, 120, 5, 0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("name", sorted(WRITERS))
def test_cut_off_files_at_length(cli: Cli, aws: Aws, here: Path, name: str, seed: int) -> None:
    _check_cut(cli, here, name, 3_000, 60, seed)


def _export(folder: Path, files: int, rows: int) -> None:
    """An export of AWS: both manifests, and data files with their checksums."""
    (folder / "data").mkdir(parents=True)
    listed = []
    for number in range(files):
        items = [{"Item": {"id": {"S": f"f{number}-{row}"}}} for row in range(rows)]
        data = gzip.compress("".join(json.dumps(item) + "\n" for item in items).encode(), mtime=0)
        (folder / "data" / f"{number}.json.gz").write_bytes(data)
        md5 = b64encode(hashlib.md5(data).digest()).decode()  # noqa: S324 (as AWS's manifest has it)
        listed.append({"itemCount": rows, "md5Checksum": md5, "dataFileS3Key": f"x/data/{number}.json.gz"})
    (folder / "manifest-files.json").write_text("".join(json.dumps(line) + "\n" for line in listed))
    summary = {"version": "2020-06-30", "outputFormat": "DYNAMODB_JSON", "itemCount": files * rows}
    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/users"
    about = {"exportTime": "2026-01-01T00:00:00Z", "exportType": "FULL_EXPORT", "tableArn": arn}
    (folder / "manifest-summary.json").write_text(json.dumps({**summary, **about}))


def test_a_cut_off_export_is_never_silently_a_smaller_load(cli: Cli, aws: Aws, here: Path) -> None:
    _export(here / "export", 4, 6)
    numbers = random.Random(1)
    assert cli("load-data", "users", "export", "--dry-run", "--json").json["read"] == 24
    for name in ("manifest-summary.json", "manifest-files.json", "data/2.json.gz"):
        path = here / "export" / name
        whole = path.read_bytes()
        line_ends = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n") and "files" in name]
        for cut in {len(whole) - 2, *line_ends[:-1], *(numbers.randrange(1, len(whole)) for _ in range(6))}:
            path.write_bytes(whole[:cut])
            result = cli("load-data", "users", "export", "--dry-run", "--json")
            assert "Traceback" not in result.err
            assert result.code != 0 or result.json["valid"] == 24, (name, cut, result.err)
        path.write_bytes(whole)


def _random_document(numbers: random.Random, state: dict[str, str], other: list[int]) -> str:
    """A document of a random kind that changes `state` (id to value) as a load of it should."""

    def item(key: str) -> dict[str, Any]:
        value = f'{numbers.random()}]}}{{"\\'
        state.pop(key, None)
        state[key] = value
        return {"id": {"S": key}, "v": {"S": value}}

    def keys() -> list[str]:
        return numbers.sample([f"k{number}" for number in range(30)], numbers.randint(1, 5))

    def request(key: str) -> dict[str, Any]:
        if numbers.random() < 0.4:
            state.pop(key, None)
            return {"DeleteRequest": {"Key": {"id": {"S": key}}}}
        return {"PutRequest": {"Item": item(key)}}

    def elsewhere() -> list[dict[str, Any]]:
        count = numbers.randint(1, 3)
        other[0] += count
        return [{"PutRequest": {"Item": {"id": {"S": "x"}, "v": {"S": "other table"}}}}] * count

    kind = numbers.randrange(7)
    found: Any
    if kind == 0:
        found = item(keys()[0])
    elif kind == 1:
        found = [item(key) for key in keys()]
    elif kind == 2:
        members = [("Items", [item(key) for key in keys()]), ("$metadata", {"a": [1, {}]})]
        numbers.shuffle(members)
        found = dict(members)
    elif kind == 3:
        own, others = {"users": [request(key) for key in keys()]}, {"orders": elsewhere()}
        found = {**own, **others} if numbers.random() < 0.5 else {**others, **own}
        found = {"RequestItems": found} if numbers.random() < 0.5 else found
    elif kind == 4:
        actions = []
        for key in keys():
            if numbers.random() < 0.4:
                state.pop(key, None)
                actions.append({"Delete": {"TableName": "users", "Key": {"id": {"S": key}}}})
            else:
                actions.append({"Put": {"TableName": "users", "Item": item(key)}})
        found = {"TransactItems": actions}
    elif kind == 5:
        found = {"Item": item(keys()[0])}
    else:
        found = request(keys()[0])
    return json.dumps(found, indent=numbers.choice([None, None, 1, 3]), ensure_ascii=numbers.random() < 0.5)


def _check_wrappers(cli: Cli, aws: Aws, here: Path, seed: int) -> None:
    numbers = random.Random(seed)
    state: dict[str, str] = {}
    other = [0]
    between = numbers.choice(["\n", "", " \n\n", "\r\n"])
    texts = [_random_document(numbers, state, other) for _ in range(numbers.randint(1, 12))]
    (here / "rows.json").write_text(between.join(texts), newline="")
    result = cli("load-data", "users", "rows.json", "--json")
    assert result.code == (1 if other[0] else 0), (seed, result.err)
    assert (result.json["not_loaded"], result.json["rejected"]) == (other[0], 0), (seed, result.json)
    loaded = {row["id"]["S"]: row["v"]["S"] for row in rows_of(aws, "users").values()}
    assert loaded == state, seed


@pytest.mark.parametrize("seed", range(4))
def test_random_documents_mean_what_they_say(cli: Cli, aws: Aws, here: Path, seed: int) -> None:
    _check_wrappers(cli, aws, here, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 200))
def test_random_documents_at_length(cli: Cli, aws: Aws, here: Path, seed: int) -> None:
    _check_wrappers(cli, aws, here, seed)


def test_partitions_are_attributes(cli: Cli, aws: Aws, here: Path) -> None:
    for day in ("2026-01-01", "2026-01-02"):
        folder = here / "rows" / f"dt={day}" / "kind=a%20b"
        folder.mkdir(parents=True)
        (folder / "x.jsonl").write_text(json.dumps({"id": f"j{day}"}) + "\n")
        (folder / "x.csv").write_text(f"id,n\nc{day},1\n")
        parquet.write_table(pa.table({"id": [f"p{day}"]}), folder / "x.parquet")
    result = cli("load-data", "users", "rows", "--partitions", "--json")
    assert result.code == 0 and result.json["written"] == 6, result.err
    for row in rows_of(aws, "users").values():
        assert row["dt"] == {"S": row["id"]["S"][1:]} and row["kind"] == {"S": "a b"}
    assert cli("load-data", "users", "rows", "--delete").code == 0
    result = cli("load-data", "users", "rows", "--json")
    assert result.code == 0 and not any("dt" in row for row in rows_of(aws, "users").values())
    assert any("--partitions" in note["text"] for note in result.json["notes"])


def test_all_formats_are_read_from_s3(cli: Cli, aws: Aws, here: Path, server: SandboxServer) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="rows", CreateBucketConfiguration={"LocationConstraint": REGION})
    expected = {row["id"]: row["v"] for row in _rows(15)}
    for name, write in {**WRITERS, "rows.csv": _csv}.items():
        if name in WRAPPED:
            continue
        s3.put_object(Bucket="rows", Key=f"in/{name}", Body=write(15))
        result = cli("load-data", "users", f"s3://rows/in/{name}", "--dry-run", "--json")
        assert result.code == 0 and result.json["valid"] == 15, (name, result.err)
    assert cli("load-data", "users", "s3://rows/in/rows.parquet").code == 0
    loaded = {row["id"]["S"]: row["v"]["S"] for row in rows_of(aws, "users").values()}
    assert loaded == expected


@pytest.mark.parametrize("name", ["rows.parquet", "rows.sqlite"])
def test_a_binary_file_that_was_killed_is_resumed(here: Path, name: str) -> None:
    count = 8_000
    (here / name).write_bytes(WRITERS[name](count))
    arguments = ("load-data", "sink", name, "--workers", "1")
    with SinkProcess("--latency-ms", "40") as sink:
        environment = _environment(sink.url)
        running = popen(
            "dynaops",
            *arguments,
            env={**bare_environment(here), **environment},
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        while sink.stats()["requests"] < 40 and running.poll() is None:
            time.sleep(0.02)
        os.kill(running.pid, signal.SIGKILL)
        running.communicate(timeout=20)
        assert len(sink.rows()) < count, "it was killed too late to show anything"
        resumed = run_process(*arguments, "--resume", "--json", cwd=here, env=environment)
        assert resumed.code == 0, resumed.err
        assert resumed.json["read"] == resumed.json["written"] == count
        loaded = {row["id"]["S"]: row["v"]["S"] for row in sink.rows()}
        assert loaded == {row["id"]: row["v"] for row in _rows(count)}
