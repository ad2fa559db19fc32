"""The project file at work: its settings in every command, and the guards of its environments."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from dynaops.cli.app import app
from dynaops.cli.effects import EFFECTS, CommandEffect
from dynaops.sandbox import SandboxServer
from dynaops.sandbox.faults import FaultRule
from tests.cli.running import Cli
from tests.conftest import FAST

SPEC = "table_name: {name}-${{var.stage}}\nhash_key: id\nattributes: {{id: S}}\n"
FILE = """
specs = ["specs/**"]
region = "eu-west-1"
variables = { stage = "dev" }

[environment.dev]
state = ".dynaops/dev.json"
account = "123456789012"

[environment.prod]
state = ".dynaops/prod.json"
variables.stage = "prod"
account = "222222222222"
role_arn = "arn:aws:iam::222222222222:role/deploy"
regions = ["eu-west-1", "eu-central-1"]
protected = true

[environment.wrong]
state = "s3://acme-state/wrong.json"
account = "333333333333"
"""


@pytest.fixture
def world() -> Iterator[SandboxServer]:
    with SandboxServer(speed=FAST) as server:
        yield server


@pytest.fixture
def project(here: Path) -> Path:
    (here / ".git").mkdir()
    (here / "specs" / "team").mkdir(parents=True)
    (here / "specs" / "users.yaml").write_text(SPEC.format(name="users"))
    (here / "specs" / "team" / "orders.yaml").write_text(SPEC.format(name="orders"))
    (here / "dynaops.toml").write_text(FILE)
    return here


@pytest.fixture
def cloud(project: Path, world: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> SandboxServer:
    monkeypatch.setenv("AWS_ENDPOINT_URL", world.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    return world


def commands() -> Iterator[str]:
    root: Any = typer.main.get_command(app)
    context = typer.Context(root, info_name="dynaops")
    for name in root.list_commands(context):
        below = getattr(root.get_command(context, name), "commands", {})
        yield from (f"{name} {child}" for child in below) if below else (name,)


def test_it_is_said_of_every_command_what_it_may_change() -> None:
    assert set(EFFECTS) == set(commands())


ARGUMENTS = {
    "import": ("x",),
    "grant": ("x", "f"),
    "state rm": ("x",),
    "state mv": ("x", "y"),
    "state push": ("x",),
    "state restore": ("1",),
    "workspace new": ("x",),
    "workspace delete": ("x",),
    "load-data": ("x", "f.json"),
    "backup create": ("x",),
    "backup delete": ("x",),
    "backup prune": ("x", "--keep", "1"),
    "backup restore": ("x", "y"),
    "backup verify": ("x",),
}
CHANGING = [command for command, effect in EFFECTS.items() if effect is CommandEffect.CHANGES]
CHANGING_DATA = [command for command, effect in EFFECTS.items() if effect is CommandEffect.DATA]


@pytest.mark.parametrize("command", ["apply", "init --migrate", *CHANGING])
def test_a_protected_environment_is_changed_by_saved_plans_alone(
    cli: Cli, project: Path, command: str
) -> None:
    """Nothing is sent: there is no server, and no credentials."""
    ran = cli(*command.split(), *ARGUMENTS.get(command, ()), "-E", "prod")
    assert ran.code == 1
    assert "The environment prod is protected (dynaops.toml:16:1)" in ran.err
    assert "plan --out FILE" in ran.err
    assert not (project / ".dynaops").exists()


@pytest.mark.parametrize("command", ["apply", "init --migrate", *CHANGING, *CHANGING_DATA])
def test_where_there_are_environments_one_is_chosen_before_anything_is_changed(
    cli: Cli, project: Path, command: str
) -> None:
    ran = cli(*command.split(), *ARGUMENTS.get(command, ()))
    assert (ran.code, "none is chosen" in ran.err) == (1, True), ran
    assert "dev, prod, wrong" in ran.err


def test_a_top_level_with_a_state_of_its_own_is_as_good_as_an_environment(
    cli: Cli, cloud: SandboxServer
) -> None:
    file = Path("dynaops.toml")
    file.write_text('state = ".dynaops/base.json"\n' + FILE.replace('"dev"', '"base"'))
    assert cli("apply", "--yes").code == 0
    assert cli("plan", "--exit-code").code == 0
    assert Path(".dynaops/base.json").exists()
    file.write_text(FILE.replace('"dev"', '"base"'))
    assert cli("plan", "--exit-code", "--state", ".dynaops/base.json").code == 0
    assert cli("destroy", "--yes", "--state", ".dynaops/base.json").code == 0


def test_each_environment_has_its_account_state_and_variables(cli: Cli, cloud: SandboxServer) -> None:
    assert cli("-E", "dev", "apply", "--yes").code == 0
    planned = cli("-E", "prod", "plan", "--out", "prod.plan", "--json")
    assert planned.code == 0
    applied = cli("apply", "prod.plan", "--yes", "--digest", planned.json["digest"])
    assert applied.code == 0, applied
    for name, stage, account in (("dev", "dev", "123456789012"), ("prod", "prod", "222222222222")):
        assert cli("-E", name, "plan", "--exit-code").code == 0
        arn = cli("-E", name, "output", f"users-{stage}", "table_arn").out.strip()
        assert arn == f"arn:aws:dynamodb:eu-west-1:{account}:table/users-{stage}"
    assert sorted(path.name for path in Path(".dynaops").glob("*.json")) == ["dev.json", "prod.json"]


def test_a_saved_plan_brings_its_environment_along(
    cli: Cli, cloud: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = cli("-E", "prod", "plan", "--out", "prod.plan", "--json")
    digest = ("--digest", planned.json["digest"])
    ran = cli("-E", "dev", "apply", "prod.plan", "--yes", *digest)
    assert (ran.code, "made for the environment prod, and dev is chosen" in ran.err) == (1, True)
    monkeypatch.setenv("DYNAOPS_ENVIRONMENT", "dev")
    assert cli("apply", "prod.plan", "--yes", *digest).code == 1
    assert cli("-E", "prod", "apply", "prod.plan", "--yes").code == 1
    assert cli("-E", "prod", "apply", "prod.plan", "--yes", *digest).code == 0


def test_another_account_is_refused_before_anything_is_read(cli: Cli, cloud: SandboxServer) -> None:
    before = cloud.requests.count
    for arguments in (("plan",), ("apply", "--yes"), ("drift",), ("state", "list"), ("destroy", "--yes")):
        ran = cli("-E", "wrong", *arguments)
        assert (ran.code, "is in account 333333333333 (account, dynaops.toml:20:1)" in ran.err) == (
            1,
            True,
        ), ran
    # The process asks once; each command of a shell would.
    assert [request.operation for request in cloud.requests.since(before)] == ["GetCallerIdentity"]


def test_a_role_that_cannot_be_assumed_is_told(cli: Cli, cloud: SandboxServer) -> None:
    cloud.faults.add(
        FaultRule("error", service="sts", operation="AssumeRole", code="AccessDenied", status=403)
    )
    ran = cli("-E", "prod", "plan")
    cloud.faults.clear()
    assert ran.code == 1
    assert (
        "the role arn:aws:iam::222222222222:role/deploy cannot be assumed (role_arn, dynaops.toml:14:1)"
        in ran.err
    )


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        ("region: us-east-1\n", "specs/x.yaml:4:9"),
        (
            "replicas: [{region: eu-central-1}, {region: us-west-2}]\n",
            "specs/x.yaml:4:45",
        ),
    ],
)
def test_specs_outside_of_the_regions_are_told_offline(
    cli: Cli, project: Path, spec: str, place: str
) -> None:
    (project / "specs" / "x.yaml").write_text(SPEC.format(name="x") + spec)
    ran = cli("-E", "prod", "validate")
    assert (ran.code, place in ran.out, "SPEC041" in ran.out) == (1, True, True), ran.out
    assert cli("-E", "dev", "validate").code == 0


def test_calls_outside_of_the_regions_are_not_sent(cli: Cli, cloud: SandboxServer) -> None:
    before = cloud.requests.count
    ran = cli("-E", "prod", "--region", "us-east-1", "backup", "list")
    assert (ran.code, "was not sent" in ran.err) == (1, True), ran
    assert {request.service for request in cloud.requests.since(before)} <= {"sts"}


def test_below_the_projects_folder_all_is_as_in_it(
    cli: Cli, cloud: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("-E", "dev", "apply", "--yes").code == 0
    monkeypatch.chdir("specs/team")
    assert cli("-E", "dev", "plan", "--exit-code").code == 0
    assert cli("-E", "dev", "plan", "orders.yaml", "--exit-code").code == 0
    Path("orders.yaml").rename("../old.yaml.txt")
    gone = cli("-E", "dev", "plan", "--json").json
    assert [change["address"] for change in gone["changes"] if change["action"] == "delete"][:1] == [
        "orders-dev"
    ]
    Path("../old.yaml.txt").rename("orders.yaml")


def test_a_state_of_a_folder_below_is_not_forgotten_in_silence(
    cli: Cli, cloud: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("dynaops.toml").write_text('variables = { stage = "x" }\n')
    Path("specs/.dynaops").mkdir()
    Path("specs/.dynaops/state.json").write_text("{}")
    monkeypatch.chdir("specs")
    ran = cli("plan")
    assert (ran.code, "There is a state at .dynaops/state.json in this folder" in ran.err) == (1, True), ran


def test_a_state_that_the_file_names_is_not_kept_through_a_link(
    cli: Cli, cloud: SandboxServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    Path(".dynaops").symlink_to(outside)
    ran = cli("-E", "dev", "apply", "--yes")
    assert (ran.code, "no state is kept there (state, dynaops.toml:7:1)" in ran.err) == (1, True), ran
    assert list(outside.iterdir()) == []


def test_the_files_region_is_only_for_what_has_none(cli: Cli, cloud: SandboxServer) -> None:
    Path("specs/team/orders.yaml").write_text(SPEC.format(name="orders") + "region: us-east-1\n")
    assert cli("-E", "dev", "apply", "--yes").code == 0
    Path("rows.jsonl").write_text('{"id": "1"}\n')
    loaded = cli("-E", "dev", "load-data", "orders-dev", "rows.jsonl", "--json")
    assert (loaded.code, "us-east-1" in loaded.out + loaded.err) == (0, True), loaded
    assert cli("-E", "dev", "destroy", "--yes").code == 0


def test_rows_are_loaded_as_the_role(cli: Cli, cloud: SandboxServer) -> None:
    assert cli("-E", "prod", "plan", "--out", "prod.plan", "--json").code == 0
    digest = hashlib.sha256(Path("prod.plan").read_bytes()).hexdigest()
    assert cli("apply", "prod.plan", "--yes", "--digest", digest).code == 0
    Path("rows.jsonl").write_text('{"id": "1"}\n')
    assert cli("-E", "prod", "load-data", "users-prod", "rows.jsonl").code == 0
    assert cli("-E", "dev", "load-data", "users-prod", "rows.jsonl").code == 1


def test_with_no_environment_what_is_read_is_the_top_level_and_that_is_said(cli: Cli, project: Path) -> None:
    assert "-E NAME chooses one of dev, prod, wrong" in cli("validate").err
    assert "-E NAME" not in cli("validate", "-E", "dev").err
    assert "-E NAME" not in cli("validate", "--state", "x.json").err


def test_subfolders_that_a_named_folder_leaves_out_are_told(cli: Cli, project: Path) -> None:
    Path("dynaops.toml").write_text('variables = { stage = "x" }\n')
    ran = cli("validate", "specs")
    assert "The specs in specs/team are not read" in ran.err
    assert "1 table" in ran.out
    ran = cli("validate", "specs", "--recursive")
    assert "not read" not in ran.err
    assert "2 tables" in ran.out


def test_house_rules_of_the_project_cannot_be_left_out(cli: Cli, project: Path) -> None:
    for name in ("a", "b"):
        (project / f"{name}.yaml").write_text(f"require_tags: [{name}]\n")
    (project / "dynaops.toml").write_text('policies = ["a.yaml"]\n' + FILE)
    ran = cli("-E", "dev", "validate", "--policy", "b.yaml")
    assert ran.code == 1, ran


PRECEDENCE: list[tuple[tuple[str, ...], dict[str, str], tuple[str, str]]] = [
    ((), {}, ("eu-west-1", "dynaops.toml:3:1")),
    ((), {"AWS_DEFAULT_REGION": "eu-west-2"}, ("eu-west-2", "AWS_DEFAULT_REGION")),
    ((), {"AWS_DEFAULT_REGION": "eu-west-2", "AWS_REGION": "eu-west-3"}, ("eu-west-3", "AWS_REGION")),
    (("--region", "us-east-2"), {"AWS_REGION": "eu-west-3"}, ("us-east-2", "--region")),
]


@pytest.mark.parametrize(("options", "variables", "shown"), PRECEDENCE)
def test_a_flag_beats_a_variable_beats_the_file(
    cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch, options: Any, variables: Any, shown: Any
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    region = cli("config", "show", "--json", *options).json["settings"]["region"]
    assert (region["value"], region["origin"]) == shown


SHOWN = [
    (("-E", "prod"), {}, "state", ".dynaops/prod.json", "dynaops.toml:11:1"),
    (("-E", "prod"), {"DYNAOPS_STATE": "x.json"}, "state", "x.json", "DYNAOPS_STATE"),
    (("-E", "prod", "--state", "y.json"), {"DYNAOPS_STATE": "x.json"}, "state", "y.json", "--state"),
    ((), {}, "state", ".dynaops/state.json", "default"),
    ((), {"DYNAOPS_ENVIRONMENT": "prod"}, "environment", "prod", "DYNAOPS_ENVIRONMENT"),
    (("-E", "dev"), {"DYNAOPS_ENVIRONMENT": "prod"}, "environment", "dev", "--environment"),
    (("-E", "prod"), {}, "variables.stage", "prod", "dynaops.toml:12:11"),
    ((), {}, "variables.stage", "dev", "dynaops.toml:4:15"),
    ((), {"DYNAOPS_WORKSPACE": "blue"}, "workspace", "blue", "DYNAOPS_WORKSPACE"),
    ((), {}, "workspace", "default", "default"),
    ((), {"AWS_PROFILE": "me"}, "profile", "me", "AWS_PROFILE"),
    ((), {"AWS_ACCESS_KEY_ID": "x"}, "profile", None, "AWS_ACCESS_KEY_ID"),
    (("--sandbox",), {}, "sandbox", True, "--sandbox"),
    ((), {}, "parallelism", 4, "default"),
]


@pytest.mark.parametrize(("options", "variables", "name", "value", "origin"), SHOWN)
def test_where_each_setting_comes_from(
    cli: Cli,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: Any,
    variables: Any,
    name: str,
    value: object,
    origin: str,
) -> None:
    for variable, text in variables.items():
        monkeypatch.setenv(variable, text)
    assert cli("config", "show", "--json", *options).json["settings"][name] == {
        "value": value,
        "origin": origin,
    }
    assert f"{name} " in cli("config", "show", *options).out


def test_the_file_sends_commands_to_the_sandbox_unless_another_endpoint_is_named(
    cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "dynaops.toml").write_text("sandbox = true\n[environment.prod]\nsandbox = false\n")

    def sandbox(*options: str) -> tuple[bool, str]:
        setting = cli("config", "show", "--json", *options).json["settings"]["sandbox"]
        return setting["value"], setting["origin"]

    assert sandbox() == (True, "dynaops.toml:1:1")
    assert sandbox("-E", "prod") == (False, "dynaops.toml:3:1")
    assert sandbox("--no-sandbox") == (False, "--no-sandbox")
    assert sandbox("--endpoint-url", "http://127.0.0.1:1") == (False, "--endpoint-url")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert sandbox() == (False, "AWS_ENDPOINT_URL")


def test_all_that_is_wrong_with_the_file_is_told_by_config_check(cli: Cli, project: Path) -> None:
    assert cli("config", "check").out == "dynaops.toml is valid: dev, prod, wrong\n"
    (project / "dynaops.toml").write_text(
        'specs = ["gone/**", "specs"]\noverlays = ["x.yaml"]\n[environment.a]\n'
    )
    ran = cli("config", "check")
    assert (ran.code, ran.out.count("error: ")) == (1, 2), ran
    assert "dynaops.toml:1:1: error: specs: gone/**: no spec file fits the pattern" in ran.out
    (project / "dynaops.toml").write_text("regoin = 1\n[environment.a]\nprotected = 1\n")
    ran = cli("config", "check", "--json")
    assert (ran.code, len(ran.json["findings"]), ran.json["valid"]) == (1, 2, False)
    (project / "dynaops.toml").unlink()
    assert (cli("config", "check").code, "no dynaops.toml was found" in cli("config", "check").err) == (
        1,
        True,
    )


def test_commands_that_need_no_project_file_do_not_read_it(cli: Cli, project: Path) -> None:
    (project / "dynaops.toml").write_text("this is no TOML")
    assert cli("schema").code == cli("config", "schema").code == cli("--help").code == 0
    assert cli("plan").code == 1


@pytest.mark.parametrize("name", ["prd", "", "../x", "a\nb", "\x1b[2J", "x" * 100_000])
def test_an_unknown_environment(cli: Cli, project: Path, name: str) -> None:
    ran = cli("validate", "-E", name)
    assert ran.code == (0 if name == "" else 1)
    assert len(ran.err) < 300
    assert "\x1b" not in ran.err
