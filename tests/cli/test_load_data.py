"""load-data and export-data as commands: what they say, what they leave, and how they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dynaops.aws.session import Aws
from dynaops.sandbox import SandboxServer
from tests.cli.running import Cli, bare_environment, run_process
from tests.data.sinks import SinkProcess
from tests.data.tables import REGION, make_table, put, rows_of, way_to
from tests.preloaded.process import popen, run


@pytest.fixture
def aws(server: SandboxServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """A sandbox with the table `users`, to which the command line goes."""
    for name, value in _environment(server.url).items():
        monkeypatch.setenv(name, value)
    aws = way_to(server)
    index = {
        "IndexName": "by-age",
        "KeySchema": [{"AttributeName": "age", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    make_table(
        aws,
        "users",
        {"id": "S"},
        AttributeDefinitions=[{"AttributeName": "age", "AttributeType": "N"}],
        GlobalSecondaryIndexes=[index],
    )
    return aws


def _environment(url: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
    }


def _write(path: Path, count: int, **more: Any) -> Path:
    path.write_text("".join(json.dumps({"id": f"k{n}", "age": n, **more}) + "\n" for n in range(count)))
    return path


def _count(aws: Aws, table: str = "users") -> int:
    return len(rows_of(aws, table))


def test_all_rows_in(cli: Cli, aws: Aws, here: Path) -> None:
    result = cli("load-data", "users", _write(here / "a.jsonl", 120))
    assert result.code == 0 and _count(aws) == 120
    assert result.out.startswith("Done; 120 rows read; 120 written; 0 rejected; ")
    assert not list(here.glob("*.rejects.jsonl")) and not list((here / ".dynaops" / "load").glob("*.json"))


def test_rejects_are_told_and_kept(cli: Cli, aws: Aws, here: Path) -> None:
    _write(here / "a.jsonl", 3)
    with (here / "a.jsonl").open("a") as file:
        file.write('{"id":"x","age":null}\n{"id":""}\n')
    result = cli("load-data", "users", "a.jsonl")
    assert result.code == 1 and _count(aws) == 3
    assert "a.jsonl:5  the key 'id' is empty\n" in result.out
    assert "Done but for rejected rows; 5 rows read; 3 written; 2 rejected" in result.out
    (rejects,) = here.glob("users.a.*.rejects.jsonl")
    assert f"Rejected rows, with line and reason, are in {rejects.name}." in result.out
    before = rejects.read_bytes()
    told = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [(one["source"], one["line"], one["text"]) for one in told] == [
        ("a.jsonl", 4, '{"id":"x","age":null}'),
        ("a.jsonl", 5, '{"id":""}'),
    ]
    assert rejects.stat().st_mode & 0o777 == 0o600
    assert cli("load-data", "users", _write(here / "b.jsonl", 3)).code == 0
    assert cli("load-data", "users", "a.jsonl").code == 1
    assert rejects.read_bytes() == before and len(list(here.glob("users.a.*.rejects.jsonl"))) == 2
    result = cli("load-data", "users", rejects, "--rejects", rejects)
    assert result.code == 1 and "cannot be loaded and be where rejects go" in result.err
    result = cli("load-data", "users", "a.jsonl", "--rejects", rejects)
    assert result.code == 1 and "is there already, with the rejects of another load" in result.err
    assert rejects.read_bytes() == before


def test_rows_of_another_table_are_told_and_not_loaded(cli: Cli, aws: Aws, here: Path) -> None:
    puts = {
        table: [{"PutRequest": {"Item": {"id": {"S": f"{table}{n}"}}}} for n in range(3)]
        for table in ("users", "orders")
    }
    (here / "both.json").write_text(json.dumps(puts))
    for more in ((), ("--dry-run",)):
        result = cli("load-data", "users", "both.json", *more)
        assert result.code == 1 and _count(aws) == 3
        assert "3 not loaded, being of another table" in result.out
        assert "'orders'" in result.out
    assert cli("load-data", "users", "both.json").out.startswith(
        "Done but for rows of another table; 6 rows read; "
    )
    assert cli("load-data", "users", "both.json", "--source-table", "orders").code == 1
    assert sorted(row["id"]["S"] for row in rows_of(aws, "users").values()) == sorted(
        f"{table}{n}" for table in ("users", "orders") for n in range(3)
    )


def test_json_is_one_document_that_adds_up(cli: Cli, aws: Aws, here: Path) -> None:
    (here / "a.csv").write_text("id,age,zip\nk1,1,01234\nk2,x,1\nk1,3,2\n")
    result = cli("load-data", "users", "a.csv", "--json", "--types", "zip=S", "--rejects", "bad.jsonl")
    found = result.json
    assert result.code == 1
    assert (found["read"], found["written"], found["rejected"], found["replaced"]) == (3, 2, 1, 1)
    assert found["complete"] and found["mode"] == "put" and found["rejects_file"] == "bad.jsonl"
    assert found["rejects"][0]["line"] == 3 and found["consumed_units"] > 0
    assert "Columns are taken for id=S, age=N, zip=S" in result.err
    (row,) = rows_of(aws, "users").values()
    assert row == {"id": {"S": "k1"}, "age": {"N": "3"}, "zip": {"S": "2"}}


def test_what_is_guessed_of_csv_is_told_before_the_load(cli: Cli, aws: Aws, here: Path) -> None:
    (here / "a.csv").write_bytes(
        "id;age;price;n;v\r\nk1;1;2,50;7;Müller\r\nk2;2;3,1;NULL;x\r\n".encode("cp1252")
    )
    for options in (["--dry-run"], []):
        result = cli("load-data", "users", "a.csv", "--json", *options)
        assert result.code == 0 and result.json["columns"] == {
            "id": "S",
            "age": "N",
            "price": "S",
            "n": "N",
            "v": "S",
        }
        kinds = [note["kind"] for note in result.json["notes"]]
        assert kinds == ["encoding-guessed", "decimal-comma", "kept-as-text", "looks-null"]
        assert "a.csv is not UTF-8 and is read as Windows-1252, a guess: 'Müller'" in result.err
    assert rows_of(aws, "users").values()
    strict = cli("load-data", "users", "a.csv", "--strict-types", "--encoding", "windows-1252", "--dry-run")
    assert strict.code == 1 and "a.csv:3  n: 'NULL' is not a number" in strict.out
    assert cli("load-data", "users", "a.csv", "--strict-types", "--null", "NULL").code == 0


def test_a_dry_run_checks_and_estimates(cli: Cli, aws: Aws, here: Path) -> None:
    _write(here / "a.jsonl", 50, text="x" * 1_500)
    result = cli("load-data", "users", "a.jsonl", "--dry-run")
    assert result.code == 0 and _count(aws) == 0
    assert "Checked; nothing was written; 50 rows read; 50 valid; 0 rejected" in result.out
    assert "about 100 WCU and up to 100 for indexes" in result.out
    found = cli("load-data", "users", "a.jsonl", "--dry-run", "--json", "--rate", "20").json
    assert found["dry_run"] is True
    assert (found["units"], found["expected_seconds"], found["largest"], found["valid"]) == (
        100,
        5.0,
        1514,
        50,
    )
    (here / "a.jsonl").write_text('{"id":"a"}\n{"id":1}\n')
    result = cli("load-data", "users", "a.jsonl", "--dry-run")
    assert result.code == 1 and "a.jsonl:2  the key 'id' is of type N" in result.out
    assert len(list(here.glob("users.a.*.rejects.jsonl"))) == 1


def test_modes(cli: Cli, aws: Aws, here: Path) -> None:
    put(aws, "users", [{"id": {"S": "k1"}, "kept": {"S": "yes"}}])
    _write(here / "a.jsonl", 2)
    found = cli("load-data", "users", "a.jsonl", "--if-not-exists", "--json").json
    assert (found["dry_run"], found["written"], found["skipped"]) == (False, 1, 1)
    assert cli("load-data", "users", "a.jsonl", "--update").code == 0
    by_key = {row["id"]["S"]: row for row in rows_of(aws, "users").values()}
    assert by_key["k1"] == {"id": {"S": "k1"}, "kept": {"S": "yes"}, "age": {"N": "1"}}
    result = cli("load-data", "users", "a.jsonl", "--delete")
    assert "2 deleted" in result.out and _count(aws) == 0
    assert cli("load-data", "users", "a.jsonl", "--delete", "--update").code == 2


def test_shares_of_hosts_together_are_all(cli: Cli, aws: Aws, here: Path) -> None:
    _write(here / "a.jsonl", 90)
    read = [
        cli("load-data", "users", "a.jsonl", "--json", "--shard", f"{n}/3").json["read"] for n in (1, 2, 3)
    ]
    assert sum(read) == 90 and all(read) and _count(aws) == 90


def test_fail_fast_stops(cli: Cli, aws: Aws, here: Path) -> None:
    (here / "a.jsonl").write_text('{"id":"a"}\nnonsense\n{"id":"b"}\n')
    result = cli("load-data", "users", "a.jsonl", "--fail-fast")
    assert result.code == 1 and "a.jsonl:2  is not JSON" in result.out and "Stopped" in result.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing", "a.jsonl"), "There is no table 'nothing' in eu-west-1"),
        (("users", "none.jsonl"), "Cannot read none.jsonl: No such file or directory"),
        (("users", "a.jsonl", "--format", "xml"), "there is no 'xml'"),
        (("users", "a.jsonl", "--types", "age=S"), "the key 'age' is of type N"),
        (("users", "a.jsonl", "--types", "age"), "'age' is not NAME=TYPE"),
        (("users", "a.jsonl", "--shard", "3/2"), "is not I/N"),
        (("users", "-", "--resume"), "--resume has to read the input again"),
    ],
)
def test_what_cannot_be_done_is_said(
    cli: Cli, aws: Aws, here: Path, arguments: tuple[str, ...], message: str
) -> None:
    _write(here / "a.jsonl", 1)
    result = cli("load-data", *arguments)
    assert result.code == 1 and message in result.err and "Traceback" not in result.err and _count(aws) == 0


def test_the_state_says_where_a_table_is(
    cli: Cli, aws: Aws, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    _write(here / "a.jsonl", 2)
    assert "in us-west-2" in cli("load-data", "users", "a.jsonl").err
    record = {"kind": "table", "region": REGION, "properties": {"hash_key": "id", "attributes": {"id": "S"}}}
    state = {
        "format_version": 1,
        "serial": 1,
        "lineage": "x",
        "origin": "local",
        "resources": {"users": record},
    }
    (here / ".dynaops").mkdir(exist_ok=True)
    (here / ".dynaops" / "state.json").write_text(json.dumps(state))
    assert cli("load-data", "users", "a.jsonl").code == 0 and _count(aws) == 2


def test_from_a_pipe(aws: Aws, server: SandboxServer, here: Path) -> None:
    environment = {**bare_environment(here), **_environment(server.url)}
    rows = '[{"id": "a"},\n{"id": ""}]'
    done = run("dynaops", "load-data", "users", "-", env=environment, input=rows, timeout=60)
    assert done.returncode == 1 and "stdin:2  the key 'id' is empty" in done.stdout
    assert _count(aws) == 1


@pytest.fixture
def sink() -> Iterator[SinkProcess]:
    with SinkProcess("--latency-ms", "60") as running:
        yield running


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_stopped_and_resumed(sink: SinkProcess, here: Path, how: signal.Signals) -> None:
    _write(here / "a.jsonl", 30_000, text="x" * 300)
    environment = _environment(sink.url)
    running = popen(
        "dynaops",
        *("load-data", "sink", "a.jsonl"),
        env={**bare_environment(here), **environment},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    while sink.stats()["requests"] < 60 and running.poll() is None:
        time.sleep(0.02)
    os.kill(running.pid, how)
    _, errors = running.communicate(timeout=20)
    if how is not signal.SIGKILL:
        assert running.returncode == 130
        assert b"error: Interrupted after" in errors and b"--resume" in errors
    beside = run_process("load-data", "sink", "a.jsonl", cwd=here, env=environment)
    assert beside.code == 1 and "An unfinished load of sink from a.jsonl is there: " in beside.err
    assert "--resume goes on with it; --restart begins anew" in beside.err
    resumed = run_process("load-data", "sink", "a.jsonl", "--resume", "--json", cwd=here, env=environment)
    assert resumed.code == 0 and resumed.json["read"] == resumed.json["written"] == 30_000
    assert len(sink.rows()) == 30_000


def test_rejected_rows_are_loaded_again(cli: Cli, aws: Aws, here: Path) -> None:
    (here / "a.csv").write_text("id,age\nk1,1\nk2,two\n,3\n")
    result = cli("load-data", "users", "a.csv")
    assert result.code == 1 and "3 rows read; 1 written; 2 rejected" in result.out
    (rejects,) = here.glob("users.a.*.rejects.jsonl")
    before = rejects.read_text()
    rejects.write_text(before.replace("two", "2"))
    result = cli("load-data", "users", "--from-rejects", "--json")
    found = result.json
    assert result.code == 1 and (found["read"], found["written"], found["rejected"]) == (2, 1, 1)
    assert f"the rejected rows in {rejects.name} are loaded again" in result.err
    assert found["rejects_file"] != rejects.name and found["rejects"][0]["source"] == "a.csv"
    assert rejects.read_text() == before.replace("two", "2") and _count(aws) == 2
    again = Path(found["rejects_file"])
    again.write_text(again.read_text().replace(",3", "k3,3"))
    assert cli("load-data", "users", "--from-rejects", again).code == 0 and _count(aws) == 3
    assert "is no rejects file" in cli("load-data", "users", "a.csv", "--from-rejects").err
    assert cli("load-data", "users", again, "--from-rejects", "--format", "csv").code == 2
    assert "There is no file other.*.rejects.jsonl here" in cli("load-data", "other", "--from-rejects").err


def test_rejects_of_aws_are_loaded_again(sink: SinkProcess, here: Path) -> None:
    (here / "a.jsonl").write_text('{"id": "a", "invalid": "x"}\n{"id": "b"}\n')
    environment = _environment(sink.url)
    assert run_process("load-data", "sink", "a.jsonl", cwd=here, env=environment).code == 1
    (rejects,) = here.glob("sink.a.*.rejects.jsonl")
    rejects.write_text(rejects.read_text().replace("invalid", "good"))
    assert run_process("load-data", "sink", "--from-rejects", cwd=here, env=environment).code == 0
    assert {"id": {"S": "a"}, "good": {"S": "x"}} in sink.rows()


def test_resuming_what_has_ended_is_refused(cli: Cli, aws: Aws, here: Path) -> None:
    _write(here / "a.jsonl", 3)
    for _ in range(2):
        result = cli("load-data", "users", "a.jsonl", "--resume")
        assert result.code == 1 and not result.out
        assert "There is nothing to resume: no load of users from a.jsonl is unfinished" in result.err
        assert cli("load-data", "users", "a.jsonl").code == 0
    assert cli("load-data", "users", "a.jsonl", "--resume", "--restart").code == 2


def test_a_new_load_beside_an_unfinished_one(cli: Cli, aws: Aws, here: Path) -> None:
    path = _write(here / "a.jsonl", 3)
    with path.open("a") as file:
        file.write("nonsense\n")
    assert cli("load-data", "users", "a.jsonl", "--fail-fast").code == 1
    folder = here / ".dynaops" / "load"
    (kept,) = folder.glob("*.json")
    data = json.loads(kept.read_text())
    kept.write_text(json.dumps({**data, "block": 1, "position": {"source": 0, "offset": 5, "line": 2}}))
    result = cli("load-data", "users", "a.jsonl")
    assert result.code == 1 and "An unfinished load of users from a.jsonl is there" in result.err
    old = folder / "users-0.json"
    old.write_text(json.dumps({"complete": False}))
    os.utime(old, (0, 0))
    (folder / "users-1.json").write_text(json.dumps({"complete": True}))
    result = cli("load-data", "users", "a.jsonl", "--restart", "--json")
    assert result.code == 1 and result.json["rejected"] == 1 and result.json["read"] == 4
    assert "1 checkpoint of loads or exports that had not ended, older than 30 days, removed" in result.err
    assert len(list(folder.glob("*.json"))) == 1, "what was put aside is kept for 30 days"
    kept.write_text(json.dumps({**data, "block": 1, "fingerprint": "of another content"}))
    result = cli("load-data", "users", "a.jsonl")
    assert "so this load begins anew" in result.err and "4 rows read" in result.out


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopped_where_sigint_was_ignored(sink: SinkProcess, here: Path, how: signal.Signals) -> None:
    """As in `dynaops load-data .. &` of a script, for which the shell has SIGINT ignored."""
    _write(here / "a.jsonl", 30_000, text="x" * 300)
    environment = {**bare_environment(here), **_environment(sink.url)}
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
        "from dynaops.cli.main import main; sys.exit(main(['load-data', 'sink', 'a.jsonl']))"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", program],
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=here,
    )
    while sink.stats()["requests"] < 60 and running.poll() is None:
        time.sleep(0.02)
    os.kill(running.pid, how)
    _, errors = running.communicate(timeout=20)
    assert running.returncode == 130
    assert b"error: Interrupted after" in errors and b"with --resume to go on" in errors


def _large(aws: Aws, rows: int = 900) -> None:
    put(aws, "users", ({"id": {"S": f"k{n:04}"}, "v": {"S": "x" * 2_000}} for n in range(rows)))


def _head(here: Path, server: SandboxServer, *arguments: str) -> tuple[list[bytes], int, bytes]:
    """The first two lines of an export to a reader that goes away then, its exit code, its errors."""
    running = popen(
        "dynaops",
        *("export-data", "users", "--out", "-", *arguments),
        env={**bare_environment(here), **_environment(server.url)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert running.stdout is not None and running.stderr is not None
    lines = [running.stdout.readline() for _ in range(2)]
    running.stdout.close()
    errors = running.stderr.read()
    return lines, running.wait(timeout=30), errors


@pytest.mark.parametrize("arguments", [(), ("--format", "csv", "--projection", "id,v"), ("--format", "csv")])
def test_a_reader_that_goes_away_leaves_nothing(
    aws: Aws, server: SandboxServer, here: Path, arguments: tuple[str, ...]
) -> None:
    _large(aws)
    lines, code, errors = _head(here, server, *arguments)
    assert code == 141 and b"Traceback" not in errors and b"error" not in errors
    assert lines[0].startswith(b"id,v" if arguments else b'{"id":"k0') and len(lines[1]) > 2_000
    left = [one for one in here.rglob("*") if one.is_file() and one.suffix in (".part", ".json", ".jsonl")]
    assert not left


def test_rows_reach_stdout_page_by_page(aws: Aws, server: SandboxServer, here: Path) -> None:
    """A rate so low that the table would take a quarter of an hour: its first rows are there at once."""
    _large(aws)
    lines, code, _ = _head(here, server, "--rate", "0.5")
    assert code == 141 and all(line.startswith(b'{"id":"k0') for line in lines)


def test_to_stdout_each_row_keeps_its_types(cli: Cli, aws: Aws, server: SandboxServer, here: Path) -> None:
    _large(aws, 700)
    put(aws, "users", [{"id": {"S": "typed"}, "s": {"SS": ["a"]}}])
    found = run_process("export-data", "users", "--out", "-", cwd=here, env=_environment(server.url))
    assert found.code == 0 and len(found.out.splitlines()) == 701
    (here / "all.jsonl").write_text(found.out)
    before = rows_of(aws, "users")
    assert cli("load-data", "users", "all.jsonl", "--delete").code == 0 and not _count(aws)
    assert cli("load-data", "users", "all.jsonl").code == 0 and rows_of(aws, "users") == before
    result = run_process(
        "export-data", "users", "--out", "-", "--resume", cwd=here, env=_environment(server.url)
    )
    assert result.code == 1 and "what was written to stdout cannot be gone on with" in result.err


def test_where_an_export_goes(cli: Cli, aws: Aws, here: Path) -> None:
    put(aws, "users", [{"id": {"S": "a"}, "age": {"N": "3"}}])
    result = cli("export-data", "users", "--out", "x.parquet")
    assert result.code == 1 and "an export is not written as Parquet" in result.err
    assert not list(here.glob("x*"))
    assert cli("export-data", "users", "--out", "x.tsv").code == 0
    assert (here / "x.tsv").read_text() == "id\tage\na\t3\n"
    assert "folder/users.jsonl" in cli("export-data", "users", "--out", "folder/").out
    assert (here / "folder" / "users.jsonl").read_text() == '{"id":"a","age":3}\n'
    assert "users.jsonl is there already" in cli("export-data", "users", "--out", "folder").err
    bucket = {"Bucket": "exports", "CreateBucketConfiguration": {"LocationConstraint": REGION}}
    aws.call("s3", "CreateBucket", REGION, bucket)
    result = cli("export-data", "users", "--out", "s3://exports/today/", "--json")
    assert result.code == 0 and result.json["file"] == "s3://exports/today/users.jsonl"
    result = cli("export-data", "users", "--out", "s3://exports/today/")
    assert result.code == 1 and "s3://exports/today/users.jsonl is there already" in result.err
    assert cli("export-data", "users", "--out", "s3://exports/today/", "--overwrite").code == 0
    assert cli("load-data", "users", "s3://exports/today/users.jsonl").code == 0


def test_export_and_load_give_the_same_table(cli: Cli, aws: Aws, here: Path) -> None:
    put(aws, "users", ({"id": {"S": f"k{n}"}, "v": {"N": f"{n}.5"}, "s": {"SS": ["a"]}} for n in range(60)))
    result = cli("export-data", "users", "--out", "users.jsonl.gz", "--consistent-read")
    assert result.code == 0 and "Exported; 60 rows; " in result.out
    assert "Written as DynamoDB JSON, since 's' holds a set (SS), which plain JSON cannot tell." in result.out
    before = rows_of(aws, "users")
    assert cli("load-data", "users", "users.jsonl.gz", "--delete").code == 0 and not _count(aws)
    assert cli("load-data", "users", "users.jsonl.gz").code == 0
    assert rows_of(aws, "users") == before


def test_an_export_replaces_nothing_unasked(cli: Cli, aws: Aws, here: Path) -> None:
    put(aws, "users", [{"id": {"S": "a"}}])
    assert cli("export-data", "users", "--json").json["items"] == 1
    result = cli("export-data", "users")
    assert result.code == 1 and "users.jsonl is there already" in result.err
    assert cli("export-data", "users", "--overwrite").code == 0
    assert (here / "users.jsonl").read_text() == '{"id":"a"}\n'
    assert "cannot both be on stdout" in cli("export-data", "users", "--out", "-", "--json").err
    assert "there is no 'xml'" in cli("export-data", "users", "--format", "xml", "--out", "x").err


def test_an_export_to_stdout_has_only_rows_there(aws: Aws, server: SandboxServer, here: Path) -> None:
    put(aws, "users", [{"id": {"S": "a"}, "age": {"N": "3"}}])
    found = run_process(
        "export-data", "users", "--out", "-", "--format", "csv", cwd=here, env=_environment(server.url)
    )
    assert found.out == "id,age\na,3\n" and "Load it with: --types id=S,age=N" in found.err
