"""What a project file says for its environments, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynaops.model.errors import DynaopsError
from dynaops.specs import project_file
from dynaops.specs.project import Project
from dynaops.specs.project_file import ProjectFile, ProjectFileError, find
from dynaops.specs.project_keys import KEYS

WHOLE = """
specs = ["specs/**", "teams/*/tables.yaml"]
state = ".dynaops/dev.json"
region = "eu-west-1"
default_tags = { owner = "payments", stage = "none" }
variables = { stage = "dev", sizes = [1, 2] }
defaults = { encryption = { enabled = true }, tags = { a = "1" } }

[environment.dev]

[environment.prod]
account = "111122223333"
regions = ["eu-west-1"]
protected = true
role_arn = "arn:aws:iam::111122223333:role/ci/deploy"
external_id = "42"
session_name = "ci"
state = "s3://acme/prod.json"
specs = ["specs/**"]
default_tags.stage = "prod"
defaults.encryption.kms_key_arn = "alias/prod"
mark = false
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder: Path, text: str, name: str = "dynaops.toml") -> ProjectFile:
    (folder / name).write_text(text, encoding="utf-8")
    found = find(folder)
    assert found is not None
    return found


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(ProjectFileError) as caught:
        written(folder, text)
    return [f"{one.place}: {one.message}" for one in caught.value.findings]


def test_an_environment_is_merged_over_the_top_level(here: Path) -> None:
    file = written(here, WHOLE)
    base, prod = file.project(None), file.project("prod")
    assert base.environments == ("dev", "prod")
    assert (base.account, base.protected, base.regions, base.mark) == (None, False, None, "dynaops:state")
    assert prod.specs == ("specs/**",)
    assert prod.default_tags == {"owner": "payments", "stage": "prod"}
    assert prod.variables == {"stage": "dev", "sizes": [1, 2]}
    assert prod.defaults == {
        "encryption": {"enabled": True, "kms_key_arn": "alias/prod"},
        "tags": {"a": "1"},
    }
    assert (prod.state, prod.region, prod.mark) == ("s3://acme/prod.json", "eu-west-1", False)
    assert (prod.account, prod.regions, prod.protected) == ("111122223333", ("eu-west-1",), True)
    assert file.project("dev").default_tags == base.default_tags


def test_it_says_where_each_key_is_written(here: Path) -> None:
    origins = written(here, WHOLE).project("prod").origins
    assert str(origins["account"]) == "dynaops.toml:12:1"
    assert str(origins["default_tags.owner"]) == "dynaops.toml:5:18"
    assert str(origins["default_tags.stage"]) == "dynaops.toml:20:14"
    assert str(origins["region"]) == "dynaops.toml:4:1"


def test_paths_lead_from_the_working_directory(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(here, WHOLE)
    (here / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(here / "a" / "b")
    assert file.project("dev").specs == ("../../specs/**", "../../teams/*/tables.yaml")
    assert file.project("dev").state == "../../.dynaops/dev.json"
    assert file.project("prod").state == "s3://acme/prod.json"
    assert file.project("prod").folder == here


def test_of_pyproject_the_places_are_those_of_the_file(here: Path) -> None:
    text = '[project]\nname = "x"\n[[tool.x]]\n[[tool.x]]\n[tool.dynaops.environment.prod]\nacount = "1"\n'
    (here / "pyproject.toml").write_text(text)
    with pytest.raises(ProjectFileError) as caught:
        find(here)
    (finding,) = caught.value.findings
    assert (str(finding.place), finding.hint) == ("pyproject.toml:6:1", "Did you mean account?")
    assert finding.excerpt == 'acount = "1"\n^'


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("prd", "Did you mean prod?"),
        ("x" * 10_000, "Environments there are: dev, prod."),
        ("a\x00\x1b", None),
    ],
)
def test_an_environment_that_is_not_there(here: Path, name: str, hint: str | None) -> None:
    with pytest.raises(DynaopsError) as caught:
        written(here, WHOLE).project(name)
    assert len(caught.value.message) < 200
    assert hint is None or caught.value.hint == hint


def test_every_key_is_a_field_and_takes_its_example(here: Path) -> None:
    lines = [f"{key.name} = {key.example}" for key in KEYS]
    file = written(here, "\n".join(["[environment.e]", *lines]))
    assert set(file.environments["e"]) == {key.name for key in KEYS} <= set(vars(Project()))
    file.project("e")


WRONG = [
    ("spec = []", "1:1: unknown key spec"),
    ("x.y = 1\nz = 2", "1:1: unknown key x"),
    ('specs = "specs"', '1:9: specs: must be a list of strings, not "specs"'),
    ('specs = ["a",\n  5]', "2:3: specs: must be a list of strings, and the number 5 is none"),
    ('specs = ["a", "a"]', '1:15: specs: "a" stands twice'),
    ('specs = [""]', "1:10: specs: must name a file or folder, and is empty"),
    ('specs = ["../x/**"]', "1:10: specs: ../x/** leads out of the project"),
    ('specs = ["a/../../x"]', "1:10: specs: a/../../x leads out of the project"),
    ('specs = ["/etc/*.yaml"]', "1:10: specs: /etc/*.yaml leads out of the project"),
    ('specs = ["~/x"]', "1:10: specs: ~/x leads out of the project"),
    ('specs = ["a\\u0000"]', "1:10: specs: a string with a NUL character"),
    ('overlays = ["s3://b/k"]', "1:13: overlays: `s3://` is unknown"),
    ('variable_files = ["/etc/passwd"]', "1:19: variable_files: /etc/passwd leads out of the project"),
    ('policies = ["/dev/zero"]', "1:13: policies: /dev/zero leads out of the project"),
    ('state = "../state.json"', "1:9: state: ../state.json leads out of the project"),
    ('state = "https://x"', "1:9: state: `https://` is unknown"),
    ("state = true", "1:9: state: must be a string, not true"),
    ('region = "eu-west"', '1:10: region: must be an AWS region, such as eu-central-1, not "eu-west"'),
    ('workspace = "../x"', "1:13: workspace: must be up to 63 of"),
    ("parallelism = 0", "1:15: parallelism: must be from 1 to 64, not the number 0"),
    ("parallelism = true", "1:15: parallelism: must be a whole number, not true"),
    ("parallelism = " + "9" * 4000, "1:15: parallelism: must be from 1 to 64, not a huge number"),
    ("parallelism = " + "9" * 5000, "1:1: this is not valid TOML"),
    ('prices = "life"', "1:10: prices: must be one of packaged, live, off"),
    ("mark = true", "1:8: mark: must be a string, or false, not true"),
    ('mark = "AWS:x"', "1:8: mark: must be a tag's key"),
    ("default_tags = {a = 1}", "1:21: default_tags.a: must be a string, not the number 1"),
    ('default_tags = {"aws:a" = ""}', '1:27: default_tags: "aws:a" must be a tag\'s key'),
    ("variables = {a = 1979-05-27}", "1:18: variables: a date cannot stand in a spec"),
    ("variables = {a = [inf]}", "1:19: variables: the number inf cannot stand in a spec"),
    ('notify = ["x"]', "1:11: notify: must be the ARN of an SNS topic"),
    ('account = "111122223333"', "1:1: account: a guard of one environment"),
    ("[environment.e]\naccount = 111122223333", "2:11: account: must be a string"),
    ('[environment.e]\naccount = "1"', "2:11: account: must be an account's number"),
    ('[environment.e]\nregions = ["moon"]', "2:12: regions: must be an AWS region"),
    ('[environment.e]\nrole_arn = "deploy"', "2:12: role_arn: must be the ARN of an IAM role"),
    ('[environment.e]\nexternal_id = "42"', "2:1: external_id: says how a role is assumed"),
    ('[environment.e]\nprotected = "true"', '2:13: protected: must be true or false, not "true"'),
    ('[environment.e]\nenvironment = "x"', "2:1: unknown key environment"),
    ('environment = "prod"', "1:15: environment: must be a table of environments"),
    ("environment.prod = 1", "1:20: environment.prod: must be a table"),
    ("[[environment.prod]]", "1:15: environment.prod: must be a table"),
    ('[environment.".."]', "1:14: an environment cannot be called '..'"),
    ('[environment."a b\\n"]', "1:14: an environment cannot be called 'a b\\n'"),
    ("a = 1\na = 2", "2:6: this is not valid TOML: Cannot overwrite a value"),
    ("[a]\n[a]", "2:3: this is not valid TOML"),
    ("a = \x00", "1:5: this is not valid TOML"),
    ("a = [1,", "1:8: this is not valid TOML"),
    ("a" + ".a" * 9000, "1:1: the line has more than 16,384 characters"),
]


@pytest.mark.parametrize(("text", "told"), WRONG)
def test_what_is_wrong_is_told_with_its_place(here: Path, text: str, told: str) -> None:
    (found,) = faults(here, text) if "z =" not in text else faults(here, text)[:1]
    assert found.startswith(f"dynaops.toml:{told}")
    assert len(found) < 300


def test_all_faults_are_told_at_once(here: Path) -> None:
    assert len(faults(here, "spec = 1\nregion = 2\n[environment.a]\nx = 1\n[environment.b]\nx = 1\n")) == 4


@pytest.mark.parametrize(
    "line", ["key{} = 1", "specs.k{} = 1", "[environment.e{}]\nspec = 1", "[environment.'{} ']"]
)
def test_of_very_many_faults_the_first_are_told(
    here: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    looked_up: list[str] = []

    def close(word: str, *_: object) -> list[str]:
        looked_up.append(word)
        return []

    monkeypatch.setattr(project_file, "get_close_matches", close)
    found = faults(here, "\n".join(line.format(number) for number in range(5_000)))
    assert len(found) <= 101
    assert len(looked_up) <= 101


def test_the_line_is_shown_with_a_caret(here: Path) -> None:
    with pytest.raises(ProjectFileError) as caught:
        written(here, f"\tregion = 5 # {'x' * 300}\n{' ' * 200}spec{'s' * 300} = 1\n")
    first, second = (one.excerpt or "" for one in caught.value.findings)
    assert first.splitlines()[1] == " " * 10 + "^"
    assert all(len(line) <= 100 for line in f"{first}\n{second}".splitlines())
    line, caret = second.splitlines()
    assert line[caret.index("^") :].startswith("spec")


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(WHOLE)), st.integers(0, 6), st.text("[]{}\"'=.#,\\\n\x00é ", max_size=3)
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_is_a_project_or_is_told(here: Path, edits: list[tuple[int, int, str]]) -> None:
    text = WHOLE
    for at, length, put in edits:
        text = text[:at] + put + text[at + length :]
    (here / "dynaops.toml").write_text(text, encoding="utf-8")
    lines = text.split("\n")
    try:
        file = find(here)
        assert file is not None
        for name in (None, *file.environments):
            file.project(name)
    except ProjectFileError as error:
        assert error.findings
        for finding in error.findings:
            assert finding.place is not None
            assert 1 <= finding.place.line <= len(lines)
            assert 1 <= finding.place.column <= len(lines[finding.place.line - 1]) + 1
