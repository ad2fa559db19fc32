"""The law of the house: imports run downwards only, and botocore is known in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent / "dynaops"
MAY_IMPORT = {
    "model": set(),
    "values": set(),
    "aws": {"model"},
    "stores": {"model", "aws"},
    "kinds": {"model", "aws", "values"},
    "specs": {"model", "kinds", "values"},
    "engine": {"model", "aws", "stores", "kinds", "specs"},
    "data": {"model", "aws", "stores", "values"},
    "backups": {"model", "specs", "aws", "stores", "kinds", "engine", "data"},
    "health": {"model", "aws", "kinds", "engine", "costs"},
    "convert": {"model", "kinds", "engine", "specs"},
    "rehearsal": {"model", "specs", "aws", "stores", "kinds", "engine", "sandbox", "access"},
    "costs": {"model", "kinds"},
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


def _at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    """A tree's nodes, in functions too, without what only type checkers read."""
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _at_run_time(child)


def _module_graph() -> dict[str, set[str]]:
    """The modules of dynaops that each of them imports."""
    paths = {
        ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for path in ROOT.rglob("*.py")
    }
    graph: dict[str, set[str]] = {name: set() for name in paths}
    for name, path in paths.items():
        for node in _at_run_time(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                graph[name] |= {alias.name for alias in node.names} & paths.keys()
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    graph[name] |= {inner if inner in paths else node.module} & paths.keys()
        graph[name].discard(name)
    return graph


def _cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """A cycle for each import that has to go before there is none left."""
    cycles: list[list[str]] = []
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            cycle: list[str] = error.args[1]
            cycles.append(cycle)
            graph[cycle[1]].discard(cycle[0])
        else:
            return cycles


def test_no_modules_import_each_other_also_not_within_functions() -> None:
    assert not _cycles(_module_graph())


def test_the_search_for_cycles_finds_each() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"e"}, "e": {"d", "a"}, "f": {"a"}}
    assert {frozenset(cycle) for cycle in _cycles(graph)} == {frozenset("abc"), frozenset("de")}


def test_commands_are_imported_by_no_other_module() -> None:
    """They are loaded by name, each when it is run."""
    offenders = {
        path.as_posix(): commands
        for path, modules in _imports().items()
        if (commands := {name for name in modules if name.startswith("dynaops.cli.commands.")})
    }
    assert not offenders


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


def test_findings_are_made_by_one_function() -> None:
    offenders = [
        f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"
        for path in ROOT.rglob("*.py")
        if path.parent != ROOT / "model" / "findings" and "Finding(" in (text := path.read_text())
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding"
    ]
    assert offenders == [], "declare the id in dynaops/model/findings, and call make_finding"
