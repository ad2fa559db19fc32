"""Binary files through the command: what is said, what is written, and TTL and null notes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dynaops.aws.session import Aws
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from tests.cli.running import Cli, bare_environment
from tests.data.tables import REGION, make_table, rows_of, way_to

pa = pytest.importorskip("pyarrow")


def _environment(url: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
    }


@pytest.fixture
def aws(server: SandboxServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> Aws:
    for name, value in _environment(server.url).items():
        monkeypatch.setenv(name, value)
    aws = way_to(server)
    make_table(aws, "users", {"id": "S"})
    return aws


def _write(path: Path) -> None:
    from pyarrow import parquet

    columns = {
        "id": ["a", "b", "c"],
        "n": pa.array([0.1, float("nan"), None], pa.float32()),
        "t": pa.array([1, 2, 3], pa.int64()).cast(pa.timestamp("ns")),
    }
    parquet.write_table(pa.table(columns), path)


def test_a_parquet_file_with_a_bad_row(cli: Cli, aws: Aws, here: Path) -> None:
    _write(here / "a.parquet")
    result = cli("load-data", "users", "a.parquet", "--json")
    assert result.code == 1
    document = json.loads(result.out)
    assert (document["written"], document["rejected"]) == (2, 1)
    assert document["rejects"][0]["reason"] == "n: nan is no number that DynamoDB can hold"
    assert [(note["kind"], note["rows"]) for note in document["notes"]] == [("nulls", 1)]
    rows = {row["id"]["S"]: row for row in rows_of(aws, "users").values()}
    assert rows["a"]["n"] == {"N": "0.1"} and rows["c"]["n"] == {"NULL": True}
    assert rows["a"]["t"] == {"S": "1970-01-01T00:00:00.000000001"}
    assert cli("load-data", "users", "a.parquet", "--nulls", "drop", "--dry-run").code == 1
    assert cli("load-data", "users", "a.parquet", "--nulls", "some").code == 2


def test_parquet_on_standard_input(aws: Aws, server: SandboxServer, here: Path) -> None:
    _write(here / "a.parquet")
    done = subprocess.run(
        [sys.executable, "-m", "dynaops", "load-data", "users", "-"],
        env={**bare_environment(here), **_environment(server.url)},
        input=(here / "a.parquet").read_bytes(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1 and b"3 rows read; 2 written; 1 rejected" in done.stdout
    assert len(rows_of(aws, "users")) == 2


def test_what_is_refused_says_what_to_do(cli: Cli, aws: Aws, here: Path) -> None:
    (here / "a.csv").write_bytes(b"Obj\x01\x04\x14avro.codec\x08null\0")
    result = cli("load-data", "users", "a.csv")
    assert result.code == 1 and "a.csv is in Avro, which is not read" in result.err
    assert "read_avro" in result.err and not rows_of(aws, "users")


def test_ttl_values_that_never_expire_are_told(cli: Cli, aws: Aws, here: Path) -> None:
    wanted = {"Enabled": True, "AttributeName": "expires"}
    aws.call(
        "dynamodb", "UpdateTimeToLive", REGION, {"TableName": "users", "TimeToLiveSpecification": wanted}
    )
    rows = [{"id": "a", "expires": "2030-01-01"}, {"id": "b", "expires": 1893456000000}, {"id": "c"}]
    (here / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    result = cli("load-data", "users", "a.jsonl")
    assert result.code == 0 and len(rows_of(aws, "users")) == 3
    said = " ".join(result.out.split())
    assert "The TTL attribute 'expires' is not a number (N), so these items never expire" in said
    assert "1 row (a.jsonl:1)" in said and "as if in milliseconds" in said and "(a.jsonl:2)" in said


def test_ttl_that_may_not_be_read_is_said(cli: Cli, aws: Aws, server: SandboxServer, here: Path) -> None:
    server.faults.add(FaultRule("access_denied", operation="DescribeTimeToLive"))
    (here / "a.jsonl").write_text('{"id": "a", "expires": "never"}')
    result = cli("load-data", "users", "a.jsonl")
    assert result.code == 0 and "TTL values are not checked: " in result.err
    assert "DescribeTimeToLive" in result.err


def test_dynamodb_json_in_columns(cli: Cli, aws: Aws, here: Path) -> None:
    """As tools make a table of it: each type that is not used is a null."""
    from pyarrow import parquet

    kind = pa.struct([("S", pa.string()), ("N", pa.string()), ("SS", pa.list_(pa.string()))])
    columns = {
        "id": pa.array([{"S": "a"}, {"S": "b"}], kind),
        "v": pa.array([{"N": "1"}, None], kind),
        "w": pa.array([{"SS": ["x", "y"]}, {"S": ""}], kind),
    }
    parquet.write_table(pa.table(columns), here / "a.parquet")
    result = cli("load-data", "users", "a.parquet")
    assert result.code == 0, result.out
    assert sorted(rows_of(aws, "users").values(), key=lambda row: str(row["id"])) == [
        {"id": {"S": "a"}, "v": {"N": "1"}, "w": {"SS": ["x", "y"]}},
        {"id": {"S": "b"}, "w": {"S": ""}},
    ]
