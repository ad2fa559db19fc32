"""Documents with `external: true`: tables that others own are read, and never changed, created or deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dynaops.model.errors import SpecError
from dynaops.sandbox import SandboxServer
from dynaops.specs.load import load
from dynaops.specs.schema import json_schema
from dynaops.specs.yaml_tree import nodes
from tests.cli.running import Cli, Result, run_process

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
    assert {(op["api"], op["address"]) for op in planned["operations"]} == {("UntagResource", "users")}
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


WATCHED = f"""{OWN.replace("orders", "users")}deletion_protection: true
global_secondary_indexes: [{{name: by-id, hash_key: id}}]
log_group: {{name: /users}}
alarms: {{throttles: 5, system_errors: true}}
iam: {{read_only: true}}
"""


def test_one_that_was_managed_with_alarms_keeps_those_that_its_document_declares(desk: Desk) -> None:
    """In the first apply the records of the alarms stay; what the document leaves out is deleted, not forgotten."""
    desk.write(f"{OWN}---\n{WATCHED}")
    assert desk("apply", "--yes").code == 0
    made = alarms(desk)
    desk.write(f"{OWN}---\ntable_name: users\nexternal: true\nalarms: {{throttles: 5}}\n")
    planned = desk("plan", "--json").json
    actions = {change["address"]: change["action"] for change in planned["changes"]}
    assert actions["users"] == actions["users/log_group"] == actions["users/gsi/by-id"] == "forget"
    assert actions["users/alarm/system_errors"] == actions["users/iam/read_only"] == "delete"
    assert "users/alarm/throttles" not in actions
    dynamodb = {op["api"] for op in planned["operations"] if op["service"] == "dynamodb"}
    assert dynamodb == {"UntagResource"}, "of the table itself only the mark is taken away"
    assert desk("apply", "--yes").code == 0
    listed = desk.cli("state", "list").out.splitlines()
    kept = ["users/alarm/throttles", "users/alarm/throttles/by-id"]
    assert [one for one in listed if one.startswith("users")] == kept
    assert set(alarms(desk)) < set(made) and len(alarms(desk)) == 2 and policies(desk) == []
    assert desk("plan", "--exit-code").code == 0
    assert desk("drift", "--exit-code").code == 0
    assert desk.table("users")["DeletionProtectionEnabled"]
    desk.write(OWN)
    assert desk("apply", "--yes").code == 0
    assert alarms(desk) == {} and desk.table("users")


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


ALARMED = f"""{THEIRS}alarms: {{throttles: 5}}
iam:
  read_only: true
  custom: [{{name: partners-own, statements: [{{Action: 'dynamodb:GetItem', Resource: '${{table_arn}}'}}]}}]
"""


def alarms(desk: Desk) -> dict[str, float]:
    found = desk.server.client("cloudwatch", "eu-west-1").describe_alarms()["MetricAlarms"]
    return {one["AlarmName"]: one["Threshold"] for one in found}


def policies(desk: Desk) -> list[str]:
    found = desk.server.client("iam", "eu-west-1").list_policies(Scope="Local")["Policies"]
    return sorted(one["PolicyName"] for one in found)


def untouched(desk: Desk) -> tuple[Any, Any]:
    """All that could be changed of the table itself."""
    table = desk.table("partners")
    client = desk.server.client("dynamodb", "eu-west-1")
    return table, client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]


def test_alarms_and_policies_of_our_own_live_around_it(desk: Desk) -> None:
    """They are made, changed and deleted; of the table itself nothing is, and no call names it but to read."""
    before = untouched(desk)
    desk.write(f"{ALARMED}---\n{OWN}")
    assert desk("apply", "--yes").code == 0
    assert list(alarms(desk).values()) == [5.0]
    assert policies(desk) == ["partners-eu-west-1-read-only", "partners-own"]
    assert desk("plan", "--exit-code").code == 0
    assert desk("drift", "--exit-code", "--unmanaged").code == 0
    desk.write(f"{ALARMED.replace('throttles: 5', 'throttles: 9')}---\n{OWN}")
    planned = desk("plan", "--json").json
    assert {one["address"]: one["action"] for one in planned["changes"]} == {
        "partners/alarm/throttles": "update"
    }
    assert desk("apply", "--yes").code == 0
    assert list(alarms(desk).values()) == [9.0]
    desk.server.client("cloudwatch", "eu-west-1").delete_alarms(AlarmNames=list(alarms(desk)))
    assert desk("drift", "--exit-code").code == 2
    assert desk("apply", "--yes").code == 0 and list(alarms(desk).values()) == [9.0]
    desk.write(f"{THEIRS}---\n{OWN}")
    assert desk("apply", "--yes").code == 0
    assert (alarms(desk), policies(desk)) == ({}, [])
    assert "partners" not in desk.cli("state", "list").out
    assert untouched(desk) == before
    written = [one for one in desk.server.requests.writes() if one.service == "dynamodb"]
    assert {one.body.get("TableName") for one in written} <= {"orders", "partners", None}
    assert [one.operation for one in written if one.body.get("TableName") == "partners"] == ["CreateTable"]


def test_a_graph_draws_them(desk: Desk) -> None:
    """With --plan also before they are made; without, what the state records."""
    own = {"partners/alarm/throttles", "partners/iam/read_only", "partners/iam/custom/partners-own"}
    desk.write(f"{ALARMED}---\n{OWN}")
    nodes = {one["id"]: one for one in desk("graph", "--plan", "--json").json["nodes"]}
    assert own <= set(nodes) and {nodes[address]["action"] for address in own} == {"create"}
    assert desk("apply", "--yes").code == 0
    for more in ((), ("--plan",)):
        nodes = {one["id"]: one for one in desk("graph", "specs", *more, "--json").json["nodes"]}
        assert own <= set(nodes), more
    assert {nodes[address]["action"] for address in own} == {"no-op"}
    desk.write(f"{THEIRS}---\n{OWN}")
    nodes = {one["id"]: one for one in desk("graph", "--plan", "--json").json["nodes"]}
    assert {nodes[address]["action"] for address in own} == {"delete"}


def test_they_are_rehearsed_and_their_permissions_told(desk: Desk, here: Path) -> None:
    """In processes of their own: a rehearsal brings a sandbox of its own."""
    desk.write(f"{ALARMED}---\n{OWN}")
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    at = ("--endpoint-url", desk.server.url, "--region", "eu-west-1")
    rehearsal = run_process(*at, "plan", "--rehearse", "--json", cwd=here, env=keys).json["rehearsal"]
    assert rehearsal["passes"], rehearsal
    policy = run_process(*at, "permissions", "--plan", cwd=here, env=keys).out
    assert '"cloudwatch:PutMetricAlarm"' in policy and '"iam:CreatePolicy"' in policy


@pytest.mark.parametrize("way", ["destroy", "destroy specs", "document gone", "document external no more"])
def test_they_go_and_the_table_stays(desk: Desk, way: str) -> None:
    before = untouched(desk)
    desk.write(f"{ALARMED}---\n{OWN}")
    assert desk("apply", "--yes").code == 0
    if way == "document external no more":
        desk.write(f"{MANAGED}---\n{OWN}")
        assert desk("apply", "--yes", "--allow-adopt").code == 0
        assert (alarms(desk), policies(desk)) == ({}, [])
        return
    if way == "document gone":
        desk.write(OWN)
        assert desk("apply", "--yes").code == 0
    else:
        assert desk(*way.split(), "--yes", "--allow-destroy").code == 0
    assert (alarms(desk), policies(desk)) == ({}, [])
    assert untouched(desk) == before


def test_they_are_adopted_and_saved_plans_hold(desk: Desk, here: Path) -> None:
    desk.write(ALARMED)
    assert desk("apply", "--yes").code == 0
    (here / ".dynaops" / "state.json").unlink()
    desk.write(f"{ALARMED}")
    refused = desk("plan")
    assert refused.code == 1 and "--take-over" in refused.err
    owner = refused.err.split("--take-over ")[1].split()[0].rstrip(",.")
    assert desk("plan", "--out", "p.plan", "--take-over", owner).code == 0
    assert desk("apply", "p.plan", "--yes", "--take-over", owner).code == 0
    assert desk("plan", "--exit-code").code == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("alarms: {throttles: -1}\n", "the threshold of throttles must be above 0"),
        ("iam: {custom: [{name: x, statements: []}]}\n", "policy x has no statements"),
        ("alarms: {throtles: true}\n", "throttles"),
    ],
)
def test_their_errors_have_a_place(desk: Desk, more: str, said: str) -> None:
    desk.write(f"{THEIRS}{more}")
    told = desk("plan")
    flat = " ".join((told.out + told.err).split())
    assert told.code == 1 and said in flat and "specs/spec.yaml:3:" in flat, flat


def test_one_that_is_there_is_imported_by_a_block(desk: Desk) -> None:
    desk.server.client("cloudwatch", "eu-west-1").put_metric_alarm(
        AlarmName="dynaops/partners/system_errors",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Threshold=3,
        MetricName="SystemErrors",
        Namespace="AWS/DynamoDB",
        Statistic="Sum",
        Period=60,
        Dimensions=[{"Name": "TableName", "Value": "partners"}],
    )
    own = f"{THEIRS}alarms: {{system_errors: true}}\n"
    desk.write(own)
    assert "--allow-adopt" in desk("apply", "--yes").err
    desk.write(f"{own}---\nimport: [partners/alarm/system_errors]\n")
    assert desk("apply", "--yes").code == 0
    assert alarms(desk) == {"dynaops/partners/system_errors": 1.0}
    desk.write(own)
    assert desk("plan", "--exit-code").code == 0


def test_it_is_neither_unmanaged_nor_verified(desk: Desk) -> None:
    """Of a table that is others', nothing is told as missing from our specs, and no backup is demanded of us."""
    desk.write(f"{ALARMED}---\n{OWN}")
    assert desk("apply", "--yes").code == 0
    done = desk("backup", "verify", "--all", "--latest", "--yes", "--json")
    assert done.code == 0 and [one["table"] for one in done.json["drills"]] == ["orders"]
    for text in (ALARMED, f"{ALARMED}---\n{OWN}", OWN):
        desk.write(text)
        assert not [
            one for one in desk("plan", "--json").json["unmanaged"] if one["address"].startswith("partners")
        ]


def test_permissions_say_what_they_leave_out(desk: Desk) -> None:
    desk.write(f"{ALARMED}---\n{OWN}")
    told = desk("permissions")
    assert told.code == 0 and "external tables need (partners) is not in it" in " ".join(told.err.split())
    desk.write(f"{THEIRS}---\n{OWN}")
    assert desk("permissions").err == ""


def test_they_need_a_look_at_aws(desk: Desk) -> None:
    desk.write(ALARMED)
    told = desk("plan", "--no-refresh")
    assert told.code == 1 and "partners goes by how the table is in AWS" in " ".join(told.err.split())


def test_alarms_that_are_laid_on_all_tables_are_not_for_those_of_others(here: Path) -> None:
    (here / "spec.yaml").write_text(f"{THEIRS}---\n{OWN}")
    (here / "over.yaml").write_text("alarms: {throttles: true}\n")
    documents = load(["spec.yaml"], ["over.yaml"])
    assert documents.external[0].spec.alarms is None
    assert documents[0].spec.alarms is not None


def test_grant_and_restore_take_its_region(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    client = desk.server.client("dynamodb", "us-east-1")
    client.create_table(
        TableName="far",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.get_waiter("table_exists").wait(TableName="far", WaiterConfig={"Delay": 0.01})
    client.update_continuous_backups(
        TableName="far", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    desk.write("table_name: far\nexternal: true\nregion: us-east-1\n")
    url = ("--endpoint-url", desk.server.url)
    granted = desk.cli("grant", "far", "worker", "--dry-run", *url)
    assert granted.code == 1 and "no function worker in us-east-1" in " ".join(granted.err.split())
    restored = desk.cli("backup", "restore", "far", "far-again", "--latest", "--yes", *url)
    assert restored.code == 0, restored
    assert "far-again" in client.list_tables()["TableNames"]
