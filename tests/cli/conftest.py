"""Fixtures of the command line's tests."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import Cli


@pytest.fixture(scope="session")
def temporary_folder() -> Iterator[Path]:
    """Where commands keep temporary files, and the traceback of a fault in dynaops; its path is short, for sockets."""
    with tempfile.TemporaryDirectory(prefix="dynaops-tests-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture
def no_crash_files(temporary_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No command of the test may end by a fault of dynaops, whatever the test looks at."""
    monkeypatch.setenv("TMPDIR", str(temporary_folder))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary_folder))
    yield
    tracebacks = {path: path.read_text(encoding="utf-8") for path in temporary_folder.glob("dynaops-*.log")}
    for path in tracebacks:
        path.unlink()
    assert not tracebacks


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_crash_files: None) -> Path:
    """An empty working directory, without AWS settings of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture
def cli(here: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)
