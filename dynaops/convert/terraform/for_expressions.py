"""``for`` expressions. Source: Terraform Language, For Expressions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dynaops.convert.part import Unknown
from dynaops.convert.terraform.trees import tokens, trees
from dynaops.convert.terraform.values import Mistake, flag_of, pairs
from dynaops.specs.yaml_tree import YamlNode

if TYPE_CHECKING:
    from dynaops.convert.terraform.evaluate import Evaluator


class _UnknownPart(Exception):
    """A part of it is not known, so all of it is not."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.why)
        self.unknown = unknown


def listed(evaluator: Evaluator, tree: Any) -> Any:
    """``[for x in y : z if c]``."""
    intro, result, *rest = trees(tree)
    found: list[YamlNode] = []
    try:
        for inner in _iterations(evaluator, intro, rest):
            evaluator.budget.handler(1)
            found.append(inner.value(result))
    except _UnknownPart as error:
        return error.unknown
    return found


def mapped(evaluator: Evaluator, tree: Any) -> Any:
    """``{for x in y : k => v if c}``, and ``v...``, which groups by key."""
    intro, key, result, *rest = trees(tree)
    grouped = "ELLIPSIS" in tokens(tree)
    found: dict[str, YamlNode] = {}
    try:
        for inner in _iterations(evaluator, intro, rest):
            name = inner.key(key)
            if isinstance(name, Unknown):
                return name
            evaluator.budget.handler(len(name) + 1)
            value = inner.value(result)
            if grouped:
                found.setdefault(name, YamlNode([], value.spot)).value.append(value)
            elif name in found:
                raise Mistake  # two members with one key
            else:
                found[name] = value
    except _UnknownPart as error:
        return error.unknown
    return found


def _iterations(evaluator: Evaluator, intro: Any, rest: list[Any]) -> Iterator[Evaluator]:
    """An evaluator for each member that the condition lets in. Raises _NotKnown, Unfit and Mistake."""
    *names, source = trees(intro)
    bound = [str(name.children[0]) for name in names]
    over = evaluator.value(source)
    if isinstance(over.value, Unknown):
        raise _UnknownPart(over.value)
    condition = next((one for one in rest if one.data == "for_cond"), None)
    for key, value in pairs(over):
        evaluator.budget.step()
        named = {bound[0]: value} if len(bound) == 1 else {bound[0]: key, bound[1]: value}
        inner = evaluator.within(**named)
        if condition is not None:
            met = inner.value(trees(condition)[0]).value
            if isinstance(met, Unknown):
                raise _UnknownPart(met)
            if not flag_of(met):
                continue
        yield inner
