"""The life of the example specs through the real command line: apply, nothing to do, change, destroy."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from dynaops.sandbox import SandboxServer
from tests.companions.bench import Bench
from tests.companions.functions import make_function
from tests.e2e.census import census
from tests.e2e.conftest import Terminal

SPECS = Path(__file__).parent.parent.parent / "specs"
EDITS = {
    "simple-table": ("environment: dev", "environment: test"),
    "table-with-gsi": ("environment: dev", "environment: test"),
    "table-with-lambda": ("batch_size: 50", "batch_size: 20"),
    "provisioned-autoscaling": ("max: 200", "max: 300"),
    "table-with-backup": ("retention_days: 365", "retention_days: 400"),
    "global-table": ("propagate_tags: true", "propagate_tags: false"),
    "table-with-data": ("name: Switzerland", "name: Swiss Confederation"),
}


@pytest.mark.parametrize("name", EDITS)
def test_applied_changed_destroyed(terminal: Terminal, name: str) -> None:
    """Every example: nothing left to do after each apply, and nothing left behind in the account at the end."""
    make_functions(terminal.server)
    early(terminal.server)
    before = census(terminal.server)
    text = (SPECS / f"{name}.yaml").read_text()
    path = terminal.write(text)
    assert terminal("plan", path, "--exit-code").code == 2
    applied = terminal("apply", path, "--yes")
    assert applied.code == 0, applied
    assert terminal("plan", path, "--exit-code").code == 0
    assert census(terminal.server) != before
    old, new = EDITS[name]
    assert old in text
    terminal.write(text.replace(old, new))
    assert terminal("plan", path, "--exit-code").code == 2
    changed = terminal("apply", path, "--yes")
    assert changed.code == 0, changed
    assert terminal("plan", path, "--exit-code").code == 0
    terminal.server.advance(60)  # deletion protection cannot be toggled twice within 15 seconds
    gone = terminal("destroy", path, "--yes", "--allow-destroy")
    assert gone.code == 0, gone
    assert census(terminal.server) == before
    assert terminal("state", "list").out.strip() == ""


def early(server: SandboxServer) -> None:
    """Six in the morning, and an hour in six seconds: no backup is made meanwhile, which would rightly stay."""
    server.advance((6 * 3600 - server.clock.now()) % 86_400)
    server.clock.set_speed(600)


def make_functions(server: SandboxServer) -> None:
    """The functions that the examples name."""
    with TemporaryDirectory() as folder:
        for name in ("order-processor", "order-audit"):
            make_function(Bench(Path(folder), server), name)


def test_the_plan_is_the_truth(terminal: Terminal) -> None:
    """The state is there already: one that was never saved gets its id, which tables are marked with, at each load."""
    first = terminal.write("table_name: users\nhash_key: id\nattributes: {id: S}\n", "first.yaml")
    assert terminal("apply", first, "--yes").code == 0
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
    owner = terminal("state", "pull").json["lineage"]
    assert terminal("--state", "other.json", "import", "products").code == 1
    spec = terminal("--state", "other.json", "import", "products", "--take-over", owner)
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
