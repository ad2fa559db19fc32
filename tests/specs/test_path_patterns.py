"""Patterns of spec files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynaops.model.errors import SpecError
from dynaops.specs import path_patterns
from dynaops.specs.load import load
from dynaops.specs.path_patterns import TooManyFiles, files_of, fits, is_pattern, unread_subfolders

SPEC = "table_name: {name}\nhash_key: id\nattributes: {{id: S}}\n"
FILES = (
    "a.yaml",
    "s/b.yaml",
    "s/c.yml",
    "s/notes.txt",
    "s/.hidden/d.yaml",
    "s/t/e.json",
    "s/t/u/f.yaml",
    "v[1]/g.yaml",
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for file in FILES:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text(SPEC.format(name=f"table-{Path(file).stem}"))
    return tmp_path


PATTERNS = {
    "**": ["a.yaml", "s/b.yaml", "s/c.yml", "s/t/e.json", "s/t/u/f.yaml", "v[1]/g.yaml"],
    "s/**": ["s/b.yaml", "s/c.yml", "s/t/e.json", "s/t/u/f.yaml"],
    "s/**/**/*.yaml": ["s/b.yaml", "s/t/u/f.yaml"],
    "s/*": ["s/b.yaml", "s/c.yml", "s/t/e.json"],
    "s/*.y*ml": ["s/b.yaml", "s/c.yml"],
    "*": ["a.yaml", "s/b.yaml", "s/c.yml", "v[1]/g.yaml"],
    "./?.yaml": ["a.yaml"],
    "*/t/*/f.yaml": ["s/t/u/f.yaml"],
    "**/u": ["s/t/u/f.yaml"],
    "s/.hid*/*": ["s/.hidden/d.yaml"],
    "[a-z].yaml": ["a.yaml"],
    "nowhere/**": [],
    "a.yaml/*": [],
    "s/*.txt": [],
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_a_pattern_fits(here: Path, pattern: str) -> None:
    assert is_pattern(pattern)
    assert [path.as_posix() for path in files_of(pattern)] == PATTERNS[pattern]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_names_alone_tell_the_same_as_the_folders(here: Path, pattern: str) -> None:
    """A file that is gone is known to have been read by the pattern."""
    specs = [file for file in FILES if not file.endswith(".txt")]
    assert sorted(file for file in specs if fits(pattern, file)) == PATTERNS[pattern]


NAMES = st.sampled_from(["a", "b", ".c", "a.yaml", "*", "a*", "?", "**"])


@given(
    st.lists(NAMES, min_size=1, max_size=5), st.lists(NAMES.filter(lambda name: "*" not in name), min_size=1)
)
def test_any_pattern_ends(pattern: list[str], file: list[str]) -> None:
    fits("/".join(pattern), "/".join(file))


def test_a_pattern_of_many_wildcards_is_no_burden(here: Path) -> None:
    assert not fits("/".join(["**", "*"] * 50), "/".join(["x"] * 30))
    assert files_of("/".join(["**", "*"] * 30)) == []


def test_the_name_of_a_file_is_no_pattern(here: Path) -> None:
    assert not is_pattern("v[1]/g.yaml")
    assert [document.spec.table_name for document in load(["v[1]"])] == ["table-g"]
    assert is_pattern("*" * 5000)


def test_a_file_that_several_patterns_fit_is_read_once(here: Path) -> None:
    documents = load(["s/b.yaml", "s/**", "**/b.yaml"])
    assert sorted(document.source for document in documents) == PATTERNS["s/**"]


@pytest.mark.parametrize("pattern", ["nowhere/**", "s/*.txt", "x" * 5000 + "*/*", "\x00*"])
def test_a_pattern_that_fits_nothing_is_told(here: Path, pattern: str) -> None:
    with pytest.raises(SpecError) as caught:
        load([pattern])
    (finding,) = caught.value.findings
    assert "no spec file fits the pattern" in finding.message


@pytest.mark.parametrize("pattern", ["**", "*", "*/*", "out/*", "out/**", "s/o*"])
def test_links_out_of_the_project_are_not_followed(
    here: Path, tmp_path_factory: pytest.TempPathFactory, pattern: str
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.yaml").write_text(SPEC.format(name="secret"))
    (here / "out").symlink_to(outside)
    (here / "s" / "other.yaml").symlink_to(outside / "secret.yaml")
    (here / "s" / "circle").symlink_to(here / "s")
    try:
        names = {document.spec.table_name for document in load([pattern])}
    except SpecError as error:
        assert all("leads out of the project" in finding.message for finding in error.findings), (
            error.findings
        )
    else:
        assert "secret" not in names


def test_a_pattern_looks_at_so_many_files(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(path_patterns, "_MOST_ENTRIES", 3)
    with pytest.raises(TooManyFiles):
        files_of("**")
    with pytest.raises(SpecError, match="1 error"):
        load(["**"])


def test_subfolders_with_specs(here: Path) -> None:
    (here / "s" / "data").mkdir()
    (here / "s" / "data" / "items.json").write_text('[{"id": "1"}]')
    assert [path.as_posix() for path in unread_subfolders(Path("s"))] == ["s/t", "s/t/u"]
    assert unread_subfolders(Path("a.yaml")) == unread_subfolders(Path("s/**")) == []
    assert unread_subfolders(Path("s"), most_entries=1) == []
