"""load-data and export-data by AWS's own engines: what is sent, what comes of it, and what is said."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dynaops.aws.s3 import list_objects
from dynaops.aws.session import Aws
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from tests.cli.running import Cli
from tests.data.tables import REGION, make_table, put, rows_of, way_to
from tests.preloaded.process import popen

BUCKET = "handover"
STAGING = ("--staging", f"s3://{BUCKET}/in")
SPEC = """\
table_name: users
hash_key: id
attributes: {id: S, age: N}
global_secondary_indexes: [{name: by-age, hash_key: age}]
ttl: {attribute: expires}
stream: {view_type: NEW_IMAGE}
tags: {team: accounts}
"""


@pytest.fixture
def aws(server: SandboxServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """A sandbox with a bucket, to which the command line goes, and a spec of the table `users`."""
    return _prepared(server, here, monkeypatch)


@pytest.fixture
def slow(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    """The same whose time goes so slowly that a bulk put can be met at work: ten seconds a step."""
    with SandboxServer(speed=3600) as running:
        _prepared(running, here, monkeypatch)
        yield running


def _prepared(server: SandboxServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> Aws:
    for name, value in {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)
    server.client("s3").create_bucket(Bucket=BUCKET)
    (here / "specs").mkdir()
    (here / "specs" / "users.yaml").write_text(SPEC)
    return way_to(server)


def _rows(path: Path, count: int, *more: str) -> Path:
    lines = [json.dumps({"id": f"k{n}", "age": n, "exact": 1.5}) for n in range(count)]
    path.write_text("\n".join([*lines, *more]) + "\n")
    return path


def _store(server: SandboxServer, key: str, *records: Any) -> None:
    text = "".join(json.dumps(one) + "\n" for one in records)
    server.client("s3").put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(text.encode(), mtime=0))


def _item(name: str, **more: Any) -> dict[str, Any]:
    return {"Item": {"id": {"S": name}, **more}}


def _sent(server: SandboxServer, operation: str) -> list[dict[str, Any]]:
    return [one.body for one in server.requests.since() if one.operation == operation]


def _objects(aws: Aws) -> list[str]:
    return [one.key for one in list_objects(aws, BUCKET, "")]


def _rejects_file(here: Path) -> Path:
    (found,) = here.glob("users.*.rejects.jsonl")
    return found


def _rejects(here: Path) -> str:
    return _rejects_file(here).read_text()


def test_a_new_table_from_its_spec(cli: Cli, server: SandboxServer, aws: Aws, here: Path) -> None:
    _rows(here / "a.jsonl", 90, '{"id": ""}')
    result = cli("load-data", "users", "a.jsonl", "--via-import", *STAGING, "--yes")
    assert result.code == 1 and "a.jsonl:91  the key 'id' is empty" in result.out
    assert "Imported but for rejected rows; 91 rows read; 90 imported by AWS; 1 rejected" in result.out
    (call,) = _sent(server, "ImportTable")
    wanted = call["TableCreationParameters"]
    assert call["InputCompressionType"] == "GZIP" and wanted["SSESpecification"] == {
        "Enabled": True,
        "SSEType": "KMS",
    }
    assert [one["IndexName"] for one in wanted["GlobalSecondaryIndexes"]] == ["by-age"]
    assert not _sent(server, "CreateTable") and not _objects(aws)
    rows = rows_of(aws, "users")
    assert len(rows) == 90 and {"id": {"S": "k7"}, "age": {"N": "7"}, "exact": {"N": "1.5"}} in rows.values()
    table = aws.call("dynamodb", "DescribeTable", REGION, {"TableName": "users"})["Table"]
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE"
    recorded = json.loads((here / ".dynaops" / "state.json").read_text())["resources"]
    assert {"users", "users/gsi/by-age", "users/ttl"} <= recorded.keys()
    assert recorded["users"]["id"] == table["TableId"]
    assert cli("plan", "--exit-code").code == 0
    assert json.loads(_rejects(here))["line"] == 91


def test_an_export_in_s3_is_imported_from_where_it_lies(
    cli: Cli, server: SandboxServer, aws: Aws, here: Path
) -> None:
    _store(server, "rows/1.json.gz", _item("a"), _item("b", age={"N": "1"}))
    _store(server, "rows/2.json.gz", _item("c"), _item("d", age={"S": "old"}))
    result = cli(
        "load-data", "users", f"s3://{BUCKET}/rows/", "--via-import", "--spec", "specs", "--yes", "--json"
    )
    found = result.json["import"]
    assert result.code == 1 and (found["items"], found["failed"], found["staged"]) == (4, 1, False)
    (reject,) = found["rejects"]
    assert (reject["source"], reject["line"]) == (f"s3://{BUCKET}/rows/2.json.gz", 2)
    assert "Type mismatch" in reject["reason"] and "resources" not in found
    assert {row["id"]["S"] for row in rows_of(aws, "users").values()} == {"a", "b", "c"}
    assert len(_objects(aws)) == 2, "what was not staged is not deleted"
    assert json.loads(_rejects(here)) == reject
    assert cli("plan", "--exit-code").code == 0


def test_an_import_that_runs_is_gone_on_with(cli: Cli, server: SandboxServer, aws: Aws, here: Path) -> None:
    _rows(here / "a.jsonl", 5)
    assert cli("load-data", "users", "--via-import", "--resume").code == 1
    _store(server, "rows/1.json.gz", _item("a"), _item("b"))
    keys = [{"AttributeName": "id", "KeyType": "HASH"}]
    request = {
        "S3BucketSource": {"S3Bucket": BUCKET, "S3KeyPrefix": "rows/"},
        "InputFormat": "DYNAMODB_JSON",
        "InputCompressionType": "GZIP",
        "TableCreationParameters": {
            "TableName": "users",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": keys,
            "BillingMode": "PAY_PER_REQUEST",
        },
    }
    (here / "specs" / "users.yaml").write_text("table_name: users\nhash_key: id\nattributes: {id: S}\n")
    aws.call("dynamodb", "ImportTable", REGION, request)
    result = cli("load-data", "users", "--via-import", "--resume")
    assert result.code == 0 and "Imported; 2 imported by AWS; 0 rejected" in result.out
    assert cli("plan", "--exit-code").code == 0 and len(_sent(server, "ImportTable")) == 1
    again = cli("load-data", "users", "--via-import", "--resume", "--json")
    assert again.code == 0 and again.json["import"]["items"] == 2 and not again.json["changes"]
    listed = cli("load-data", "users", "--via-import", "--list", "--json").json
    assert [(one["status"], one["items"]) for one in listed] == [("COMPLETED", 2)]


def test_a_dry_run_and_a_no_send_nothing(cli: Cli, server: SandboxServer, aws: Aws, here: Path) -> None:
    _rows(here / "a.jsonl", 5)
    result = cli("load-data", "users", "a.jsonl", "--via-import", *STAGING, "--dry-run")
    assert result.code == 0 and "Nothing was sent (--dry-run)." in result.out
    assert "What that does not take (StreamSpecification, Tags) follows" in " ".join(result.out.split())
    result = cli("load-data", "users", "a.jsonl", "--via-import", *STAGING)
    assert result.code == 1 and "Add --yes" in result.err
    assert not _objects(aws) and not server.requests.writes()[1:]


@pytest.mark.parametrize(
    ("spec", "arguments", "message"),
    [
        (SPEC, (), "--staging s3://BUCKET/PREFIX"),
        (SPEC, ("--staging", "handover/in"), "names no bucket"),
        (SPEC, ("--staging", "s3://nowhere/in"), "NoSuchBucket"),
        (SPEC, (*STAGING, "--rate", "5"), "ImportTable takes no rate"),
        (SPEC.replace("users", "others"), STAGING, "declares the table 'users'"),
        (
            SPEC.replace("id: S,", "id: S, at: S,").replace(
                "hash_key: id\n",
                "hash_key: id\nrange_key: at\nlocal_secondary_indexes: [{name: by-date, range_key: age}]\n",
            ),
            STAGING,
            "cannot make users: its spec asks for local secondary indexes",
        ),
    ],
)
def test_imports_that_cannot_be(
    cli: Cli, server: SandboxServer, aws: Aws, here: Path, spec: str, arguments: tuple[str, ...], message: str
) -> None:
    _rows(here / "a.jsonl", 3)
    (here / "specs" / "users.yaml").write_text(spec)
    result = cli("load-data", "users", "a.jsonl", "--via-import", "--yes", *arguments)
    said = " ".join(result.err.split())
    assert result.code == 1 and message in said and "Traceback" not in said
    assert not _sent(server, "ImportTable")


def test_a_table_that_is_there_is_not_imported_into(cli: Cli, aws: Aws, here: Path) -> None:
    make_table(aws, "users", {"id": "S"})
    result = cli("load-data", "users", _rows(here / "a.jsonl", 3), "--via-import", "--yes", *STAGING)
    assert result.code == 1 and "There is a table 'users' already" in result.err


def test_a_bulk_put(cli: Cli, server: SandboxServer, aws: Aws, here: Path) -> None:
    make_table(aws, "users", {"id": "S"})
    put(aws, "users", [{"id": {"S": "k1"}, "old": {"S": "yes"}}, {"id": {"S": "other"}}])
    (here / "a.csv").write_text("id,age\n" + "".join(f"k{n},{n}\n" for n in range(70)) + ",3\n")
    server.faults.add(FaultRule("error", operation="DescribeBulkOperation", times=2))
    result = cli("load-data", "users", "a.csv", "--via-bulk-put", *STAGING, "--rate", "2000")
    assert result.code == 1 and "a.csv:72  the key 'id' is empty" in result.out
    assert "Done but for rejected rows; 71 rows read; 70 put by AWS; 1 rejected" in result.out
    (call,) = _sent(server, "StartBulkPutItems")
    assert call["MaxWriteRequestUnits"] == 2000 and call["OutputS3Configuration"]["OutputType"] == ["ERROR"]
    _rows(here / "b.jsonl", 3)
    assert cli("load-data", "users", "b.jsonl", "--via-bulk-put", *STAGING).code == 0
    assert [one.name for one in here.glob("*reject*")] == [_rejects_file(here).name]
    result = cli("load-data", "users", "b.jsonl", "--via-bulk-put", *STAGING, "--rejects", "b.jsonl")
    assert result.code == 1 and "cannot be loaded and be where rejects go" in result.err
    rows = {row["id"]["S"]: row for row in rows_of(aws, "users").values()}
    assert len(rows) == 71 and rows["k9"] == {"id": {"S": "k9"}, "age": {"N": "9"}}
    assert "old" not in rows["k1"] and not _objects(aws)


def test_an_engine_puts_no_row_that_is_to_be_deleted(
    cli: Cli, server: SandboxServer, aws: Aws, here: Path
) -> None:
    make_table(aws, "users", {"id": "S"})
    requests = [
        {"PutRequest": {"Item": {"id": {"S": "a"}}}},
        {"DeleteRequest": {"Key": {"id": {"S": "gone"}}}},
    ]
    (here / "a.json").write_text(json.dumps({"users": requests}))
    result = cli("load-data", "users", "a.json", "--via-bulk-put", *STAGING)
    assert result.code == 1 and "is a delete, which" in result.out
    assert [row["id"]["S"] for row in rows_of(aws, "users").values()] == ["a"]


def test_a_watch_ends_where_nobody_but_a_portal_answers(
    cli: Cli, server: SandboxServer, aws: Aws, here: Path
) -> None:
    make_table(aws, "users", {"id": "S"})
    _rows(here / "b.jsonl", 3)
    server.faults.add(FaultRule("foreign_before", operation="DescribeBulkOperation", times=None))
    result = cli("load-data", "users", "b.jsonl", "--via-bulk-put", *STAGING)
    assert result.code == 1 and "is not AWS's but an HTML page" in result.err
    assert len(_sent(server, "DescribeBulkOperation")) == 5


def test_what_a_bulk_put_could_not_put_is_read_back(
    cli: Cli, server: SandboxServer, aws: Aws, here: Path
) -> None:
    make_table(aws, "users", {"id": "S"})
    bad = {"Item": {"name": {"S": "nobody"}}}
    _store(server, "rows/1.json.gz", _item("a"), bad, _item("b"))
    result = cli("load-data", "users", f"s3://{BUCKET}/rows/", "--via-bulk-put", *STAGING, "--json")
    found = result.json
    assert result.code == 1 and (found["status"], found["failed"]) == ("COMPLETED_WITH_ERRORS", 1)
    (reject,) = found["rejects"]
    assert (reject["source"], reject["line"]) == (f"s3://{BUCKET}/rows/1.json.gz", 2)
    assert json.loads(reject["text"]) == bad and "key" in reject["reason"].lower()
    assert json.loads(_rejects(here)) == reject
    assert {row["id"]["S"] for row in rows_of(aws, "users").values()} == {"a", "b"}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("a.jsonl", "--via-bulk-put"), 1, "Name a place in S3"),
        (("a.jsonl", "--via-bulk-put", *STAGING, "--rate", "5"), 1, "no less than 1024 WCU"),
        (("a.jsonl", "--via-bulk-put", *STAGING, "--update"), 2, "only put rows"),
        (("a.jsonl", "--via-bulk-put", "--via-import"), 2, "Choose one of"),
        (("a.jsonl", *STAGING), 2, "go with --via-import or"),
        (("--via-bulk-put", *STAGING), 2, "Name the files to load"),
        (("--via-bulk-put", "--cancel"), 1, "No bulk put into users is under way"),
        (("bad.jsonl", "--via-bulk-put", *STAGING), 1, "Nothing was loaded: bad.jsonl:1"),
        (("a.jsonl", "bad.jsonl", "--via-bulk-put", *STAGING, "--fail-fast"), 1, "Nothing was loaded"),
    ],
)
def test_bulk_puts_that_cannot_be(
    cli: Cli,
    server: SandboxServer,
    aws: Aws,
    here: Path,
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    make_table(aws, "users", {"id": "S"})
    _rows(here / "a.jsonl", 3)
    (here / "bad.jsonl").write_text('{"id": 1}\n')
    result = cli("load-data", "users", *arguments)
    assert result.code == code and message in " ".join(result.err.replace("│", " ").split())
    assert not _sent(server, "StartBulkPutItems") and not _objects(aws)


@pytest.mark.parametrize("what", ["--cancel", "--resume"])
def test_a_bulk_put_that_runs(cli: Cli, slow: SandboxServer, here: Path, what: str) -> None:
    aws = way_to(slow)
    make_table(aws, "users", {"id": "S"})
    _store(slow, "in/dynaops-users-20260101T000000Z-abcdef/rows/part-00001.json.gz", *map(_item, "abcdef"))
    slow.clock.set_speed(30)
    source = {
        "S3Bucket": BUCKET,
        "S3KeyPrefix": "in/dynaops-users-20260101T000000Z-abcdef/rows/",
        "InputFormat": "DYNAMODB_JSON",
        "InputCompressionType": "GZIP",
    }
    request = {
        "TableName": "users",
        "InputS3Configuration": source,
        "OutputS3Configuration": {"S3Bucket": BUCKET, "S3KeyPrefix": "out", "OutputType": ["ERROR"]},
    }
    aws.call("dynamodb", "StartBulkPutItems", REGION, request)
    while not rows_of(aws, "users"):
        time.sleep(0.05)
    result = cli("load-data", "users", "--via-bulk-put", what)
    rows = len(rows_of(aws, "users"))
    assert result.code == 0
    if what == "--cancel":
        assert "Cancelled; what is written stays" in result.out and 0 < rows < 6
    else:
        assert "Done; 6 put by AWS" in result.out and rows == 6
    assert not _objects(aws), "what an earlier run had staged is deleted when it has been read"
    listed = cli("load-data", "users", "--via-bulk-put", "--list", "--json").json
    assert [one["status"] for one in listed] == ["CANCELLED" if what == "--cancel" else "COMPLETED"]


def test_ctrl_c_stops_watching_only(cli: Cli, slow: SandboxServer, here: Path) -> None:
    aws = way_to(slow)
    make_table(aws, "users", {"id": "S"})
    _rows(here / "a.jsonl", 60)
    slow.clock.set_speed(20)
    running = popen(
        "dynaops",
        *("load-data", "users", "a.jsonl", "--via-bulk-put", *STAGING),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    while not rows_of(aws, "users") and running.poll() is None:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=20)
    assert running.returncode == 130 and b"AWS goes on" in errors and b"--resume" in errors
    result = cli("load-data", "users", "--via-bulk-put", "--resume")
    assert result.code == 0 and "Done; 60 put by AWS" in result.out and len(rows_of(aws, "users")) == 60
    assert not _objects(aws)


ALL_TYPES: list[dict[str, Any]] = [
    {"id": {"S": f"k{n}"}, "n": {"N": f"{n}.25"}, "one": value}
    for n, value in enumerate(
        [
            {"S": ""},
            {"S": 'quote " back \\ new\nline é 😀'},
            {"N": "12345678901234567890123456789012345678"},
            {"N": "1E-130"},
            {"B": b"\x00\xff"},
            {"BOOL": False},
            {"NULL": True},
            {"SS": ["a", "b"]},
            {"NS": ["1", "2.5"]},
            {"BS": [b"x", b"\xfe"]},
            {"L": [{"M": {"deep": {"L": [{"N": "7"}, {"NULL": True}]}}}, {"BOOL": True}]},
            {"M": {"a.b": {"S": "a dot"}, "b": {"B": b""}}},
        ]
    )
]


@pytest.mark.parametrize("road", ["scan", "scan-gz", "fetched", "in-place", "import"])
def test_export_then_load_is_the_same_table(
    cli: Cli, server: SandboxServer, aws: Aws, here: Path, road: str
) -> None:
    make_table(aws, "source", {"id": "S"})
    aws.call(
        "dynamodb",
        "UpdateContinuousBackups",
        REGION,
        {"TableName": "source", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}},
    )
    plain = [{"id": {"S": f"plain{n}"}, "age": {"N": str(n)}} for n in range(300)]
    put(aws, "source", [*ALL_TYPES, *plain])
    made = {"scan": "rows.jsonl", "scan-gz": "rows.json.gz", "fetched": "folder"}.get(road)
    if road.startswith("scan"):
        assert cli("export-data", "source", "--out", str(made)).code == 0
    else:
        options = ("--out", str(made)) if made else ()
        result = cli("export-data", "source", "--via-export", *STAGING, *options, "--json")
        assert result.code == 0 and result.json["items"] == 312, result
        made = made or result.json["url"]
    if road == "import":
        (here / "specs" / "users.yaml").write_text("table_name: users\nhash_key: id\nattributes: {id: S}\n")
        assert cli("load-data", "users", str(made), "--via-import", "--yes").code == 0
        assert len(_sent(server, "ImportTable")) == 1 and not _sent(server, "PutObject")
    else:
        make_table(aws, "users", {"id": "S"})
        assert cli("load-data", "users", str(made)).code == 0
    assert rows_of(aws, "users") == rows_of(aws, "source") and len(rows_of(aws, "users")) == 312


def test_an_export_without_recovery_says_what_to_do(
    cli: Cli, server: SandboxServer, aws: Aws, here: Path
) -> None:
    make_table(aws, "users", {"id": "S"})
    result = cli("export-data", "users", "--via-export", *STAGING)
    assert result.code == 1 and "Turn on point_in_time_recovery in the spec of users" in result.err
    assert cli("export-data", "users", "--via-export").code == 1
    assert cli("export-data", "users", "--via-export", "--resume").code == 1
    assert cli("export-data", "users", "--via-export", *STAGING, "--rate", "5").code == 2
    assert cli("export-data", "users", *STAGING).code == 2
    result = cli("export-data", "users", "--via-export", *STAGING, "--export-time", "yesterday")
    assert result.code == 1 and "is no time" in result.err


def test_a_fetched_file_that_came_damaged_is_told(
    cli: Cli, server: SandboxServer, aws: Aws, here: Path
) -> None:
    make_table(aws, "users", {"id": "S"})
    aws.call(
        "dynamodb",
        "UpdateContinuousBackups",
        REGION,
        {"TableName": "users", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}},
    )
    put(aws, "users", [{"id": {"S": "a"}}])
    assert cli("export-data", "users", "--via-export", *STAGING).code == 0
    (data,) = [one for one in list_objects(aws, BUCKET, "in/") if "/data/" in one.key and one.size > 25]
    server.client("s3").put_object(Bucket=BUCKET, Key=data.key, Body=gzip.compress(b"{}", mtime=0))
    result = cli("export-data", "users", "--via-export", "--resume", "--out", "folder")
    assert result.code == 1 and "came damaged" in result.err and not list((here / "folder/data").iterdir())
