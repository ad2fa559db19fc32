"""The functions of the Terraform language that tables are commonly written with.

A function that makes more than it is given asks the budget first (see `budget`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from dynaops.convert import json_text
from dynaops.convert.budget import Budget, TooLarge
from dynaops.engine.yaml_tree import Node

_NOWHERE = ("", 0, 0)
_VERB = re.compile(r"%([-+ 0#]*)(\d*)(\.\d*)?([a-zA-Z%])?")
_WIDEST = 6
"""Digits of a width in `format`: more is beyond any value's bound."""

Function = Callable[[list[Node], Budget], Any]


class Unfit(Exception):
    """The arguments are not what the function takes."""


def text_of(value: Any) -> str:
    """A string, number or boolean as Terraform writes it within a string. Raises Unfit for anything else."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float | Decimal):
        raise Unfit
    return str(value)


def charged(node: Node, budget: Budget) -> Node:
    """The value, whose whole size is counted: what refers to a value repeats it."""
    budget.room(sum(_sizes(node, budget)))
    return node


def _sizes(node: Node, budget: Budget) -> Iterator[int]:
    """The sizes of a value's parts; each is a step, so that what is shared cannot be counted for ever."""
    budget.step()
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            yield len(name)
            yield from _sizes(child, budget)
    elif isinstance(node.value, list):
        for child in node.value:
            yield from _sizes(child, budget)
    yield len(node.value) if isinstance(node.value, str) else 1


def _merge(arguments: list[Node], budget: Budget) -> Any:
    found: dict[str, Node] = {}
    for argument in arguments:
        if argument.value is None:
            continue
        members = _map(argument)
        budget.room(len(members))
        found.update(members)
    return found


def _concat(arguments: list[Node], budget: Budget) -> Any:
    lists = [_list(argument) for argument in arguments]
    budget.room(sum(len(members) for members in lists))
    return [child for members in lists for child in members]


def _same(arguments: list[Node], budget: Budget) -> Any:  # noqa: ARG001
    return arguments[0]


def _jsonencode(arguments: list[Node], budget: Budget) -> Any:
    return budget.text(json.JSONEncoder().iterencode(arguments[0].plain()))


def _jsondecode(arguments: list[Node], budget: Budget) -> Any:
    return charged(_noded(json_text.decoded(_text(arguments[0]))), budget)


def _format(arguments: list[Node], budget: Budget) -> Any:
    pattern, values = _text(arguments[0]), [_scalar(one) for one in arguments[1:]]
    return budget.text(_formatted(pattern, values, budget))


def _formatted(pattern: str, values: list[Any], budget: Budget) -> Iterator[str]:
    """The parts of a format: what stands between its verbs, and the values of the verbs."""
    at, following = 0, iter(values)
    for verb in _VERB.finditer(pattern):
        yield pattern[at : verb.start()]
        at = verb.end()
        flags, width, precision, kind = verb.groups()
        if kind == "%":
            yield "%"
            continue
        if len(width) > _WIDEST or len(precision or "") > _WIDEST:
            raise TooLarge(f"{verb.group()[:20]}... is too wide")
        budget.room(int(width or 0) + int((precision or "")[1:] or 0))
        yield _one_formatted(f"{flags}{width}{precision or ''}", kind, next(following, None))
    yield pattern[at:]


def _one_formatted(layout: str, kind: str | None, value: Any) -> str:
    if value is None or kind not in ("s", "v", "d"):
        raise Unfit
    if kind == "d":
        return f"%{layout}d" % _whole(value)
    return f"%{layout}s" % text_of(value)


def _join(arguments: list[Node], budget: Budget) -> Any:
    between, members = _text(arguments[0]), [one for argument in arguments[1:] for one in _list(argument)]
    budget.room(len(between) * max(len(members) - 1, 0))
    return between.join([budget.text([text_of(one.value)]) for one in members])


def _replace(arguments: list[Node], budget: Budget) -> Any:
    text, old, new = (_text(argument) for argument in arguments)
    if len(old) > 1 and old.startswith("/") and old.endswith("/"):
        raise Unfit  # a regular expression, whose work nobody can bound
    budget.room(len(text) + text.count(old) * max(len(new) - len(old), 0))
    return text.replace(old, new)


def _cased(change: Callable[[str], str]) -> Function:
    """A change of case: one letter may become three."""

    def changed(arguments: list[Node], budget: Budget) -> Any:
        text = _text(arguments[0])
        budget.room(3 * len(text))
        return change(text)

    return changed


def _coalesce(arguments: list[Node], budget: Budget) -> Any:  # noqa: ARG001
    for argument in arguments:
        if argument.value not in (None, ""):
            return argument
    raise Unfit


def _lookup(arguments: list[Node], budget: Budget) -> Any:  # noqa: ARG001
    found = _map(arguments[0]).get(_text(arguments[1]))
    return found if found is not None else arguments[2]


def _compact(arguments: list[Node], budget: Budget) -> Any:
    members = _list(arguments[0])
    budget.room(len(members))
    return [one for one in members if one.value not in (None, "")]


def _distinct(arguments: list[Node], budget: Budget) -> Any:
    members = _list(arguments[0])
    budget.room(len(members))
    found: dict[str, Node] = {}
    for member in members:
        found.setdefault(json.dumps(member.plain(), sort_keys=True), member)
    return list(found.values())


def _length(arguments: list[Node], budget: Budget) -> Any:  # noqa: ARG001
    value = arguments[0].value
    if not isinstance(value, str | list | dict):
        raise Unfit
    return len(value)


def _tostring(arguments: list[Node], budget: Budget) -> Any:
    return None if arguments[0].value is None else budget.text([_text(arguments[0])])


def _tonumber(arguments: list[Node], budget: Budget) -> Any:
    value = arguments[0].value
    if isinstance(value, str) and len(value) <= budget.limits.digits:
        number = Decimal(value)
        return (
            int(number) if number.is_finite() and number.adjusted() < 30 and number == int(number) else number
        )
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value
    raise Unfit


def _map(node: Node) -> dict[str, Node]:
    if not isinstance(node.value, dict):
        raise Unfit
    return node.value


def _list(node: Node) -> list[Node]:
    if not isinstance(node.value, list):
        raise Unfit
    return node.value


def _text(node: Node) -> str:
    return text_of(node.value)


def _scalar(node: Node) -> Any:
    text_of(node.value)
    return node.value


def _whole(value: Any) -> int:
    """A whole number. Raises Unfit."""
    if isinstance(value, Decimal) and (not value.is_finite() or value.adjusted() > 30):
        raise Unfit
    return int(value)


def _noded(value: Any) -> Node:
    if isinstance(value, dict):
        return Node({name: _noded(child) for name, child in value.items()}, _NOWHERE)
    if isinstance(value, list):
        return Node([_noded(child) for child in value], _NOWHERE)
    return Node(value, _NOWHERE)


FUNCTIONS: dict[str, Function] = {
    "merge": _merge,
    "concat": _concat,
    "toset": _same,
    "tolist": _same,
    "tomap": _same,
    "tostring": _tostring,
    "tonumber": _tonumber,
    "jsonencode": _jsonencode,
    "jsondecode": _jsondecode,
    "format": _format,
    "join": _join,
    "lower": _cased(str.lower),
    "upper": _cased(str.upper),
    "replace": _replace,
    "coalesce": _coalesce,
    "lookup": _lookup,
    "compact": _compact,
    "distinct": _distinct,
    "length": _length,
}
