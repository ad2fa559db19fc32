"""Converts arguments of functions as Terraform does.

All raise UnsupportedArguments (it cannot be worked out here) and ExpressionError (Terraform ends with an error).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dynaops.convert.budget import Budget
from dynaops.convert.part import Unknown
from dynaops.convert.terraform.values import (
    ExpressionError,
    SetValue,
    UnsupportedArguments,
    flag_of,
    is_sorted_set,
    number_of,
    text_of,
)
from dynaops.specs.yaml_tree import YamlNode

Function = Callable[[list[YamlNode], Budget], Any]


def count(arguments: list[YamlNode], minimum: int, maximum: int | None = None) -> None:
    """Check the number of arguments. Raises ExpressionError."""
    if not minimum <= len(arguments) <= (minimum if maximum is None else maximum):
        raise UnsupportedArguments


def text(node: YamlNode) -> str:
    return text_of(node.value)


def whole(node: YamlNode) -> int:
    """The argument as a whole number."""
    value = number_of(node.value)
    if not isinstance(value, int):
        raise ExpressionError
    return value


def flag(node: YamlNode) -> bool:
    return flag_of(node.value)


def members(node: YamlNode) -> list[YamlNode]:
    """The members of a list, tuple or set; those of a set have an order only where Terraform documents one."""
    if isinstance(node.value, Unknown):
        raise UnsupportedArguments
    if not isinstance(node.value, list):
        raise ExpressionError
    return node.value


def ordered(node: YamlNode) -> list[YamlNode]:
    """The members of a list, tuple or set whose order is documented."""
    children = members(node)
    if isinstance(children, SetValue) and not is_sorted_set(children):
        raise UnsupportedArguments
    return children


def entries(node: YamlNode) -> dict[str, YamlNode]:
    """The members of a map or object."""
    if isinstance(node.value, Unknown):
        raise UnsupportedArguments
    if not isinstance(node.value, dict):
        raise ExpressionError
    return node.value
