"""From ``.tfvars`` and ``.tf`` files: the variables of a table's module, module calls, and resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynaops.convert.notes import Where
from dynaops.convert.part import Part, tree
from dynaops.convert.pieces import Pieces
from dynaops.convert.terraform import module
from dynaops.convert.terraform.configuration import Configuration
from dynaops.convert.terraform.evaluate import Path, Scope, mapped
from dynaops.convert.terraform.hcl import Body, parse
from dynaops.convert.terraform.world import World
from dynaops.convert.texts import Text
from dynaops.engine.yaml_tree import Node


def read(texts: Sequence[Text], pieces: Pieces, given: Mapping[str, str], region: str | None) -> None:
    """Take all files: those of a configuration are one, each tfvars file without one is a table. Raises Unreadable."""
    bodies: list[Body] = []
    values: list[tuple[Text, Node]] = []
    for text in texts:
        if text.path.endswith(".json"):
            text.json()  # says what is wrong with it
        if text.documents is not None:
            values.append((text, tree(text.documents[0], text.path)))
            continue
        body = parse(text.written_by_hand(), text.path)
        if body.blocks:
            bodies.append(body)
        else:
            values.append((text, mapped(body, Scope(_nothing, pieces.budget))))
    if not bodies:
        world = World(pieces, observed=False, region=region)
        for text, node in values:
            _variables(world, text, node)
        return
    variables = {
        name: one for _, node in values if isinstance(node.value, dict) for name, one in node.value.items()
    }
    configuration = Configuration(bodies, variables, given, region, pieces)
    found = configuration.read()
    declared = configuration.variables()
    if not found and isinstance(declared.value, dict) and module.is_table(set(declared.value)):
        where = Where("variables", declared.spot)
        module.read(World(pieces, observed=False, region=region), Part(declared, where, pieces.notes))


def _variables(world: World, text: Text, node: Node) -> None:
    names = set(node.value) if isinstance(node.value, dict) else set()
    where = Where("", (text.path, 1, 1) if node.spot[1] else (text.path, 0, 0))
    if module.is_table(names):
        module.read(world, Part(node, where, world.pieces.notes))
        return
    tables = [name for name in names if _holds_tables(node.value[name])]
    for name in tables:
        for key, one in _members(node.value[name]):
            module.read(world, Part(one, Where(f"{name}.{key}", one.spot), world.pieces.notes))
    rest = sorted(names - set(tables))
    if rest or not tables:
        why = "no variables of a DynamoDB table's module: those have table_name or name, hash_key and attributes"
        world.pieces.notes.lost(Where(", ".join(rest) or text.path, where.spot), why)


def _holds_tables(node: Node) -> bool:
    """A variable that holds the variables of several tables."""
    members = [one for _, one in _members(node)]
    return bool(members) and all(
        isinstance(one.value, dict) and module.is_table(set(one.value)) for one in members
    )


def _members(node: Node) -> list[tuple[str, Node]]:
    if isinstance(node.value, dict):
        return list(node.value.items())
    return (
        [(str(number), one) for number, one in enumerate(node.value)] if isinstance(node.value, list) else []
    )


def _nothing(path: Path, scope: Scope) -> Any:  # noqa: ARG001
    """Files of values refer to nothing."""
    return None
