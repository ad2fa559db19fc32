"""Type constraints of variables, and the conversion of values to them.

Source: Terraform Language, Type Constraints (conversion, object types, ``optional`` with defaults).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dynaops.convert.part import Unknown
from dynaops.convert.terraform.hcl import Expression
from dynaops.convert.terraform.trees import trees
from dynaops.convert.terraform.values import (
    ExpressionError,
    SetValue,
    UnsupportedArguments,
    flag_of,
    is_sorted_set,
    number_of,
    set_of,
    text_of,
    unified,
)
from dynaops.specs.yaml_tree import YamlNode


@dataclass(frozen=True)
class Type:
    """A type constraint. `of`: the type of the members; `members`: types of a tuple; `attributes`: of an object."""

    name: str
    of: Type | None = None
    members: tuple[Type, ...] = ()
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True)
class Attribute:
    """An attribute of an object type; `default` is the default in ``optional``."""

    name: str
    type: Type
    optional: bool = False
    default: Expression | None = None


ANY = Type("any")
_SCALARS = ("string", "number", "bool", "any")
_OF_ONE = ("list", "set", "map")


def type_of(source: Expression) -> Type | None:
    """The type for a variable's ``type`` expression; None for a type that is not known here."""
    tree = _inner(source.tree)
    if tree.data == "string":  # "string" in quotes, the form of Terraform 0.11
        name = source.below(tree).whole.strip(chr(34))
        return Type(name) if name in _SCALARS else Type(name, ANY) if name in _OF_ONE else None
    if tree.data == "identifier":
        name = str(tree.children[0])
        return Type(name) if name in _SCALARS else Type(name, ANY) if name in _OF_ONE else None
    if tree.data != "function_call":
        return None
    name, arguments = _call(tree)
    if len(arguments) != 1:
        return None
    if name in _OF_ONE:
        of = type_of(source.below(arguments[0]))
        return Type(name, of) if of else None
    if name == "tuple":
        members = [type_of(source.below(child)) for child in trees(_inner(arguments[0]))]
        return Type(name, members=tuple(child for child in members if child)) if None not in members else None
    return _object(source, _inner(arguments[0])) if name == "object" else None


def _object(source: Expression, tree: Any) -> Type | None:
    attributes = []
    if tree.data != "object":
        return None
    for element in trees(tree):
        key, value = trees(element)
        attribute = _attribute(source, source.below(key).whole.strip(chr(34)), _inner(value))
        if attribute is None:
            return None
        attributes.append(attribute)
    return Type("object", attributes=tuple(attributes))


def _attribute(source: Expression, name: str, tree: Any) -> Attribute | None:
    if tree.data == "function_call" and _call(tree)[0] == "optional":
        arguments = _call(tree)[1]
        of = type_of(source.below(arguments[0])) if 1 <= len(arguments) <= 2 else None
        default = source.below(arguments[1]) if len(arguments) == 2 else None
        return Attribute(name, of, True, default) if of else None
    of = type_of(source.below(tree))
    return Attribute(name, of) if of else None


def _call(tree: Any) -> tuple[str, list[Any]]:
    name, *rest = trees(tree)
    return str(name.children[0]), trees(rest[0]) if rest else []


def _inner(tree: Any) -> Any:
    while tree.data == "expr_term":
        tree = trees(tree)[0]
    return tree


def converted(node: YamlNode, kind: Type, evaluate: Callable[[Expression], YamlNode]) -> YamlNode:
    """The value converted to the type, with defaults of optional attributes; Unknown if it cannot be converted."""
    if node.value is None or isinstance(node.value, Unknown) or kind.name == "any":
        return node
    try:
        return YamlNode(_converted(node, kind, evaluate), node.spot)
    except (UnsupportedArguments, ExpressionError):
        return YamlNode(
            Unknown(f"it is not known as a {kind.name}, as its variable's type has it"), node.spot
        )


def _converted(node: YamlNode, kind: Type, evaluate: Callable[[Expression], YamlNode]) -> Any:
    value = node.value
    if kind.name == "string":
        return text_of(value)
    if kind.name == "number":
        return number_of(value)
    if kind.name == "bool":
        return flag_of(value)
    if kind.name == "object":
        return _with_attributes(node, kind, evaluate)
    if kind.name == "tuple":
        if not isinstance(value, list) or len(value) != len(kind.members):
            raise ExpressionError
        return [converted(child, of, evaluate) for child, of in zip(value, kind.members, strict=True)]
    of = kind.of or ANY
    if kind.name == "map":
        if not isinstance(value, dict):
            raise ExpressionError
        members = [converted(child, of, evaluate) for child in value.values()]
        return dict(zip(value, unified(members) if of == ANY else members, strict=True))
    if not isinstance(value, list):
        raise ExpressionError
    if isinstance(value, SetValue) and kind.name == "list" and not is_sorted_set(value):
        raise UnsupportedArguments
    members = [converted(child, of, evaluate) for child in value]
    members = unified(members) if of == ANY else members
    return set_of(members) if kind.name == "set" else list(members)


def _with_attributes(
    node: YamlNode, kind: Type, evaluate: Callable[[Expression], YamlNode]
) -> dict[str, YamlNode]:
    """An object with exactly the attributes of its type. Raises ExpressionError."""
    if not isinstance(node.value, dict):
        raise ExpressionError
    members: dict[str, YamlNode] = {}
    for attribute in kind.attributes:
        given = node.value.get(attribute.name)
        if given is None and not attribute.optional:
            raise ExpressionError
        if (given is None or given.value is None) and attribute.default is not None:
            given = evaluate(attribute.default)
        members[attribute.name] = converted(given or YamlNode(None, node.spot), attribute.type, evaluate)
    return members
