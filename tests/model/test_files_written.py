"""Files that are written: whole, and named when they cannot be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dynaops.cli.failures import failure_of
from dynaops.cli.settings import GlobalSettings
from dynaops.model.files import naming, write_new, write_text

ROOT = Path(__file__).parents[2] / "dynaops"
FULL = Path("/dev/full")
NAMED = {
    "model/files.py": "where the rule is",
    "cli/planning/review_files.py": "names it itself",
    "cli/specs/live_check.py": "names it itself",
    "cli/state/workspaces.py": "names it itself",
}


def test_commands_write_files_by_the_functions_that_name_them() -> None:
    wild = [
        path.relative_to(ROOT).as_posix()
        for folder in ("cli", "backups", "engine", "model")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"(?<!formatter)\.write_text\(", path.read_text(encoding="utf-8"))
    ]
    assert sorted(set(wild) - set(NAMED)) == []


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_with_the_file() -> None:
    with pytest.raises(OSError, match="No space left") as caught:
        write_text(FULL, "text")
    failure = failure_of(caught.value, [], GlobalSettings())
    assert (failure.message, failure.exit) == ("/dev/full: No space left on device", 1)
    with pytest.raises(OSError, match="No space left") as caught, naming("graph.svg"):
        raise OSError(28, "No space left on device")
    assert failure_of(caught.value, [], GlobalSettings()).message == "graph.svg: No space left on device"


def test_a_new_file_is_whole_or_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_new(tmp_path / "a", "text" * 100_000 + "\ud800")
    assert not (tmp_path / "a").exists()
    write_new(tmp_path / "a", "text")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a", "other")
    assert (tmp_path / "a").read_text() == "text"
