"""What a sandbox keeps lies in the user's own folder, closed to others, and never in the project."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from dynaops.model.errors import DynaopsError
from dynaops.sandbox.state_folder import (
    check,
    folder_of,
    make,
    old_content,
    read_private,
    secret,
    write_private,
)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_place_goes_by_the_projects_real_path(tmp_path: Path, state: Path) -> None:
    project = tmp_path / "a project"
    project.mkdir()
    (tmp_path / "link").symlink_to(project)
    folder = folder_of(project)
    assert folder.parent == state / "dynaops/sandbox"
    assert folder == folder_of(tmp_path / "link") == folder_of(project / ".." / "a project")
    assert folder != folder_of(tmp_path), "each project has its own"
    twin = tmp_path / "other" / "a project"
    assert folder != folder_of(twin)


def test_without_xdg_it_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for value in ("", "relative/path"):
        monkeypatch.setenv("XDG_STATE_HOME", value)
        assert folder_of().parent == tmp_path / "home/.local/state/dynaops/sandbox"


def test_folders_and_files_are_closed_to_others(state: Path) -> None:
    before = os.umask(0)
    try:
        folder = folder_of()
        make(folder)
        write_private(folder / "file", b"x")
        secret()
    finally:
        os.umask(before)
    assert [mode(path) for path in (state / "dynaops", state / "dynaops/sandbox", folder)] == [0o700] * 3
    assert mode(folder / "file") == mode(state / "dynaops/sandbox/key") == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["file"], "nothing is left behind"


def test_a_folder_that_others_could_read_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "sandbox"
    folder.mkdir(mode=0o755)
    make(folder)
    assert mode(folder) == 0o700


@pytest.mark.parametrize("wide", [0o770, 0o777, 0o702, 0o720, 0o1777])
def test_a_folder_that_others_could_write_is_refused(tmp_path: Path, wide: int) -> None:
    folder = tmp_path / "sandbox"
    folder.mkdir()
    folder.chmod(wide)
    with pytest.raises(DynaopsError, match="Other users may write") as refused:
        make(folder)
    assert "chmod 700" in (refused.value.hint or "")


def test_links_and_files_in_its_place_are_refused(tmp_path: Path, state: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DynaopsError, match="is a symbolic link"):
        make(tmp_path / "link")
    state.mkdir()
    (state / "dynaops").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DynaopsError, match="is a symbolic link"):
        make(folder_of())
    with pytest.raises(DynaopsError, match="is a symbolic link"):
        secret()
    (tmp_path / "file").touch()
    with pytest.raises(DynaopsError, match="cannot be made"):
        make(tmp_path / "file")


def test_what_belongs_to_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "sandbox"
    make(folder)
    write_private(folder / "file", b"x")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(DynaopsError, match="belongs to another user"):
        make(folder)
    with pytest.raises(DynaopsError, match="belongs to another user"):
        check(folder)
    with pytest.raises(DynaopsError, match="belongs to another user"):
        read_private(folder / "file")


def test_what_is_no_file_of_ours_is_not_read(tmp_path: Path) -> None:
    write_private(tmp_path / "file", b"x")
    assert read_private(tmp_path / "file") == b"x"
    assert read_private(tmp_path / "none") is None
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "fifo", 0o600)
    (tmp_path / "folder").mkdir()
    for name in ("link", "fifo", "folder"):
        with pytest.raises(DynaopsError):
            read_private(tmp_path / name)
    for wide in (0o644, 0o660, 0o602):
        (tmp_path / "file").chmod(wide)
        with pytest.raises(DynaopsError, match="Other users may use"):
            read_private(tmp_path / "file")


def test_the_key_is_made_once(state: Path) -> None:
    keys: list[bytes] = []
    threads = [threading.Thread(target=lambda: keys.append(secret())) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(keys)) == 1 and len(keys) == 16 and len(keys[0]) == 32
    assert [path.name for path in (state / "dynaops/sandbox").iterdir()] == ["key"]


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_damaged_key_is_refused_in_words(state: Path, content: bytes) -> None:
    secret()
    write_private(state / "dynaops/sandbox/key", content)
    with pytest.raises(DynaopsError, match="is damaged"):
        secret()


def test_old_content_is_told_of_once(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    assert old_content(folder, tmp_path) is None
    old = tmp_path / ".dynaops/sandbox"
    old.mkdir(parents=True)
    (old / "snapshot.pickle").write_bytes(b"x")
    assert old_content(folder, tmp_path) == old
    assert old_content(folder, tmp_path) is None
