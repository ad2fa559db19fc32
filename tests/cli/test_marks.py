"""Whose a live table is, at the command line: consent to adopt, another state's mark, taking over, and import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dynaops.model.exits import Exit
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import Rule
from tests.cli.running import Cli, Result

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
    team.server.faults.add(Rule("access_denied", service="dynamodb", operation="TagResource", times=9))
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


def test_what_is_forgotten_keeps_its_mark_and_it_is_said(teams: tuple[Team, Team]) -> None:
    one, two = teams
    assert one("apply", one.write(), "--yes").code == Exit.OK
    said = one("state", "rm", "orders")
    assert f"--take-over {one.id}" in said.err
    assert one.mark() == one.id
    assert one("apply", one.folder / "orders.yaml", "--yes").code == Exit.OK, "it is its own by the mark"
    assert two("apply", two.write(), "--yes", "--take-over", one.id).code == Exit.OK


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
