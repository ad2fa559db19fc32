"""The functions of the Terraform language that tables are commonly written with."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from dynaops.engine.yaml_tree import Node

_NOWHERE = ("", 0, 0)


class Unfit(Exception):
    """The arguments are not what the function takes."""


def _maps(arguments: list[Node]) -> Any:
    found: dict[str, Node] = {}
    for one in arguments:
        if one.value is None:
            continue
        if not isinstance(one.value, dict):
            raise Unfit
        found.update(one.value)
    return found


def _lists(arguments: list[Node]) -> Any:
    if not all(isinstance(one.value, list) for one in arguments):
        raise Unfit
    return [child for one in arguments for child in one.value]


def _same(arguments: list[Node]) -> Any:
    return arguments[0]


def _json(arguments: list[Node]) -> Any:
    return json.dumps(arguments[0].plain())


def _from_json(arguments: list[Node]) -> Any:
    return _noded(json.loads(arguments[0].value))


def _format(arguments: list[Node]) -> Any:
    pattern, *values = (one.plain() for one in arguments)
    return str(pattern).replace("%v", "%s") % tuple(values)


def _join(arguments: list[Node]) -> Any:
    return str(arguments[0].value).join(str(one) for one in arguments[1].plain())


def _coalesce(arguments: list[Node]) -> Any:
    return next(one for one in arguments if one.value not in (None, ""))


def _lookup(arguments: list[Node]) -> Any:
    found = arguments[0].value.get(str(arguments[1].value))
    return found if found is not None else arguments[2]


def _compact(arguments: list[Node]) -> Any:
    return [one for one in arguments[0].value if one.value not in (None, "")]


def _distinct(arguments: list[Node]) -> Any:
    found: list[Node] = []
    for one in arguments[0].value:
        if one.plain() not in [other.plain() for other in found]:
            found.append(one)
    return found


def _noded(value: Any) -> Node:
    if isinstance(value, dict):
        return Node({name: _noded(one) for name, one in value.items()}, _NOWHERE)
    if isinstance(value, list):
        return Node([_noded(one) for one in value], _NOWHERE)
    return Node(value, _NOWHERE)


FUNCTIONS: dict[str, Callable[[list[Node]], Any]] = {
    "merge": _maps,
    "concat": _lists,
    "toset": _same,
    "tolist": _same,
    "tomap": _same,
    "tostring": lambda arguments: str(arguments[0].value),
    "tonumber": lambda arguments: int(arguments[0].value),
    "jsonencode": _json,
    "jsondecode": _from_json,
    "format": _format,
    "join": _join,
    "lower": lambda arguments: str(arguments[0].value).lower(),
    "upper": lambda arguments: str(arguments[0].value).upper(),
    "replace": lambda arguments: str(arguments[0].value).replace(
        str(arguments[1].value), str(arguments[2].value)
    ),
    "coalesce": _coalesce,
    "lookup": _lookup,
    "compact": _compact,
    "distinct": _distinct,
    "length": lambda arguments: len(arguments[0].value),
}
