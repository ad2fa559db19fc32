"""Hostile inputs of every format end in words, within the bounds of the conversion's budget."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from dynaops.convert import budget as budgets
from dynaops.convert import texts
from dynaops.convert.budget import Budget, Limits, TooLarge
from dynaops.convert.cloudformation import template as template_reader
from dynaops.convert.formats import Options
from dynaops.convert.run import convert
from dynaops.convert.terraform import hcl
from dynaops.model.errors import DynaopsError, SpecError
from tests.convert.converted import INPUTS, REGION
from tests.convert.hostile import ALL, LARGE, TERRAFORM, table
from tests.convert.hostile.cloudformation import nested, template
from tests.unusual_files import KINDS, make_unusual, no_hang

MAX_ANSWER = 4 * 1024 * 1024
"""Characters of all that a conversion answers: specs, notes, findings."""


def answered(paths: list[str], budget: Budget | None = None) -> tuple[str, str]:
    """What a conversion of files says, and its specs. An exception that is not in words is let through."""
    try:
        made = convert(paths, None, Options({}, REGION), budget)
    except SpecError as error:
        return "\n".join(f"{finding.place}: {finding.message}" for finding in error.findings), ""
    except DynaopsError as error:
        return f"{error.message}\n{error.hint}", ""
    said = [f"{note.where.place}: {note.where.what}: {note.why}" for note in made.notes]
    said += [f"{one.source}: {finding.message}" for one in made.specs for finding in one.findings]
    good = [one.yaml for one in made.specs if not one.findings]
    return "\n".join([*said, *(["converted"] if good else [])]), "---\n".join(good)


@pytest.mark.parametrize("name", ALL)
def test_a_hostile_input_is_answered_in_words_within_the_bounds(tmp_path: Path, name: str) -> None:
    file, text, words = ALL[name]
    path = tmp_path / file
    path.write_text(text if isinstance(text, str) else text(), encoding="utf-8")
    budget = Budget()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Python's warnings are no words for users
        said, specs = answered([str(path)], budget)
    assert words in said, said[:2000]
    assert str(path) in said or words == "converted"
    if words == LARGE:
        assert re.search(rf"{re.escape(str(path))}:[1-9]\d*:[1-9]\d*: .*{LARGE}|{path!s}: .*{LARGE}", said)
    assert budget.steps <= budget.limits.all_steps
    assert budget.size <= budget.limits.all_size
    assert len(said) + len(specs) <= MAX_ANSWER


def test_there_are_more_than_a_hundred() -> None:
    assert len(ALL) > 140


def test_one_hostile_table_does_not_cost_the_others(tmp_path: Path) -> None:
    """What is over a bound is lost alone: the table beside it is converted."""
    good = table('"good"').replace('"t" {', '"good" {')
    for name in ("a string that doubles", "a list that doubles", "a billion tables", "a width"):
        (tmp_path / "t.tf").write_text(f"{TERRAFORM[name][1]}{good}")
        said, specs = answered([str(tmp_path / "t.tf")])
        assert LARGE in said
        assert "table_name: good" in specs


def test_a_name_that_was_asked_for_too_deep_is_still_known(tmp_path: Path) -> None:
    """The resource that asks is too deep already; the table that has the name is not."""
    source = json.loads(template(nested(lambda inner: {"Fn::Join": ["", [inner]]}, "abc", 2)))
    asks = json.loads(template("asks"))["Resources"]["T"]
    asks["Properties"]["TableClass"] = nested(lambda inner: {"Fn::Join": ["", [inner]]}, {"Ref": "T"}, 3)
    source["Resources"] = {"A": asks, **source["Resources"]}
    (tmp_path / "t.yaml").write_text(json.dumps(source))
    said, specs = answered([str(tmp_path / "t.yaml")], Budget(Limits(depth=12)))
    assert f"A.TableClass: {LARGE}" in said
    assert "table_name: abc" in specs and "table_name: asks" in specs


def test_a_source_cannot_add_keys_to_the_spec_in_its_comment(tmp_path: Path) -> None:
    (tmp_path / "t.tfstate").write_text(str(ALL["a name that ends a comment"][1]))
    _, specs = answered([str(tmp_path / "t.tfstate")])
    assert "region: evil" in specs.splitlines()[0]
    assert not [line for line in specs.splitlines() if line.startswith("region: evil")]


def test_large_but_honest_configurations_are_within_the_bounds(tmp_path: Path) -> None:
    """500 tables of one map, each looking up its settings there again and again."""
    entries = "\n".join(
        f't{i} = {{ hash = "id", class = "STANDARD", tags = {{ a = "b", c = "d", e = "f" }} }}'
        for i in range(500)
    )
    more = "for_each = local.tables\n table_class = local.tables[each.key].class\n tags = local.tables[each.key].tags"
    text = table('"x-${each.key}"', more, f"locals {{\n tables = {{\n{entries}\n}}\n}}\n")
    (tmp_path / "t.tf").write_text(text)
    budget = Budget()
    made = convert([str(tmp_path / "t.tf")], None, Options({}, REGION), budget)
    assert len(made.specs) == 500 and not made.lost
    assert budget.steps < budget.limits.all_steps / 4


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"Resources: \xff\xfe\n", "t.tf:1: the file is not UTF-8 text"),
        (b'a = 1\nb = "\xed\xa0\x80"\n', "t.tf:2: the file is not UTF-8 text"),
        (b'a = 1\nb = "\0"\n', "t.tf:2: the file has a NUL byte"),
        ("name = 1".encode("utf-16"), "not UTF-8"),
        (b"\xef\xbb\xbf\n\n", "there is no DynamoDB table"),
    ],
)
def test_bytes_that_are_no_text(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "t.tf").write_bytes(content)
    said, _ = answered([str(tmp_path / "t.tf")])
    assert words in said or "no variables of a DynamoDB" in said


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "folder"])
@pytest.mark.parametrize("within", [False, True])
def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path, kind: str, within: bool) -> None:
    """Named, or found in a folder (where a link is not followed to the outside)."""
    folder = tmp_path / "folder"
    folder.mkdir()
    make_unusual(folder / "t.tf", kind)
    with no_hang():
        said, _ = answered([str(folder if within else folder / "t.tf")])
    words = {
        "does not exist": "there is no such file",
        "is larger than": "are larger than",
        "is not UTF-8 text": "the file is not UTF-8 text",
    }
    expected = {words.get(KINDS[kind], KINDS[kind])}
    if within:
        expected.add("it is a link to outside of the folder")
    assert any(text in said for text in expected), said


def test_links(tmp_path: Path) -> None:
    """Loops and links into nothing are refused; a link to outside of the folder is told, and not followed."""
    project, secret = tmp_path / "project", tmp_path / "secret.tf"
    project.mkdir()
    secret.write_text("token abcdef\n")
    (project / "t.tf").write_text(table('"abc"'))
    (project / "secret.tf").symlink_to(secret)
    (project / ".#t.tf").symlink_to("nowhere")
    said, specs = answered([str(project)])
    assert "it is a link to outside of the folder" in said and "abcdef" not in said
    assert "table_name: abc" in specs
    (project / "self").symlink_to(project)
    (project / "loop.tf").symlink_to(project / "loop.tf")
    for path in (project, project / "loop.tf"):
        said, _ = answered([str(path)])
        assert "loop.tf cannot be read: Too many levels of symbolic links" in said
    said, _ = answered([str(project / "self" / "t.tf")])
    assert said == "converted"


@pytest.mark.parametrize("path", ["no-such.tf", "a\0b.tf", "x" * 5000, "no/such/folder/t.tf"])
def test_names_of_no_file(path: str) -> None:
    said, _ = answered([path])
    assert (
        "no such file" in said
        or "is not a name that a file can have" in said
        or "cannot be read" in said
        or "folder has no" in said
    )


def test_many_and_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        (tmp_path / f"{number}.tf").write_text(table(f'"abc{number}"').replace('"t" {', f'"t{number}" {{'))
    said, _ = answered([str(tmp_path)])
    assert said.endswith("converted") and LARGE not in said
    monkeypatch.setattr(texts, "MAX_FILES", 4)
    said, _ = answered([str(tmp_path)])
    assert "more than 4 files" in said
    monkeypatch.setattr(texts, "MAX_FILES", 10)
    monkeypatch.setattr(texts, "MAX_BYTES", 700)
    said, _ = answered([str(tmp_path)])
    assert "larger than" in said


def test_many_words_are_refused_before_a_tree_is_made_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hcl, "MAX_TOKENS", 400)
    (tmp_path / "t.tfvars").write_text("a = 1\n" * 1000)
    said, _ = answered([str(tmp_path / "t.tfvars")])
    assert "t.tfvars:101:" in said and LARGE in said
    monkeypatch.setattr(template_reader, "MAX_SIGNS", 99)
    (tmp_path / "t.yaml").write_text("Resources:\n" + "# a\n" * 100)
    said, _ = answered([str(tmp_path / "t.yaml")])
    assert LARGE in said


def test_the_budget_counts_and_refuses() -> None:
    budget = Budget(Limits(depth=2, steps=10, all_steps=25, value=100, size=150, all_size=220, instances=3))
    with (
        budget.nested(),
        budget.nested(),
        pytest.raises(TooLarge, match="nested more than 2 deep"),
        budget.nested(),
    ):
        pass
    for _ in range(2):
        with budget.unit():
            budget.step(10)
            with pytest.raises(TooLarge, match="more than 10 steps"):
                budget.step()
    with budget.unit(), pytest.raises(TooLarge):
        budget.step(6)
    assert budget.steps == 20
    with budget.unit():
        with pytest.raises(TooLarge, match="at most 100 characters"):
            budget.reserve(101)
        budget.reserve(100)
        with budget.unit(), pytest.raises(TooLarge, match="more than 150"):
            budget.reserve(51)
    with budget.unit():
        assert budget.text(["a" * 50, "b"]) == "a" * 50 + "b"
        with pytest.raises(TooLarge):
            budget.text("a" * 40 for _ in range(1_000_000_000))
    with pytest.raises(TooLarge, match="made 4 times, and at most 3"):
        budget.instances(4)
    assert budgets.TOO_LARGE == LARGE


@pytest.mark.parametrize(
    "name", ["a string that doubles", "a state nested 100,000 deep", "aliases that double"]
)
def test_at_the_command_line(tmp_path: Path, name: str) -> None:
    file, text, words = ALL[name]
    (tmp_path / file).write_text(text if isinstance(text, str) else text())
    command = [sys.executable, "-m", "dynaops", "convert", file]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 1
    assert (
        words in ended.stderr and "Traceback" not in ended.stderr and "fault in dynaops" not in ended.stderr
    )
    assert f"{file}:" in ended.stderr


def test_a_hostile_table_among_good_ones_at_the_command_line(tmp_path: Path) -> None:
    """The good one is written; with --strict, that something was left out is the exit code."""
    good = table('"good"').replace('"t" {', '"good" {')
    (tmp_path / "t.tf").write_text(f"{TERRAFORM['a billion tables'][1]}{good}")
    command = [sys.executable, "-m", "dynaops", "convert", "t.tf", "--out", "specs", "--strict"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 3
    assert LARGE in ended.stdout and "t.tf:2:1" in ended.stdout
    assert (tmp_path / "specs" / "good.yaml").exists()


@pytest.mark.parametrize(
    "file", ["terraform/module.tf", "terraform/resources.tf", "cloudformation/shop.yaml"]
)
def test_honest_inputs_use_little_of_the_budget(file: str) -> None:
    budget = Budget()
    assert convert([str(INPUTS / file)], None, Options({}, REGION), budget).specs
    assert 0 < budget.steps < budget.limits.steps / 20
    assert 0 < budget.size < budget.limits.size / 20
