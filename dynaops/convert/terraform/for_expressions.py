"""Evaluates ``for`` expressions. Source: Terraform Language, For Expressions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dynaops.convert.part import Unknown
from dynaops.convert.terraform.trees import tokens, trees
from dynaops.convert.terraform.values import ExpressionError, flag_of, pairs
from dynaops.specs.yaml_tree import YamlNode

if TYPE_CHECKING:
    from dynaops.convert.terraform.evaluate import Evaluator


class _UnknownPart(Exception):
    """A part of the expression is not known, so its value is not known."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.why)
        self.unknown = unknown


def listed(evaluator: Evaluator, tree: Any) -> Any:
    """The list of ``[for x in y : z if c]``."""
    intro, result, *rest = trees(tree)
    members: list[YamlNode] = []
    try:
        for inner in _iterations(evaluator, intro, rest):
            evaluator.budget.reserve(1)
            members.append(inner.value(result))
    except _UnknownPart as error:
        return error.unknown
    return members


def mapped(evaluator: Evaluator, tree: Any) -> Any:
    """The object of ``{for x in y : k => v if c}``; ``v...`` groups values by key."""
    intro, key, result, *rest = trees(tree)
    grouped = "ELLIPSIS" in tokens(tree)
    members: dict[str, YamlNode] = {}
    try:
        for inner in _iterations(evaluator, intro, rest):
            name = inner.key(key)
            if isinstance(name, Unknown):
                return name
            evaluator.budget.reserve(len(name) + 1)
            value = inner.value(result)
            if grouped:
                members.setdefault(name, YamlNode([], value.spot)).value.append(value)
            elif name in members:
                raise ExpressionError  # two members with one key
            else:
                members[name] = value
    except _UnknownPart as error:
        return error.unknown
    return members


def _iterations(evaluator: Evaluator, intro: Any, rest: list[Any]) -> Iterator[Evaluator]:
    """An evaluator for each member that the condition lets in.

    Raises _NotKnown, UnsupportedArguments and ExpressionError.
    """
    *names, source = trees(intro)
    bound = [str(name.children[0]) for name in names]
    collection = evaluator.value(source)
    if isinstance(collection.value, Unknown):
        raise _UnknownPart(collection.value)
    condition = next((child for child in rest if child.data == "for_cond"), None)
    for key, value in pairs(collection):
        evaluator.budget.step()
        named = {bound[0]: value} if len(bound) == 1 else {bound[0]: key, bound[1]: value}
        inner = evaluator.within(**named)
        if condition is not None:
            is_included = inner.value(trees(condition)[0]).value
            if isinstance(is_included, Unknown):
                raise _UnknownPart(is_included)
            if not flag_of(is_included):
                continue
        yield inner
