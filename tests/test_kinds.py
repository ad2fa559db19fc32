"""A kind owns its facts: each handler answers every facet, and no other package names a kind."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
import pytest

from dynaops.access.services import SERVICES
from dynaops.costs.estimate import ASSUMPTIONS
from dynaops.kinds.kind import BaseHandler, ResourceHandler
from dynaops.kinds.registry import BILLED_ITEMS, HANDLER_OF, HANDLERS, PROPERTY_RULES
from tests.costs.tables import GIB, billed
from tests.engine.cases import cases, planned

ROOT = Path(__file__).parent.parent / "dynaops"
FACETS = ("billing", "external_names", "permissions")
"""What each handler answers itself: a default that it inherited would hide a forgotten answer."""
KIND_MODULES = {
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    for path in (ROOT / "kinds").rglob("*.py")
} - {
    "kinds",
    *(f"kinds.{name}" for name in ("billing", "external_names", "kind", "permissions", "policy_document")),
    *(
        f"kinds.{name}"
        for name in ("property_rules", "references", "registry", "steps", "suppression", "tags")
    ),
}
"""The modules that belong to one kind."""
IMPORT_EXCEPTIONS = {
    "backups/service.py": "backup and restore by AWS Backup share the role and the plan's reader with the kind",
    "convert/shapes.py": "conversions are not the kinds' own yet",
    "convert/tidy.py": "conversions are not the kinds' own yet",
    "engine/external.py": "alarms and policies are the two kinds that can be around a table of others",
    "engine/grant.py": "grants are changes of IAM policies",
    "health/alarms.py": "what a live check looks at is not the kinds' own yet",
    "health/observations.py": "what a live check looks at is not the kinds' own yet",
    "health/settings.py": "what a live check looks at is not the kinds' own yet",
    "specs/check.py": "tables that share a backup plan must agree on it",
    "specs/external.py": "alarms and policies are the two kinds that can be around a table of others",
    "specs/items_file.py": "items are read from a file of their own",
}
"""Modules that import one kind's: why. To be emptied."""
NAME_EXCEPTIONS = {
    "engine/duplicate_tables.py": "a replica is a table too, which another spec may declare",
    "engine/grant_output.py": "grants are changes of IAM policies",
    "engine/moved_records.py": "an index and its scalable targets move together",
    "engine/rename_hints.py": "what was renamed is guessed by the keys of indexes and the names of policies",
    "engine/state_check.py": "the role of AWS Backup is several tables'",
    "engine/table_scopes.py": "alarms and policies are the two kinds that can be around a table of others",
}
"""Modules that name a kind in their code: why. To be emptied."""
FREE_OF_NAMES = ("engine", "costs")
"""Packages in which no string at all is a kind's name. Elsewhere spec keys and AWS's names read the same."""
COMMON_NAMES = {"table", "items", "pipe"}
"""Not counted: every record and plan is about a table, items are a word of every API, a pipe is a part of JMESPath."""


@pytest.mark.parametrize("facet", FACETS)
def test_each_handler_answers_each_facet_itself(facet: str) -> None:
    silent = [type(handler).__name__ for handler in HANDLERS if not _answers(handler, facet)]
    assert not silent


def _answers(handler: ResourceHandler, facet: str) -> bool:
    own = [cls for cls in type(handler).__mro__ if cls not in (BaseHandler, object)]
    return any(facet in vars(cls) for cls in own)


def test_each_handler_is_in_the_registry() -> None:
    made = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "kinds").rglob("*.py")
        if any(line.startswith("HANDLER = ") for line in path.read_text().splitlines())
    }
    registered = {Path(*type(handler).__module__.split(".")[1:]).as_posix() for handler in HANDLERS}
    assert {path.removesuffix(".py").removesuffix("/__init__") for path in made} == registered


def test_each_kind_belongs_to_one_handler() -> None:
    kinds = [kind for handler in HANDLERS for kind in handler.kinds]
    assert len(kinds) == len(set(kinds)) == len(PROPERTY_RULES)


def test_each_billed_item_belongs_to_one_handler() -> None:
    items = [item for handler in HANDLERS for item in handler.billing.items]
    assert len(items) == len(set(items)) == len(BILLED_ITEMS)


def test_what_is_billed_is_an_item_of_the_price_list() -> None:
    full = {
        "billing_mode": "PROVISIONED",
        "read_capacity": 5,
        "write_capacity": 5,
        "table_class": "STANDARD_INFREQUENT_ACCESS",
        "autoscaling": {"write": {"min": 5, "max": 9}},
        "replicas": [{"region": "us-east-1", "point_in_time_recovery": True, "table_class": "STANDARD"}],
        "backup": {"weekly": {"retention_days": 120, "cold_storage_after_days": 7}},
        "alarms": {"throttles": True},
    }
    quantities, by_use = billed({}, full, size=GIB)
    items = {item for _, _, item in quantities} | {use.item for use in by_use}
    assert items <= BILLED_ITEMS.keys()
    assert {"alarm", "backup", "ia_storage", "storage", "recovery"} <= items


def test_what_an_estimate_leaves_out_is_said_in_its_assumptions() -> None:
    (said,) = (line for line in ASSUMPTIONS if line.startswith("Not counted: "))
    left_out = {name for handler in HANDLERS for name in handler.billing.not_counted}
    assert left_out == set(
        said.removeprefix("Not counted: ").removesuffix(".").replace(" and ", ", ").split(", ")
    )


def test_no_other_module_imports_one_kinds() -> None:
    found = {path for path, tree in _modules_outside_kinds() if _imported(tree) & KIND_MODULES}
    assert found == IMPORT_EXCEPTIONS.keys()


def test_no_other_module_names_a_kind() -> None:
    found = {path for path, tree in _modules_outside_kinds() if any(_named(path, tree))}
    assert found == NAME_EXCEPTIONS.keys()


@cache
def _modules_outside_kinds() -> tuple[tuple[str, ast.Module], ...]:
    """The sandbox is left out: it plays AWS, and knows no kinds but AWS's own resources."""
    return tuple(
        (path.relative_to(ROOT).as_posix(), ast.parse(path.read_text()))
        for path in sorted(ROOT.rglob("*.py"))
        if path.relative_to(ROOT).parts[0] not in ("kinds", "sandbox")
    )


def _imported(tree: ast.Module) -> set[str]:
    """The modules that a module imports, wherever in it, below dynaops."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name.removeprefix("dynaops.") for name in names}


def _named(path: str, tree: ast.Module) -> Iterator[str]:
    """The kinds that a module names: compared with a `kind`, asked for, or (in some packages) in any string."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, comparators=[*others]) if any(
                isinstance(side, ast.Attribute) and side.attr == "kind" for side in (left, *others)
            ):
                sides = [left, *others]
            case ast.Call(func=ast.Attribute(attr="of_kind" | "of_kinds"), args=[*sides]):
                pass
            case ast.Constant() if path.startswith(tuple(f"{name}/" for name in FREE_OF_NAMES)):
                sides = [node]
            case _:
                continue
        for side in sides:
            for inner in ast.walk(side):
                if isinstance(inner, ast.Constant) and inner.value in PROPERTY_RULES.keys() - COMMON_NAMES:
                    yield str(inner.value)


def test_the_calls_in_a_kinds_code_are_those_of_its_permissions() -> None:
    """In both directions; calls for tags are those of its property rules."""
    operations = _operations_of_services()
    for handler in HANDLERS:
        declared = handler.permissions.reads | handler.permissions.writes
        rules = [kind.tags for kind in handler.kinds.values() if kind.tags]
        tagging = {f"{tags.service}:{api}" for tags in rules for api in (tags.add, tags.remove, tags.read)}
        written = {api for path in _files_of(handler) for api in _strings(path) if api in operations}
        assert declared <= {call for api in operations for call in operations[api]}
        names = {call.partition(":")[2] for call in declared}
        assert names - {call.partition(":")[2] for call in tagging} <= written, handler
        undeclared = {api for api in written - names if not operations[api] & tagging}
        assert not undeclared, handler


def test_the_calls_of_planned_operations_are_those_of_their_kinds_permissions() -> None:
    """Of the cases of the engine, which are mostly of tables and indexes."""
    made = {
        (operation.kind, f"{operation.service}:{operation.api}")
        for case in cases()
        for operation in planned(case).operations
    }
    assert len(made) > 10
    for kind, call in made:
        handler = HANDLER_OF[kind]
        tags = PROPERTY_RULES[kind].tags
        tagging = {f"{tags.service}:{api}" for tags in [tags] if tags for api in (tags.add, tags.remove)}
        assert call in handler.permissions.reads | handler.permissions.writes | tagging, (kind, call)


def test_each_call_is_of_a_service_whose_permissions_are_known() -> None:
    called = {
        call.partition(":")[0]
        for handler in HANDLERS
        for call in handler.permissions.reads | handler.permissions.writes
    }
    assert called <= SERVICES.keys()


NO_CALLS = {
    "iam/documents.py": "the actions that users of a table are granted",
    "alarm/mapping.py": "the operations whose errors an alarm counts",
    "pipes/role.py": "the actions that the role of a pipe is granted",
}
"""Modules in which names of API operations are no calls of dynaops: why."""


def _files_of(handler: ResourceHandler) -> list[Path]:
    path = ROOT.parent / Path(*type(handler).__module__.split("."))
    if path.is_dir():
        return sorted(path.glob("*.py"))
    if path.parent == ROOT / "kinds":
        return [path.with_suffix(".py")]
    files = sorted(path.parent.glob("*.py"))
    return [file for file in files if file.relative_to(ROOT / "kinds").as_posix() not in NO_CALLS]


def _strings(path: Path) -> set[str]:
    """The strings in a module's code, without those of its permissions."""
    tree = ast.parse(path.read_text())
    answers = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Permissions"
        for inner in ast.walk(node)
    }
    return {
        node.value
        for node in ast.walk(tree)
        if node not in answers and isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@cache
def _operations_of_services() -> dict[str, set[str]]:
    """The calls (``service:Api``) by the name of their operation, of the services that the kinds use."""
    session = botocore.session.get_session()
    found: dict[str, set[str]] = {}
    for service in SERVICES.keys() - {"s3", "sts"}:
        for api in session.get_service_model(service).operation_names:
            found.setdefault(api, set()).add(f"{service}:{api}")
    return found
