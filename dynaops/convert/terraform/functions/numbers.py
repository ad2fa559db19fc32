"""Numeric functions, exact. Source: Terraform Language, Functions, Numeric Functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from dynaops.convert.budget import Budget
from dynaops.convert.terraform.functions.arguments import Function, count, members, text, whole
from dynaops.convert.terraform.values import (
    ExpressionError,
    UnsupportedArguments,
    is_number,
    number,
    number_of,
)
from dynaops.specs.yaml_tree import YamlNode


def _exact(node: YamlNode) -> Fraction:
    exact = number_of(node.value)
    if not is_number(exact):
        raise UnsupportedArguments
    return Fraction(exact)


def _of_one(work: Callable[[Fraction], Fraction | int]) -> Function:
    def worked(arguments: list[YamlNode], budget: Budget) -> Any:  # noqa: ARG001
        count(arguments, 1)
        return number(Fraction(work(_exact(arguments[0]))))

    return worked


def _of_many(work: Callable[[list[Fraction]], Fraction]) -> Function:
    def worked(arguments: list[YamlNode], budget: Budget) -> Any:  # noqa: ARG001
        if not arguments:
            raise ExpressionError
        return number(work([_exact(argument) for argument in arguments]))

    return worked


def _sum(arguments: list[YamlNode], budget: Budget) -> Any:  # noqa: ARG001
    count(arguments, 1)
    given = members(arguments[0])
    if not given:
        raise ExpressionError
    return number(sum((_exact(node) for node in given), Fraction(0)))


def _pow(arguments: list[YamlNode], budget: Budget) -> Any:  # noqa: ARG001
    count(arguments, 2)
    base, exponent = _exact(arguments[0]), whole(arguments[1])
    if not 0 <= exponent <= 100:
        raise UnsupportedArguments
    power = base**exponent
    if abs(power) >= 2**53:
        raise UnsupportedArguments  # Terraform calculates with 64-bit floats
    return number(power)


def _parseint(arguments: list[YamlNode], budget: Budget) -> Any:  # noqa: ARG001
    count(arguments, 2)
    digits, base = text(arguments[0]), whole(arguments[1])
    if not 2 <= base <= 36 or len(digits) > 30 or not digits.removeprefix("-").isalnum():
        raise UnsupportedArguments
    try:
        return int(digits, base)
    except ValueError:
        raise ExpressionError from None


NUMBER_FUNCTIONS: dict[str, Function] = {
    "abs": _of_one(abs),
    "ceil": _of_one(math.ceil),
    "floor": _of_one(math.floor),
    "max": _of_many(max),
    "min": _of_many(min),
    "parseint": _parseint,
    "pow": _pow,
    "signum": _of_one(lambda value: (value > 0) - (value < 0)),
    "sum": _sum,
}
