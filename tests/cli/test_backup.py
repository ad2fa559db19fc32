"""``dynaops backup`` as people use it: what it says, what it asks, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dynaops.aws.session import Aws
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from tests.backups.watching import once_asked
from tests.cli.running import Cli, bare_environment, run_process
from tests.data.tables import REGION, make_table, put, rows_of, way_to
from tests.preloaded.process import popen


@pytest.fixture
def aws(server: SandboxServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """A sandbox with the table `users` and three rows, to which the command line goes."""
    assert here
    for name, value in {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)
    aws = way_to(server)
    make_table(aws, "users", {"id": "S"})
    put(aws, "users", [{"id": {"S": str(number)}} for number in range(3)])
    return aws


def listed(cli: Cli, *arguments: str) -> list[dict[str, Any]]:
    result = cli("backup", "list", *arguments, "--json")
    assert result.code == 0, result
    found: list[dict[str, Any]] = result.json["backups"]
    return found


@pytest.mark.usefixtures("aws")
def test_made_listed_and_deleted(cli: Cli, here: Path) -> None:
    made = cli("backup", "create", "users", "--name", "before-migration", "--json")
    assert made.code == 0 and made.json["outcome"]["complete"]
    [backup] = made.json["backups"]
    assert backup["name"] == "before-migration" and "/backup/" in backup["arn"]
    shown = cli("backup", "list", "users")
    assert "users\n" in shown.out and "before-migration" in shown.out and "kept until deleted" in shown.out
    assert backup["arn"] not in shown.out
    environment = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    assert backup["arn"] in run_process("backup", "list", "--verbose", cwd=here, env=environment).out
    [told] = listed(cli)
    assert (told["arn"], told["via"], told["status"]) == (backup["arn"], "dynamodb", "AVAILABLE")
    refused = cli("backup", "delete", "before-migration")
    assert refused.code == 1 and "--yes" in refused.err and len(listed(cli)) == 1
    gone = cli("backup", "delete", "before-migration", "--yes")
    assert gone.code == 0 and "Deleted; 1 operation done" in gone.out
    assert cli("backup", "list").out == "There are no backups.\n"


@pytest.mark.usefixtures("aws")
def test_only_what_is_deleted_must_be_agreed_to(cli: Cli, server: SandboxServer) -> None:
    for number in range(3):
        assert cli("backup", "create", "users", "--name", f"old-{number}").code == 0
    refused = cli("backup", "create", "users", "--name", "new", "--keep", "2")
    assert refused.code == 1 and "--yes" in refused.err
    assert [one["name"] for one in listed(cli)] == ["old-2", "old-1", "old-0"]
    done = cli("backup", "create", "users", "--name", "new", "--keep", "2", "--yes")
    assert done.code == 0 and "Backed up; 3 operations done" in done.out
    assert [one["name"] for one in listed(cli)] == ["new", "old-2"]
    pruned = cli("backup", "prune", "users", "--keep", "1", "--yes")
    assert pruned.code == 0
    assert [one["name"] for one in listed(cli)] == ["new"]
    server.requests.clear()
    idle = cli("backup", "prune", "users", "--keep", "1")
    assert idle.code == 0 and idle.out.startswith("Nothing to prune: users")
    assert server.requests.writes() == []


@pytest.mark.usefixtures("aws")
def test_work_left_to_aws_is_waited_for_later(cli: Cli, server: SandboxServer) -> None:
    backup = server.client("backup", REGION)
    backup.create_backup_vault(BackupVaultName="Default")
    role = ("--role", "arn:aws:iam::123456789012:role/backup")
    server.clock.set_speed(0)
    left = cli("backup", "create", "users", "--via", "aws-backup", *role, "--no-wait")
    assert left.code == 0 and "`dynaops backup status --wait` goes on from there" in left.out
    shown = cli("backup", "status", "--json").json
    assert [(one["kind"], one["table"], one["running"]) for one in shown["jobs"]] == [
        ("backup", "users", True)
    ]
    assert "backup of users" in cli("backup", "status").out
    with once_asked(server, "DescribeBackupJob", lambda: server.clock.set_speed(3600), 2):
        waited = cli("backup", "status", "--wait")
    assert waited.code == 0 and "Ended; 1 operation done" in waited.out
    assert "Nothing is being backed up or restored." in cli("backup", "status", "--wait").out
    assert listed(cli, "users", "--via", "aws-backup")[0]["vault"] == "Default"


@pytest.mark.usefixtures("aws")
def test_refused_politely(cli: Cli) -> None:
    for arguments, code, words in (
        (("create", "nothing"), 1, "There is no table nothing in"),
        (("create", "users", "--via", "aws-backup"), 1, "There is no backup vault Default in"),
        (("create", "users", "--via", "aws-backup", "--name", "abc"), 2, "Recovery points have no names"),
        (("create", "users", "--vault", "v"), 2, "--vault and --role are for --via aws-backup"),
        (("create", "users", "--retention", "12h"), 2, "write whole days"),
        (("delete", "nothing", "--yes"), 1, "There is no backup nothing in"),
        (("prune", "users"), 1, "Nothing says which backups go"),
        (("prune", "users", "--older-than", "soon"), 2, "write a duration"),
        (("verify",), 2, "add --all for all tables of the state"),
        (("verify", "users", "--latest", "--all"), 2, "--all is of every table: leave out users"),
        (("verify", "--all", "--at", "15m"), 2, "leave out --at"),
        (("verify", "--latest", "--stalest", "2"), 2, "--stalest chooses among the tables of --all"),
        (("verify", "--all", "--stalest", "0"), 2, "greater than or equal to 1"),
        (("verify", "--all", "--yes"), 1, "There is no state at"),
    ):
        result = cli("backup", *arguments)
        assert result.code == code and words in " ".join(result.err.split())


SPEC = """
table_name: orders
hash_key: id
attributes: {id: S}
ttl: {attribute: gone}
stream: {view_type: NEW_IMAGE}
tags: {team: shop}
"""


@pytest.fixture
def orders(aws: Aws, here: Path, cli: Cli) -> Aws:
    """`orders`, applied from a spec, with three rows."""
    (here / "specs").mkdir()
    (here / "specs" / "orders.yaml").write_text(SPEC)
    assert cli("apply", "--yes").code == 0
    put(aws, "orders", [{"id": {"S": str(number)}} for number in range(3)])
    return aws


def test_restored_by_name_with_an_empty_plan(cli: Cli, orders: Aws, here: Path) -> None:
    assert cli("backup", "create", "orders", "--name", "good").code == 0
    before = rows_of(orders, "orders")
    put(orders, "orders", [{"id": {"S": "1"}, "bad": {"BOOL": True}}])
    refused = cli("backup", "restore", "good", "orders-again")
    assert refused.code == 1 and "--yes" in refused.err and not (here / "specs/orders-again.yaml").exists()
    done = cli("backup", "restore", "good", "orders-again", "--yes")
    assert done.code == 0, done
    assert "specs/orders.yaml: point_in_time_recovery, ttl, stream, tags" in done.out
    assert "Settings put back; " in done.out and "nothing is left to plan" in done.out
    assert rows_of(orders, "orders-again") == before
    assert cli("plan", "--exit-code").code == 0
    again = cli("backup", "restore", "good", "orders-again", "--yes", "--json")
    assert again.code == 0 and again.json["plan_empty"] and again.json["operations"] == []


def test_the_spec_of_a_restored_table_goes_to_stdout(cli: Cli, orders: Aws, here: Path) -> None:
    """The table is in the state, and no `plan` of any folder takes it for one whose spec has gone."""
    assert cli("backup", "create", "orders", "--name", "good").code == 0
    before = sorted(path for path in here.rglob("*") if ".dynaops" not in path.parts)
    done = cli("backup", "restore", "good", "again", "--yes", "--spec", "-")
    assert done.code == 0 and "nothing is left to plan" in done.err, done
    assert sorted(path for path in here.rglob("*") if ".dynaops" not in path.parts) == before
    assert done.out.startswith("# again, restored from ")
    assert rows_of(orders, "again") == rows_of(orders, "orders")
    (here / "more.yaml").write_text("table_name: more\nhash_key: id\nattributes: {id: S}\n")
    for folder in (".", "specs"):
        changes = cli("plan", folder, "--json").json["changes"]
        assert {one["address"].partition("/")[0] for one in changes} <= {"more"}
    (here / "specs" / "again.yaml").write_text(done.out)
    assert cli("plan", "--exit-code").code == 0
    told = cli("backup", "restore", "good", "third", "--yes", "--spec", "-", "--json").json
    assert told["spec"] == "-" and told["spec_yaml"].startswith("# third, restored from ")


def test_a_table_whose_settings_nobody_knows_is_printed_as_it_is(cli: Cli, orders: Aws) -> None:
    assert cli("backup", "create", "orders", "--name", "good").code == 0
    assert cli("destroy", "--yes", "--allow-destroy").code == 0
    done = cli("backup", "restore", "good", "again", "--yes", "--spec", "-")
    assert done.code == 0 and "recorded as it is; its spec is on stdout" in " ".join(done.err.split()), done
    assert "table_name: again\n" in done.out


def test_restored_with_the_defaults_and_variables_of_its_environment(
    cli: Cli, orders: Aws, here: Path
) -> None:
    """The settings are those that a plan of the project compares with: nothing is left to do afterwards."""
    (here / "dynaops.toml").write_text("""state = ".dynaops/state.json"
variables = {handler = "cellar"}
[environment.dev]
default_tags = {stage = "${environment}"}
defaults.deletion_protection = true
""")
    (here / "specs" / "defaults.yaml").write_text("defaults: {tags: {in: '${environment}-${var.handler}'}}\n")
    assert cli("-E", "dev", "apply", "--yes").code == 0
    assert cli("backup", "create", "orders", "--name", "good", "-E", "dev").code == 0
    done = cli("-E", "dev", "backup", "restore", "good", "orders-again", "--yes")
    assert done.code == 0 and "nothing is left to plan" in done.out, done
    assert "specs/orders.yaml: point_in_time_recovery, " in " ".join(done.out.split())
    assert cli("-E", "dev", "plan", "--exit-code").code == 0
    printed = cli("--json", "-E", "dev", "render", "specs/orders-again.yaml").json["documents"][0]["spec"]
    assert printed["tags"] == {"team": "shop", "stage": "dev", "in": "dev-cellar"}


def test_restored_to_a_time_as_one_document(cli: Cli, orders: Aws, server: SandboxServer) -> None:
    server.advance(30)
    before, then = rows_of(orders, "orders"), int(server.world.now())
    server.advance(30)
    put(orders, "orders", [{"id": {"S": "1"}, "bad": {"BOOL": True}}])
    when = datetime.fromtimestamp(then, UTC).isoformat()
    done = cli("backup", "restore", "orders", "then", "--at", when, "--yes", "--json")
    assert done.code == 0, done
    assert done.json["spec"] == "specs/then.yaml" and done.json["plan_empty"]
    assert rows_of(orders, "then") == before
    assert cli("plan", "--exit-code").code == 0
    late = cli("backup", "restore", "orders", "late", "--at", "400d", "--yes")
    assert late.code == 1 and "It can be restored to any second from 2" in " ".join(late.err.split())


@pytest.mark.usefixtures("orders")
def test_killed_while_aws_restores_and_run_again(cli: Cli, here: Path, server: SandboxServer) -> None:
    assert cli("backup", "create", "orders", "--name", "good").code == 0
    command = ["backup", "restore", "good", "again", "--yes"]
    environment = {**bare_environment(here), **{n: v for n, v in os.environ.items() if n.startswith("AWS_")}}
    server.clock.set_speed(0)
    process = popen("dynaops", *command, cwd=here, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if "until again is restored" in line:
            break
    process.kill()
    process.wait(timeout=20)
    assert "restore of again from orders" in cli("backup", "status").out
    with once_asked(server, "DescribeTable", lambda: server.clock.set_speed(3600), 3):
        done = cli("backup", "restore", "good", "again", "--yes")
    assert done.code == 0, done
    assert "go on restoring again" in done.out and "nothing is left to plan" in done.out
    sent = [one.operation for one in server.requests.since()]
    assert sent.count("RestoreTableFromBackup") == 1


@pytest.mark.usefixtures("orders")
def test_work_that_is_not_waited_for(cli: Cli, server: SandboxServer) -> None:
    assert cli("backup", "create", "orders", "--name", "good").code == 0
    server.clock.set_speed(0)
    left = cli("backup", "restore", "good", "again", "--yes", "--no-wait")
    assert left.code == 0 and "the same command, run again, goes on from there" in left.out
    server.clock.set_speed(3600)
    server.advance(600)
    assert "again is restored already" in cli("backup", "restore", "good", "again", "--yes").out
    assert cli("plan", "--exit-code").code == 0


@pytest.mark.usefixtures("orders")
def test_a_restore_refused(cli: Cli) -> None:
    assert cli("backup", "create", "orders", "--name", "good").code == 0
    for arguments, code, words in (
        (("good", "orders"), 1, "There is a table orders in eu-west-1 already"),
        (("god", "again"), 1, "Did you mean good?"),
        (("orders", "again"), 1, "Add --latest or --at TIME"),
        (("orders", "again", "--at", "yesterday"), 2, "write a time like"),
        (("orders", "again", "--at", "5m", "--latest"), 2, "Choose one of --at and --latest"),
        (("good", "again", "--without", "items"), 1, "--without items"),
    ):
        result = cli("backup", "restore", *arguments, "--yes")
        assert result.code == code and words in " ".join(result.err.split()), result


def scratch_tables(aws: Aws) -> list[str]:
    found: list[str] = aws.call("dynamodb", "ListTables", REGION, {})["TableNames"]
    return [name for name in found if name.startswith("dynaops-verify-")]


def test_verified(cli: Cli, orders: Aws, here: Path) -> None:
    assert cli("backup", "create", "orders", "--name", "good").code == 0
    refused = cli("backup", "verify", "good")
    assert refused.code == 1 and "--yes" in refused.err
    done = cli("backup", "verify", "good", "--yes")
    assert done.code == 0 and "Identical; " in done.out and "every item, digest " in done.out, done
    assert scratch_tables(orders) == [] and list((here / ".dynaops/state.drills").rglob("*.json"))
    put(orders, "orders", [{"id": {"S": "1"}, "bad": {"BOOL": True}}])
    worse = cli("backup", "verify", "good", "--yes", "--json")
    assert worse.code == 1 and worse.json["identical"] is False
    assert worse.json["differing"]["changed"] == 1 and worse.json["differing"]["keys"] == ['{"id":{"S":"1"}}']
    shown = cli("backup", "verify", "good", "--yes", "--sample", "10")
    assert shown.code == 1 and "not the same as in orders" in shown.out and "Differs; " in shown.out
    assert scratch_tables(orders) == []
    assert cli("plan", "--exit-code").code == 0


def drill(here: Path) -> subprocess.Popen[str]:
    """`backup verify good` in a process of its own."""
    return popen(
        "dynaops",
        *("backup", "verify", "good", "--yes"),
        cwd=here,
        env={**bare_environment(here), **{n: v for n, v in os.environ.items() if n.startswith("AWS_")}},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_interrupted_while_comparing_it_cleans_up(
    cli: Cli, orders: Aws, here: Path, server: SandboxServer
) -> None:
    assert cli("backup", "create", "orders", "--name", "good").code == 0
    server.faults.add(FaultRule("timeout", operation="Scan", seconds=0.2, times=None))
    process = drill(here)
    while not any(one.operation == "Scan" for one in server.requests.since()):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130 and "Interrupted while comparing" in err, (out, err)
    assert scratch_tables(orders) == []


def test_interrupted_while_aws_restores_it_goes_on_later(
    cli: Cli, orders: Aws, here: Path, server: SandboxServer
) -> None:
    assert cli("backup", "create", "orders", "--name", "good").code == 0
    server.clock.set_speed(0)
    process = drill(here)
    assert process.stdout is not None
    for line in process.stdout:
        if ": until dynaops-verify-" in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130 and "run again, goes on from there, and cleans up" in err, (out, err)
    server.clock.set_speed(3600)
    done = cli("backup", "verify", "good", "--yes")
    assert done.code == 0 and "Identical" in done.out, done
    assert scratch_tables(orders) == []
    sent = [one.operation for one in server.requests.since()]
    assert sent.count("RestoreTableFromBackup") == 1
