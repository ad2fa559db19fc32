"""The law of the house: imports run downwards only, and botocore is known in one place."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent / "dynaops"
MAY_IMPORT = {
    "model": set(),
    "values": set(),
    "aws": {"model"},
    "stores": {"model", "aws"},
    "kinds": {"model", "aws", "values"},
    "specs": {"model", "kinds", "engine"},  # of engine: trees of YAML, and variables
    "engine": {"model", "aws", "stores", "kinds", "specs"},
    "data": {"model", "aws", "stores", "values"},
    "backups": {"model", "aws", "stores", "kinds", "engine", "data"},
    "health": {"model", "aws", "kinds", "engine", "costs"},
    "convert": {"model", "kinds", "engine", "specs"},
    "rehearsal": {"model", "aws", "stores", "kinds", "engine", "sandbox", "access"},
    "costs": {"model"},
    "views": {"model"},
    "sandbox": {"model", "access", "stores"},
    "access": {"model"},
}
TOP = {"cli"}
"""What may import everything."""


def _modules(path: Path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    imported: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module)
    return imported


@cache
def _imports() -> dict[Path, set[str]]:
    """What each file of a package imports, by the file's path within dynaops."""
    return {
        path.relative_to(ROOT): _modules(path) for path in sorted(ROOT.rglob("*.py")) if path.parent != ROOT
    }


def test_every_package_has_its_place() -> None:
    assert {path.parts[0] for path in _imports()} == {*MAY_IMPORT, *TOP}


def test_imports_run_downwards() -> None:
    offenders = {
        path.as_posix(): upwards
        for path, modules in _imports().items()
        if (package := path.parts[0]) not in TOP
        and (
            upwards := {name.split(".")[1] for name in modules if name.startswith("dynaops.")}
            - MAY_IMPORT[package]
            - {package}
        )
    }
    assert not offenders


def test_botocore_is_known_in_one_place() -> None:
    offenders = {
        path.as_posix(): heavy
        for path, modules in _imports().items()
        if path.parts[0] not in {"aws", "sandbox", *TOP}
        and (heavy := {name.split(".")[0] for name in modules} & {"boto3", "botocore", "moto"})
    }
    # The planner's validator checks parameters against the service model, offline.
    assert offenders == {"engine/parameters.py": {"botocore"}}


def test_operations_and_steps_are_built_by_one_module() -> None:
    def calls(path: Path) -> set[str]:
        return {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }

    builders = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        if calls(path) & {"Operation", "Step"}
    }
    # `data` knows no kinds, nor what their changes are.
    assert {path for path in builders if not path.startswith("data/")} == {"kinds/steps.py"}


def test_files_stay_short() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): count
        for path in ROOT.rglob("*.py")
        if (count := len(path.read_text().splitlines())) > 400
    }
    assert not long
