"""The registry of findings: each id is declared once and used, and one function makes findings by it."""

from __future__ import annotations

import ast
import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

import dynaops
from docs_tools import findings_reference
from dynaops import kinds
from dynaops.kinds import registry
from dynaops.model import findings
from dynaops.model.finding import Severity
from dynaops.model.findings import FAMILIES, FINDING_RULES
from dynaops.model.findings.companions import DDB431, DDB495
from dynaops.model.findings.rule import FindingRule, Stage, make_finding

ROOT = Path(dynaops.__file__).parent
_REGISTRY = ROOT / "model" / "findings"


def outside_the_registry() -> dict[str, ast.Module]:
    """Each source file but those of the registry, parsed; by its path within dynaops."""
    return {
        path.relative_to(ROOT).as_posix(): tree for path, tree in _trees().items() if path.parent != _REGISTRY
    }


@cache
def _trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in ROOT.rglob("*.py")}


def calls(tree: ast.Module, name: str) -> Iterator[ast.Call]:
    """The calls of a function or method of that name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if called == name:
                yield node


def declared() -> list[tuple[str, FindingRule]]:
    """The name of each constant, and the rule that it is."""
    return [
        (name, rule)
        for module in FAMILIES
        for name, rule in vars(module).items()
        if isinstance(rule, FindingRule)
    ]


def test_each_id_is_declared_once_as_the_constant_of_its_name() -> None:
    names = [name for name, _ in declared()]
    assert len(names) > 200
    assert len(names) == len(set(names))
    assert {name: rule.code for name, rule in declared() if name != rule.code} == {}
    assert list(FINDING_RULES) == sorted(names)


def test_each_module_of_the_registry_is_read() -> None:
    modules = {module.name for module in pkgutil.iter_modules(findings.__path__)}
    assert {module.__name__.rpartition(".")[2] for module in FAMILIES} == modules - {"rule"}


def test_each_id_is_used() -> None:
    used = {
        node.id
        for tree in outside_the_registry().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name)
    }
    assert set(FINDING_RULES) - used == set()


def test_no_id_is_written_as_a_text_elsewhere() -> None:
    offenders = {
        f"{file}:{node.lineno}": node.value
        for file, tree in outside_the_registry().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in FINDING_RULES
    }
    assert offenders == {}, "import the constant of that name from dynaops.model.findings"


def test_no_finding_gets_another_id_or_severity_later() -> None:
    offenders = [
        f"{file}:{call.lineno}"
        for file, tree in outside_the_registry().items()
        for call in calls(tree, "model_copy")
        for changed in ast.walk(call)
        if isinstance(changed, ast.Dict)
        and any(isinstance(key, ast.Constant) and key.value in ("code", "severity") for key in changed.keys)
    ]
    assert offenders == []


def test_a_fixed_remedy_is_written_in_the_registry_alone() -> None:
    offenders = [
        f"{file}:{call.lineno}: {rule.id}"
        for file, tree in outside_the_registry().items()
        for call in calls(tree, "make_finding")
        if isinstance(rule := call.args[0], ast.Name)
        and rule.id in FINDING_RULES
        and FINDING_RULES[rule.id].remedy
        and (len(call.args) > 2 or any(keyword.arg == "hint" for keyword in call.keywords))
    ]
    assert offenders == []


@pytest.mark.parametrize("code", FINDING_RULES)
def test_each_id_has_words(code: str) -> None:
    rule = FINDING_RULES[code]
    for text in (rule.summary, rule.remedy or "-", rule.usual_remedy or "-"):
        assert text and text == " ".join(text.split())
    assert not (rule.remedy and rule.usual_remedy)
    assert "…" not in (rule.remedy or ""), "a remedy is shown as it is: this one is a usual_remedy"


def test_only_warnings_and_live_checks_can_be_suppressed() -> None:
    for rule in FINDING_RULES.values():
        if rule.suppressible and rule.stage is not Stage.LIVE:
            assert rule.severity is not Severity.ERROR
            assert rule.stage in (Stage.SPECS, Stage.PLAN)
    assert FINDING_RULES["LIVE101"].suppressible
    assert not FINDING_RULES["PLAN142"].suppressible
    assert not FINDING_RULES["GRANT106"].suppressible


def test_a_finding_is_as_its_id_was_declared() -> None:
    finding = make_finding(DDB495, "there will be no alarm x: y", path="alarms.x")
    assert (finding.code, finding.severity, finding.hint, finding.path) == (
        "DDB495",
        Severity.WARNING,
        None,
        "alarms.x",
    )
    assert make_finding(FINDING_RULES["DDB401"], "m").hint == "Remove one of them."
    assert make_finding(DDB431, "m", "The nearest is 7.").hint == "The nearest is 7."


def test_the_reference_is_current() -> None:
    text = findings_reference.page()
    assert findings_reference.REFERENCE.read_text(encoding="utf-8") == text, (
        "write it anew: python -m docs_tools.findings_reference"
    )
    rows = [line.split(" | ")[0].removeprefix("| ") for line in text.split("\n") if line.startswith("| ")]
    assert sorted(row for row in rows if row not in ("id", "---")) == list(FINDING_RULES)


def test_the_numbers_in_the_texts_of_live_checks_are_those_of_the_checks() -> None:
    from dynaops.health import settings, use

    for code, number in {
        "LIVE111": f"within {settings.DRILL_DAYS} days",
        "LIVE203": f"more than {use.SLOW:.0f} ms",
        "LIVE204": f"came to {use.FULL:.0%} of",
        "LIVE205": f"more than {use.SMALL} provisioned units was below {use.IDLE:.0%} of",
        "LIVE206": f"at least ${use.WORTH:.0f} a month",
        "LIVE208": f"more than {use.BEHIND / 1000:.0f} s behind",
    }.items():
        assert number in FINDING_RULES[code].summary


def reached(functions: Iterable[Any]) -> set[str]:
    """The ids that functions name, and those that the functions and methods they name make in turn."""
    codes: set[str] = set()
    seen: set[Any] = set()
    waiting = [inspect.unwrap(getattr(function, "__func__", function)) for function in functions]
    while waiting:
        function = waiting.pop()
        if function in seen or not function.__module__.startswith("dynaops."):
            continue
        seen.add(function)
        for value in _named(function):
            if isinstance(value, FindingRule):
                codes.add(value.code)
            elif inspect.isfunction(value):
                waiting.append(inspect.unwrap(value))
    return codes


def _named(function: FunctionType) -> Iterator[Any]:
    """What a function names of its module, and of the modules that it names or imports; also in comprehensions."""
    blocks = [function.__code__]
    while blocks:
        block = blocks.pop()
        values = [function.__globals__[name] for name in block.co_names if name in function.__globals__]
        values += [import_module(name) for name in block.co_names if name.startswith("dynaops.")]
        yield from values
        for module in values:
            if inspect.ismodule(module):
                yield from (vars(module)[name] for name in block.co_names if name in vars(module))
        blocks.extend(constant for constant in block.co_consts if isinstance(constant, CodeType))


def test_the_rules_of_specs_make_findings_of_that_stage_and_a_look_at_aws_those_of_a_plan() -> None:
    offline = reached(kinds.RULES)
    planned = reached(handler.findings for handler in registry.HANDLERS)
    assert len(offline) > 80 and len(planned) > 25
    assert {code for code in offline if FINDING_RULES[code].stage is not Stage.SPECS} == set()
    assert {code for code in planned if FINDING_RULES[code].stage is not Stage.PLAN} == set()
    of_kinds = {code for code in FINDING_RULES if code.startswith("DDB")}
    assert of_kinds - offline - planned == {"DDB478"}, "DDB478 compares two specs"
