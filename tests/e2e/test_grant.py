"""``dynaops grant`` through the real command line."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.companions.bench import Bench
from tests.companions.functions import make_function
from tests.companions.test_grant import make_table
from tests.e2e.census import census
from tests.e2e.conftest import Terminal

POLICY = "users-eu-west-1-lambda-access"
ARN = f"arn:aws:iam::123456789012:policy/{POLICY}"


@pytest.fixture
def functions(terminal: Terminal) -> None:
    """A table that nobody manages, and two functions."""
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder), terminal.server)
        make_table(bench)
        make_function(bench, "worker")
        make_function(bench, "audit")


@pytest.mark.usefixtures("functions")
def test_granted_exported_and_revoked(terminal: Terminal) -> None:
    before = census(terminal.server)
    done = terminal("grant", "users", "worker", "audit", "--yes", "--out", "grant.json")
    assert done.code == 0, done
    assert "create IAM policy" in done.out
    assert "3 operations done" in done.out
    assert "TABLE_NAME" in done.out
    told = json.loads((terminal.folder / "grant.json").read_text())
    assert told["policy"]["arn"] == ARN
    assert [one["role"] for one in told["functions"]] == ["worker-role", "audit-role"]
    assert told["functions"][0]["environment"]["TABLE_NAME"] == "users"
    again = terminal("grant", "users", "worker", "audit", "--yes")
    assert again.code == 0
    assert again.out.startswith("Nothing to do: worker and audit may use users already")
    assert not (terminal.folder / ".dynaops" / "state.json").exists()
    assert census(terminal.server) != before
    revoked = terminal("grant", "users", "worker", "audit", "--revoke", "--yes")
    assert revoked.code == 0, revoked
    assert "Variables" not in revoked.out
    assert census(terminal.server) == before
    assert "Nothing to do" in terminal("grant", "users", "worker", "--revoke").out


@pytest.mark.usefixtures("functions")
def test_nothing_is_sent_without_agreement(terminal: Terminal) -> None:
    terminal.server.requests.clear()
    refused = terminal("grant", "users", "worker")
    assert refused.code == 1
    assert "--yes" in refused.err
    rehearsed = terminal("grant", "users", "worker", "--dry-run", "--operations")
    assert rehearsed.code == 0
    assert "AttachRolePolicy" in rehearsed.out
    assert terminal.server.requests.writes() == []


@pytest.mark.usefixtures("functions")
def test_the_plan_is_the_truth(terminal: Terminal) -> None:
    shown = terminal("grant", "users", "worker", "--dry-run", "--json").json
    terminal.server.requests.clear()
    done = terminal("grant", "users", "worker", "--yes", "--json").json
    assert done["outcome"]["complete"]
    assert done["configuration"] == shown["configuration"]
    assert done["operations"] == shown["operations"]
    sent = [one.operation for one in terminal.server.requests.writes()]
    assert sent == [one["api"] for one in shown["operations"]]
    idle = terminal("grant", "users", "worker", "--yes", "--json").json
    assert idle["operations"] == []
    assert idle["outcome"]["complete"]
    assert idle["configuration"]["policy"]["arn"] == ARN


def test_refused_politely(terminal: Terminal) -> None:
    refused = terminal("grant", "users", "worker", "--yes")
    assert refused.code == 1
    assert "There is no table users in eu-west-1" in refused.err
    assert "There is no function worker in eu-west-1" in refused.err
    refused = terminal("grant", "users", "worker", "--json")
    assert refused.code == 1
    assert [one["code"] for one in refused.json["error"]["findings"]] == ["GRANT101", "GRANT102"]


@pytest.mark.parametrize(
    "arguments", [("--read-only", "--write-only"), ("--revoke", "--out", "x"), ("--dry-run", "--out", "x")]
)
def test_options_that_do_not_go_together(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    assert terminal("grant", "users", "worker", *arguments).code == 2


@pytest.mark.usefixtures("functions")
def test_a_failure_is_told_and_gone_on_from(terminal: Terminal) -> None:
    from dynaops.sandbox.faults import FaultRule

    terminal.server.faults.add(FaultRule("access_denied", operation="AttachRolePolicy", times=1))
    failed = terminal("grant", "users", "worker", "--yes")
    assert failed.code == 1
    assert "run grant again" in failed.out
    assert "state" not in failed.out
    assert terminal("grant", "users", "worker", "--yes").code == 0
