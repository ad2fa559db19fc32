"""load-data --table-from-file: each table's rows into that table, counted, resumed and rejected by table."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from dynaops.aws.session import Aws
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from tests.cli.running import Cli, bare_environment, run_process
from tests.data.tables import REGION, make_table, rows_of, way_to
from tests.preloaded.process import popen

TABLES = ("users", "orders")


def _environment(url: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
    }


@pytest.fixture
def aws(server: SandboxServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """A sandbox with the tables `users` (hash key id) and `orders` (hash key no)."""
    for name, value in _environment(server.url).items():
        monkeypatch.setenv(name, value)
    aws = way_to(server)
    make_table(aws, "users", {"id": "S"})
    make_table(aws, "orders", {"no": "S"})
    return aws


def _item(table: str, number: int) -> dict[str, Any]:
    return {("id" if table == "users" else "no"): {"S": f"{table}{number}"}, "n": {"N": str(number)}}


def _keys(aws: Aws, table: str) -> set[str]:
    return {(row.get("id") or row["no"])["S"] for row in rows_of(aws, table).values()}


def _expected(table: str, count: int) -> set[str]:
    return {f"{table}{number}" for number in range(count)}


def _puts(table: str, count: int) -> list[dict[str, Any]]:
    return [{"PutRequest": {"Item": _item(table, number)}} for number in range(count)]


def _documents(users: int, orders: int) -> dict[str, str]:
    """The same rows in each of the documents that name tables."""
    of = {"users": users, "orders": orders}
    batch = {table: _puts(table, count) for table, count in of.items()}
    transact = [
        {"Put": {"TableName": table, "Item": _item(table, number)}}
        for table, count in of.items()
        for number in range(count)
    ]
    answer = {table: [_item(table, number) for number in range(count)] for table, count in of.items()}
    model = [{"TableName": table, "TableData": rows} for table, rows in answer.items()]
    return {
        "batch": json.dumps(batch),
        "batch-lines": "\n".join(json.dumps({table: rows}) for table, rows in batch.items()),
        "batch-broken-lines": json.dumps(batch).replace(', {"PutRequest"', ',\n{"PutRequest"'),
        "request-items": json.dumps({"RequestItems": batch}, indent=2),
        "transact": json.dumps({"TransactItems": transact}),
        "responses": json.dumps({"Responses": answer, "UnprocessedKeys": {}}),
        "model": json.dumps({"ModelName": "m", "DataModel": model}, indent=1),
    }


@pytest.mark.parametrize("name", sorted(_documents(1, 1)))
def test_each_tables_rows_go_into_it(cli: Cli, aws: Aws, here: Path, name: str) -> None:
    (here / "both.json").write_text(_documents(7, 4)[name])
    dry = cli("load-data", "--table-from-file", "both.json", "--dry-run", "--json")
    assert dry.code == 0 and [found["valid"] for found in dry.json["tables"]] == [7, 4]
    assert not _keys(aws, "users")
    result = cli("load-data", "--table-from-file", "both.json", "--json")
    assert result.code == 0, result.err
    counts = [(found["table"], found["read"], found["written"]) for found in result.json["tables"]]
    assert counts == [("users", 7, 7), ("orders", 4, 4)]
    assert not [note for found in result.json["tables"] for note in found["notes"]]
    for table, count in (("users", 7), ("orders", 4)):
        assert _keys(aws, table) == _expected(table, count)
    assert not list((here / ".dynaops" / "load").glob("*.json")) and not list(here.glob("*.rejects.jsonl"))


def test_a_table_that_is_not_there_ends_it_before_anything_is_written(cli: Cli, aws: Aws, here: Path) -> None:
    (here / "both.json").write_text(json.dumps({"users": _puts("users", 2), "lost": _puts("users", 2)}))
    result = cli("load-data", "--table-from-file", "both.json")
    assert result.code == 1 and "There is no table 'lost'" in result.err and not _keys(aws, "users")
    result = cli("load-data", "users", "both.json", "--table-from-file")
    assert result.code == 1 and "name no table" in result.err
    (here / "rows.jsonl").write_text('{"id": "a"}\n')
    result = cli("load-data", "--table-from-file", "rows.jsonl")
    assert result.code == 1 and "The input names no table" in result.err
    (here / "rows.csv").write_text("id,n\na,1\n")
    result = cli("load-data", "--table-from-file", "rows.csv")
    assert result.code == 1 and "rows.csv has columns, and names no table" in result.err
    for option in (("--rejects", "x"), ("--source-table", "x"), ("--from-rejects",), ("--via-bulk-put",)):
        assert cli("load-data", "--table-from-file", "both.json", *option).code == 2


def test_bad_rows_are_rejected_once(cli: Cli, aws: Aws, here: Path) -> None:
    """Those of a table in its own rejects file; what names no table in that of the first table."""
    bad = [*_puts("orders", 2), {"PutRequest": {"Item": {"id": {"S": "no key of orders"}}}}, {"Other": 1}]
    lines = [
        json.dumps({"users": _puts("users", 3)}),
        '{"id": "plain"}',
        "nonsense",
        json.dumps({"orders": bad}),
    ]
    (here / "both.jsonl").write_text("\n".join(lines))
    result = cli("load-data", "--table-from-file", "both.jsonl", "--json")
    assert result.code == 1
    users, orders = result.json["tables"]
    assert (users["read"], users["written"], users["rejected"]) == (5, 3, 2)
    assert (orders["read"], orders["written"], orders["rejected"]) == (4, 2, 2)
    (rejects,) = here.glob("users.both.*.rejects.jsonl")
    told = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [(reject["line"], reject["text"]) for reject in told] == [(2, '{"id": "plain"}'), (3, "nonsense")]
    assert "names no table" in told[0]["reason"] and "not JSON" in told[1]["reason"]
    (rejects,) = here.glob("orders.both.*.rejects.jsonl")
    assert len(rejects.read_text().splitlines()) == 2


@pytest.mark.parametrize("bad", TABLES)
def test_the_exit_code_is_the_worst_of_the_tables(cli: Cli, aws: Aws, here: Path, bad: str) -> None:
    """A row rejected in one table makes it 1, wherever that table stands in the input."""
    batch = {table: _puts(table, 2) for table in TABLES}
    batch[bad].append({"PutRequest": {"Item": {"n": {"N": "1"}}}})
    (here / "both.json").write_text(json.dumps(batch))
    result = cli("load-data", "--table-from-file", "both.json", "--json")
    assert [(found["table"], found["rejected"]) for found in result.json["tables"]] == [
        (table, int(table == bad)) for table in TABLES
    ]
    assert result.code == 1


def test_a_resumed_load_remembers_how_the_first_table_ended(
    cli: Cli, aws: Aws, server: SandboxServer, here: Path
) -> None:
    """Its rejects make the exit code 1, also where the run that goes on loads the other table without any."""
    batch = {table: _puts(table, 2) for table in TABLES}
    batch["users"].append({"PutRequest": {"Item": {"n": {"N": "1"}}}})
    (here / "both.json").write_text(json.dumps(batch))
    server.faults.add(FaultRule("access_denied", operation="BatchWriteItem", nth=2, times=None))
    assert cli("load-data", "--table-from-file", "both.json").code == 1
    assert (_keys(aws, "users"), _keys(aws, "orders")) == (_expected("users", 2), set())
    server.faults.clear()
    result = cli("load-data", "--table-from-file", "both.json", "--resume", "--json")
    assert _keys(aws, "orders") == _expected("orders", 2)
    assert [(found["table"], found["rejected"]) for found in result.json["tables"]] == [("orders", 0)]
    assert result.code == 1, result.err


def test_deletes_and_modes_hold_for_each_table(cli: Cli, aws: Aws, here: Path) -> None:
    (here / "both.json").write_text(_documents(3, 3)["batch"])
    assert cli("load-data", "--table-from-file", "both.json").code == 0
    (here / "gone.json").write_text(
        json.dumps({"orders": [{"DeleteRequest": {"Key": {"no": {"S": "orders1"}}}}]})
    )
    result = cli("load-data", "--table-from-file", "gone.json", "--json")
    assert result.code == 0 and result.json["tables"][0]["deleted"] == 1
    assert _keys(aws, "orders") == {"orders0", "orders2"}
    shares = [
        cli(
            "load-data", "--table-from-file", "both.json", "--if-not-exists", "--json", "--shard", f"{part}/2"
        )
        for part in (1, 2)
    ]
    assert sum(found["read"] for share in shares for found in share.json["tables"]) == 6
    assert _keys(aws, "orders") == _expected("orders", 3)


def test_folders_of_dynamodump_and_exports(cli: Cli, aws: Aws, here: Path) -> None:
    for table in TABLES:
        folder = here / "dump" / table
        (folder / "data").mkdir(parents=True)
        (folder / "schema.json").write_text(json.dumps({"Table": {"TableName": table}}))
        items = [_item(table, number) for number in range(5)]
        (folder / "data" / "0001.json").write_text(json.dumps({"Items": items, "Count": 5}))
    assert "--table-from-file" in cli("load-data", "users", "dump").err
    result = cli("load-data", "--table-from-file", "dump", "--json")
    assert result.code == 0, result.err
    assert {found["table"]: found["written"] for found in result.json["tables"]} == {"users": 5, "orders": 5}
    for table in TABLES:
        assert _keys(aws, table) == _expected(table, 5)
        export = here / "exports" / f"01-{table}"
        (export / "data").mkdir(parents=True)
        rows = "".join(json.dumps({"Item": _item(table, number)}) + "\n" for number in range(8))
        (export / "data" / "x.json").write_text(rows)
        about = {"dataFileS3Key": "data/x.json", "itemCount": 8}
        (export / "manifest-files.json").write_text(json.dumps(about) + "\n")
        summary = {"outputFormat": "DYNAMODB_JSON", "tableArn": f"arn:aws:dynamodb:x:1:table/{table}"}
        (export / "manifest-summary.json").write_text(json.dumps({**summary, "itemCount": 8}))
    result = cli("load-data", "--table-from-file", "exports", "--json")
    assert result.code == 0, result.err
    assert {found["table"]: found["written"] for found in result.json["tables"]} == {"users": 8, "orders": 8}
    assert all(_keys(aws, table) == _expected(table, 8) for table in TABLES)


def test_killed_and_resumed(server: SandboxServer, aws: Aws, here: Path) -> None:
    """The first table is not loaded again, the second goes on, the counts are those of the whole load."""
    count = 6_000
    (here / "both.jsonl").write_text(
        "".join(json.dumps({table: [row]}) + "\n" for table in TABLES for row in _puts(table, count))
    )
    environment = _environment(server.url)
    arguments = ("load-data", "--table-from-file", "both.jsonl", "--workers", "1")
    running = popen(
        "dynaops",
        *arguments,
        env={**bare_environment(here), **environment},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    while running.poll() is None and not rows_of(aws, "orders"):
        time.sleep(0.02)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate(timeout=20)
    beside = run_process(*arguments, cwd=here, env=environment)
    assert beside.code == 1 and "--resume goes on with it; --restart begins anew" in beside.err
    resumed = run_process(*arguments, "--resume", "--json", cwd=here, env=environment)
    assert resumed.code == 0, resumed.err
    assert "users: loaded by the run that is resumed" in resumed.err
    (orders,) = resumed.json["tables"]
    assert orders["table"] == "orders" and orders["read"] == orders["written"] == count
    assert all(_keys(aws, table) == _expected(table, count) for table in TABLES)
    again = run_process(*arguments, "--resume", cwd=here, env=environment)
    assert again.code == 1 and "There is nothing to resume" in again.err
