"""``dynaops validate --live`` as people and pipelines use it."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

import dynaops
from docs_tools import findings_reference
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from tests.cli.running import Cli
from tests.data.tables import REGION, make_table, way_to

SPEC = """table_name: orders
hash_key: id
attributes: {id: S}
"""
ACCEPTED = """suppress:
  - {finding: LIVE111, reason: drills are the platform team's}
"""


@pytest.fixture
def orders(cli: Cli, here: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The table orders, applied from its spec, in a sandbox that the command line goes to."""
    for name, value in {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)
    (here / "specs").mkdir()
    spec = here / "specs" / "orders.yaml"
    spec.write_text(SPEC + ACCEPTED, encoding="utf-8")
    assert cli("apply", "--yes").code == 0
    server.clock.set_speed(1)
    return spec


def test_a_healthy_table(cli: Cli, orders: Path) -> None:
    assert orders.exists()
    result = cli("validate", "--live", "--strict")
    assert result.code == 0, result
    assert "pass point-in-time recovery  on, 35 days are kept" in result.out
    assert "LIVE111; accepted: drills are the platform team's" in result.out
    assert result.out.endswith("Healthy; 1 table; 20 passed; 1 suppressed\n")


def test_warnings_end_with_3_only_where_it_is_strict(cli: Cli, orders: Path) -> None:
    orders.write_text(SPEC, encoding="utf-8")
    assert cli("validate", "--live").code == 0
    result = cli("validate", "orders", "--live", "--strict")
    assert result.code == 3
    assert "dynaops backup verify orders --latest" in result.out
    assert "Healthy, with warnings; 1 table; 20 passed; 1 warned" in result.out


def test_a_failure_ends_with_1(cli: Cli, orders: Path) -> None:
    orders.write_text(SPEC + ACCEPTED + "deletion_protection: true\n", encoding="utf-8")
    result = cli("validate", "--live")
    assert result.code == 1
    assert "fail deletion protection" in result.out and "Unhealthy; 1 table" in result.out


def test_a_table_that_is_named_is_held_to_its_spec(cli: Cli, orders: Path) -> None:
    orders.write_text(SPEC + ACCEPTED + "stream: {view_type: NEW_IMAGE}\n", encoding="utf-8")
    result = cli("validate", "orders", "--live")
    assert result.code == 1
    assert "off, and the spec wants NEW_IMAGE" in result.out


def test_a_drill_is_evidence(cli: Cli, orders: Path, here: Path, server: SandboxServer) -> None:
    orders.write_text(SPEC, encoding="utf-8")
    server.clock.set_speed(3600)
    assert cli("backup", "verify", "orders", "--latest", "--yes").code == 0
    server.clock.set_speed(1)
    assert list((here / ".dynaops" / "state.drills").rglob("*.json"))
    result = cli("validate", "orders", "--live", "--strict")
    assert result.code == 0, result
    assert "pass restore drill           verified " in result.out


@pytest.mark.usefixtures("orders")
def test_a_table_that_nobody_manages(cli: Cli, server: SandboxServer) -> None:
    server.clock.set_speed(3600)
    make_table(way_to(server), "visits", {"id": "S"})
    server.clock.set_speed(1)
    result = cli("validate", "visits", "--live", "--json")
    assert result.code == 0 and result.err == ""
    [report] = result.json["reports"]
    assert (report["table"], report["managed"]) == ("visits", False)
    found = {one["code"]: one["status"] for one in report["results"]}
    assert found["LIVE104"] == "warn" and found["LIVE110"] == "unknown"


@pytest.mark.usefixtures("orders")
def test_a_table_that_is_not_there(cli: Cli) -> None:
    result = cli("validate", "visits", "orders", "--live")
    assert result.code == 1
    assert "there is no table visits in eu-west-1" in result.out
    assert "orders; eu-west-1" in result.out


@pytest.mark.usefixtures("orders")
def test_a_path_that_is_not_there_is_no_table(cli: Cli) -> None:
    result = cli("validate", "specs/visits.yaml", "--live")
    assert result.code == 1
    assert "specs/visits.yaml: there is no such file or folder" in result.err


@pytest.mark.usefixtures("orders")
def test_files_for_pipelines(cli: Cli, here: Path, server: SandboxServer) -> None:
    server.faults.add(FaultRule("access_denied", operation="GetMetricData", times=None))
    result = cli("validate", "--live", "--junit", "r.xml", "--markdown", "r.md", "--strict", "--json")
    assert result.code == 3
    assert json.loads(result.out)["valid"] is True
    suite = Xml.fromstring((here / "r.xml").read_text(encoding="utf-8"))[0]  # noqa: S314 (our own)
    skipped = {one.attrib["name"] for one in suite if one.find("skipped") is not None}
    assert {"LIVE111 restore drill", "LIVE201 throttling"} <= skipped
    assert suite.attrib["failures"] == "0" and suite.attrib["tests"] == str(len(suite))
    text = (here / "r.md").read_text(encoding="utf-8")
    assert "| ➖ suppressed | LIVE111 restore drill |" in text
    assert "❔ not checked | LIVE201 throttling | AWS denied cloudwatch:GetMetricData" in text


def test_files_need_live(cli: Cli) -> None:
    result = cli("validate", "--junit", "r.xml")
    assert result.code == 2 and "needs --live" in result.err


def test_without_credentials_there_is_a_hint_and_no_report(cli: Cli, here: Path) -> None:
    (here / "orders.yaml").write_text(SPEC, encoding="utf-8")
    result = cli("validate", "orders.yaml", "--live", "--region", REGION)
    assert result.code == 1
    assert "No AWS credentials were found" in result.err and "--sandbox" in result.err


def test_an_unused_suppression_of_a_setting_is_a_warning(cli: Cli, orders: Path) -> None:
    text = (
        SPEC + ACCEPTED + "  - {finding: LIVE104, reason: a cache}\n  - {finding: LIVE201, reason: bursts}\n"
    )
    orders.write_text(text, encoding="utf-8")
    result = cli("validate", "--live", "--strict")
    assert result.code == 3
    assert "specs/orders.yaml:6:15: warning: LIVE104 is suppressed, and is not found any more" in result.out
    assert "LIVE201" not in result.out


def test_suppressions_offline(cli: Cli, here: Path) -> None:
    spec = here / "orders.yaml"
    spec.write_text(SPEC + "point_in_time_recovery: false\n", encoding="utf-8")
    assert cli("validate", "orders.yaml", "--strict").code == 3
    spec.write_text(
        SPEC + "point_in_time_recovery: false\nsuppress: [{finding: DDB311, reason: a cache}]\n",
        encoding="utf-8",
    )
    assert cli("validate", "orders.yaml", "--strict").code == 0


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{finding: DDB31, reason: a cache}", "there is no finding DDB31 to suppress"),
        ("{finding: DDB311, reason: a cache}", "DDB311 is suppressed, and is not found any more"),
        ("{finding: DDB104, reason: a cache}", "DDB104 is an error, which cannot be suppressed"),
        ("{finding: PROJECT, reason: a cache}", "there is no finding PROJECT to suppress"),
    ],
)
def test_a_suppression_that_does_nothing_is_a_warning(cli: Cli, here: Path, entry: str, words: str) -> None:
    text = SPEC.replace("{id: S}", "{id: S, more: S}") if "DDB104" in entry else SPEC
    (here / "orders.yaml").write_text(f"{text}suppress: [{entry}]\n", encoding="utf-8")
    result = cli("validate", "orders.yaml", "--strict")
    assert result.code == (1 if "DDB104" in entry else 3)
    assert f"orders.yaml:4:22: warning: {words}" in result.out


@pytest.mark.parametrize("code", ["DDB404", "DDB405", "PLAN107", "LIVE111"])
def test_a_suppression_of_what_only_aws_can_tell_is_not_judged_offline(
    cli: Cli, here: Path, code: str
) -> None:
    text = f"{SPEC}suppress: [{{finding: {code}, reason: another tool scales it}}]\n"
    (here / "orders.yaml").write_text(text, encoding="utf-8")
    result = cli("validate", "orders.yaml", "--strict")
    assert result.code == 0, result.out


def test_a_suppression_needs_a_reason(cli: Cli, here: Path) -> None:
    (here / "orders.yaml").write_text(SPEC + "suppress: [{finding: DDB311}]\n", encoding="utf-8")
    result = cli("validate", "orders.yaml")
    assert result.code == 1 and "reason is missing" in result.out


def test_an_id_is_of_one_kind_alone() -> None:
    owners: dict[str, set[str]] = {}
    kinds = Path(dynaops.__file__).parent / "kinds"
    for path in kinds.rglob("*.py"):
        owner = path.relative_to(kinds).parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Name) and re.fullmatch(r"(DDB|PLAN)\d{3}", node.id):
                owners.setdefault(node.id, set()).add(owner)
    assert len(owners) > 80
    assert {code: found for code, found in owners.items() if len(found) > 1} == {}


def test_every_finding_is_worded_and_has_a_severity() -> None:
    rows = [
        one.split(" | ") for one in findings_reference.page().split("\n") if re.match(r"\| [A-Z]+\d{3} ", one)
    ]
    assert len(rows) > 130
    assert [row for row in rows if not row[2].strip() or row[1] not in ("error", "warning", "info")] == []


def test_a_table_named_by_its_spec_and_by_its_name_is_checked_once(cli: Cli, orders: Path) -> None:
    assert orders.exists()
    result = cli("validate", "specs", "orders", "orders", "--live")
    assert result.code == 0 and "Healthy; 1 table; " in result.out


def test_a_table_whose_spec_is_broken_is_checked_without_it(cli: Cli, orders: Path) -> None:
    orders.write_text(SPEC + "strem: {}\n", encoding="utf-8")
    result = cli("validate", "orders", "--live", "--json")
    assert result.code == 0 and len(result.json["reports"]) == 1
    assert (
        "specs/orders.yaml cannot be read (unknown key strem): orders is checked without a spec."
        in " ".join(result.err.split())
    )
    assert cli("validate", "--live").code == 1


@pytest.mark.usefixtures("orders")
def test_a_table_of_that_name_elsewhere_is_another(cli: Cli, server: SandboxServer) -> None:
    server.clock.set_speed(3600)
    server.client("dynamodb", "us-east-1").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for arguments in (("orders",), ()):
        result = cli("validate", *arguments, "--live", "--region", "us-east-1", "--json")
        [report] = result.json["reports"]
        assert (report["region"], report["managed"]) == ("us-east-1", False)
    [report] = cli("validate", "orders", "--live", "--json").json["reports"]
    assert (report["region"], report["managed"]) == (REGION, True)
