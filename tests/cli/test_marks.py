"""Whose a live table is, at the command line: consent to adopt, another state's mark, taking over, and import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dynaops.model.exits import Exit
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from tests.cli.running import Cli, Result, run_process

REGION = "eu-west-1"
SPEC = "table_name: {name}\nhash_key: id\nattributes: {{id: S}}\ntags: {{team: one}}\n"


class Team:
    """A folder with specs, a state of its own and the command line, for the account that all share."""

    def __init__(self, cli: Cli, server: SandboxServer, folder: Path) -> None:
        self._cli = cli
        self.server = server
        self.folder = folder
        self.client = server.client("dynamodb", REGION)
        self.state = folder / "state.json"

    def __call__(self, *arguments: str | Path) -> Result:
        options = ("--endpoint-url", self.server.url, "--region", REGION, "--state", self.state)
        return self._cli(*options, *arguments)

    def in_a_process(self, *arguments: str | Path) -> Result:
        """The command line in a process of its own: a rehearsal brings a sandbox of its own."""
        options = ("--endpoint-url", self.server.url, "--region", REGION, "--state", str(self.state))
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        return run_process(*options, *map(str, arguments), cwd=self.folder.parent, env=keys)

    def write(self, name: str = "orders", more: str = "") -> Path:
        path = self.folder / f"{name}.yaml"
        path.write_text(SPEC.format(name=name) + more)
        return path

    @property
    def id(self) -> str:
        return str(self("state", "pull").json["lineage"])

    def mark(self, name: str = "orders") -> str | None:
        arn = self.client.describe_table(TableName=name)["Table"]["TableArn"]
        tags = self.client.list_tags_of_resource(ResourceArn=arn)["Tags"]
        return {tag["Key"]: tag["Value"] for tag in tags}.get("dynaops:state")


@pytest.fixture
def teams(
    cli: Cli, server: SandboxServer, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Team, Team]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    folders = [workdir / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    one, two = (Team(cli, server, folder) for folder in folders)
    return one, two


def by_hand(server: SandboxServer, name: str = "orders") -> None:
    """A table that nobody has marked."""
    client: Any = server.client("dynamodb", REGION)
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    server.advance(60)


def writes(server: SandboxServer) -> list[str]:
    return [one.operation for one in server.requests.writes()]


def test_what_nobody_marks_is_adopted_with_consent_only(teams: tuple[Team, Team]) -> None:
    team, _ = teams
    spec = team.write()
    by_hand(team.server)
    planned = team("plan", spec)
    assert planned.code == Exit.OK and "Taken over" in planned.out and "needs --allow-adopt" in planned.out
    team.server.requests.clear()
    refused = team("apply", spec, "--yes")
    assert refused.code == Exit.FAILED
    assert "takes over 1 resource" in refused.err and "--allow-adopt" in refused.err
    assert writes(team.server) == [] and not team.state.exists()
    assert team("apply", spec, "--yes", "--allow-adopt").code == Exit.OK
    assert team.mark() == team.id
    assert team("plan", spec, "--exit-code").code == Exit.OK
    assert team("drift", "--exit-code").code == Exit.OK


def test_what_a_lost_state_has_marked_is_destroyed_when_it_is_taken_over(teams: tuple[Team, Team]) -> None:
    """The state that is left records the table, and the one that was lost has marked it."""
    one, two = teams
    spec = one.write()
    assert one("apply", spec, "--yes").code == Exit.OK
    owner = one.id
    two.state.write_text(one.state.read_text().replace(owner, "another"))
    refused = two("destroy", "--yes", "--allow-destroy")
    assert refused.code == Exit.FAILED and f"--take-over {owner}" in refused.err
    assert two("destroy", "--yes", "--allow-destroy", "--take-over", "nobody").code == Exit.FAILED
    assert one.mark() == owner
    done = two("destroy", "--yes", "--take-over", owner)
    assert done.code == Exit.OK, done
    assert two.client.list_tables()["TableNames"] == []


@pytest.mark.parametrize("view", ["--json", "--markdown", "--html"])
def test_every_view_tells_of_it(teams: tuple[Team, Team], view: str) -> None:
    team, _ = teams
    spec = team.write()
    by_hand(team.server)
    if view == "--json":
        (change, *_) = team("plan", spec, "--json").json["changes"]
        assert (change["address"], change["danger"], change["owner"]) == ("orders", "adopt", None)
        return
    page = team.folder / "page"
    assert team("plan", spec, view, page).code == Exit.OK
    assert "allow-adopt" in page.read_text() and "marked by no other" in page.read_text()


def test_consent_can_be_part_of_the_saved_plan(teams: tuple[Team, Team]) -> None:
    team, _ = teams
    spec = team.write()
    by_hand(team.server)
    assert team("plan", spec, "--out", "bare.plan").code == Exit.OK
    refused = team("apply", "bare.plan", "--yes")
    assert refused.code == Exit.FAILED and "--consent adopt:orders" in refused.err
    assert team("plan", spec, "--out", "agreed.plan", "--consent", "adopt:orders").code == Exit.OK
    assert team("apply", "agreed.plan").code == Exit.OK
    assert team.mark() == team.id


def test_what_another_state_owns_is_refused_and_taken_over_by_name(teams: tuple[Team, Team]) -> None:
    one, two = teams
    assert one("apply", one.write(), "--yes").code == Exit.OK
    spec, owner = two.write(), one.id
    for command in (("plan", spec), ("apply", spec, "--yes", "--allow-adopt"), ("import", "orders")):
        refused = two(*command)
        assert refused.code == Exit.FAILED and owner in refused.err, command
    assert one.mark() == owner and not two.state.exists()
    assert two("plan", spec, "--take-over", owner, "--out", "over.plan").code == Exit.OK
    refused = two("apply", "over.plan", "--yes")
    assert refused.code == Exit.FAILED and f"--take-over {owner}" in refused.err
    assert two("apply", "over.plan", "--yes", "--allow-adopt").code == Exit.FAILED
    assert two("apply", "over.plan", "--yes", "--take-over", owner).code == Exit.OK
    assert two.mark() == two.id
    assert two("plan", spec, "--exit-code").code == Exit.OK
    left = one("plan", one.folder / "orders.yaml")
    assert left.code == Exit.OK and two.id in left.out and "PLAN133" in left.out
    refused = one("destroy", one.folder / "orders.yaml", "--yes", "--allow-destroy")
    assert refused.code == Exit.FAILED and two.id in refused.err
    assert one("state", "rm", "orders").code == Exit.OK
    assert two.client.list_tables()["TableNames"] == ["orders"]


def test_import_takes_nothing_that_another_state_owns(teams: tuple[Team, Team]) -> None:
    one, two = teams
    by_hand(one.server, "free")
    assert one("apply", one.write(), "--yes").code == Exit.OK
    found = two("import", "--all", "--out", "two/specs", "--json")
    assert found.code == Exit.OK
    assert [imported["table"] for imported in found.json["imported"]] == ["free"]
    assert found.json["skipped"] == [{"table": "orders", "why": "another state has marked it as its own"}]
    shown = one("import", "--all", "--out", "one/specs")
    assert f"free is left alone: the state {two.id} has marked it" in shown.out
    assert two("import", "--all", "--out", "two/specs", "--take-over", one.id).code == Exit.OK
    assert two.mark("orders") == two.mark("free") == two.id
    assert two("plan", "two/specs", "--exit-code").code == Exit.OK


def test_an_import_that_may_not_mark_says_so(teams: tuple[Team, Team]) -> None:
    team, other = teams
    by_hand(team.server)
    team.server.faults.add(FaultRule("access_denied", service="dynamodb", operation="TagResource", times=9))
    imported = team("import", "orders", "--out", "one/orders.yaml")
    assert imported.code == Exit.OK and "not marked" in imported.err and "TagResource" in imported.err
    team.server.faults.clear()
    assert team.mark() is None
    assert team("plan", "one/orders.yaml", "--exit-code").code == Exit.OK
    assert other("import", "orders", "--no-mark", "--out", "two/orders.yaml").code == Exit.OK
    assert other.mark() is None
    spec = team.write(more="ttl: {attribute: gone}\n")
    assert team("apply", spec, "--yes").code == Exit.OK
    assert team.mark() == team.id
    refused = other("apply", other.write(more="ttl: {attribute: late}\n"), "--yes")
    assert refused.code == Exit.FAILED and team.id in refused.err


def test_marking_can_be_off_and_consent_is_needed_all_the_same(
    teams: tuple[Team, Team], workdir: Path
) -> None:
    one, two = teams
    (workdir / "dynaops.toml").write_text("mark = false\n")
    assert one("apply", one.write(), "--yes").code == Exit.OK
    assert one.mark() is None
    assert one("plan", one.folder / "orders.yaml", "--exit-code").code == Exit.OK
    assert two("apply", two.write(), "--yes").code == Exit.FAILED
    assert two("apply", two.write(), "--yes", "--allow-adopt").code == Exit.OK
    assert two("plan", two.write(), "--take-over", "x").code == Exit.FAILED
    (workdir / "dynaops.toml").write_text('mark = "owner"\n')
    assert one("plan", one.folder / "orders.yaml", "--exit-code").code == Exit.OK, "no difference of its own"


def test_what_is_forgotten_loses_its_mark_and_another_state_adopts_it(teams: tuple[Team, Team]) -> None:
    one, two = teams
    assert one("apply", one.write(more="log_group: {name: /orders}\n"), "--yes").code == Exit.OK
    forgot = one("state", "rm", "orders", "--json")
    assert forgot.code == Exit.OK and forgot.json["marks_kept"] == {}
    assert forgot.json["unmarked"] == ["orders", "orders/log_group"]
    assert one.mark() is None and one("state", "list").out == ""
    record = one("state", "log", "--limit", "1", "--json").json["runs"][0]
    assert (record["command"], record["result"]) == ("state rm", "done")
    assert [operation["api"] for operation in record["operations"]] == ["UntagResource"] * 2
    assert two("apply", two.write(), "--yes", "--allow-adopt").code == Exit.OK
    assert two.mark() == two.id


@pytest.mark.parametrize("how", ["denied", "no credentials", "elsewhere"])
def test_what_cannot_lose_its_mark_is_forgotten_and_it_is_said(
    teams: tuple[Team, Team], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    one, two = teams
    assert one("apply", one.write(), "--yes").code == Exit.OK
    if how == "denied":
        one.server.faults.add(
            FaultRule("access_denied", service="dynamodb", operation="UntagResource", times=99)
        )
        forgot = one("state", "rm", "orders")
    elif how == "no credentials":
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        forgot = one("state", "rm", "orders")
    else:
        state = one.state.read_text()
        one.state.write_text(state.replace('"origin": "local"', '"origin": "aws"'))
        assert one.state.read_text() != state
        forgot = one("state", "rm", "orders")
    assert forgot.code == Exit.FAILED
    assert forgot.out.startswith("Forgot orders, ")
    flat = "".join(forgot.err.split())
    assert "awsdynamodbuntag-resource--resource-arnarn:aws:dynamodb:eu-west-1:" in flat
    assert "--tag-keysdynaops:state" in flat and f"--take-over{one.id}" in flat
    one.server.faults.clear()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    assert one("state", "list").out == "" and one.mark() == one.id
    assert two("apply", two.write(), "--yes", "--take-over", one.id).code == Exit.OK


def test_state_rm_leaves_the_mark_where_it_is_asked_to_or_it_is_anothers(teams: tuple[Team, Team]) -> None:
    one, two = teams
    assert one("apply", one.write(), "--yes").code == Exit.OK
    before = one.server.requests.count
    said = one("state", "rm", "orders", "--keep-mark")
    assert said.code == Exit.OK and one.server.requests.count == before
    assert f"--take-over {one.id}" in said.err
    assert one.mark() == one.id
    assert one("apply", one.folder / "orders.yaml", "--yes").code == Exit.OK, "it is its own by the mark"
    assert two("apply", two.write(), "--yes", "--take-over", one.id).code == Exit.OK
    forgot = one("state", "rm", "orders", "--json")
    assert forgot.code == Exit.OK and forgot.json["unmarked"] == []
    assert two.mark() == two.id


def test_state_rm_leaves_the_mark_of_what_another_address_has(teams: tuple[Team, Team]) -> None:
    one, _ = teams
    specs = [one.write(name, "log_group: {name: /both}\n") for name in ("orders", "users")]
    assert one("apply", *specs, "--yes").code == Exit.OK
    assert one("state", "rm", "orders", "--json").json["unmarked"] == ["orders"]
    assert one("state", "rm", "users", "--json").json["unmarked"] == ["users", "users/log_group"]


def test_a_removed_block_takes_the_mark_away_whatever_stops_it_half_way(teams: tuple[Team, Team]) -> None:
    """The whole life: applied, removed (denied at first), adopted by another state with the consent that all need."""
    one, two = teams
    spec = one.write(more="log_group: {name: /orders}\n")
    assert one("apply", spec, "--yes").code == Exit.OK
    spec.write_text("removed: [orders]\n")
    planned = one("plan", spec, "--json").json
    assert {(op["api"], op["address"]) for op in planned["operations"]} == {
        ("UntagResource", "orders"),
        ("UntagResource", "orders/log_group"),
    }
    assert "the mark of this state is taken from it" in " ".join(one("plan", spec).out.split())
    assert "take the mark from orders" in " ".join(one("plan", spec, "--operations").out.split())
    permissions = one.in_a_process("permissions", spec, "--plan", "--json").out
    assert '"dynamodb:UntagResource"' in permissions and '"logs:UntagResource"' in permissions
    one.server.faults.add(FaultRule("access_denied", service="logs", operation="UntagResource", times=99))
    stopped = one("apply", spec, "--yes")
    assert stopped.code == Exit.FAILED and "UntagResource" in stopped.err + stopped.out
    assert one.mark() == one.id and "orders" in one("state", "list").out.splitlines()
    one.server.faults.clear()
    assert one.in_a_process("plan", spec, "--rehearse").code == Exit.OK
    assert one("apply", spec, "--yes").code == Exit.OK
    assert one.mark() is None and one("state", "list").out == ""
    assert one("plan", spec, "--exit-code").code == Exit.OK
    assert two("apply", two.write(), "--yes", "--allow-adopt").code == Exit.OK
    assert two.mark() == two.id
    assert two("plan", two.folder / "orders.yaml", "--exit-code").code == Exit.OK


def test_an_import_block_is_consent_but_not_to_what_another_state_owns(teams: tuple[Team, Team]) -> None:
    one, two = teams
    by_hand(one.server)
    specs = [one.write(), one.folder / "blocks.yaml"]
    specs[1].write_text("import: [orders]\n")
    assert one("apply", *specs, "--yes").code == Exit.OK
    assert one.mark() == one.id
    theirs = [two.write(), two.folder / "blocks.yaml"]
    theirs[1].write_text("import: [orders]\n")
    refused = two("plan", *theirs)
    assert refused.code == Exit.FAILED and one.id in refused.err


def test_what_another_state_took_over_can_be_given_up(teams: tuple[Team, Team]) -> None:
    one, two = teams
    assert one("apply", one.write(), "--yes").code == Exit.OK
    assert two("apply", two.write(), "--yes", "--take-over", one.id).code == Exit.OK
    (one.folder / "orders.yaml").write_text("removed: [orders]\n")
    given_up = one("apply", one.folder / "orders.yaml", "--yes")
    assert given_up.code == Exit.OK, given_up.err
    assert one("state", "list").out == "" and two.mark() == two.id
