"""A state of one account or endpoint, and a command for another: refused before anything is read or written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynaops.model.exits import Exit
from dynaops.sandbox.running import SandboxServer
from tests.cli.emulators import DYNALITE, DYNAMODB_LOCAL, without_sts
from tests.cli.running import Cli, Result

OURS, THEIRS = "123456789012", "222222222222"
REGION = "eu-central-1"
SPEC = "table_name: NAME\nhash_key: id\nattributes: {id: S}\npoint_in_time_recovery: false\n"
STATE = Path(".dynaops/state.json")


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(speed=5000) as running:
        yield running


class Team:
    """The command line on an endpoint, and the state that it left."""

    def __init__(self, cli: Cli, server: SandboxServer) -> None:
        self._cli = cli
        self.server = server
        self.url = server.url

    def __call__(self, *arguments: str) -> Result:
        return self._cli("--endpoint-url", self.url, "--region", REGION, *arguments)

    def state(self) -> str:
        return STATE.read_text(encoding="utf-8")


@pytest.fixture
def team(cli: Cli, server: SandboxServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    """A table `orders` was applied, in account OURS."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    (here / "specs").mkdir()
    (here / "specs" / "orders.yaml").write_text(SPEC.replace("NAME", "orders"), encoding="utf-8")
    made = Team(cli, server)
    applied = made("apply", "--yes")
    assert applied.code == Exit.OK, applied.err
    yield made
    client = server.client("dynamodb", REGION)
    for name in client.list_tables()["TableNames"]:
        client.delete_table(TableName=name)
        client.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 0.01})


@pytest.fixture
def in_their_account(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    role = team.server.client("sts", REGION).assume_role(
        RoleArn=f"arn:aws:iam::{THEIRS}:role/deploy", RoleSessionName="ci"
    )["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", role["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", role["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", role["SessionToken"])


COMMANDS = [
    ("plan",),
    ("plan", "--json"),
    ("apply", "--yes"),
    ("apply", "saved.plan", "--yes"),
    ("destroy", "--yes", "--allow-destroy"),
    ("drift",),
    ("drift", "--exit-code"),
    ("validate", "--live"),
    ("validate", "orders", "--live"),
    ("import", "other"),
    ("import", "--all"),
    ("backup", "create", "orders", "--yes"),
    ("backup", "restore", "orders", "again", "--latest", "--yes"),
    ("backup", "verify", "orders", "--latest", "--yes"),
    ("grant", "orders", "processor", "--yes"),
    ("permissions", "--plan"),
    ("graph", "--plan"),
    ("load-data", "orders", "rows.jsonl"),
    ("load-data", "orders", "rows.jsonl", "--dry-run", "--region", REGION),
    ("load-data", "orders", "rows.jsonl", "--via-bulk-put", "--staging", "s3://handover/rows", "--yes"),
    ("load-data", "orders", "rows.jsonl", "--via-import", "--spec", "specs/orders.yaml", "--yes"),
    ("export-data", "orders"),
    ("export-data", "orders", "--via-export", "--staging", "s3://handover/rows"),
    ("backup", "list"),
    ("backup", "list", "orders"),
    ("backup", "list", "others", "orders"),
    ("backup", "status"),
    ("backup", "status", "orders", "--wait"),
    ("backup", "delete", "orders-old", "--yes"),
    ("backup", "prune", "orders", "--keep", "1", "--yes"),
]


def test_the_credentials_of_another_account(team: Team, request: pytest.FixtureRequest) -> None:
    """Every command that uses the state ends the same, and only asks who calls."""
    assert team("plan", "--out", "saved.plan").code == Exit.OK
    Path("rows.jsonl").write_text('{"id": "1"}\n', encoding="utf-8")
    assert team("plan", "--out", "saved.plan").code == Exit.OK
    Path("rows.jsonl").write_text('{"id": "1"}\n', encoding="utf-8")
    request.getfixturevalue("in_their_account")
    before = team.state()
    for command in COMMANDS:
        asked = team.server.requests.count
        result = team(*command)
        sent = {one.operation for one in team.server.requests.since(asked)}
        assert result.code == Exit.FAILED, (command, result.out)
        assert sent <= {"GetCallerIdentity"}, (command, sent)
        message = " ".join(result.err.split())
        assert all(word in message for word in (OURS, THEIRS, str(STATE), "--profile")), (command, message)
        assert team.state() == before, command


@pytest.mark.usefixtures("in_their_account")
def test_a_table_that_is_none_of_the_state_is_of_any_account(team: Team) -> None:
    """Which account is meant, nobody has said: the table may be anyone's."""
    for command in (("export-data", "others"), ("backup", "list", "others"), ("backup", "status", "others")):
        assert OURS not in team(*command).err


@pytest.mark.usefixtures("in_their_account")
def test_their_own_state_is_taken(team: Team) -> None:
    assert team("--state", "theirs.json", "apply", "--yes").code == Exit.OK
    assert json.loads(Path("theirs.json").read_text())["account"] == THEIRS
    assert team("--state", "theirs.json", "plan", "--exit-code").code == Exit.OK
    assert team("--state", "theirs.json", "destroy", "--yes", "--allow-destroy").code == Exit.OK


def test_the_state_of_another_sandbox(team: Team) -> None:
    """Both are empty of the other's tables, and both say the same account."""
    first, before = team.url, team.state()
    with SandboxServer(speed=5000) as other:
        team.url = other.url
        for command in (("plan",), ("apply", "--yes"), ("destroy", "--yes", "--allow-destroy"), ("drift",)):
            refused = team(*command)
            assert refused.code == Exit.FAILED
            assert "made on the sandbox" in " ".join(refused.err.split())
        assert not [one for one in other.requests.since() if one.operation != "GetCallerIdentity"]
        assert team.state() == before
    team.server.install()
    team.url = first
    assert team("plan", "--exit-code").code == Exit.OK


def test_a_state_of_an_older_version_learns_whose_it_is(team: Team) -> None:
    known = json.loads(team.state())
    old = {name: value for name, value in known.items() if name not in ("account", "partition", "world")}
    STATE.write_text(json.dumps(old), encoding="utf-8")
    assert team("plan", "--exit-code").code == Exit.OK
    (Path("specs") / "more.yaml").write_text(SPEC.replace("NAME", "more"), encoding="utf-8")
    assert team("apply", "--yes").code == Exit.OK
    learnt = json.loads(team.state())
    assert {name: learnt[name] for name in ("account", "partition", "world")} == {
        name: known[name] for name in ("account", "partition", "world")
    }


def test_a_plan_tells_of_what_it_is(team: Team) -> None:
    Path("specs/orders.yaml").write_text(SPEC.replace("NAME", "orders") + "tags: {a: b}\n", encoding="utf-8")
    plan = team("plan", "--markdown", "plan.md", "--html", "plan.html")
    assert plan.out.startswith(f"account {OURS}; {REGION}; state {STATE}\n")
    words = ("account 123456789012", REGION)
    assert all(
        word in Path(file).read_text(encoding="utf-8") for file in ("plan.md", "plan.html") for word in words
    )
    headline = {
        "environment": None,
        "account": OURS,
        "partition": "aws",
        "regions": [REGION],
        "state": str(STATE),
    }
    assert team("plan", "--json").json["headline"] == headline
    assert team("plan", "--no-refresh", "--json").json["headline"] == headline
    assert team("drift", "--json").json["headline"] == headline
    assert team("apply", "--yes", "--json").json["headline"] == headline
    assert team("drift").out.startswith(f"account {OURS}; {REGION}; state {STATE}\n")


@pytest.mark.parametrize("refusal", [DYNALITE, DYNAMODB_LOCAL], ids=["dynalite", "dynamodb-local"])
def test_an_emulator_without_sts(team: Team, refusal: tuple[int, str, bytes]) -> None:
    """It is used without an account; its state is refused on another, and a table made anew there is drift."""
    STATE.unlink()
    name = "there"
    Path("specs/orders.yaml").write_text(SPEC.replace("NAME", name), encoding="utf-8")
    with without_sts(team.server.url, refusal) as url:
        team.url = url
        planned = team("plan")
        assert planned.out.startswith(f"account unknown; {REGION}"), planned.err
        assert team("apply", "--yes").code == Exit.OK
        assert team("plan", "--exit-code").code == Exit.OK
        client = team.server.client("dynamodb", REGION)
        client.delete_table(TableName=name)
        client.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 0.01})
        made = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
        attributes = [{"AttributeName": "id", "AttributeType": "S"}]
        client.create_table(TableName=name, AttributeDefinitions=attributes, **made)
        client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 0.01})
        assert team("plan", "--exit-code").code in (Exit.OK, Exit.CHANGES), "the same emulator"
        before = team.state()
        with without_sts(team.server.url, refusal) as moved:
            team.url = moved
            refused = team("apply", "--yes")
            assert refused.code == Exit.FAILED
            assert "none of its tables is" in " ".join(refused.err.split())
            assert team.state() == before


def test_an_emulator_at_another_port_with_the_same_tables(team: Team) -> None:
    STATE.unlink()
    Path("specs/orders.yaml").write_text(SPEC.replace("NAME", "kept"), encoding="utf-8")
    with without_sts(team.server.url) as url:
        team.url = url
        assert team("apply", "--yes").code == Exit.OK
    with without_sts(team.server.url) as url:
        team.url = url
        assert team("plan", "--exit-code").code == Exit.OK


def test_a_state_of_a_sandbox_on_an_emulator(team: Team) -> None:
    before = team.state()
    with SandboxServer(speed=5000) as other, without_sts(other.url) as url:
        team.url = url
        refused = team("apply", "--yes")
        assert refused.code == Exit.FAILED
        assert "but the command is for the port" in " ".join(refused.err.split())
        assert team.state() == before
    team.server.install()
