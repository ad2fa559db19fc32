"""``dynaops graph``, from specs and from the state, without AWS."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dynaops.model.state import Record, State
from dynaops.stores import open_store
from tests.cli.running import Cli

SPECS = Path(__file__).parent.parent.parent / "specs"
TRIGGER = str(SPECS / "table-with-lambda.yaml")


def edges(found: dict[str, list[dict[str, str]]]) -> set[tuple[str, str, str]]:
    return {(one["source"], one["label"], one["target"]) for one in found["edges"]}


@pytest.mark.parametrize("spec", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_is_drawn_in_every_format(cli: Cli, spec: Path) -> None:
    for name in ("tree", "mermaid", "dot", "svg"):
        drawn = cli("graph", spec, "--format", name)
        assert drawn.code == 0, drawn
        assert drawn.out == cli("graph", spec, "--format", name).out
    ElementTree.fromstring(drawn.out)  # noqa: S314 (made here)
    found = cli("graph", spec, "--json").json
    names = {one["id"] for one in found["nodes"]}
    assert all({one["source"], one["target"]} <= names for one in found["edges"])


def test_functions_roles_streams_and_owners(cli: Cli, here: Path) -> None:
    spec = here / "users.yaml"
    spec.write_text(
        "table_name: users\nhash_key: id\nattributes: {id: S, mail: S}\n"
        "global_secondary_indexes: [{name: by-mail, hash_key: mail}]\n"
        "lambda_triggers: [{function: worker, grant_role: true, on_failure_arn: 'arn:aws:sqs:eu-west-1:1:dead'}]\n"
        "iam: {read_only: {attach_to_roles: [reader]}}\n"
        "replicas: [{region: us-east-1}]\n"
    )
    found = cli("graph", spec, "--json", "--region", "eu-west-1").json
    assert edges(found) >= {
        ("users/gsi/by-mail", "part of", "users"),
        ("stream:users/stream", "part of", "users"),
        ("users/trigger/worker", "reads", "stream:users/stream"),
        ("users/trigger/worker", "invokes", "function:worker"),
        ("users/trigger/worker", "needs", "users/iam/lambda_access"),
        ("users/trigger/worker", "sends failures to", "sqs:dead"),
        ("users/iam/lambda_access", "attached to the role of", "function:worker"),
        ("users/iam/read_only", "attached to", "role:reader"),
        ("users/replica/us-east-1", "in", "region:us-east-1"),
    }
    assert ("users/trigger/worker", "needs", "users") not in edges(found)


def test_a_vault_that_is_made_and_one_that_is_there(cli: Cli, here: Path) -> None:
    spec = here / "users.yaml"
    text = "table_name: users\nhash_key: id\nattributes: {id: S}\nbackup: {daily: {retention_days: 7}, %s}\n"
    spec.write_text(text % "vault: {name: kept}")
    made = edges(cli("graph", spec, "--json").json)
    assert ("users/backup/plan", "keeps backups in", "users/backup/vault") in made
    assert ("users/backup/selection", "needs", "users/backup/role") in made
    spec.write_text(text % "vault: {name: kept, create: false}, role_arn: 'arn:aws:iam::123456789012:role/r'")
    used = edges(cli("graph", spec, "--json").json)
    assert ("users/backup/plan", "keeps backups in", "backup_vault:kept") in used
    assert ("users/backup/selection", "works as", "backup_role:r") in used


def test_what_is_off_is_not_drawn(cli: Cli, here: Path) -> None:
    spec = here / "users.yaml"
    spec.write_text("table_name: users\nhash_key: id\nattributes: {id: S}\npoint_in_time_recovery: false\n")
    assert [one["id"] for one in cli("graph", spec, "--json").json["nodes"]] == ["users"]


ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/users"


def recorded() -> State:
    region = "eu-west-1"
    resources = {
        "users": Record(
            kind="table",
            region=region,
            properties={"table_name": "users", "hash_key": "id", "attributes": {"id": "S"}},
        ),
        "users/trigger/worker": Record(
            kind="trigger",
            region=region,
            properties={"function": "worker", "stream": f"{ARN}/stream/2026"},
            depends_on=("users",),
        ),
        "users/iam/read_only": Record(
            kind="policy",
            region=region,
            properties={"name": "users-reader", "path": "/", "roles": {"reader": True}},
            depends_on=("users",),
        ),
    }
    return State.empty().model_copy(update={"resources": resources})


def test_the_state_where_there_are_no_specs(cli: Cli, here: Path) -> None:
    open_store(".dynaops/state.json").save(recorded())
    found = cli("graph", "--json").json
    assert ("users/iam/read_only", "attached to", "role:reader") in edges(found)
    (here / "specs").mkdir()
    (here / "specs" / "a.yaml").write_text(Path(TRIGGER).read_text())
    assert {one["table"] for one in cli("graph", "--json").json["nodes"]} == {"orders", None}
    assert cli("graph", "--recorded", "--json").json == found


def test_nothing_at_all(cli: Cli, here: Path) -> None:
    assert "nothing to draw" in cli("graph").out
    assert cli("graph", "--json").json == {"nodes": [], "edges": []}


@pytest.mark.parametrize(
    ("name", "opening"),
    [("a.svg", "<svg "), ("a.gv", "digraph "), ("a.mmd", "flowchart "), ("a.txt", "orders  ")],
)
def test_files_are_written_as_their_names_end(cli: Cli, here: Path, name: str, opening: str) -> None:
    result = cli("graph", TRIGGER, "--out", name, "--region", "eu-west-1")
    assert result.code == 0
    assert result.out == ""
    assert name in result.err
    assert (here / name).read_text().startswith(opening)


def test_a_file_and_a_document(cli: Cli, here: Path) -> None:
    result = cli("graph", TRIGGER, "--out", "a.svg", "--format", "dot", "--json")
    assert (here / "a.svg").read_text().startswith("digraph")
    assert json.loads(result.out)["nodes"]


def test_what_cannot_be(cli: Cli, here: Path) -> None:
    assert cli("graph", "--recorded", "--plan").code == 2
    assert cli("graph", "--format", "png").code == 2
    assert cli("graph", "nowhere.yaml").code == 1
    assert cli("graph", TRIGGER, "--out", "no/such/folder.svg").code == 1
