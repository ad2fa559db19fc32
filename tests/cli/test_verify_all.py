"""``dynaops backup verify --all``: each table has a result, and those verified longest ago come first."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from dynaops.aws.session import Aws
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from tests.backups.watching import once_asked
from tests.cli.running import Cli
from tests.cli.test_backup import aws, scratch_tables
from tests.data.tables import put

__all__ = ["aws"]

SPEC = """
table_name: {}
hash_key: id
attributes: {{id: S}}
point_in_time_recovery: {{enabled: {}}}
"""


@pytest.fixture
def estate(aws: Aws, here: Path, cli: Cli) -> Aws:
    """`carts` and `orders` with an item and a backup each, and `plain` with nothing to restore from."""
    (here / "specs").mkdir()
    for name in ("carts", "orders", "plain"):
        (here / f"specs/{name}.yaml").write_text(SPEC.format(name, str(name == "carts").lower()))
    assert cli("apply", "--yes").code == 0
    for name in ("carts", "orders"):
        put(aws, name, [{"id": {"S": "1"}}])
        assert cli("backup", "create", name, "--name", f"{name}-backup").code == 0
    return aws


def results(document: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """The result of each table, and the first word of why it was chosen."""
    return {drill["table"]: (drill["result"], drill["reason"].split()[0]) for drill in document["drills"]}


def test_a_drill_that_fails_does_not_stop_the_others(cli: Cli, estate: Aws, server: SandboxServer) -> None:
    asked = cli("backup", "verify", "--all")
    assert asked.code == 1 and "--yes" in asked.err and "never verified" in asked.out
    server.faults.add(FaultRule("access_denied", operation="RestoreTableFromBackup", times=1))
    done = cli("backup", "verify", "--all", "--yes", "--json")
    assert done.code == 1 and done.json["passed"] is False
    assert results(done.json) == {
        "carts": ("failed", "never"),
        "orders": ("identical", "never"),
        "plain": ("no_backup", "never"),
    }
    assert "RestoreTableFromBackup" in done.json["drills"][0]["message"]
    put(estate, "carts", [{"id": {"S": "2"}}])
    shown = cli("backup", "verify", "--all", "--yes")
    assert shown.code == 1 and "Drill 2 of 2: orders" in shown.out and "1 of 3 tables verified" in shown.out
    assert [" ".join(line.split()) for line in shown.out.splitlines() if line.lstrip().startswith("carts ")][
        -1
    ] == "carts differs"
    assert scratch_tables(estate) == []
    server.faults.add(FaultRule("access_denied", operation="Scan", resource="carts", times=None))
    denied = cli("backup", "verify", "--all", "--yes", "--json")
    assert denied.code == 1 and results(denied.json) == {
        "carts": ("failed", "never"),
        "orders": ("identical", "last"),
        "plain": ("no_backup", "never"),
    }
    assert scratch_tables(estate) == []


def test_only_the_tables_of_the_region_that_is_asked_for(cli: Cli, estate: Aws, here: Path) -> None:
    (here / "specs/far.yaml").write_text(SPEC.format("far", "true") + "region: us-east-1\n")
    assert cli("apply", "--yes").code == 0
    done = cli("backup", "verify", "--all", "--region", "us-east-1", "--latest", "--yes", "--json")
    assert results(done.json) == {"far": ("identical", "never")}
    assert done.json["not_chosen"] == []
    none = cli("backup", "verify", "--all", "--region", "eu-north-1", "--yes")
    assert none.code == 1
    assert "has no tables in eu-north-1" in " ".join(none.err.split())


def test_the_stalest_are_chosen(cli: Cli, estate: Aws, here: Path, server: SandboxServer) -> None:
    (here / "specs/plain.yaml").unlink()
    assert cli("apply", "--yes", "--allow-destroy").code == 0
    for table, reason, other in (
        ("carts", "never", "orders"),
        ("orders", "never", "carts"),
        ("carts", "last", "orders"),
        ("orders", "last", "carts"),
    ):
        server.advance(60)
        done = cli("backup", "verify", "--all", "--stalest", "1", "--yes", "--json")
        assert done.code == 0 and done.json["passed"] is True, done
        assert results(done.json) == {table: ("identical", reason)}
        assert [entry["table"] for entry in done.json["not_chosen"]] == [other]
    latest = cli("backup", "verify", "--all", "--latest", "--yes")
    assert latest.code == 1 and "Verify 1 of 2 tables" in latest.out
    assert "point-in-time recovery is off, which --latest restores from" in " ".join(latest.out.split())
    assert scratch_tables(estate) == []


def test_an_interruption_ends_all_drills(cli: Cli, estate: Aws, server: SandboxServer) -> None:
    server.faults.add(FaultRule("throttle", operation="Scan", times=None))  # no comparison ends before that
    with once_asked(server, "Scan", lambda: os.kill(os.getpid(), signal.SIGINT)):
        ended = cli("backup", "verify", "--all", "--yes", "--json")
    assert ended.code == 130 and {name: result for name, (result, _) in results(ended.json).items()} == {
        "carts": "interrupted",
        "orders": "not_run",
        "plain": "no_backup",
    }
    assert scratch_tables(estate) == []
