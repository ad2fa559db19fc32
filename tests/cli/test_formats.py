"""``--format`` as pipelines use it: one document on stdout, people's words on stderr, and the same exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from dynaops.sandbox import SandboxServer
from tests.cli.running import Cli, Result
from tests.views.test_formats import assert_sarif

SPEC = """\
table_name: orders
hash_key: id
attributes: {id: S}
ttl: {attribute: gone}
"""
WRONG = SPEC.replace("{id: S}", "{id: S, more: N}")
RULES = "rules:\n- id: owner\n  message: 'Whom to ask: 100%'\n  require: tags.owner\n"
FORMATS = ("github", "sarif", "junit")


class Desk:
    def __init__(self, cli: Cli, folder: Path, server: SandboxServer) -> None:
        self.cli, self.folder, self.server = cli, folder, server
        (folder / "specs").mkdir()
        self.spec = folder / "specs" / "orders.yaml"
        self.spec.write_text(SPEC)
        (folder / "rules.yaml").write_text(RULES)

    def __call__(self, *arguments: str) -> Result:
        return self.cli(*arguments, "--endpoint-url", self.server.url, "--region", "eu-west-1")

    def drift(self) -> None:
        client = self.server.client("dynamodb", "eu-west-1")
        client.update_table(TableName="orders", DeletionProtectionEnabled=True)


@pytest.fixture
def desk(cli: Cli, here: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    return Desk(cli, here, server)


def assert_document(name: str, text: str) -> None:
    """Stdout holds the document and nothing else."""
    if name == "sarif":
        assert_sarif(json.loads(text))
    elif name == "junit":
        assert Xml.fromstring(text).tag == "testsuites"  # noqa: S314 (our own)
    else:
        assert all(line.startswith("::") for line in text.splitlines())


@pytest.mark.parametrize("name", FORMATS)
def test_every_command_prints_one_document_and_ends_as_without(desk: Desk, name: str) -> None:
    commands: tuple[tuple[str, ...], ...] = (
        ("validate",),
        ("validate", "--strict", "--policy", "rules.yaml"),
        ("plan", "--exit-code"),
        ("plan", "--policy", "rules.yaml", "--policy", "more.yaml"),
        ("drift", "--exit-code"),
    )
    (desk.folder / "more.yaml").write_text(RULES.replace("owner", "team"))
    for command in commands:
        without, with_format = desk(*command), desk(*command, "--format", name)
        assert with_format.code == without.code, command
        assert_document(name, with_format.out)
        assert (without.out or without.err).splitlines()[-1] in with_format.err
    assert desk("apply", "--yes").code == 0
    desk.drift()
    for command in (("drift", "--exit-code"), ("validate", "--live", "--strict"), ("plan", "--exit-code")):
        without, with_format = desk(*command), desk(*command, "--format", name)
        assert with_format.code == without.code != 0, command
        assert_document(name, with_format.out)


def test_findings_stand_at_their_line_from_the_root_of_the_repository(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.spec.write_text(WRONG)
    found = desk("validate", "--format", "github")
    assert found.code == 1
    (error,) = [line for line in found.out.splitlines() if line.startswith("::error")]
    assert error.startswith("::error file=specs/orders.yaml,line=3,col=27,title=DDB104 ")
    sub = desk.folder / "specs"
    monkeypatch.chdir(sub)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(desk.folder))
    for command in (("validate", "orders.yaml"), ("plan", "orders.yaml")):
        done = desk(*command, "--format", "github")
        assert done.code == 1
        assert "::error file=specs/orders.yaml,line=3,col=27," in done.out
    monkeypatch.delenv("GITHUB_WORKSPACE")
    (desk.folder / ".git").mkdir()
    log = json.loads(desk("validate", "orders.yaml", "--format", "sarif").out)
    result = next(one for one in log["runs"][0]["results"] if one["ruleId"] == "DDB104")
    physical = result["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "specs/orders.yaml"
    assert physical["region"] == {"startLine": 3, "startColumn": 27}


def test_house_rules_are_escaped_and_fail(desk: Desk) -> None:
    planned = desk("plan", "--policy", "rules.yaml", "--format", "github")
    assert planned.code == 1
    assert (
        "::error file=specs/orders.yaml,line=1,col=1,title=owner orders::Whom to ask: 100%25" in planned.out
    )
    assert "title=create orders/ttl::create orders/ttl" in planned.out
    suites = Xml.fromstring(desk("plan", "--policy", "rules.yaml", "--format", "junit").out)  # noqa: S314 (our own)
    assert suites.attrib["failures"] == "1"


def test_drift_is_a_failure_of_its_table(desk: Desk) -> None:
    assert desk("apply", "--yes").code == 0
    healthy = Xml.fromstring(desk("drift", "--format", "junit").out)  # noqa: S314 (our own)
    assert (healthy.attrib["tests"], healthy.attrib["failures"]) == ("1", "0")
    desk.drift()
    drifted = desk("drift", "--format", "junit")
    assert drifted.code == 0
    (failure,) = Xml.fromstring(drifted.out).iter("failure")  # noqa: S314 (our own)
    assert "orders deletion_protection: false, now true" in failure.attrib["message"]
    assert desk("drift", "--format", "github").out.startswith("::warning file=specs/orders.yaml,line=1,")


@pytest.mark.parametrize("name", FORMATS)
def test_a_command_that_comes_to_no_result_says_so_in_its_document(desk: Desk, name: str) -> None:
    nowhere = ("--endpoint-url", "http://127.0.0.1:1", "--region", "eu-west-1")
    failed = desk.cli("plan", *nowhere, "--format", name)
    assert failed.code == 1
    assert_document(name, failed.out)
    if name == "sarif":
        (invocation,) = json.loads(failed.out)["runs"][0]["invocations"]
        assert invocation["executionSuccessful"] is False
        assert "127.0.0.1" in invocation["toolExecutionNotifications"][0]["message"]["text"]
    else:
        assert "127.0.0.1" in failed.out
    desk.spec.write_text("table_name: [\n")
    for command in ("plan", "validate"):
        broken = desk(command, "--format", name)
        assert broken.code == 1
        assert_document(name, broken.out)
        assert "SPEC00" in broken.out
    gone = desk("validate", "nowhere", "--live", "--format", name)
    assert gone.code == 1
    assert_document(name, gone.out)


def test_two_documents_are_wrong_usage(desk: Desk) -> None:
    for command in ("validate", "plan", "drift"):
        refused = desk(command, "--json", "--format", "sarif")
        assert refused.code == 2
        assert "--json and --format" in refused.err
        assert "--json and --format" in refused.json["error"]["message"]
    assert desk("plan", "--format", "yaml").code == 2
    (desk.folder / "dynaops.toml").write_text("[environment.dev]\n[environment.prod]\n")
    refused = desk("-E", "dev", "-E", "prod", "plan", "--format", "junit")
    assert refused.code == 2
    assert "run the command for each environment" in refused.err
