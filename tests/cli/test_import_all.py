"""import --all: every table with one file each, resumable, nothing overwritten; afterwards there is nothing to plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dynaops.model.exits import Exit
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from tests.cli.running import Cli, Result

REGION = "eu-west-1"


class Account:
    """An account with tables, and the command line in it."""

    def __init__(self, cli: Cli, server: SandboxServer) -> None:
        self._cli = cli
        self.server = server

    def __call__(self, *arguments: str) -> Result:
        return self._cli("--endpoint-url", self.server.url, "--region", REGION, *arguments)

    def table(self, name: str, **tags: str) -> None:
        client: Any = self.server.client("dynamodb", REGION)
        client.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )


@pytest.fixture
def account(cli: Cli, server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    found = Account(cli, server)
    for number in range(6):
        found.table(f"table-{number}", team="one" if number % 2 else "two")
    server.advance(60)
    return found


def test_all_tables_are_adopted_and_then_planned_empty(account: Account, here: Path) -> None:
    account.server.requests.clear()
    result = account("import", "--all")
    assert result.code == Exit.OK, result.err
    assert "Imported; 6 tables" in result.out
    assert sorted(one.name for one in (here / "specs").iterdir()) == [f"table-{n}.yaml" for n in range(6)]
    writes = [(one.operation, str(one.body["Tags"])) for one in account.server.requests.writes()]
    mark = str([{"Key": "dynaops:state", "Value": account("state", "pull").json["lineage"]}])
    assert writes == [("TagResource", mark)] * 6, "nothing is written but the mark"
    assert account("plan", "--exit-code").code == Exit.OK


def test_it_goes_on_where_it_stopped(account: Account, here: Path) -> None:
    assert account("import", "table-0", "--out", "specs/table-0.yaml").code == Exit.OK
    account.server.requests.clear()
    again = account("import", "--all", "--json")
    assert [one["table"] for one in again.json["imported"]] == [f"table-{n}" for n in range(1, 6)]
    assert again.json["skipped"] == [{"table": "table-0", "why": "it is in the state already"}]
    described = [
        one.body["TableName"] for one in account.server.requests.since() if one.operation == "DescribeTable"
    ]
    assert sorted(described) == [f"table-{n}" for n in range(1, 6)], "each is asked for once"
    assert account("plan", "--exit-code").code == Exit.OK


def test_only_tables_with_the_tags(account: Account, here: Path) -> None:
    result = account("import", "--all", "--tag", "team=one", "--out", "ours")
    assert result.code == Exit.OK
    assert sorted(one.stem for one in (here / "ours").iterdir()) == ["table-1", "table-3", "table-5"]
    assert "3 passed over (it does not have the tags)" in result.out


def test_no_file_is_overwritten(account: Account, here: Path) -> None:
    (here / "specs").mkdir()
    (here / "specs" / "table-2.yaml").write_text("mine\n")
    result = account("import", "--all")
    assert result.code == Exit.FAILED
    assert (here / "specs" / "table-2.yaml").read_text() == "mine\n"
    assert "exists already" in result.out
    known = json.loads((here / ".dynaops" / "state.json").read_text())["resources"]
    assert "table-2" not in known and "table-3" in known


def test_one_that_cannot_be_read_does_not_stop_the_others(account: Account) -> None:
    account.server.faults.add(
        FaultRule("access_denied", service="dynamodb", operation="DescribeTable", times=1)
    )
    result = account("import", "--all")
    assert result.code == Exit.FAILED
    assert "Not all imported; 5 tables; 1 not imported" in result.out
    account.server.faults.clear()
    assert account("import", "--all").code == Exit.OK
    assert account("plan", "--exit-code").code == Exit.OK


def test_one_or_all(account: Account) -> None:
    assert account("import").code == Exit.USAGE
    assert account("import", "x", "--all").code == Exit.USAGE
    assert account("import", "--tag", "a=b").code == Exit.USAGE
