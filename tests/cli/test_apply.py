"""The main job through the command line, on an embedded AWS."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from dynaops.model.exits import Exit
from dynaops.sandbox.faults import FaultRule
from dynaops.sandbox.running import SandboxServer
from dynaops.stores import open_store
from tests.cli.running import Cli, Result
from tests.views.drawing import check_snapshot

HERE = Path(__file__).parent
SPEC = """
table_name: orders
hash_key: id
attributes: {id: S, status: S}
global_secondary_indexes:
  - name: by-status
    hash_key: status
    projection: {type: KEYS_ONLY}
tags: {Project: shop}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(speed=5000) as running:
        yield running


class Aws:
    """The command line with everything sent to one embedded AWS."""

    def __init__(self, cli: Cli, server: SandboxServer, folder: Path) -> None:
        self._cli = cli
        self.client = server.client("dynamodb", "eu-central-1")
        self.server = server
        self.options = ("--endpoint-url", server.url, "--region", "eu-central-1")
        self.spec = folder / "specs" / "orders.yaml"
        self.spec.parent.mkdir()
        self.write(SPEC)

    def write(self, text: str) -> None:
        self.spec.write_text(text, encoding="utf-8")

    def __call__(self, *arguments: str | Path) -> Result:
        return self._cli(*self.options, *arguments)

    def tables(self) -> list[str]:
        names: list[str] = self.client.list_tables()["TableNames"]
        return names

    def marks(self) -> set[str | None]:
        """The ids of the states that have marked the tables."""
        arns = [self.client.describe_table(TableName=name)["Table"]["TableArn"] for name in self.tables()]
        told = [self.client.list_tags_of_resource(ResourceArn=arn)["Tags"] for arn in arns]
        return {{tag["Key"]: tag["Value"] for tag in tags}.get("dynaops:state") for tags in told}


@pytest.fixture
def aws(cli: Cli, server: SandboxServer, here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    made = Aws(cli, server, here)
    yield made
    for name in made.tables():
        made.client.update_table(TableName=name, DeletionProtectionEnabled=False)
        made.client.delete_table(TableName=name)
        made.client.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 0.01})


def test_plan_apply_plan(aws: Aws) -> None:
    planned = aws("plan", "--exit-code")
    assert planned.code == Exit.CHANGES
    check_snapshot(HERE, "plan-create-pipe", planned.out)
    assert not aws.tables()
    applied = aws("apply", "--yes")
    assert applied.code == Exit.OK, applied.err
    assert "Applied; " in applied.out
    again = aws("plan", "--exit-code")
    headline = "account 123456789012; eu-central-1; state .dynaops/state.json\n\n"
    nothing = "Nothing to do: AWS is as the specs say; 1 table\n"
    assert (again.code, again.out) == (Exit.OK, headline + nothing)


def test_the_order_of_calls_on_request(aws: Aws) -> None:
    out = aws("plan", "--operations").out
    assert "call" in out
    assert "dynamodb:CreateTable in eu-central-1" in out
    assert out.index("1. ") < out.index("2. ")


def test_json_is_as_specified(aws: Aws) -> None:
    document = aws("plan", "--json").json
    assert {"format_version", "serial", "changes", "operations", "warnings"} <= set(document)
    assert {one["action"] for one in document["changes"]} == {"create"}
    applied = aws("apply", "--yes", "--json")
    assert applied.json["outcome"]["complete"]
    assert "create table orders" in applied.err
    assert aws("apply", "--yes", "--json").json["outcome"]["done"] == []


def test_without_a_terminal_nothing_is_sent_unasked(aws: Aws) -> None:
    result = aws("apply")
    assert result.code == Exit.FAILED
    assert "there is no terminal to ask on" in result.err
    assert "--yes" in result.err
    assert not aws.tables()
    refused = aws("apply", "--json")
    assert set(refused.json) == {"error"}


def test_what_destroys_needs_its_option_whatever_else_is_agreed(aws: Aws) -> None:
    aws("apply", "--yes")
    aws.write(SPEC.replace("by-status", "by-other"))
    refused = aws("apply", "--yes")
    assert refused.code == Exit.FAILED
    assert "orders/gsi/by-status is deleted" in refused.err
    assert "--allow-destroy" in refused.err
    index = aws.client.describe_table(TableName="orders")["Table"]["GlobalSecondaryIndexes"][0]
    assert index["IndexName"] == "by-status"
    assert aws("apply", "--yes", "--allow-destroy").code == Exit.OK
    assert aws("plan", "--exit-code").code == Exit.OK


def test_replacing_a_table_needs_its_option(aws: Aws) -> None:
    aws("apply", "--yes")
    aws.write(SPEC.replace("hash_key: id", "hash_key: key").replace("{id: S", "{key: S"))
    refused = aws("apply", "--yes")
    assert refused.code == Exit.FAILED
    assert "--allow-replace" in refused.err
    assert aws("apply", "--yes", "--allow-replace").code == Exit.OK


def test_a_saved_plan(aws: Aws, here: Path) -> None:
    saved = aws("plan", "--out", "orders.plan")
    assert "dynaops apply orders.plan" in saved.err
    assert stat.S_IMODE((here / "orders.plan").stat().st_mode) == 0o600
    assert aws("apply", "orders.plan", "--yes").code == Exit.OK
    assert aws.tables() == ["orders"]
    stale = aws("apply", "orders.plan", "--yes")
    assert stale.code == Exit.STALE
    assert "stale" in stale.err


def test_a_saved_plan_whose_specs_changed_is_stale(aws: Aws) -> None:
    aws("plan", "--out", "orders.plan")
    aws.write(SPEC + "deletion_protection: true\n")
    result = aws("apply", "orders.plan", "--yes")
    assert result.code == Exit.STALE
    assert "the specs have changed: orders (deletion_protection)" in result.err
    assert not aws.tables()


def test_a_stale_plan_names_what_moved_in_aws(aws: Aws) -> None:
    aws("apply", "--yes")
    aws.write(SPEC.replace("shop", "other"))
    aws("plan", "--out", "orders.plan")
    arn = aws.client.describe_table(TableName="orders")["Table"]["TableArn"]
    aws.client.tag_resource(ResourceArn=arn, Tags=[{"Key": "Project", "Value": "mine"}])
    result = aws("apply", "orders.plan", "--yes")
    assert result.code == Exit.STALE
    assert "orders has changed in AWS: tags.Project" in result.err


def test_what_no_plan_compares_makes_none_stale_and_is_said(aws: Aws, here: Path) -> None:
    """A tag of somebody else's on the table itself, and drift of a table that the plan does not change."""
    (here / "specs" / "users.yaml").write_text(
        "table_name: users\nhash_key: id\nattributes: {id: S}\ntags: {a: b}\n"
    )
    aws("apply", "--yes")
    aws.write(SPEC.replace("shop", "other"))
    aws("plan", "--out", "orders.plan")
    arns = {name: aws.client.describe_table(TableName=name)["Table"]["TableArn"] for name in aws.tables()}
    aws.client.tag_resource(ResourceArn=arns["orders"], Tags=[{"Key": "more", "Value": "1"}])
    aws.client.tag_resource(ResourceArn=arns["users"], Tags=[{"Key": "a", "Value": "c"}])
    result = aws("apply", "orders.plan", "--yes")
    assert result.code == Exit.OK, result.err
    assert "orders tags.more has come in AWS" in result.out
    assert "users has changed in AWS: tags.a, which this plan does not change" in result.out
    tags = aws.client.list_tags_of_resource(ResourceArn=arns["users"])["Tags"]
    assert {"Key": "a", "Value": "c"} in tags, "nothing was sent about the other table"
    assert aws("plan", "--exit-code").code == Exit.CHANGES


def test_a_plan_made_without_looking_at_aws_is_held_to_the_state(aws: Aws) -> None:
    aws("apply", "--yes")
    aws.write(SPEC.replace("by-status", "by-other"))
    aws("plan", "--no-refresh", "--out", "orders.plan")
    arn = aws.client.describe_table(TableName="orders")["Table"]["TableArn"]
    aws.client.untag_resource(ResourceArn=arn, TagKeys=["Project"])
    result = aws("apply", "orders.plan", "--yes", "--allow-destroy")
    assert result.code == Exit.STALE
    assert "orders is not in AWS as the state says: tags.Project" in result.err
    aws.client.tag_resource(ResourceArn=arn, Tags=[{"Key": "Project", "Value": "shop"}])
    assert aws("apply", "orders.plan", "--yes", "--allow-destroy").code == Exit.OK


def test_a_saved_plan_is_for_one_account_and_region(aws: Aws, here: Path) -> None:
    aws("plan", "--out", "orders.plan")
    elsewhere = aws("apply", "orders.plan", "--yes", "--region", "eu-west-3")
    assert elsewhere.code == Exit.STALE
    assert "orders was planned in eu-central-1, and would be in eu-west-3 now" in elsewhere.err
    _edited(here / "orders.plan", lambda held: held["plan"].update(account="999999999999"))
    other = aws("apply", "orders.plan", "--yes")
    assert other.code == Exit.STALE
    assert "it was made for account 999999999999, not for 123456789012" in other.err
    _edited(here / "orders.plan", lambda held: held["plan"].update(account=None))
    assert aws("apply", "orders.plan", "--yes").code == Exit.STALE
    assert not aws.tables()


def _edited(path: Path, edit: Callable[[Any], object]) -> None:
    held = json.loads(path.read_text(encoding="utf-8"))
    edit(held)
    path.write_text(json.dumps(held, separators=(",", ":")), encoding="utf-8")


EDITS: dict[str, Callable[[Any], object]] = {
    "a parameter": lambda held: held["plan"]["operations"][0]["parameters"].update(TableName="victim"),
    "a call more": lambda held: held["plan"]["operations"].append(
        {
            **held["plan"]["operations"][0],
            "id": "more",
            "api": "DeleteTable",
            "parameters": {"TableName": "x"},
        }
    ),
    "a call less": lambda held: held["plan"]["operations"].pop(),
    "the order": lambda held: held["plan"]["operations"].reverse(),
    "a danger unsaid": lambda held: held["plan"]["operations"][0].update(title="nothing to fear"),
    "a record": lambda held: held["plan"]["updates"].append(
        {"address": "victim", "kind": "table", "region": "eu-central-1", "set": {"a": 1}}
    ),
    "drift": lambda held: held["plan"]["drift"].append(
        {"address": "orders", "kind": "table", "differences": [], "vanished": True}
    ),
    "a reason": lambda held: held["plan"]["changes"][0].update(reason="nothing to fear"),
    "a value shown": lambda held: held["plan"]["changes"][0]["after"].update(hash_key="another"),
    "what is shown": lambda held: held["plan"].update(changes=[]),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_saved_plan_that_was_edited_is_refused(aws: Aws, here: Path, edit: Callable[[Any], object]) -> None:
    aws("plan", "--out", "orders.plan")
    _edited(here / "orders.plan", edit)
    result = aws("apply", "orders.plan", "--yes", "--allow-destroy")
    assert result.code == Exit.STALE
    assert "may have been edited" in result.err
    assert not aws.tables()


def test_a_saved_plan_is_not_believed_without_its_specs(aws: Aws, here: Path) -> None:
    aws("plan", "--out", "orders.plan")
    _edited(here / "orders.plan", lambda held: held.update(paths=[]))
    result = aws("apply", "orders.plan", "--yes")
    assert result.code == Exit.FAILED
    assert "are not here" in result.err
    assert not aws.tables()


def test_a_plan_saved_over_a_readable_file_is_private(aws: Aws, here: Path) -> None:
    (here / "orders.plan").touch(0o644)
    aws("plan", "--out", "orders.plan")
    assert stat.S_IMODE((here / "orders.plan").stat().st_mode) == 0o600


def test_a_saved_plan_takes_no_other_options(aws: Aws) -> None:
    aws("plan", "--out", "orders.plan")
    assert aws("apply", "orders.plan", "--target", "orders").code == Exit.USAGE
    assert aws("apply", "orders.plan", "specs").code == Exit.USAGE


@pytest.mark.parametrize("content", ['{"saved_plan": 1}', '{"saved_plan":1,', '{"saved_plan":99,"paths":[]}'])
def test_what_only_looks_like_a_plan(aws: Aws, here: Path, content: str) -> None:
    (here / "orders.plan").write_text(content, encoding="utf-8")
    result = aws("apply", "orders.plan", "--yes")
    assert result.code == Exit.FAILED
    assert "Traceback" not in result.err


def test_drift_is_found_and_counted(aws: Aws) -> None:
    aws("apply", "--yes")
    assert aws("drift", "--exit-code").code == Exit.OK
    arn = aws.client.describe_table(TableName="orders")["Table"]["TableArn"]
    aws.client.tag_resource(ResourceArn=arn, Tags=[{"Key": "Project", "Value": "other"}])
    drifted = aws("drift", "--exit-code")
    assert drifted.code == Exit.CHANGES
    assert "tags.Project  shop -> other" in drifted.out
    assert aws("drift").code == Exit.OK
    assert aws("drift", "--json").json["drift"][0]["address"] == "orders"
    assert "Drift: changed in AWS" in aws("plan").out


def test_import_prints_a_spec_that_plans_nothing(aws: Aws, here: Path) -> None:
    aws("apply", "--yes")
    lost = aws("state", "pull").json["lineage"]
    (here / ".dynaops" / "state.json").unlink()
    refused = aws("import", "orders", "--out", "taken/orders.yaml")
    assert refused.code == Exit.FAILED
    assert f"--take-over {lost}" in refused.err
    imported = aws("import", "orders", "--out", "taken/orders.yaml", "--take-over", lost)
    assert imported.code == Exit.OK, imported.err
    assert aws.marks() == {aws("state", "pull").json["lineage"]}
    assert aws("plan", "taken", "--exit-code").code == Exit.OK
    again = aws("import", "orders")
    assert again.code == Exit.FAILED
    assert "already" in again.err


def test_import_never_overwrites(aws: Aws, here: Path) -> None:
    aws("apply", "--yes")
    (here / ".dynaops" / "state.json").unlink()
    assert aws("import", "orders", "--out", "specs/orders.yaml").code == Exit.FAILED
    assert aws.spec.read_text(encoding="utf-8") == SPEC
    assert aws("state", "list").out == ""


def test_import_of_what_is_not_there(aws: Aws) -> None:
    result = aws("import", "nowhere")
    assert result.code == Exit.FAILED
    assert "nowhere" in result.err


def test_destroy(aws: Aws) -> None:
    aws("apply", "--yes")
    assert aws("destroy").code == Exit.FAILED
    assert aws.tables() == ["orders"]
    destroyed = aws("destroy", "--yes")
    assert destroyed.code == Exit.OK
    assert "Destroyed; " in destroyed.out
    assert aws.tables() == []
    assert aws("state", "list").out == ""


def test_destroy_leaves_a_protected_table(aws: Aws) -> None:
    aws.write(SPEC + "deletion_protection: true\n")
    aws("apply", "--yes")
    refused = aws("destroy", "--yes")
    assert refused.code == Exit.FAILED
    assert "loses its deletion protection" in refused.err
    assert aws.tables() == ["orders"]
    assert aws("destroy", "--yes", "--allow-destroy").code == Exit.OK


def test_a_held_lock(aws: Aws) -> None:
    with open_store(".dynaops/state.json").lock("apply"):
        result = aws("apply", "--yes")
    assert result.code == Exit.LOCKED
    assert not aws.tables()


def test_variables_and_overlays(aws: Aws, here: Path) -> None:
    aws.write(SPEC.replace("shop", "'${var.project}'"))
    (here / "prod.yaml").write_text("deletion_protection: true\n", encoding="utf-8")
    (here / "vars.yaml").write_text("project: from-file\n", encoding="utf-8")
    undefined = aws("plan")
    assert undefined.code == Exit.FAILED
    assert "specs/orders.yaml:9:17: error:" in undefined.err
    arguments = ("plan", "specs", "-f", "prod.yaml", "--var-file", "vars.yaml")
    out = aws(*arguments).out
    assert "from-file" in out
    assert "deletion_protection  true" in out
    assert "from-option" in aws(*arguments, "--var", "project=from-option").out
    assert aws("plan", "--var", "nonsense").code == Exit.FAILED


def test_overlays_of_several_documents_lose_no_table(aws: Aws, here: Path) -> None:
    """``-f base.yaml -f over.yaml``: all tables of the base stay, each with its own settings."""
    base = "---\n".join(SPEC.replace("orders", name) for name in ("orders-${workspace}", "users", "carts"))
    (here / "base.yaml").write_text(base, encoding="utf-8")
    (here / "over.yaml").write_text(
        "table_name: orders-${workspace}\ntags: {tier: one}\n---\ntable_name: '[uc]*'\ntags: {tier: two}\n"
    )
    assert aws("apply", "-f", "base.yaml", "--yes").code == Exit.OK
    assert aws.tables() == ["carts", "orders-default", "users"]
    planned = aws("--json", "plan", "-f", "base.yaml", "-f", "over.yaml").json
    assert {
        (change["address"], change["action"], difference["after"])
        for change in planned["changes"]
        for difference in change["differences"]
    } == {("orders-default", "update", "one"), ("users", "update", "two"), ("carts", "update", "two")}
    (here / "over.yaml").write_text("table_name: usrs\ntags: {tier: one}\n", encoding="utf-8")
    refused = aws("apply", "-f", "base.yaml", "-f", "over.yaml", "--yes")
    assert refused.code == Exit.FAILED
    assert "over.yaml:1:13: error:" in refused.err
    assert "Did you mean users?" in refused.err


def test_one_set_of_specs_in_two_environments(aws: Aws, here: Path) -> None:
    """Defaults and overlays are of each environment, and a saved plan notices when they change."""
    aws.write(
        SPEC.replace("orders", "orders-${environment}")
        + "---\nonly: prod\n"
        + SPEC.replace("orders", "audit")
    )
    (here / "dynaops.toml").write_text(
        """[environment.dev]
[environment.prod]
overlays = ["over.yaml"]
defaults.deletion_protection = true
"""
    )
    (here / "over.yaml").write_text("table_name: '*-prod'\ntags: {tier: gold}\n")
    defaults = here / "specs" / "defaults.yaml"
    defaults.write_text("defaults: {tags: {owner: shop}}\n")
    for environment in ("dev", "prod"):
        chosen = ("-E", environment, "--state", f".dynaops/{environment}.json")
        assert aws(*chosen, "apply", "--yes").code == Exit.OK
        assert aws(*chosen, "plan", "--exit-code").code == Exit.OK
    assert aws.tables() == ["audit", "orders-dev", "orders-prod"]
    protected = {
        name: aws.client.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"]
        for name in aws.tables()
    }
    assert protected == {"audit": True, "orders-dev": False, "orders-prod": True}
    defaults.write_text("defaults: {tags: {owner: web}}\n")
    assert aws(*chosen, "plan", "--out", "saved.plan").code == Exit.OK
    defaults.write_text("defaults: {tags: {owner: other}}\n")
    stale = aws(*chosen, "apply", "saved.plan", "--yes")
    assert (stale.code, "orders-prod" in stale.err) == (Exit.STALE, True), stale
    left_out = aws("validate", "--var", "x=y", "-f", "specs/orders.yaml")
    assert "note: left out, as no environment is chosen (-E): audit." in left_out.err


def test_credentials_that_are_missing(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    result = aws("plan")
    assert result.code == Exit.FAILED
    assert "No AWS credentials" in result.err
    assert "--sandbox" in result.err


def test_an_endpoint_that_does_not_answer(aws: Aws) -> None:
    result = aws("--endpoint-url", "http://127.0.0.1:1", "plan", "--json")
    assert result.code == Exit.FAILED
    assert set(result.json) == {"error"}
    assert "Traceback" not in result.err


def test_an_unknown_region(aws: Aws) -> None:
    result = aws("plan", "--region", "nowhere")
    assert result.code == Exit.FAILED
    assert "There is no AWS region 'nowhere'" in result.err


def test_the_state_is_where_it_was_asked_for(aws: Aws, here: Path) -> None:
    assert aws("apply", "--yes", "--state", "deep/state.json").code == Exit.OK
    assert stat.S_IMODE(Path("deep/state.json").stat().st_mode) == 0o600
    assert not (here / ".dynaops" / "state.json").exists()
    assert aws("output", "orders/table_name", "--state", "deep/state.json").out == "orders\n"


def test_what_aws_can_never_do_is_told_once_and_nothing_is_sent(aws: Aws) -> None:
    warm = "warm_throughput: {read_units_per_second: 15000, write_units_per_second: 5000}\n"
    aws.write(SPEC + warm)
    assert aws("apply", "--yes").code == Exit.OK
    aws.write(SPEC + warm.replace("15000", "13000"))
    result = aws("apply", "--yes")
    assert result.code == Exit.FAILED
    assert result.err.count("15000 to 13000") == 1
    assert "nothing was sent" in result.err


def test_a_killed_apply_of_a_saved_plan_is_continued_by_running_it_again(aws: Aws, here: Path) -> None:
    """It dies for real, at a request that has had its effect."""
    assert aws("plan", "--out", "orders.plan").code == Exit.OK
    rule = aws.server.faults.add(FaultRule("kill", operation="UpdateContinuousBackups"))
    process = subprocess.Popen(
        [sys.executable, "-m", "dynaops", *aws.options, "apply", "orders.plan", "--yes"],
        env={**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    aws.server.faults.on_kill = process.kill
    assert process.wait(timeout=120) == -signal.SIGKILL
    aws.server.faults.clear()
    assert rule.hit
    (killed,) = aws("state", "log", "--json").json["runs"]
    assert (killed["result"], killed["ended_at"]) == ("begun", None)
    assert len(killed["operations"]) == 2
    assert "begun, not ended" in aws("state", "log").out
    result = aws("apply", "orders.plan", "--yes", "--json")
    assert result.code == Exit.OK, result.err
    assert result.json["outcome"]["done"] == ["orders/point_in_time_recovery:UpdateContinuousBackups"]
    assert "1 of its 2 operations are done" in result.err
    finished = aws("state", "log", "--json").json["runs"][0]
    assert finished["result"] == "done"
    assert (
        finished["plan_digest"]
        == killed["plan_digest"]
        == sha256(Path("orders.plan").read_bytes()).hexdigest()
    )
    assert aws("plan", "--exit-code").code == Exit.OK
    again = aws("apply", "orders.plan", "--yes")
    assert again.code == Exit.STALE
    assert "it has been applied already, in full" in again.err


@pytest.mark.parametrize(
    ("recovery", "told"),
    [
        ("false", "every recovery point: no time before now can be restored any more"),
        ("{recovery_period_days: 7}", "recovery points older than 7 days"),
    ],
)
def test_giving_up_what_could_be_restored_is_destructive(
    aws: Aws, here: Path, recovery: str, told: str
) -> None:
    aws("apply", "--yes")
    aws.write(f"{SPEC}point_in_time_recovery: {recovery}\n")
    planned = aws("plan", "--markdown", "plan.md", "--html", "plan.html")
    assert "Destructive" in planned.out
    for shown in (planned.out, (here / "plan.md").read_text(), (here / "plan.html").read_text()):
        assert f"loses {told}" in " ".join(shown.split())
    (call,) = aws("plan", "--json").json["operations"]
    assert (call["destructive"], call["danger"], call["loses"]) == (True, "recovery", told)
    refused = aws("apply", "--yes", "--allow-replace")
    assert refused.code == Exit.FAILED
    assert f"orders/point_in_time_recovery loses {told} (--allow-destroy)" in refused.err
    assert aws("apply", "--yes", "--allow-destroy").code == Exit.OK


def test_destroying_what_is_below_a_table_is_no_consent_to_give_up_its_recovery(aws: Aws) -> None:
    aws("apply", "--yes")
    target = ("--target", "orders/point_in_time_recovery")
    refused = aws("destroy", "--yes", *target)
    assert refused.code == Exit.FAILED
    assert "--allow-destroy" in refused.err
    assert aws("destroy", "--yes", "--allow-destroy", *target).code == Exit.OK


def test_nothing_but_an_apply_of_its_own_lifts_prevent_destroy(aws: Aws, here: Path) -> None:
    """Neither options, nor a saved plan, nor a spec that is gone."""
    kept = f"{SPEC}deletion_protection: true\nlifecycle: {{prevent_destroy: true}}\n"
    aws.write(kept)
    aws("apply", "--yes")
    (here / "specs" / "other.yaml").write_text("table_name: users\nhash_key: id\nattributes: {id: S}\n")
    consent = ("--yes", "--allow-destroy")
    assert aws("destroy", "specs", *consent).code == Exit.FAILED
    aws.spec.unlink()
    for attempt in (
        ("destroy", *consent),
        ("apply", *consent, "--allow-replace"),
        ("plan", "--out", "gone.plan"),
    ):
        refused = aws(*attempt)
        assert refused.code == Exit.FAILED
        assert "orders would be deleted, and lifecycle.prevent_destroy of orders forbids that" in refused.err
    assert not (here / "gone.plan").exists()
    assert aws.client.describe_table(TableName="orders")["Table"]["DeletionProtectionEnabled"]
    aws.write(SPEC)
    given_up = aws("apply", *consent)
    assert given_up.code == Exit.OK
    assert "lifecycle.prevent_destroy" in given_up.out
    assert aws("destroy", *consent).code == Exit.OK


def test_a_table_that_is_retained_is_forgotten_by_agreement(aws: Aws, here: Path) -> None:
    aws.write(f"{SPEC}lifecycle: {{on_destroy: retain}}\n")
    aws("apply", "--yes")
    (here / "specs" / "other.yaml").write_text("table_name: users\nhash_key: id\nattributes: {id: S}\n")
    aws("apply", "--yes")
    aws.spec.unlink()
    planned = aws("plan", "--exit-code", "--markdown", "plan.md", "--html", "plan.html")
    assert planned.code == Exit.CHANGES
    assert "retain keeps it in AWS; the state forgets it" in planned.out
    assert "3 to forget" in planned.out
    assert "to forget" in (here / "plan.md").read_text()
    assert "retain keeps it in AWS" in (here / "plan.html").read_text()
    assert aws("apply").code == Exit.FAILED, "nobody can be asked"
    assert aws("apply", "--yes").code == Exit.OK
    assert aws.tables() == ["orders", "users"]
    assert "orders" not in aws("state", "list").out
    assert aws("plan", "--exit-code").code == Exit.OK
