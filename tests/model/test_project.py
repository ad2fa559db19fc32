"""How far a project goes: where a search upwards ends, and which links lead out of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dynaops.model import project
from dynaops.model.errors import DynaopsError


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """``clone`` with ``.git`` and ``a/b`` in it, and ``outside`` beside it."""
    (tmp_path / "clone" / ".git").mkdir(parents=True)
    (tmp_path / "clone" / "a" / "b").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").write_text("secret")
    return tmp_path / "clone"


@pytest.mark.parametrize("work_tree", [False, True])
def test_a_search_upwards_ends_at_the_root_of_the_repository(repository: Path, work_tree: bool) -> None:
    if work_tree:  # there, .git is a file
        (repository / ".git").rmdir()
        (repository / ".git").write_text("gitdir: elsewhere\n")
    found = list(project.folders_upwards(repository / "a" / "b"))
    assert found == [repository / "a" / "b", repository / "a", repository]


def test_a_search_upwards_ends_at_another_users_folder(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owned = (repository / "a" / "b").stat().st_uid
    theirs = repository / "a"
    real = Path.stat

    def stat(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        found = real(path, follow_symlinks=follow_symlinks)
        if path != theirs:
            return found
        return os.stat_result((*found[:4], owned + 1, *found[5:]))

    monkeypatch.setattr(Path, "stat", stat)
    assert list(project.folders_upwards(repository / "a" / "b")) == [repository / "a" / "b"]


@pytest.mark.parametrize(
    ("link", "target", "asked", "outside"),
    [
        ("a/x", "../../outside/file", "a/x", True),
        ("a/x", "../../outside", "a/x/file", True),
        ("a/x", "b/../../.git", "a/x", False),
        ("a/x", "/proc/self/environ", "a/x", True),
        ("a/x", "/dev/zero", "a/x", True),
        ("a/x", "nowhere", "a/x", False),
        ("a/x", "../../nowhere", "a/x", True),
        ("a/x", "x", "a/x", False),
        ("a/x", "/", "a/x/etc/hosts", True),
    ],
)
def test_links_out_of_a_repository(
    repository: Path, link: str, target: str, asked: str, outside: bool
) -> None:
    (repository / link).symlink_to(target)
    assert project.leads_outside(repository / asked) is outside


def test_a_link_to_another_repository_does_not_make_that_the_project(repository: Path) -> None:
    (repository.parent / "outside" / ".git").mkdir()
    (repository / "specs").symlink_to("../outside")
    assert project.leads_outside(repository / "specs" / "file")


def test_links_that_are_the_users_own(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of repositories and of the working directory, as /tmp of macOS is a link."""
    monkeypatch.chdir(repository)
    link = repository.parent / "link"
    link.symlink_to("outside")
    assert not project.leads_outside(link / "file")
    (repository.parent / "to-clone").symlink_to("clone")
    assert not project.leads_outside(repository.parent / "to-clone" / "a")


def test_without_a_repository_the_working_directory_is_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "out").symlink_to("../file")
    monkeypatch.chdir(tmp_path / "here")
    assert project.leads_outside(Path("out"))
    monkeypatch.chdir(tmp_path)
    assert not project.leads_outside(Path("here/out"))
    assert project.leads_outside(Path("here/out"), listed=False) is False


def test_a_link_that_is_found_in_a_folder_stays_in_that_folder(tmp_path: Path) -> None:
    folder = tmp_path / "specs"
    folder.mkdir()
    (folder / "in.yaml").symlink_to("other.yaml")
    (folder / "out.yaml").symlink_to("../other.yaml")
    assert not project.leads_outside(folder / "in.yaml", listed=True)
    assert project.leads_outside(folder / "out.yaml", listed=True)


def test_nothing_is_written_through_a_link_out_of_the_project(repository: Path) -> None:
    (repository / "plan.md").symlink_to("../outside/new")
    with pytest.raises(DynaopsError, match="is not written to"):
        project.require_inside(str(repository / "plan.md"))
    project.require_inside(str(repository / "other.md"))
    project.require_inside("/dev/stdout")
