"""Plans for reviewers and pipelines: files, house rules, and the events of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dynaops.sandbox import SandboxServer
from tests.cli.running import Cli, Result

SPEC = """\
table_name: orders
hash_key: id
attributes: {id: S}
tags: {environment: production}
"""
RULES = """\
rules:
  - id: no-destroy-in-production
    message: Nothing of a production table is deleted by a pipeline.
    tables: "tags.environment == 'production'"
    deny: operations[?destructive]
  - id: recovery
    message: Every table can be recovered.
    require: spec.point_in_time_recovery.enabled
  - id: protection
    message: Production tables are protected.
    severity: warning
    tables: "tags.environment == 'production'"
    require: spec.deletion_protection
    hint: "Set deletion_protection: true."
"""


class Desk:
    def __init__(self, cli: Cli, folder: Path, server: SandboxServer) -> None:
        self.cli, self.folder, self.server = cli, folder, server
        self.write(spec=SPEC, rules=RULES)

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.folder / f"{name}.yaml").write_text(text)

    def __call__(self, command: str, *more: str) -> Result:
        return self.cli(
            command, "spec.yaml", "--endpoint-url", self.server.url, "--region", "eu-west-1", *more
        )


@pytest.fixture
def desk(cli: Cli, here: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    return Desk(cli, here, server)


def test_a_rule_that_warns_is_told_and_does_not_stop(desk: Desk) -> None:
    planned = desk("plan", "--policy", "rules.yaml")
    assert planned.code == 0
    assert "House rules it breaks" in planned.out
    assert "Production tables are protected." in planned.out
    assert "Every table can be recovered." not in planned.out
    assert desk("apply", "--yes", "--policy", "rules.yaml").code == 0


def test_a_rule_that_forbids_stops_plan_and_apply(desk: Desk) -> None:
    desk.write(spec=f"{SPEC}point_in_time_recovery: false\n")
    planned = desk("plan", "--policy", "rules.yaml", "--json")
    assert planned.code == 1
    broken = {one["code"]: one for one in planned.json["violations"]}
    assert broken["recovery"] == {
        "code": "recovery",
        "severity": "error",
        "message": "Every table can be recovered.",
        "address": "orders",
    }
    applied = desk("apply", "--yes", "--policy", "rules.yaml")
    assert applied.code == 1
    assert "Nothing was sent: the plan breaks house rules (recovery)" in applied.err
    assert desk.server.client("dynamodb", "eu-west-1").list_tables()["TableNames"] == []


def test_a_saved_plan_that_breaks_rules_is_not_applied(desk: Desk) -> None:
    desk.write(spec=f"{SPEC}point_in_time_recovery: false\n")
    assert desk("plan", "--policy", "rules.yaml", "--out", "saved").code == 1
    where = ("--endpoint-url", desk.server.url, "--region", "eu-west-1")
    applied = desk.cli("apply", "saved", "--yes", *where)
    assert applied.code == 1
    assert "breaks house rules" in applied.err


@pytest.mark.parametrize(
    ("forget", "policy", "code"), [(False, (), 5), (True, ("--policy", "rules.yaml"), 1), (True, (), 0)]
)
def test_rules_that_were_edited_out_of_a_saved_plan(
    desk: Desk, forget: bool, policy: tuple[str, ...], code: int
) -> None:
    """The rules are asked again. A file that names none is held to those of the command that applies it."""
    desk.write(spec=f"{SPEC}point_in_time_recovery: false\n")
    desk("plan", "--policy", "rules.yaml", "--out", "saved")
    held = json.loads((desk.folder / "saved").read_text())
    held["plan"]["violations"] = []
    held["policies"] = [] if forget else held["policies"]
    (desk.folder / "saved").write_text(json.dumps(held, separators=(",", ":")))
    where = ("--endpoint-url", desk.server.url, "--region", "eu-west-1")
    applied = desk.cli("apply", "saved", "--yes", *policy, *where)
    assert applied.code == code, applied.err
    assert ("House rules it breaks" in applied.out) == (code == 1)


MORE = """\
rules:
  - id: owner
    message: Whoever finds this table must know whom to ask.
    require: tags.owner
  - id: no-create
    message: Tables are made by the platform team.
    deny: "changes[?action=='create']"
"""


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes"), ("destroy", "--yes")])
def test_all_files_of_rules_are_asked_in_their_order(desk: Desk, command: tuple[str, ...]) -> None:
    desk.write(spec=f"{SPEC}point_in_time_recovery: false\n", more=MORE)
    if command[0] == "destroy":
        assert desk("apply", "--yes").code == 0
    for files in (("rules", "more"), ("more", "rules"), ("rules", "more", "rules")):
        policies = [part for name in files for part in ("--policy", f"{name}.yaml")]
        done = desk(*command, *policies, "--json")
        assert done.code == 1, done.err
        told = done.json["violations"] if command == ("plan",) else []
        by_file = {"rules": ["recovery", "protection"], "more": ["owner", "no-create"]}
        expected = [code for name in dict.fromkeys(files) for code in by_file[name]]
        assert list(dict.fromkeys(one["code"] for one in told)) == (expected if told else []), files
        if command[0] == "apply":
            assert f"house rules ({', '.join(one for one in expected if one != 'protection')})" in done.err
        if command[0] == "destroy":
            assert "house rules (no-destroy-in-production)" in done.err


def test_a_saved_plan_is_held_to_its_own_rules_and_to_those_of_apply(desk: Desk) -> None:
    desk.write(spec=f"{SPEC}point_in_time_recovery: false\n", more=MORE)
    assert desk("plan", "--policy", "rules.yaml", "--out", "saved").code == 1
    where = ("--endpoint-url", desk.server.url, "--region", "eu-west-1")
    applied = desk.cli("apply", "saved", "--yes", "--policy", "more.yaml", *where)
    assert applied.code == 1
    assert "house rules (recovery, owner, no-create)" in applied.err


def test_validate_asks_what_can_be_asked_of_specs_alone(desk: Desk) -> None:
    """What is about a plan is told as not asked: a check that was not made is no pass."""
    desk.write(spec=f"{SPEC}point_in_time_recovery: false\n", more=MORE)
    policies = ("--policy", "rules.yaml", "--policy", "more.yaml")
    found = desk.cli("validate", "spec.yaml", *policies, "--json")
    assert found.code == 1
    told = {one["code"]: one["severity"] for one in found.json["findings"]}
    assert {code: told[code] for code in ("recovery", "protection", "owner")} == {
        "recovery": "error",
        "protection": "warning",
        "owner": "error",
    }
    assert (told["no-create"], told["no-destroy-in-production"]) == ("info", "info")
    assert "was not asked" in desk.cli("validate", "spec.yaml", *policies).out
    desk.write(spec=f"{SPEC.replace('production', 'dev')}", more="rules: []\n")
    assert desk.cli("validate", "spec.yaml", *policies, "--strict").code == 0


@pytest.mark.parametrize(
    "asked",
    ["operations", "length(changes)", "changes[0].action", "[table, operations]", "*", "keys(@)", "!changes"],
)
def test_a_question_about_the_plan_is_known_wherever_it_stands(desk: Desk, asked: str) -> None:
    for member in ("deny", "require", "tables"):
        rest = "" if member != "tables" else "  deny: 'null'\n"
        desk.write(rules=f"rules:\n- id: one\n  message: no\n  {member}: '{asked}'\n{rest}")
        (told,) = desk.cli("validate", "spec.yaml", "--policy", "rules.yaml", "--json").json["findings"][-1:]
        assert (told["code"], told["severity"]) == ("one", "info")


def test_all_that_is_wrong_in_all_files_of_rules_is_told_at_once(desk: Desk) -> None:
    desk.write(more=RULES.replace("no-destroy-in-production", "other"), broken="rules: 3")
    files = ("rules.yaml", "more.yaml", "broken.yaml", "gone.yaml")
    policies = [part for name in files for part in ("--policy", name)]
    for done in (desk("plan", *policies), desk.cli("validate", "spec.yaml", *policies)):
        assert done.code == 1
        assert "more.yaml:6:9: error: there is a rule 'recovery' already (rules.yaml:6:9)" in done.err
        assert "there is a rule 'protection' already" in done.err
        assert "broken.yaml:1:1" in done.err
        assert "gone.yaml does not exist" in done.err


def test_destroying_is_judged_by_the_recorded_tags(desk: Desk) -> None:
    assert desk("apply", "--yes").code == 0
    refused = desk("destroy", "--yes", "--allow-destroy", "--policy", "rules.yaml")
    assert refused.code == 1
    assert "no-destroy-in-production" in refused.err
    assert desk("destroy", "--yes", "--allow-destroy").code == 0


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("rules: 3", "rules.yaml:1:1", "one key, `rules`, with a list of rules"),
        ("rules:\n- id: a\n  message: b\n  deny: 'a['\n", "rules.yaml:4:9", "no JMESPath expression"),
        ("rules:\n- id: a\n  message: b\n", "rules.yaml:2:3", "either deny or require"),
        (
            "rules:\n- id: a\n  message: b\n  denny: x\n  deny: x\n",
            "rules.yaml:4:10",
            "Extra inputs are not permitted",
        ),
        ("rules: [\n", "rules.yaml:", ""),
    ],
)
def test_rules_that_are_wrong_are_told_with_their_place(desk: Desk, text: str, place: str, told: str) -> None:
    desk.write(rules=text)
    planned = desk("plan", "--policy", "rules.yaml")
    assert planned.code == 1
    assert place in planned.err
    assert told in planned.err
    assert "Traceback" not in planned.err


def test_a_plan_as_files_for_reviewers(desk: Desk) -> None:
    done = desk("plan", "--policy", "rules.yaml", "--markdown", "plan.md", "--html", "plan.html")
    assert done.code == 0
    markdown = (desk.folder / "plan.md").read_text()
    assert markdown.startswith("### dynaops plan: 2 to create")
    assert "<details>" in markdown
    assert "Production tables are protected." in markdown
    page = (desk.folder / "plan.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "House rules it breaks" in page
    assert "<script" not in page
    assert desk("plan", "--html", "nowhere/plan.html").code == 1


def test_the_events_of_a_run_are_written_as_they_happen(desk: Desk) -> None:
    assert desk("apply", "--yes", "--events", "events.jsonl").code == 0
    lines: list[dict[str, Any]] = [
        json.loads(line) for line in (desk.folder / "events.jsonl").read_text().splitlines()
    ]
    assert lines[0]["type"] == "plan"
    assert [change["address"] for change in lines[0]["changes"]] == [
        "orders",
        "orders/point_in_time_recovery",
    ]
    events = [line for line in lines if line["type"] == "event"]
    assert {event["address"] for event in events} == {"orders", "orders/point_in_time_recovery"}
    assert [event["stage"] for event in events if event["address"] == "orders"][-1] == "done"
    assert lines[-1]["type"] == "outcome"
    assert lines[-1]["complete"] is True
    assert desk("apply", "--yes", "--events", "events.jsonl").code == 0
    again = [json.loads(line)["type"] for line in (desk.folder / "events.jsonl").read_text().splitlines()]
    assert again == ["plan", "outcome"]


def test_events_that_cannot_be_written_are_told_before_anything_is_sent(desk: Desk) -> None:
    refused = desk("apply", "--yes", "--events", "nowhere/events")
    assert refused.code == 1
    assert "Cannot write events to nowhere/events: No such file or directory" in refused.err
    assert desk.server.client("dynamodb", "eu-west-1").list_tables()["TableNames"] == []
