"""Workspaces: several states of the same specs, on this machine and in a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dynaops.model.state import Record
from dynaops.sandbox import SandboxServer
from dynaops.stores import open_store
from dynaops.stores.base import StateError
from dynaops.stores.workspaces import check_name, location_of
from tests.cli.running import Cli
from tests.conftest import FAST

REGION = "eu-west-1"
SPEC = "table_name: ${workspace}-orders\nhash_key: id\nattributes: {id: S}\ntags: {stage: '${workspace}'}\n"


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxServer]:
    with SandboxServer(speed=FAST) as server:
        server.client("s3", REGION).create_bucket(
            Bucket="acme-state", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        yield server


@pytest.fixture
def cloud(world: SandboxServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> SandboxServer:
    for name, value in {
        "AWS_ENDPOINT_URL": world.url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)
    Path("specs").mkdir()
    Path("specs/orders.yaml").write_text(SPEC)
    return world


@pytest.mark.parametrize(
    ("base", "name", "location"),
    [
        (".dynaops/state.json", "default", ".dynaops/state.json"),
        (".dynaops/state.json", "staging", ".dynaops/workspaces/staging/state.json"),
        ("state.json", "staging", "workspaces/staging/state.json"),
        ("s3://acme-state/a/b.json?region=x", "qa", "s3://acme-state/a/workspaces/qa/b.json?region=x"),
        ("s3://acme-state/b.json", "qa", "s3://acme-state/workspaces/qa/b.json"),
        (".dynaops/workspaces/qa/state.json", "staging", ".dynaops/workspaces/qa/state.json"),
    ],
)
def test_where_its_state_is(base: str, name: str, location: str) -> None:
    assert location_of(base, name) == location


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", "a b", "x" * 64, "ä"])
def test_names_that_would_lead_elsewhere(name: str) -> None:
    with pytest.raises(StateError):
        check_name(name)


def test_its_life(cli: Cli, cloud: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAOPS_STATE", "s3://acme-state/team/orders.json")
    made = cli("workspace", "new", "staging")
    assert (made.code, "workspaces/staging/" in made.out) == (0, True)
    assert cli("workspace", "list").out == "  default\n* staging\n"
    applied = cli("apply", "--yes")
    assert (applied.code, "Workspace: staging" in applied.err) == (0, True)
    assert cloud.client("dynamodb", REGION).list_tables()["TableNames"] == ["staging-orders"]
    assert "staging-orders\n" in cli("state", "list").out
    assert cli("workspace", "delete", "staging").code == 1  # it is selected
    assert cli("workspace", "select", "default").code == 0
    assert cli("state", "list").out == ""
    owning = cli("workspace", "delete", "staging")
    assert (owning.code, "owns" in owning.err) == (1, True)
    monkeypatch.setenv("DYNAOPS_WORKSPACE", "staging")
    assert cli("destroy", "--yes").code == 0
    monkeypatch.delenv("DYNAOPS_WORKSPACE")
    assert cli("workspace", "delete", "staging").code == 0
    assert [one["name"] for one in cli("workspace", "list", "--json").json] == ["default"]
    assert cloud.client("dynamodb", REGION).list_tables()["TableNames"] == []


def test_what_is_not_there_is_never_taken_for_empty(
    cli: Cli, cloud: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slip in the name must not plan everything anew."""
    cli("workspace", "new", "staging")
    monkeypatch.setenv("DYNAOPS_WORKSPACE", "stagign")
    for command in (("plan",), ("apply", "--yes"), ("destroy", "--yes")):
        result = cli(*command)
        assert (result.code, "no workspace stagign" in result.err) == (1, True), result
        assert "default, staging" in result.err
    monkeypatch.setenv("DYNAOPS_WORKSPACE", "../x")
    assert "cannot be called" in cli("plan").err
    monkeypatch.delenv("DYNAOPS_WORKSPACE")
    assert cli("workspace", "select", "stagign").code == 1
    assert cli("workspace", "new", "staging").code == 1
    assert cli("workspace", "new", "default").code == 1
    assert cli("workspace", "delete", "default").code == 1
    assert not Path(".dynaops/workspaces/stagign").exists()


def test_a_hint_leads_to_the_same_state(cli: Cli, here: Path) -> None:
    cli("workspace", "new", "staging")
    place = ".dynaops/workspaces/staging/state.json"
    with open_store(place).lock("apply"):
        refused = cli("state", "rm", "orders")
    assert (refused.code, f"--state {place} state unlock" in refused.err.replace("\n", " ")) == (4, True)
    assert cli("--state", place, "state", "unlock", "--force").code == 0


def test_all_workspaces_move_together(cli: Cli, cloud: SandboxServer) -> None:
    target = "s3://acme-state/moved/orders.json"
    record = Record(kind="table", region=REGION, properties={"hash_key": "id", "attributes": {"id": "S"}})
    for name in ("default", "qa"):
        if name != "default":
            cli("workspace", "new", name)
        store = open_store(location_of(".dynaops/state.json", name))
        store.save(store.load().model_copy(update={"resources": {name: record}, "origin": "local"}))
    assert len(cli("init", "--migrate", "--state", target, "--json").json["moved"]) == 2
    assert cli("state", "list", "--state", target).out == "qa\n"
    cli("workspace", "select", "default")
    assert cli("state", "list", "--state", target).out == "default\n"
    assert "was moved" in cli("state", "list").err
    assert cli("init", "--migrate", "--from", target).code == 0
    assert cli("state", "list").out == "default\n"
