"""Options of load-data that apply to one kind of input are refused for others; what shares of one load say together."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from dynaops.aws.session import Aws
from dynaops.sandbox import SandboxServer
from tests.cli.running import Cli
from tests.data.tables import REGION, make_table, rows_of, way_to


@pytest.fixture
def aws(server: SandboxServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """A sandbox with the table `users`."""
    environment = {"AWS_ENDPOINT_URL": server.url, "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "testing"}
    for name, value in {**environment, "AWS_SECRET_ACCESS_KEY": "testing"}.items():
        monkeypatch.setenv(name, value)
    aws = way_to(server)
    make_table(aws, "users", {"id": "S"})
    return aws


def _write_all(folder: Path) -> None:
    (folder / "a.jsonl").write_text('{"id":"a"}\n')
    (folder / "a.json").write_text('[{"id":"a"}]')
    (folder / "a.csv").write_text("id,n\na,1\n")
    parquet.write_table(pa.table({"id": ["a"]}), folder / "a.parquet")
    with sqlite3.connect(folder / "a.sqlite") as database:
        database.execute("create table t (id text)")
        database.execute("insert into t values ('a')")
    database.close()


APPLIES = {
    ("--delimiter", ";"): set[str](),  # it would change what the columns are
    ("--columns", "id,m"): {"a.csv"},
    ("--encoding", "latin-1"): {"a.csv", "a.jsonl", "a.json"},
    ("--null", "NULL"): {"a.csv"},
    ("--strict-types",): {"a.csv"},
    ("--keep-empty",): {"a.csv"},
    ("--nulls", "drop"): {"a.jsonl", "a.json", "a.parquet", "a.sqlite"},
    ("--sql-table", "t"): {"a.sqlite"},
    ("--sheet", "t"): set[str](),
}


def test_options_are_heeded_or_refused(cli: Cli, aws: Aws, here: Path) -> None:
    _write_all(here)
    for option, applies in APPLIES.items():
        for name in ("a.jsonl", "a.json", "a.csv", "a.parquet", "a.sqlite"):
            if option[0] == "--delimiter" and name == "a.csv":
                continue
            result = cli("load-data", "users", name, *option, "--dry-run")
            if name in applies:
                assert result.code == 0, (option, name, result.err)
            else:
                assert result.code == 1, (option, name)
                assert f"{option[0]} applies to " in result.err and f"{name} is read as " in result.err
                assert "hint: " in result.err
    assert not rows_of(aws, "users")


def test_an_option_that_some_input_heeds_is_taken(cli: Cli, aws: Aws, here: Path) -> None:
    _write_all(here)
    assert cli("load-data", "users", "a.jsonl", "a.csv", "--keep-empty", "--strict-types").code == 0
    assert cli("load-data", "users", "a.jsonl", "a.parquet", "--keep-empty").code == 1


def test_shares_tell_each_thing_once(cli: Cli, aws: Aws, here: Path) -> None:
    """Notes about rows, rejects and rows of other tables: the shares' counts add up to those of one load."""
    other = [{"PutRequest": {"Item": {"id": {"S": f"o{number}"}}}} for number in range(7)]
    lines = [json.dumps({"orders": other[:4]}), *(json.dumps({"orders": [put]}) for put in other[4:])]
    (here / "a.jsonl").write_text(
        "\n".join([*lines, *(json.dumps({"id": f"k{number}"}) for number in range(20))])
    )
    (here / "b.csv").write_text("id,n\n" + "".join(f"c{number},NULL\n" for number in range(9)) + ",bad\n")
    parquet.write_table(
        pa.table({"id": [f"p{number}" for number in range(11)], "n": pa.array([None] * 11, pa.string())}),
        here / "c.parquet",
    )
    found = []
    for shard in ((), ("--shard", "1/3"), ("--shard", "2/3"), ("--shard", "3/3")):
        document = cli("load-data", "users", "a.jsonl", "b.csv", "c.parquet", "--json", *shard).json
        notes = Counter({note["kind"]: note["rows"] for note in document["notes"] if note["rows"]})
        counts = {name: document[name] for name in ("read", "written", "rejected", "not_loaded")}
        found.append(Counter({**counts, **notes}))
    whole, *shares = found
    assert sum(shares, Counter()) == whole
    assert whole["not_loaded"] == whole["other-table"] == 7 and whole["nulls"] == 11 and whole["read"] == 48
