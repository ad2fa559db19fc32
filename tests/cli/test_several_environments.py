"""One command for several environments: a section, an exit code and a document each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynaops.cli.settings import command_of, hoist, split_environments
from dynaops.cli.several import worst_of
from dynaops.model.exits import Exit
from dynaops.sandbox import SandboxServer
from dynaops.specs.project_keys import KEYS
from tests.cli.running import Cli
from tests.conftest import FAST

ROOT = Path(__file__).parent.parent.parent
SPEC = "table_name: users-${var.stage}\nhash_key: id\nattributes: {id: S}\n"
FILE = """
region = "eu-west-1"

[environment.dev]
variables.stage = "dev"

[environment.prod]
variables.stage = "prod"
account = "222222222222"
role_arn = "arn:aws:iam::222222222222:role/deploy"

[environment.broken]
variables.stage = "broken"
account = "333333333333"
"""


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxServer]:
    with SandboxServer(speed=FAST) as server:
        yield server


@pytest.fixture
def cloud(here: Path, world: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> SandboxServer:
    (here / "specs").mkdir()
    (here / "specs" / "users.yaml").write_text(SPEC)
    (here / "dynaops.toml").write_text(FILE)
    monkeypatch.setenv("AWS_ENDPOINT_URL", world.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    return world


def test_each_has_its_section_and_exit_code(cli: Cli, cloud: SandboxServer) -> None:
    assert cli("-E", "dev", "apply", "--yes").code == 0
    ran = cli("plan", "-E", "dev", "-E", "broken", "--exit-code", "-Eprod")
    assert ran.code == Exit.FAILED
    dev, broken, prod = (ran.out.index(f"Environment {name}\n") for name in ("dev", "broken", "prod"))
    assert dev < broken < prod
    assert "users-prod" in ran.out[prod:]
    assert "is in account 333333333333" in ran.err
    assert ran.out.endswith(
        "  dev     exit 0  done\n  broken  exit 1  failed\n  prod    exit 2  changes\n"
    ), ran.out
    assert cli("plan", "-E", "dev", "-E", "prod", "--exit-code").code == Exit.CHANGES
    assert cli("plan", "-E", "dev", "-E", "dev", "--exit-code").code == 0
    assert cli("drift", "-E", "dev", "-E", "broken", "--exit-code").code == Exit.FAILED
    assert cli("-E", "dev", "destroy", "--yes").code == 0


def test_json_is_one_document(cli: Cli, cloud: SandboxServer) -> None:
    ran = cli("--json", "plan", "-E", "dev", "-E", "broken", "--exit-code")
    told = ran.json
    assert (ran.code, told["exit"], list(told["environments"])) == (1, 1, ["dev", "broken"])
    assert told["environments"]["dev"]["exit"] == 2
    assert told["environments"]["dev"]["result"]["changes"][0]["address"] == "users-dev"
    assert told["environments"]["broken"]["result"]["error"]["kind"] == "guard-error"


def test_validate_needs_no_credentials_in_any(
    cli: Cli, cloud: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    before = cloud.requests.count
    assert cli("validate", "-E", "dev", "-E", "prod", "-E", "broken").code == 0
    assert cloud.requests.count == before
    assert cli("validate", "-E", "dev", "-E", "nowhere").code == 1


def test_files_are_named_after_the_environment(cli: Cli, cloud: SandboxServer) -> None:
    assert cli("plan", "-E", "dev", "-E", "prod", "--out", "x.plan").code == Exit.USAGE
    assert cli("plan", "-E", "dev", "-E", "prod", "--markdown=x.md", "--exit-code").code == Exit.FAILED
    assert not list(Path().glob("x.*"))
    ran = cli("plan", "-E", "dev", "-E", "prod", "--out", "{environment}.plan", "--markdown={environment}.md")
    assert ran.code == 0, ran
    assert sorted(path.name for path in Path().glob("*.*[dn]")) == [
        "dev.md",
        "dev.plan",
        "prod.md",
        "prod.plan",
    ]


@pytest.mark.parametrize(
    "command", ["apply", "destroy", "state list", "config show", "load-data x y", "", "--bogus"]
)
def test_what_changes_something_is_run_in_one_environment(
    cli: Cli, cloud: SandboxServer, command: str
) -> None:
    before = cloud.requests.count
    ran = cli("-E", "dev", *command.split(), "-E", "prod")
    assert (ran.code, "takes one environment" in ran.err) == (Exit.USAGE, True), ran
    assert cloud.requests.count == before


@pytest.mark.parametrize(
    "command", ["plan --bogus", "plan --var", "plan --cost maybe", "validate --markdown {environment}.md"]
)
def test_a_wrong_command_line_is_told_once(cli: Cli, cloud: SandboxServer, command: str) -> None:
    ran = cli("-E", "dev", *command.split(), "-E", "prod")
    assert ran.code == Exit.USAGE, ran
    assert ran.err.count("error:") == 1
    assert "Environment prod" not in ran.out
    told = cli("-E", "dev", *command.split(), "-E", "prod", "--json")
    assert (told.code, told.json["error"]["kind"]) == (Exit.USAGE, "usage")


@pytest.mark.parametrize(
    ("codes", "worst"),
    [
        ([], 0),
        ([0, 0], 0),
        ([0, 3], 3),
        ([3, 2, 0], 2),
        ([2, 4], 4),
        ([4, 1, 2], 1),
        ([1, 130], 130),
        ([0, 77], 77),
        ([77, 3], 3),
    ],
)
def test_the_worst_exit_code_is_that_of_the_command(codes: list[int], worst: int) -> None:
    assert worst_of(codes) == worst


@pytest.mark.parametrize(
    ("given", "names", "rest"),
    [
        (["plan", "-E", "a", "-Eb", "--environment", "c", "--environment=d"], ["a", "b", "c", "d"], ["plan"]),
        (["-E", "a", "plan", "--", "-E", "b"], ["a"], ["plan", "--", "-E", "b"]),
        (["plan", "-E"], [], ["plan", "-E"]),
        (["output", "--env"], [], ["output", "--env"]),
        ([], [], []),
    ],
)
def test_environments_in_arguments(given: list[str], names: list[str], rest: list[str]) -> None:
    assert split_environments(given) == (names, rest)


def test_where_the_command_stands() -> None:
    assert command_of(["--region", "x", "--json", "plan", "--out", "y"]) == "plan"
    assert command_of(["--state=x", "--no-sandbox"]) is None
    assert hoist(["plan", "-Eprod", "x"]) == ["-Eprod", "plan", "x"]


def test_environments_without_a_state_have_one_each(cli: Cli, cloud: SandboxServer) -> None:
    assert cli("-E", "dev", "apply", "--yes").code == 0
    assert Path(".dynaops/dev/state.json").exists()
    assert cli("-E", "prod", "plan", "--exit-code").code == 2
    assert cli("-E", "dev", "destroy", "--yes").code == 0


def test_environments_of_two_accounts_keep_no_state_together(cli: Cli, cloud: SandboxServer) -> None:
    file = Path("dynaops.toml")
    file.write_text('state = "s3://acme/state.json"\n' + FILE)
    ran = cli("validate", "-E", "dev")
    assert (ran.code, "broken keeps the same state as prod" in ran.err) == (1, True), ran
    file.write_text('state = "s3://acme/state.json"\n' + FILE + 'workspace = "broken"\n')
    assert cli("validate", "-E", "dev").code == 0


def test_the_workspace_of_an_environment_is_made_with_its_first_state(cli: Cli, cloud: SandboxServer) -> None:
    file = Path("dynaops.toml")
    file.write_text(FILE.replace('stage = "dev"', 'stage = "dev"\nworkspace = "blue"'))
    assert cli("-E", "dev", "apply", "--yes").code == 0
    assert cli("-E", "dev", "plan", "--exit-code").code == 0
    assert Path(".dynaops/dev/workspaces/blue/state.json").exists()
    ran = cli("-E", "dev", "workspace", "select", "default")
    assert (ran.code, "workspace, dynaops.toml:6:1" in ran.err) == (1, True), ran
    assert cli("-E", "dev", "destroy", "--yes").code == 0


def test_every_key_has_its_line_in_the_docs() -> None:
    page = (ROOT / "docs" / "project.md").read_text(encoding="utf-8")
    rows = "".join(line for line in page.split("\n") if line.startswith("| `"))
    assert [key.name for key in KEYS if f"`{key.name}`" not in rows] == []


def test_a_bare_command_in_a_clone_works_on_the_sandbox(
    cli: Cli, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The examples of this repository are never deployed to AWS, whatever credentials there are."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    shutil.copytree(ROOT / "specs", here / "specs")
    shutil.copy(ROOT / "dynaops.toml", here)
    assert cli("validate", "--strict").code == 0
    try:
        ran = cli("plan", "--exit-code")
        assert (ran.code, "works on the sandbox, not on AWS" in ran.err) == (2, True), ran
        assert "account 123456789012" in ran.out
    finally:
        cli("sandbox", "stop")
