"""Documents with `external: true`: tables that others own are read, and never changed, created or deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dynaops.engine.load import load
from dynaops.engine.schema import json_schema
from dynaops.engine.yaml_tree import nodes
from dynaops.model.errors import SpecError
from dynaops.sandbox import SandboxServer
from tests.cli.running import Cli, Result

THEIRS = "table_name: partners\nexternal: true\n"
OWN = "table_name: orders\nhash_key: id\nattributes: {id: S}\n"
MANAGED = "table_name: partners\nhash_key: id\nattributes: {id: S}\n"


class Desk:
    def __init__(self, cli: Cli, folder: Path, server: SandboxServer) -> None:
        self.cli, self.folder, self.server = cli, folder, server
        (folder / "specs").mkdir()

    def write(self, text: str) -> None:
        (self.folder / "specs" / "spec.yaml").write_text(text)

    def __call__(self, *words: str) -> Result:
        return self.cli(*words, "--endpoint-url", self.server.url, "--region", "eu-west-1")

    def table(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.server.client("dynamodb", "eu-west-1").describe_table(TableName=name)[
            "Table"
        ]
        return found


@pytest.fixture
def desk(cli: Cli, here: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    desk = Desk(cli, here, server)
    server.client("dynamodb", "eu-west-1").create_table(
        TableName="partners",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    return desk


def test_it_is_never_in_a_plan(desk: Desk) -> None:
    desk.write(f"{THEIRS}hash_key: id\nattributes: {{id: S}}\nregion: eu-west-1\n---\n{OWN}")
    before = desk.table("partners")
    planned = desk("plan", "--json").json
    assert {change["address"].partition("/")[0] for change in planned["changes"]} == {"orders"}
    assert desk("apply", "--yes").code == 0
    assert "partners" not in desk.cli("state", "list").out
    assert desk("plan", "--exit-code").code == 0
    assert desk("destroy", "specs", "--yes", "--allow-destroy").code == 0
    assert desk.table("partners") == before


@pytest.mark.parametrize(
    ("more", "line", "said"),
    [
        (
            "hash_key: pk\n",
            3,
            "hash_key of the external table partners is id in AWS, and its document says pk",
        ),
        ("range_key: at\n", 3, "range_key of the external table partners is not there in AWS"),
        ("attributes: {id: N}\n", 3, "attributes.id of the external table partners is S in AWS"),
        ("region: us-east-1\n", 1, "the external table partners is not in us-east-1"),
    ],
)
def test_what_is_not_as_its_document_says_is_an_error(desk: Desk, more: str, line: int, said: str) -> None:
    desk.write(f"{THEIRS}{more}---\n{OWN}")
    for command in ("plan", "apply"):
        result = desk(command, *(("--yes",) if command == "apply" else ()))
        assert result.code == 1
        flat = " ".join((result.out + result.err).split())
        assert said in flat
        assert f"specs/spec.yaml:{line}:" in flat


def test_one_that_was_managed_is_forgotten_and_adopted_again(desk: Desk) -> None:
    desk.write(f"{OWN}---\n{OWN.replace('orders', 'users')}deletion_protection: true\n")
    assert desk("apply", "--yes").code == 0
    desk.write(f"{OWN}---\ntable_name: users\nexternal: true\n")
    planned = desk("plan", "--json").json
    assert planned["operations"] == []
    assert {change["address"].partition("/")[0]: change["action"] for change in planned["changes"]} == {
        "users": "forget"
    }
    assert planned["changes"][0]["block"] == "specs/spec.yaml:6:11"
    assert "`external: true` lets the state forget it; AWS keeps it" in " ".join(desk("plan").out.split())
    desk("plan", "--out", "p.plan")
    assert desk("apply", "p.plan", "--yes").code == 0
    assert "users" not in desk.cli("state", "list").out
    assert desk("plan", "--exit-code").code == 0
    assert desk("destroy", "--yes", "--allow-destroy").code == 0
    assert desk.table("users")["DeletionProtectionEnabled"]


def test_its_outputs_are_read_from_aws(desk: Desk) -> None:
    desk.write(f"{THEIRS}---\n{OWN}")
    assert desk("apply", "--yes").code == 0
    everything = desk("output", "--json").json
    assert set(everything) == {"orders", "partners"}
    stream = desk.table("partners")["LatestStreamArn"]
    assert everything["partners"]["stream_arn"] == stream
    assert desk("output", "partners", "stream_arn").out.strip() == stream
    assert "DYNAOPS_PARTNERS_TABLE_ARN=" in desk("output", "partners", "--env").out
    unknown = desk("output", "partnres")
    assert unknown.code == 1
    assert "The state has no table 'partnres'" in unknown.err


def test_its_health_is_checked(desk: Desk) -> None:
    desk.write(THEIRS)
    checked = desk("validate", "--live", "--json").json
    assert [report["table"] for report in checked["reports"]] == ["partners"]
    assert desk("validate").code == 0


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        (
            f"{THEIRS}billing_mode: PROVISIONED\n",
            "billing_mode: an external table has no settings of its own",
            3,
        ),
        (f"{THEIRS}---\n{MANAGED}", "the table partners is declared twice", 1),
        (f"{THEIRS}---\n{THEIRS}", "the table partners is declared twice", 4),
        ("external: true\n", "table_name is missing", 1),
        (f"{THEIRS}attributes: {{id: X}}\n", '"X" is not one of', 3),
        (f"{THEIRS}regoin: eu-west-1\n", "regoin: an external table has no settings", 3),
    ],
)
def test_its_document_says_no_more_than_where_it_is(text: str, said: str, line: int, here: Path) -> None:
    (here / "spec.yaml").write_text(text)
    with pytest.raises(SpecError) as caught:
        load(["spec.yaml"])
    finding = caught.value.findings[0]
    assert said in finding.message
    assert finding.place is not None
    assert finding.place.line == line


def test_what_is_laid_on_all_tables_is_none_of_it(here: Path) -> None:
    (here / "spec.yaml").write_text(f"{THEIRS}---\n{OWN}")
    (here / "over.yaml").write_text(
        "billing_mode: PROVISIONED\nread_capacity: 5\nwrite_capacity: 5\nregion: eu-west-1\n"
    )
    documents = load(["spec.yaml"], ["over.yaml"])
    (table,) = documents.external
    assert table.spec.region == "eu-west-1"
    assert documents[0].spec.billing_mode == "PROVISIONED"


def test_render_prints_it_and_blocks_too(desk: Desk) -> None:
    desk.write(f"{THEIRS}---\nremoved: ['${{var.old}}']\n---\n{OWN}")
    printed = desk.cli("render", "specs", "--var", "old=users").out
    assert "table_name: partners\nexternal: true\n" in printed
    assert "removed:\n  - users\n" in printed


def test_external_false_is_a_table_like_any_other(here: Path) -> None:
    (here / "spec.yaml").write_text(f"{OWN}external: false\n")
    assert [document.spec.table_name for document in load(["spec.yaml"])] == ["orders"]


@pytest.mark.parametrize(("text", "valid"), [(THEIRS, True), ("table_name: x\nexternal: false\n", False)])
def test_the_json_schema_knows_it(text: str, valid: bool) -> None:
    (node,) = nodes(text, "x.yaml")
    assert Draft202012Validator(json_schema()).is_valid(node.plain()) is valid
