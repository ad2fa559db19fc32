"""What stands in the place of a spec, an overlay, a policy file or an items file, and where links may lead."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dynaops.engine.house_rules import load_rules
from dynaops.model.errors import SpecError
from dynaops.model.finding import Finding
from dynaops.specs.load import load
from tests.unusual_files import KINDS, make_unusual, no_hang

GOOD = "table_name: users\nhash_key: id\nattributes: {id: S}\n"
SECRET = "wJalrXUtnFEMI"
FILES = {kind: told for kind, told in KINDS.items() if kind != "folder"}
"""A folder in a spec's place is read: its files are specs."""


def refusals(*paths: Path, over: Path | None = None) -> tuple[Finding, ...]:
    with no_hang(), pytest.raises(SpecError) as caught:
        load(paths, (over,) if over else ())
    return caught.value.findings


@pytest.mark.parametrize("kind", FILES)
def test_a_spec_that_is_no_file(workdir: Path, kind: str) -> None:
    make_unusual(workdir / "spec.yaml", kind)
    (finding,) = refusals(Path("spec.yaml"))
    assert FILES[kind] in finding.message or "leads out of the project" in finding.message


@pytest.mark.parametrize("kind", FILES)
def test_a_spec_of_a_folder_that_is_no_file_is_told_and_not_left_out(workdir: Path, kind: str) -> None:
    """What is left out would be a table that no spec names any more."""
    (workdir / "specs").mkdir()
    (workdir / "specs" / "good.yaml").write_text(GOOD)
    make_unusual(workdir / "specs" / "spec.yaml", kind)
    (finding,) = refusals(Path("specs"))
    assert FILES[kind] in finding.message or "leads out of the project" in finding.message


@pytest.mark.parametrize("kind", FILES)
def test_an_overlay_that_is_no_file(workdir: Path, kind: str) -> None:
    (workdir / "good.yaml").write_text(GOOD)
    make_unusual(workdir / "over.yaml", kind)
    (finding,) = refusals(Path("good.yaml"), over=Path("over.yaml"))
    assert FILES[kind] in finding.message or "leads out of the project" in finding.message


@pytest.mark.parametrize("kind", KINDS)
def test_house_rules_that_are_no_file(workdir: Path, kind: str) -> None:
    make_unusual(workdir / "rules.yaml", kind)
    with no_hang(), pytest.raises(SpecError) as caught:
        load_rules(["rules.yaml"])
    (finding,) = caught.value.findings
    assert KINDS[kind] in finding.message or "leads out of the project" in finding.message


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("(" * 3000, "nested too deeply"),
        ("!" * 3000 + "a", "nested too deeply"),
        ("[" * 300 + "a" + "]" * 300, "nested too deeply"),
        ("a." * 100_000 + "a", "longer than 4,000 characters"),
        ("[@,@]|" * 40 + "to_string(@)", "multiply to too much"),
        ("{a: @, b: @}|" * 40 + "to_string(@)", "multiply to too much"),
    ],
)
def test_a_question_that_asks_for_too_much(workdir: Path, question: str, told: str) -> None:
    Path("rules.yaml").write_text(f'rules: [{{id: a, message: m, deny: "{question}"}}]')
    with no_hang(), pytest.raises(SpecError) as caught:
        load_rules(["rules.yaml"])
    (finding,) = caught.value.findings
    assert told in finding.message


@pytest.mark.parametrize("kind", KINDS)
def test_an_items_file_that_is_no_file(workdir: Path, kind: str) -> None:
    make_unusual(workdir / "items.json", kind)
    (workdir / "spec.yaml").write_text(GOOD + "items_file: items.json\n")
    (finding,) = refusals(Path("spec.yaml"))
    assert KINDS[kind] in finding.message or "outside of the project" in finding.message
    assert str(finding.place) == "spec.yaml:4:13"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("../../.aws/credentials", "is none of .json"),
        ("../../.aws/credentials.yaml", "outside of the project"),
        ("../../home/data.json", "outside of the project"),
        ("/proc/self/environ", "is none of .json"),
        ("/dev/stdin", "is none of .json"),
        ("https://example.com/items.json", "is an address"),
        ("s3://bucket/items.json", "is an address"),
        ("file:///etc/items.json", "is an address"),
        ("link.json", "outside of the project"),
        ("folder/data.json", "outside of the project"),
        ("environ.yaml", "outside of the project"),
        ("../.git/config.yaml", "is hidden"),
        ("../.config/tokens.json", "is hidden"),
        ("~/data.json", "does not exist"),
        ('"a\\0.json"', "is not a name"),
    ],
)
def test_an_items_file_reaches_for_nothing_of_the_machine(workdir: Path, name: str, told: str) -> None:
    """Run from the folder above the clone: what is below the working directory is not all the project's."""
    for path, text in {
        "home/data.json": f'[{{"id": "{SECRET}"}}]',
        ".aws/credentials": f"[default]\naws_secret_access_key = {SECRET}\n",
        ".aws/credentials.yaml": f"- id: {SECRET}\n  {SECRET}\n",
        "clone/.git/config.yaml": f"{SECRET}: [",
        "clone/.config/tokens.json": f'[{{"id": "{SECRET}"}}]',
        "clone/specs/spec.yaml": f"{GOOD}items_file: {name}\n",
    }.items():
        (workdir / path).parent.mkdir(parents=True, exist_ok=True)
        (workdir / path).write_text(text)
    specs = workdir / "clone" / "specs"
    (specs / "link.json").symlink_to("../../home/data.json")
    (specs / "folder").symlink_to("../../home")
    (specs / "environ.yaml").symlink_to("/proc/self/environ")
    (finding,) = refusals(Path("clone/specs/spec.yaml"))
    assert told in finding.message
    assert SECRET not in finding.model_dump_json()
    assert str(finding.place).startswith("clone/specs/spec.yaml:4:")


@pytest.mark.parametrize("name", ["items.json", "../data/items.json", "sub/../items.json", "linked.json"])
def test_an_items_file_of_the_project(workdir: Path, name: str) -> None:
    for folder in (".git", "specs/sub", "data"):
        (workdir / folder).mkdir(parents=True)
    for folder in ("specs", "data"):
        (workdir / folder / "items.json").write_text('[{"id": "a"}]')
    (workdir / "specs" / "linked.json").symlink_to("../data/items.json")
    (workdir / "specs" / "spec.yaml").write_text(f"{GOOD}items_file: {name}\n")
    os.chdir(workdir / "data")
    (document,) = load(["../specs/spec.yaml"])
    assert [row.item for row in document.spec.file_items] == [{"id": "a"}]


def test_an_items_file_in_a_hidden_folder_that_the_spec_is_in_too(workdir: Path) -> None:
    """As a ConfigMap is mounted: links to a hidden folder beside them."""
    (workdir / "..2026").mkdir()
    (workdir / "..2026" / "spec.yaml").write_text(GOOD + "items_file: items.json\n")
    (workdir / "..2026" / "items.json").write_text('[{"id": "a"}]')
    (workdir / "..data").symlink_to("..2026")
    for name in ("spec.yaml", "items.json"):
        (workdir / name).symlink_to(f"..data/{name}")
    (document,) = load(["spec.yaml"])
    assert [row.item for row in document.spec.file_items] == [{"id": "a"}]


@pytest.mark.parametrize("target", ["../secret.yaml", "/proc/self/environ", "/dev/stdin"])
@pytest.mark.parametrize("named", [False, True])
def test_a_spec_that_is_a_link_out_of_the_project_is_not_read(
    workdir: Path, target: str, named: bool
) -> None:
    (workdir / "clone" / ".git").mkdir(parents=True)
    (workdir / "secret.yaml").write_text(f"aws_{SECRET}: {SECRET}\n")
    (workdir / "clone" / "spec.yaml").symlink_to(target)
    (finding,) = refusals(workdir / "clone" / ("spec.yaml" if named else ""))
    assert "leads out of the project by a link" in finding.message
    assert SECRET not in finding.model_dump_json()
