"""Converts bodies to maps: attributes, nested blocks, and expanded dynamic blocks.

Source: Terraform Language, Dynamic Blocks; The lifecycle Meta-Argument.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from dynaops.convert.budget import TooLarge
from dynaops.convert.part import Unknown
from dynaops.convert.terraform.evaluate import NameScope, known_value
from dynaops.convert.terraform.hcl import Body, Expression, HclBlock
from dynaops.convert.terraform.trees import trees
from dynaops.convert.terraform.values import (
    ExpressionError,
    SetValue,
    UnsupportedArguments,
    is_sorted_set,
    pairs,
)
from dynaops.specs.yaml_tree import YamlNode

_VARIABLE = re.compile(r"(?:\"\$\{)?var\.(\w+)(?:\}\")?")


def mapped(body: Body, scope: NameScope, without: Sequence[str] = ()) -> YamlNode:
    """A body as a map: attributes, and blocks as lists of maps by their type. Values above a limit are Unknown.

    `without`: attributes and blocks that are left out.
    """
    members: dict[str, YamlNode] = {}
    blocks: dict[str, YamlNode] = {}
    with scope.budget.unit():
        for name, source in body.attributes.items():
            if name not in without:
                value = names(source) if name == "ignore_changes" else _known(source, scope)
                members[name] = YamlNode(value, source.spot)
        for block in body.blocks:
            name = block.labels[0] if block.type == "dynamic" and block.labels else block.type
            if name not in without:
                blocks.setdefault(name, YamlNode([], block.spot)).value.extend(_maps(block, scope))
    for name, node in blocks.items():
        if len(node.value) == 1 and isinstance(node.value[0].value, Unknown) and name not in members:
            members[name] = node.value[0]  # a dynamic block whose blocks are not known at all
            continue
        beside = members[name].value if name in members else None
        members[name] = YamlNode([*(beside if isinstance(beside, list) else []), *node.value], node.spot)
    return YamlNode(members, body.spot)


def _known(source: Expression, scope: NameScope) -> Any:
    """The value of an argument; a Terraform variable without a value becomes a variable of the spec."""
    value = known_value(source, scope).value
    if isinstance(value, Unknown):
        variable = _VARIABLE.fullmatch(source.whole.strip())
        is_variable = variable is not None and value.why.startswith(f"var.{variable[1]} has no value")
        return Unknown(value.why, f"${{var.{variable[1]}}}" if is_variable and variable is not None else None)
    return value


def names(source: Expression) -> list[YamlNode]:
    """The names in ``ignore_changes``, which are not evaluated, each as a full path."""
    tree = source.tree
    while tree.data == "expr_term" and len(trees(tree)) == 1:
        tree = trees(tree)[0]
    members = trees(tree) if tree.data == "tuple" else [tree]
    return [
        YamlNode("".join(expression.whole.split()).strip('"'), expression.spot)
        for expression in map(source.below, members)
    ]


def _maps(block: HclBlock, scope: NameScope) -> list[YamlNode]:
    """The maps of a block: itself, or the contents of a dynamic block. Above a limit, one Unknown value."""
    try:
        if block.type == "dynamic" and block.labels:
            return list(_dynamic(block, scope))
        return [_nested(block.body, scope)]
    except TooLarge as error:
        return [YamlNode(Unknown(str(error)), block.spot)]


def _nested(body: Body, scope: NameScope) -> YamlNode:
    with scope.budget.nested():
        scope.budget.step()
        return mapped(body, scope)


def instances(source: Expression, scope: NameScope) -> list[tuple[YamlNode, YamlNode]] | Unknown:
    """Keys and values of a ``for_each``: those of a map, or of a set of strings."""
    node = known_value(source, scope)
    if isinstance(node.value, Unknown):
        return node.value
    is_set = isinstance(node.value, SetValue) and all(isinstance(member.value, str) for member in node.value)
    if not is_set and not isinstance(node.value, dict):
        return Unknown(f"{source.written} is neither a map nor a set of strings, and for_each takes no other")
    return pairs(node)


def _dynamic(block: HclBlock, scope: NameScope) -> Iterator[YamlNode]:
    for_each, contents = block.body.attributes.get("for_each"), block.body.of_type("content")
    if for_each is None or not contents:
        yield YamlNode(Unknown("a dynamic block has for_each and content"), block.spot)
        return
    collection = known_value(for_each, scope)
    unknown = collection.value if isinstance(collection.value, Unknown) else None
    members: list[tuple[YamlNode, YamlNode]] = []
    try:
        members = pairs(collection)
    except (UnsupportedArguments, ExpressionError):
        unknown = unknown or Unknown(f"{for_each.written} cannot be iterated over")
    if isinstance(collection.value, SetValue) and not is_sorted_set(collection.value):
        members = sorted(members, key=lambda pair: pair[0].spot)
    if unknown is not None:
        yield YamlNode(unknown, for_each.spot)
        return
    named = block.body.attributes.get("iterator")
    iterator = named.whole.strip().strip('"') if named else block.labels[0]
    for key, value in members:
        bound = YamlNode({"key": key, "value": value}, value.spot)
        yield _nested(contents[0].body, scope.with_bound(**{iterator: bound}))
