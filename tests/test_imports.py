"""The law of the house: imports run downwards only, and botocore is known in one place."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "dynaops"
MAY_IMPORT = {
    "model": set(),
    "aws": {"model"},
    "stores": {"model", "aws"},
    "kinds": {"model", "aws"},
    "engine": {"model", "aws", "stores", "kinds"},
    "data": {"model", "aws", "stores"},
    "backups": {"model", "aws", "stores", "kinds", "engine", "data"},
    "health": {"model", "aws", "kinds", "engine", "costs"},
    "convert": {"model", "kinds", "engine"},
    "rehearsal": {"model", "aws", "stores", "kinds", "engine", "sandbox", "access"},
    "costs": {"model"},
    "views": {"model"},
    "sandbox": {"model", "access", "stores"},
    "access": {"model"},
}
FILES = [path for path in sorted(ROOT.rglob("*.py")) if path.relative_to(ROOT).parts[0] in MAY_IMPORT]


def _imported(path: Path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_run_downwards(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    used = {name.split(".")[1] for name in _imported(path) if name.startswith("dynaops.") and name.count(".")}
    assert used <= MAY_IMPORT[package] | {package}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_botocore_is_known_in_one_place(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    heavy = {name.split(".")[0] for name in _imported(path)} & {"boto3", "botocore", "moto"}
    if package == "engine" and path.name == "plan.py":
        heavy -= {"botocore"}  # its validator checks parameters against the service model, offline
    assert not heavy or package in ("aws", "sandbox")


def test_files_stay_short() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): count
        for path in ROOT.rglob("*.py")
        if (count := len(path.read_text().splitlines())) > 400
    }
    assert not long
