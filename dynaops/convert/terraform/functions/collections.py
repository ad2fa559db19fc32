"""Collection and type conversion functions. Source: Terraform Language, Functions, Collection Functions."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

from dynaops.convert.budget import Budget
from dynaops.convert.part import Unknown
from dynaops.convert.terraform.functions.arguments import (
    Function,
    count,
    entries,
    flag,
    members,
    ordered,
    text,
    whole,
)
from dynaops.convert.terraform.values import (
    ExpressionError,
    SetValue,
    UnsupportedArguments,
    fingerprint,
    flag_of,
    is_number,
    is_scalar,
    is_settled,
    number,
    number_of,
    set_of,
    text_of,
    unified,
)
from dynaops.specs.yaml_tree import YamlNode


def _merge(arguments: list[YamlNode], budget: Budget) -> Any:
    merged: dict[str, YamlNode] = {}
    for argument in arguments:
        if argument.value is None:
            continue
        given = entries(argument)
        budget.reserve(len(given))
        merged.update(given)
    return merged


def _concat(arguments: list[YamlNode], budget: Budget) -> Any:
    lists = [ordered(argument) for argument in arguments]
    budget.reserve(sum(len(list) for list in lists))
    return [child for list in lists for child in list]


def _flatten(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    flat: list[YamlNode] = []

    def add(node: YamlNode) -> None:
        for child in ordered(node):
            budget.step()
            if isinstance(child.value, Unknown):
                raise UnsupportedArguments  # it may be a list itself
            if isinstance(child.value, list):
                with budget.nested():
                    add(child)
            else:
                budget.reserve(1)
                flat.append(child)

    add(arguments[0])
    return flat


def _tolist(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    if arguments[0].value is None:
        return None
    children = ordered(arguments[0])
    budget.reserve(len(children))
    return list(unified(children))


def _toset(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    if arguments[0].value is None:
        return None
    budget.reserve(len(members(arguments[0])))
    return set_of(members(arguments[0]))


def _tomap(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    if arguments[0].value is None:
        return None
    given = entries(arguments[0])
    budget.reserve(len(given))
    return dict(zip(given, unified(list(given.values())), strict=True))


def _tostring(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    return None if arguments[0].value is None else budget.text([text(arguments[0])])


def _tonumber(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    return None if arguments[0].value is None else number_of(arguments[0].value, budget.limits.digits)


def _tobool(arguments: list[YamlNode], budget: Budget) -> Any:  # noqa: ARG001
    count(arguments, 1)
    return None if arguments[0].value is None else flag(arguments[0])


def _same(arguments: list[YamlNode], budget: Budget) -> Any:  # noqa: ARG001
    count(arguments, 1)
    return arguments[0]


def _coalesce(arguments: list[YamlNode], budget: Budget) -> Any:  # noqa: ARG001
    for argument in unified([argument for argument in arguments if argument.value is not None]):
        if isinstance(argument.value, Unknown):
            raise UnsupportedArguments
        if argument.value != "":
            return argument
    raise ExpressionError


def _coalescelist(arguments: list[YamlNode], budget: Budget) -> Any:  # noqa: ARG001
    for argument in arguments:
        if argument.value is not None and members(argument):
            return argument
    raise ExpressionError


def _lookup(arguments: list[YamlNode], budget: Budget) -> Any:  # noqa: ARG001
    count(arguments, 2, 3)
    if not is_settled(arguments[1]):
        raise UnsupportedArguments
    value = entries(arguments[0]).get(text(arguments[1]))
    if value is None and len(arguments) < 3:
        raise ExpressionError
    return arguments[2] if value is None else value


def _element(arguments: list[YamlNode], budget: Budget) -> Any:  # noqa: ARG001
    count(arguments, 2)
    given, index = ordered(arguments[0]), whole(arguments[1])
    if not given or index < 0:
        raise ExpressionError if not given else UnsupportedArguments
    return given[index % len(given)]


def _compact(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    given = ordered(arguments[0])
    budget.reserve(len(given))
    return [YamlNode(text_of(child.value), child.spot) for child in given if child.value not in (None, "")]


def _distinct(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    given = ordered(arguments[0])
    budget.reserve(len(given))
    distinct: dict[Any, YamlNode] = {}
    for child in unified(given):
        distinct.setdefault(fingerprint(child), child)
    return list(distinct.values())


def _length(arguments: list[YamlNode], budget: Budget) -> Any:  # noqa: ARG001
    count(arguments, 1)
    value = arguments[0].value
    if isinstance(value, Unknown):
        raise UnsupportedArguments
    if isinstance(value, str) and not (value.isascii() and is_settled(arguments[0])):
        raise UnsupportedArguments  # it counts grapheme clusters
    if not isinstance(value, str | list | dict):
        raise ExpressionError
    return len(value)


def _contains(arguments: list[YamlNode], budget: Budget) -> Any:  # noqa: ARG001
    count(arguments, 2)
    searched, given = arguments[1], members(arguments[0])
    if not is_scalar(searched.value) or not all(is_scalar(child.value) for child in given):
        raise UnsupportedArguments
    if len({type(child.value) is str for child in [*given, searched]}) > 1:
        return text_of(searched.value) in {text_of(child.value) for child in given}
    return fingerprint(searched) in {fingerprint(child) for child in given}


def _index(arguments: list[YamlNode], budget: Budget) -> Any:  # noqa: ARG001
    count(arguments, 2)
    searched = fingerprint(arguments[1])
    for position, child in enumerate(ordered(arguments[0])):
        if fingerprint(child) == searched:
            return position
    raise ExpressionError


def _keys(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    given = entries(arguments[0])
    budget.reserve(len(given))
    return [YamlNode(name, given[name].spot) for name in sorted(given)]


def _values(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    given = entries(arguments[0])
    budget.reserve(len(given))
    return [given[name] for name in sorted(given)]


def _zipmap(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 2)
    names, given = ordered(arguments[0]), ordered(arguments[1])
    if len(names) != len(given):
        raise ExpressionError
    if any(not is_settled(node) for node in names):
        raise UnsupportedArguments
    budget.reserve(len(names))
    return {text_of(name.value): node for name, node in zip(names, given, strict=True)}


def _setproduct(arguments: list[YamlNode], budget: Budget) -> Any:
    if len(arguments) < 2:
        raise ExpressionError
    lists = [ordered(argument) for argument in arguments]
    budget.reserve(prod(len(list_) for list_ in lists) * len(lists))
    rows = [YamlNode(list(row), arguments[0].spot) for row in product(*lists)]
    return SetValue(rows) if all(isinstance(list_.value, SetValue) for list_ in arguments) else rows


def _union(arguments: list[YamlNode], budget: Budget) -> Any:
    children = [member for argument in arguments for member in members(argument)]
    budget.reserve(len(children))
    return set_of(children)


def _intersection(arguments: list[YamlNode], budget: Budget) -> Any:
    sets = [{fingerprint(child) for child in set_of(members(argument))} for argument in arguments]
    if not sets:
        raise ExpressionError
    first = set_of(members(arguments[0]))
    budget.reserve(len(first))
    return set_of([child for child in first if all(fingerprint(child) in keys for keys in sets)])


def _subtract(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 2)
    first, second = set_of(members(arguments[0])), set_of(members(arguments[1]))
    budget.reserve(len(first))
    excluded = {fingerprint(child) for child in second}
    return set_of([child for child in first if fingerprint(child) not in excluded])


def _slice(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 3)
    given, start, end = ordered(arguments[0]), whole(arguments[1]), whole(arguments[2])
    if not 0 <= start <= end <= len(given):
        raise ExpressionError
    budget.reserve(end - start)
    return list(given[start:end])


def _reverse(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    given = ordered(arguments[0])
    budget.reserve(len(given))
    return list(reversed(given))


def _chunklist(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 2)
    given, size = ordered(arguments[0]), whole(arguments[1])
    if size < 1:
        raise UnsupportedArguments
    budget.reserve(2 * len(given))
    return [YamlNode(list(given[at : at + size]), arguments[0].spot) for at in range(0, len(given), size)]


def _range(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1, 3)
    given = [
        Fraction(number_of(argument.value)) for argument in arguments if is_number(number_of(argument.value))
    ]
    if len(given) != len(arguments):
        raise UnsupportedArguments
    start, end = (Fraction(0), given[0]) if len(given) == 1 else (given[0], given[1])
    step = given[2] if len(given) == 3 else Fraction(1 if end >= start else -1)
    if step == 0 or (end - start) * step < 0:
        raise ExpressionError
    times = -((start - end) // step)
    if times > 1024:
        raise ExpressionError
    budget.reserve(int(times))
    return [YamlNode(number(start + step * position), arguments[0].spot) for position in range(int(times))]


def _one(arguments: list[YamlNode], budget: Budget) -> Any:  # noqa: ARG001
    count(arguments, 1)
    given = members(arguments[0])
    if len(given) > 1:
        raise ExpressionError
    return given[0] if given else None


def _transpose(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    transposed: dict[str, list[str]] = {}
    for name, names in entries(arguments[0]).items():
        for child in members(names):
            budget.reserve(1)
            transposed.setdefault(text_of(child.value), []).append(name)
    spot = arguments[0].spot
    return {
        name: YamlNode([YamlNode(child, spot) for child in sorted(names)], spot)
        for name, names in transposed.items()
    }


def _alltrue(arguments: list[YamlNode], budget: Budget) -> Any:  # noqa: ARG001
    count(arguments, 1)
    return all(member.value is not None and flag_of(member.value) for member in members(arguments[0]))


def _anytrue(arguments: list[YamlNode], budget: Budget) -> Any:  # noqa: ARG001
    count(arguments, 1)
    return any(member.value is not None and flag_of(member.value) for member in members(arguments[0]))


COLLECTION_FUNCTIONS: dict[str, Function] = {
    "alltrue": _alltrue,
    "anytrue": _anytrue,
    "chunklist": _chunklist,
    "coalesce": _coalesce,
    "coalescelist": _coalescelist,
    "compact": _compact,
    "concat": _concat,
    "contains": _contains,
    "distinct": _distinct,
    "element": _element,
    "flatten": _flatten,
    "index": _index,
    "keys": _keys,
    "length": _length,
    "lookup": _lookup,
    "merge": _merge,
    "nonsensitive": _same,
    "one": _one,
    "range": _range,
    "reverse": _reverse,
    "sensitive": _same,
    "setintersection": _intersection,
    "setproduct": _setproduct,
    "setsubtract": _subtract,
    "setunion": _union,
    "slice": _slice,
    "tobool": _tobool,
    "tolist": _tolist,
    "tomap": _tomap,
    "tonumber": _tonumber,
    "toset": _toset,
    "tostring": _tostring,
    "transpose": _transpose,
    "values": _values,
    "zipmap": _zipmap,
}
