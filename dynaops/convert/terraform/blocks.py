"""Bodies as maps: attributes, nested blocks, and what dynamic blocks stand for.

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
from dynaops.convert.terraform.values import Mistake, SetValue, UnsupportedArguments, is_sorted_set, pairs
from dynaops.specs.yaml_tree import YamlNode

_VARIABLE = re.compile(r"(?:\"\$\{)?var\.(\w+)(?:\}\")?")


def mapped(body: Body, scope: NameScope, without: Sequence[str] = ()) -> YamlNode:
    """A body as a map: attributes, and blocks as lists of maps by their type. What is over a bound is Unknown.

    `without`: attributes and blocks that are left out.
    """
    found: dict[str, YamlNode] = {}
    blocks: dict[str, YamlNode] = {}
    with scope.budget.unit():
        for name, source in body.attributes.items():
            if name not in without:
                value = names(source) if name == "ignore_changes" else _known(source, scope)
                found[name] = YamlNode(value, source.spot)
        for block in body.blocks:
            name = block.labels[0] if block.type == "dynamic" and block.labels else block.type
            if name not in without:
                blocks.setdefault(name, YamlNode([], block.spot)).value.extend(_maps(block, scope))
    for name, node in blocks.items():
        if len(node.value) == 1 and isinstance(node.value[0].value, Unknown) and name not in found:
            found[name] = node.value[0]  # a dynamic block of which nothing is known
            continue
        beside = found[name].value if name in found else None
        found[name] = YamlNode([*(beside if isinstance(beside, list) else []), *node.value], node.spot)
    return YamlNode(found, body.spot)


def _known(source: Expression, scope: NameScope) -> Any:
    """The value of an argument; one that is a variable without a value is that variable of the spec."""
    value = known_value(source, scope).value
    if isinstance(value, Unknown):
        variable = _VARIABLE.fullmatch(source.whole.strip())
        stands = variable is not None and value.why.startswith(f"var.{variable[1]} has no value")
        return Unknown(value.why, f"${{var.{variable[1]}}}" if stands and variable is not None else None)
    return value


def names(source: Expression) -> list[YamlNode]:
    """The names that ``ignore_changes`` holds, which are no values, each in full."""
    tree = source.tree
    while tree.data == "expr_term" and len(trees(tree)) == 1:
        tree = trees(tree)[0]
    members = trees(tree) if tree.data == "tuple" else [tree]
    return [YamlNode("".join(one.whole.split()).strip('"'), one.spot) for one in map(source.below, members)]


def _maps(block: HclBlock, scope: NameScope) -> list[YamlNode]:
    """The maps that a block stands for: itself, or the contents of a dynamic one. Over a bound, one that is Unknown."""
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
    """Keys and values of a resource's ``for_each``: a map, or a set of strings."""
    found = known_value(source, scope)
    if isinstance(found.value, Unknown):
        return found.value
    is_set = isinstance(found.value, SetValue) and all(isinstance(one.value, str) for one in found.value)
    if not is_set and not isinstance(found.value, dict):
        return Unknown(f"{source.written} is neither a map nor a set of strings, and for_each takes no other")
    return pairs(found)


def _dynamic(block: HclBlock, scope: NameScope) -> Iterator[YamlNode]:
    each, contents = block.body.attributes.get("for_each"), block.body.of_type("content")
    if each is None or not contents:
        yield YamlNode(Unknown("a dynamic block has for_each and content"), block.spot)
        return
    over = known_value(each, scope)
    unknown = over.value if isinstance(over.value, Unknown) else None
    members: list[tuple[YamlNode, YamlNode]] = []
    try:
        members = pairs(over)
    except (UnsupportedArguments, Mistake):
        unknown = unknown or Unknown(f"{each.written} cannot be iterated over")
    if isinstance(over.value, SetValue) and not is_sorted_set(over.value):
        members = sorted(members, key=lambda pair: pair[0].spot)
    if unknown is not None:
        yield YamlNode(unknown, each.spot)
        return
    named = block.body.attributes.get("iterator")
    iterator = named.whole.strip().strip('"') if named else block.labels[0]
    for key, value in members:
        bound = YamlNode({"key": key, "value": value}, value.spot)
        yield _nested(contents[0].body, scope.with_bound(**{iterator: bound}))
