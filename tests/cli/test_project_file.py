"""The project's own settings: where they are looked for, and what they cannot say."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaops.model import project
from dynaops.specs.project_file import ProjectFileError, find
from tests.cli.running import Cli
from tests.unusual_files import KINDS, make_unusual, no_hang

GOOD = "table_name: users\nhash_key: id\nattributes: {id: S}\n"
SECRET = "wJalrXUtnFEMI/K7MDENG"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dynaops.toml", 'env_prefixes = ["SHOP_", "TEAM_"]\n'),
        ("pyproject.toml", '[project]\nname = "x"\n[tool.dynaops]\nenv_prefixes = ["SHOP_", "TEAM_"]\n'),
    ],
)
def test_it_is_found_upwards(here: Path, name: str, text: str) -> None:
    (here / ".git").mkdir()
    (here / "a" / "b").mkdir(parents=True)
    (here / "a" / "pyproject.toml").write_text('[tool.other]\nendpoint_url = "x"\n')
    (here / name).write_text(text)
    found = find(here / "a" / "b")
    assert found
    assert (found.path, found.project(None).env_prefixes) == (here / name, ("SHOP_", "TEAM_"))


def test_none_is_needed(here: Path) -> None:
    (here / ".git").mkdir()
    assert find() is None


def test_it_is_not_looked_for_above_the_repository(here: Path) -> None:
    (here / "dynaops.toml").write_text('env_prefixes = ["SHOP_"]\n')
    (here / "clone" / ".git").mkdir(parents=True)
    assert find(here / "clone") is None


@pytest.mark.parametrize("theirs", ["folder", "file"])
def test_what_belongs_to_another_user_is_not_read(
    here: Path, theirs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "a").mkdir()
    (here / "dynaops.toml").write_text('env_prefixes = ["SHOP_"]\n')
    (here / ".git").mkdir()
    foreign = here if theirs == "folder" else here / "dynaops.toml"
    monkeypatch.setattr(project, "is_own", lambda path: path != foreign)
    assert find(here / "a") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('endpoint_url = "https://evil.example"', "names no endpoint"),
        ('endpoint-url = "x"', "names no endpoint"),
        ('dynamodb_endpoint = "x"', "names no endpoint"),
        ('url = "x"', "names no endpoint"),
        ('https_proxy = "x"', "names no endpoint"),
        ('ca_bundle = "x"', "names no endpoint"),
        ("[endpoints]\ndynamodb = 'x'", "names no endpoint"),
        ('credential_process = "x"', "names no hook and no program"),
        ('pre_apply_hook = "x"', "names no hook and no program"),
        ("[hooks]\nbefore = 'x'", "names no hook and no program"),
        ('command = ["x"]', "names no hook and no program"),
        ('plugins = ["x"]', "names no hook and no program"),
        ('editor = "vim"', "names no hook and no program"),
        ('env_prefix = ["SHOP_"]', "Did you mean env_prefixes?"),
        ('env_prefixes = "SHOP_"', "must be a list of strings"),
        ("env_prefixes = [1]", "must be a list of strings"),
        ('env_prefixes = ["AWS_"]', "names that look like those of secrets"),
        ('env_prefixes = [""]', "is no prefix"),
        ("env_prefixes = [", "this is not valid TOML"),
        ("a = " + "[\n" * 100_000, "this is not valid TOML"),
    ],
)
def test_what_it_cannot_say(cli: Cli, here: Path, text: str, told: str) -> None:
    (here / "dynaops.toml").write_text(f"# of the shop\n{text}\n")
    (here / "spec.yaml").write_text(GOOD)
    ran = cli("validate", "spec.yaml")
    assert (ran.code, told in " ".join((ran.out + ran.err).split())) == (1, True), ran
    assert "dynaops.toml:2:" in ran.out + ran.err or "not valid TOML" in told


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_in_its_place(here: Path, kind: str) -> None:
    (here / ".git").mkdir()
    make_unusual(here / "dynaops.toml", kind)
    if kind == "broken link":
        assert find() is None
        return
    with no_hang(), pytest.raises(ProjectFileError) as caught:
        find()
    (finding,) = caught.value.findings
    assert KINDS[kind] in finding.message or "leads out of the project" in finding.message


def test_specs_and_overlays_read_what_the_project_opens(
    cli: Cli, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_STAGE", "blue")
    monkeypatch.setenv("SHOP_TOKEN", SECRET)
    (here / "spec.yaml").write_text(GOOD + "tags: {a: '${env.SHOP_STAGE}'}\n")
    refused = cli("validate", "spec.yaml")
    assert (refused.code, "spec.yaml:4:11" in refused.out) == (1, True), refused
    assert "--env-var SHOP_STAGE" in refused.out
    (here / "dynaops.toml").write_text('env_prefixes = ["SHOP_"]\n')
    assert cli("validate", "spec.yaml").code == 0
    (here / "over.yaml").write_text("tags: {b: '${env.SHOP_TOKEN}'}\n")
    refused = cli("--json", "validate", "spec.yaml", "-f", "over.yaml")
    assert refused.code == 1
    assert SECRET not in refused.out + refused.err
    assert cli("validate", "spec.yaml", "-f", "over.yaml", "--env-var", "SHOP_TOKEN").code == 0


def test_values_of_variables_are_not_looked_at_for_variables(
    cli: Cli, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNAOPS_VAR_A", SECRET)
    (here / "spec.yaml").write_text(GOOD + "nope: '${var.a}'\n")
    (here / "vars.yaml").write_text("a: '${env.DYNAOPS_VAR_A}'\n")
    ran = cli("validate", "spec.yaml", "--var-file", "vars.yaml")
    assert SECRET not in ran.out + ran.err
