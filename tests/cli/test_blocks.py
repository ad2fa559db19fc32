"""`moved`, `removed` and `import` blocks at the command line: shown, saved, stale, applied."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaops.sandbox import SandboxServer
from tests.cli.running import Cli, Result

ORDERS = """\
table_name: orders
hash_key: id
attributes: {id: S}
iam:
  custom:
    - name: orders-reading
      statements: [{Effect: Allow, Action: "dynamodb:GetItem", Resource: "${table_arn}"}]
"""
RENAMED = """\
table_name: orders
hash_key: id
attributes: {id: S}
iam:
  read_only: {name: orders-reading}
"""
USERS = "table_name: users\nhash_key: id\nattributes: {id: S}\n"
BLOCKS = """\
moved:
  - from: orders/iam/custom/orders-reading
    to: orders/iam/read_only
removed:
  - users
"""


class Desk:
    def __init__(self, cli: Cli, folder: Path, server: SandboxServer) -> None:
        self.cli, self.folder, self.server = cli, folder, server

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.folder / f"{name}.yaml").write_text(text)

    def __call__(self, *words: str) -> Result:
        return self.cli(*words, "--endpoint-url", self.server.url, "--region", "eu-west-1")


@pytest.fixture
def desk(cli: Cli, here: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    desk = Desk(cli, here, server)
    desk.write(spec=f"{ORDERS}---\n{USERS}")
    assert desk("apply", "spec.yaml", "--yes").code == 0
    desk.write(spec=f"{RENAMED}---\n{BLOCKS}")
    return desk


def test_blocks_are_shown_in_every_view(desk: Desk) -> None:
    planned = desk("plan", "spec.yaml", "--markdown", "p.md", "--html", "p.html", "--exit-code")
    assert planned.code == 2
    for text in (planned.out, (desk.folder / "p.md").read_text(), (desk.folder / "p.html").read_text()):
        flat = " ".join(text.split())
        assert "the state knew it as orders/iam/custom/orders-reading" in flat
        assert "spec.yaml:8:5" in flat
        assert "spec.yaml:11:5" in flat
        assert "AWS keeps it" in flat
    changes = {change["address"]: change for change in desk("plan", "spec.yaml", "--json").json["changes"]}
    moved, removed = changes["orders/iam/read_only"], changes["users"]
    assert (moved["action"], moved["previous_address"]) == ("update", "orders/iam/custom/orders-reading")
    assert (removed["action"], removed["block"]) == ("forget", "spec.yaml:11:5")


def test_a_saved_plan_carries_blocks_out_and_is_stale_without_them(desk: Desk) -> None:
    desk("plan", "spec.yaml", "--out", "p.plan")
    desk.write(spec=f"{RENAMED}---\n{BLOCKS.replace('users', 'others')}")
    stale = desk("apply", "p.plan", "--yes")
    assert stale.code == 5
    assert "the specs have changed: removed" in stale.err
    desk.write(spec=f"{RENAMED}---\n# nothing else\n{BLOCKS}")
    assert desk("apply", "p.plan", "--yes").code == 0
    assert "users" not in desk.cli("state", "list").out
    again = desk("plan", "spec.yaml", "--exit-code")
    assert again.code == 0
    assert "blocks that have nothing to do in this state: spec.yaml:9:5, spec.yaml:12:5" in " ".join(
        again.out.split()
    )


def test_forgetting_asks_as_a_deletion_does(desk: Desk) -> None:
    assert desk("apply", "spec.yaml").code == 1  # no terminal, no --yes
    assert "users" in desk.cli("state", "list").out
    assert desk("apply", "spec.yaml", "--yes").code == 0


def test_what_is_wrong_with_blocks_is_told_with_its_place(desk: Desk) -> None:
    desk.write(spec=f"{RENAMED}---\n{BLOCKS.replace('orders/iam/read_only', 'orders/iam/raed_only')}")
    for command in ("plan", "apply", "validate"):
        result = desk(command, "spec.yaml")
        assert result.code == 1
        flat = " ".join((result.out + result.err).split())
        assert "spec.yaml:8:5" in flat
        assert "Did you mean orders/iam/read_only?" in flat
    assert desk("validate", "spec.yaml").code == 1


def test_a_split_between_two_states(desk: Desk) -> None:
    owner = desk.cli("state", "pull").json["lineage"]
    desk.write(other=f"{USERS}---\nimport:\n  - {{address: users, take_over: another}}\n")
    refused = desk("plan", "other.yaml", "--state", "other.json")
    assert refused.code == 1
    assert owner in refused.err, "it is another state's for as long as the block does not name that"
    block = f"{{address: users, region: eu-west-1, take_over: {owner}}}"
    desk.write(other=f"{USERS}---\nimport:\n  - {block}\n")
    planned = desk("plan", "other.yaml", "--state", "other.json", "--json").json
    assert {operation["api"] for operation in planned["operations"]} == {"TagResource"}, "the mark"
    assert planned["changes"][0]["block"] == "other.yaml:6:5"
    assert desk("apply", "other.yaml", "--state", "other.json", "--yes").code == 0
    assert desk("plan", "other.yaml", "--state", "other.json", "--exit-code").code == 0
    given_up = desk("plan", "spec.yaml", "--json").json
    assert "users" not in {one["address"] for one in given_up["operations"]}, "the mark is the other's by now"
    assert desk("apply", "spec.yaml", "--yes").code == 0
    assert desk("plan", "spec.yaml", "--exit-code").code == 0, "the former owner has nothing to say"
    assert desk("plan", "other.yaml", "--state", "other.json", "--exit-code").code == 0
    desk.write(other=f"{USERS}---\nimport:\n  - {{address: users, region: us-east-1}}\n")
    refused = desk("plan", "other.yaml", "--state", "other.json")
    assert refused.code == 1
    assert "users is to be in us-east-1, and its spec is for eu-west-1" in " ".join(refused.err.split())


def test_a_split_names_no_state_where_the_former_one_has_given_it_up(desk: Desk) -> None:
    assert desk("apply", "spec.yaml", "--yes").code == 0
    desk.write(other=f"{USERS}---\nimport: [users]\n")
    assert desk("apply", "other.yaml", "--state", "other.json", "--yes").code == 0
    assert desk("plan", "other.yaml", "--state", "other.json", "--exit-code").code == 0


def test_a_plan_with_blocks_is_rehearsed_whole(desk: Desk) -> None:
    desk.write(spec=f"{ORDERS}log_group: {{name: /x}}\n---\n{USERS}")
    assert desk("apply", "spec.yaml", "--yes").code == 0
    desk.write(spec=f"{RENAMED}---\n{BLOCKS}  - orders/log_group\n")
    rehearsal = desk("plan", "spec.yaml", "--rehearse", "--json").json["rehearsal"]
    assert rehearsal["passes"]
    assert not [note for note in rehearsal["notes"] if "could be rehearsed" in note], rehearsal["notes"]
