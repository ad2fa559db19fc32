"""Arguments of functions, converted as Terraform converts them.

All raise Unfit (it cannot be worked out here) and Mistake (Terraform ends with an error).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dynaops.convert.budget import Budget
from dynaops.convert.part import Unknown
from dynaops.convert.terraform.values import (
    Mistake,
    SetValue,
    UnsupportedArguments,
    flag_of,
    is_sorted_set,
    number_of,
    text_of,
)
from dynaops.specs.yaml_tree import YamlNode

Function = Callable[[list[YamlNode], Budget], Any]


def count(arguments: list[YamlNode], least: int, most: int | None = None) -> None:
    """Refuse a call with more or fewer arguments."""
    if not least <= len(arguments) <= (least if most is None else most):
        raise UnsupportedArguments


def text(node: YamlNode) -> str:
    return text_of(node.value)


def whole(node: YamlNode) -> int:
    """A whole number."""
    found = number_of(node.value)
    if not isinstance(found, int):
        raise Mistake
    return found


def flag(node: YamlNode) -> bool:
    return flag_of(node.value)


def members(node: YamlNode) -> list[YamlNode]:
    """The members of a list, tuple or set; those of a set have an order only where Terraform documents one."""
    if isinstance(node.value, Unknown):
        raise UnsupportedArguments
    if not isinstance(node.value, list):
        raise Mistake
    return node.value


def ordered(node: YamlNode) -> list[YamlNode]:
    """The members of a list, tuple or set whose order is documented."""
    found = members(node)
    if isinstance(found, SetValue) and not is_sorted_set(found):
        raise UnsupportedArguments
    return found


def entries(node: YamlNode) -> dict[str, YamlNode]:
    """A map or object."""
    if isinstance(node.value, Unknown):
        raise UnsupportedArguments
    if not isinstance(node.value, dict):
        raise Mistake
    return node.value
