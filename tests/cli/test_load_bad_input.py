"""What people load by mistake, of every format: told with its place, the good rows written, never a traceback."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import Cli
from tests.data.sinks import SinkProcess

GOOD = b'{"id":"a"}\n'
TYPED = b'{"Item":{"id":{"S":"%b"}}}\n'


def _parquet() -> bytes:
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    whole = io.BytesIO()
    pq.write_table(pa.table({"id": ["a", "", "c"], "n": [1, 2, 3]}), whole)
    return whole.getvalue()


@pytest.fixture(scope="module")
def sink() -> Iterator[SinkProcess]:
    with SinkProcess() as running:
        yield running


@pytest.fixture(autouse=True)
def _environment(sink: SinkProcess, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", sink.url)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")


@pytest.mark.parametrize(
    ("name", "content", "written", "bad"),
    [
        ("a.jsonl", GOOD + b'{"id":\n\xff\xfe\n[1]\n{"id":"b","n":1e200}\n{"id":"c"}', 2, [2, 3, 4, 5]),
        ("a.json", b'[\n{"id":"a"},\n{"id":7},\n{"id":"c"}]', 2, [3]),
        ("a.csv", b'id,n\na,1\n"b,2\nc,3,4\nd,x\n,5\n', 1, None),
        ("a.tsv", b"id\tn\na\t1\n\t2\nc\n", 1, [3, 4]),
        ("dynamo.jsonl", TYPED % b"a" + b'{"Item":{"id":{"X":"b"}}}\n{"Item":{"id":{"N":"1"}}}\n', 1, [2, 3]),
        ("a.jsonl.gz", gzip.compress(GOOD + b"nonsense\n", mtime=0), 1, [2]),
        ("a.parquet", _parquet(), 2, [2]),
    ],
)
def test_bad_rows_are_told_and_good_ones_written(
    cli: Cli, here: Path, name: str, content: bytes, written: int, bad: list[int] | None
) -> None:
    (here / name).write_bytes(content)
    found = cli("load-data", "sink", name, "--json", "--rejects", "bad.jsonl").json
    told = [json.loads(line) for line in (here / "bad.jsonl").read_text().splitlines()]
    assert found["read"] == found["written"] + found["rejected"] and found["rejected"] == len(told) > 0
    assert all(one["reason"] and one["source"] == name for one in told)
    if bad is not None:
        assert (found["written"], [one["line"] for one in told]) == (written, bad)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.json", b'[{"id":"a"},{"id":"b"'),
        ("cut.jsonl.gz", gzip.compress(GOOD * 1000, mtime=0)[:-20]),
        ("cut.parquet", _parquet()[:-30]),
        ("damaged.jsonl.zst", b"\x28\xb5\x2f\xfd" + b"rubbish" * 9),
        ("no-key.csv", b"name,n\na,1\n"),
        ("twice.csv", b"id,id\na,b\n"),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256))),
        ("archive.zip", b"PK\x03\x04rest"),
        ("ion.ion", b"\xe0\x01\x00\xea"),
        ("endless.json", b'{"id":"' + b"x" * (17 << 20)),
    ],
)
def test_files_that_are_none_are_told_in_words(cli: Cli, here: Path, name: str, content: bytes) -> None:
    (here / name).write_bytes(content)
    result = cli("load-data", "sink", name)
    said = result.out + result.err
    assert result.code == 1 and name in said
    assert "Traceback" not in said and "unexpected" not in said and "went wrong" not in said
