"""The life of the example specs through the real command line: apply, nothing to do, change, destroy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import Terminal

SPECS = Path(__file__).parent.parent.parent / "specs"
SUPPORTED = ("simple-table", "table-with-gsi")
LATER = (
    "table-with-lambda",
    "provisioned-autoscaling",
    "table-with-backup",
    "global-table",
    "table-with-data",
)


@pytest.mark.parametrize("name", SUPPORTED)
def test_applied_changed_destroyed(terminal: Terminal, name: str) -> None:
    path = terminal.write((SPECS / f"{name}.yaml").read_text())
    assert terminal("plan", path, "--exit-code").code == 2
    assert terminal("apply", path, "--yes").code == 0
    assert terminal("plan", path, "--exit-code").code == 0
    changed = (SPECS / f"{name}.yaml").read_text().replace("environment: dev", "environment: test")
    terminal.write(changed + "table_class: STANDARD_INFREQUENT_ACCESS\n")
    plan = terminal("--json", "plan", path)
    assert [one["api"] for one in plan.json["operations"]] == ["UpdateTable", "TagResource"]
    assert terminal("apply", path, "--yes").code == 0
    assert terminal("plan", path, "--exit-code").code == 0
    assert terminal("destroy", path, "--yes").code == 0
    assert terminal.server.client("dynamodb", "eu-west-1").list_tables()["TableNames"] == []
    assert terminal("state", "list").out.strip() == ""


@pytest.mark.parametrize("name", LATER)
def test_what_comes_later_is_checked_and_refused_in_words(terminal: Terminal, name: str) -> None:
    shutil.copytree(SPECS, terminal.folder / "specs")
    assert terminal("validate", f"specs/{name}.yaml").code == 0
    plan = terminal("plan", f"specs/{name}.yaml")
    assert plan.code == 1
    assert "not supported yet" in plan.out + plan.err


def test_the_plan_is_the_truth(terminal: Terminal) -> None:
    path = terminal.write((SPECS / "table-with-gsi.yaml").read_text())
    listed = terminal("--json", "plan", path).json["operations"]
    terminal.server.requests.clear()
    assert terminal("apply", path, "--yes").code == 0
    sent = [(one.operation, one.body) for one in terminal.server.requests.writes()]
    assert sent == [(one["api"], one["parameters"]) for one in listed]


def test_destruction_needs_consent(terminal: Terminal) -> None:
    path = terminal.write("table_name: users\nhash_key: id\nattributes: {id: S}\ndeletion_protection: true\n")
    assert terminal("apply", path, "--yes").code == 0
    terminal.server.requests.clear()
    terminal.write("table_name: users\nhash_key: key\nattributes: {key: S}\n")
    refused = terminal("apply", path, "--yes")
    assert refused.code == 1
    assert "--allow-replace" in refused.err
    refused = terminal("destroy", path, "--yes")
    assert refused.code == 1
    assert "--allow-destroy" in refused.err
    assert terminal.server.requests.writes() == []
    assert terminal("apply", path, "--yes", "--allow-replace", "--allow-destroy").code == 0
    assert terminal("plan", path, "--exit-code").code == 0


def test_import_takes_over_a_live_table(terminal: Terminal) -> None:
    path = terminal.write((SPECS / "table-with-gsi.yaml").read_text())
    assert terminal("apply", path, "--yes").code == 0
    spec = terminal("--state", "other.json", "import", "products")
    assert spec.code == 0
    terminal.write(spec.out, "imported/products.yaml")
    assert terminal("--state", "other.json", "plan", "imported", "--exit-code").code == 0
    assert terminal("--state", "other.json", "import", "products").code == 1


def test_drift_is_told_and_undone(terminal: Terminal) -> None:
    path = terminal.write("table_name: users\nhash_key: id\nattributes: {id: S}\ntags: {team: one}\n")
    assert terminal("apply", path, "--yes").code == 0
    assert terminal("drift", "--exit-code").code == 0
    client = terminal.server.client("dynamodb", "eu-west-1")
    arn = client.describe_table(TableName="users")["Table"]["TableArn"]
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "team", "Value": "two"}])
    found = terminal("drift", "--exit-code")
    assert found.code == 2
    assert "tags.team" in found.out
    assert terminal("apply", path, "--yes").code == 0
    assert terminal("drift", "--exit-code").code == 0


def test_an_index_build_that_outlasts_the_run_goes_on_in_the_next(terminal: Terminal) -> None:
    base = "table_name: users\nhash_key: id\nattributes: {id: S%s}\n"
    path = terminal.write(base % "")
    assert terminal("apply", path, "--yes").code == 0
    terminal.server.clock.set_speed(60)
    terminal.write(
        base % ", a: S, b: S"
        + "global_secondary_indexes:\n  - {name: by-a, hash_key: a}\n  - {name: by-b, hash_key: b}\n"
    )
    assert terminal("apply", path, "--yes", "--no-wait").code == 1
    statuses = terminal.server.client("dynamodb", "eu-west-1").describe_table(TableName="users")
    assert [one["IndexStatus"] for one in statuses["Table"]["GlobalSecondaryIndexes"]] == ["CREATING"]
    left = terminal("--json", "plan", path).json
    assert [one["address"] for one in left["changes"]] == ["users/gsi/by-b"]
    assert left["pending"]
    terminal.server.clock.set_speed(7200)
    assert terminal("apply", path, "--yes").code == 0
    assert terminal("plan", path, "--exit-code").code == 0


def test_tables_of_other_files_are_left_alone(terminal: Terminal) -> None:
    first = terminal.write("table_name: one-table\nhash_key: id\nattributes: {id: S}\n", "specs/one.yaml")
    second = terminal.write("table_name: two-table\nhash_key: id\nattributes: {id: S}\n", "specs/two.yaml")
    assert terminal("apply", first, "--yes").code == 0
    assert terminal("apply", second, "--yes").code == 0
    assert terminal("plan", first, "--exit-code").code == 0
    (terminal.folder / second).unlink()
    refused = terminal("apply", "specs", "--yes")
    assert refused.code == 1
    assert "two-table" in refused.out + refused.err
    assert terminal("apply", "specs", "--yes", "--allow-destroy").code == 0
    assert terminal.server.client("dynamodb", "eu-west-1").list_tables()["TableNames"] == ["one-table"]
