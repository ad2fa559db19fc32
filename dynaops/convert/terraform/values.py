"""Values of the Terraform language: sets, unknown values and errors, conversions between types, and access to members.

A value is a YamlNode: a dict is an object or a map, a list is a tuple or a list, SetValue is a set; numbers are int,
Decimal, or Fraction for a quotient without a finite decimal form. Source: Terraform Language, Types and Values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dynaops.convert.budget import Budget
from dynaops.convert.part import Unknown, unknowns
from dynaops.specs.yaml_tree import Spot, YamlNode

NOWHERE: Spot = ("", 0, 0)
LARGEST = 10**40
"""Larger numbers are not evaluated: a number of hundreds of digits would double its digits with each step."""
_MAX_EXPONENT = 60
_PLACEHOLDER = re.compile(r"\$\{(?:AWS::|table_arn:|stream_arn:|id:)")
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_INDEX_DIGITS = 9
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
"""The strings that Terraform converts to a boolean."""

Number = int | Decimal | Fraction


class UnsupportedArguments(Exception):
    """The expression cannot be evaluated for these arguments here."""


class ExpressionError(Exception):
    """The arguments are known, and Terraform would report an error, which ``try`` and ``can`` catch."""


@dataclass(frozen=True)
class TerraformError(Unknown):
    """An expression with an error in Terraform; an unknown value for everything except ``try`` and ``can``."""


@dataclass(frozen=True)
class Whole(Unknown):
    """A whole resource, module or data source, of which some attributes may be known."""

    attribute: Callable[[str], YamlNode] = field(
        default=lambda name: YamlNode(Unknown(name), NOWHERE), compare=False
    )


class SetValue(list[YamlNode]):
    """A set without duplicates, in the order in which Terraform iterates over it."""


def is_scalar(value: Any) -> bool:
    """Whether the value is a string, a number or a boolean."""
    return isinstance(value, str | int | Decimal | Fraction)


def is_number(value: Any) -> bool:
    """Whether the value is a number that is small enough to calculate with."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | Fraction):
        return False
    if isinstance(value, Decimal) and not (value.is_finite() and _is_short(value)):
        return False
    return bool(-LARGEST < value < LARGEST)


def _is_short(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and abs(exponent) <= _MAX_EXPONENT


def number(value: Number) -> Number:
    """The number in its simplest type: int, else Decimal if it is finite, else Fraction.

    Raises UnsupportedArguments.
    """
    if isinstance(value, int):
        return value
    exact = Fraction(value)
    if exact.denominator == 1:
        return exact.numerator
    if exact.denominator > LARGEST:
        raise UnsupportedArguments
    rest, twos, fives = exact.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return exact
    places = max(twos, fives)
    scaled = exact.numerator * 10**places // exact.denominator
    return Decimal((int(scaled < 0), tuple(int(digit) for digit in str(abs(scaled))), -places))


def text_of(value: Any) -> str:
    """A string, number or boolean converted to a string.

    Raises UnsupportedArguments; ExpressionError for other values.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Unknown):
        raise UnsupportedArguments
    if value is None or isinstance(value, list | dict):
        raise ExpressionError
    if not is_number(value):
        if isinstance(value, int) and len(str(abs(value))) <= 400:
            return str(value)
        raise UnsupportedArguments
    plain = number(value)
    if isinstance(plain, Fraction):
        raise UnsupportedArguments  # Terraform writes as many decimals as 512 bits hold
    return format(plain, "f") if isinstance(plain, Decimal) else str(plain)


def number_of(value: Any, digits: int = 400) -> Number:
    """The value of a number or of a string with a number.

    Raises UnsupportedArguments, and ExpressionError for other values.
    """
    if isinstance(value, Unknown):
        raise UnsupportedArguments
    if isinstance(value, bool) or value is None or isinstance(value, list | dict):
        raise ExpressionError
    if not isinstance(value, str):
        return value  # type: ignore[no-any-return]
    refuse_placeholders(value)
    if len(value) > digits:
        raise UnsupportedArguments
    if not _NUMBER.fullmatch(value):
        raise ExpressionError
    decimal = Decimal(value)
    if not is_number(decimal):
        raise UnsupportedArguments
    return number(decimal)


def flag_of(value: Any) -> bool:
    """The value of a boolean or of a string with a boolean.

    Raises UnsupportedArguments, and ExpressionError for other values.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, Unknown):
        raise UnsupportedArguments
    if isinstance(value, str):
        refuse_placeholders(value)
        if value in BOOLEANS:
            return BOOLEANS[value]
    raise ExpressionError


def holds_placeholder(value: Any) -> bool:
    """Whether a text holds a placeholder of a part that is known only after apply (such as an ARN)."""
    return isinstance(value, str) and "${" in value and _PLACEHOLDER.search(value) is not None


def refuse_placeholders(value: Any) -> None:
    """Raise UnsupportedArguments for a text with a placeholder."""
    if holds_placeholder(value):
        raise UnsupportedArguments


def is_settled(node: YamlNode) -> bool:
    """Whether a value is completely known, without placeholders."""
    if isinstance(node.value, dict):
        return all(is_settled(child) for child in node.value.values())
    if isinstance(node.value, list):
        return all(is_settled(child) for child in node.value)
    return not isinstance(node.value, Unknown) and not holds_placeholder(node.value)


def member(node: YamlNode, step: str | int) -> YamlNode:
    """The member at an attribute name or index: Unknown of an unknown value, an error if there is no such member."""
    value = node.value
    if isinstance(value, Whole):
        return value.attribute(str(step))
    if isinstance(value, Unknown):
        return node
    if isinstance(value, dict) and str(step) in value:
        child: YamlNode = value[str(step)]
        return child
    if (
        isinstance(value, list)
        and not isinstance(value, SetValue)
        and _is_index(step)
        and int(step) < len(value)
    ):
        listed: YamlNode = value[int(step)]
        return listed
    missing = f"there is no {str(step)[:60]} in it"
    return YamlNode(
        TerraformError(missing if value is not None else f"it is null, and has no {str(step)[:60]}"),
        node.spot,
    )


def within(node: YamlNode, path: tuple[str | int, ...]) -> YamlNode:
    """The value at a path of attributes and indexes."""
    for step in path:
        node = member(node, step)
    return node


def _is_index(step: str | int) -> bool:
    text = str(step) if isinstance(step, str) or abs(step) < LARGEST else ""
    return text.isascii() and text.isdecimal() and len(text) <= _INDEX_DIGITS


def pairs(node: YamlNode) -> list[tuple[YamlNode, YamlNode]]:
    """Keys and values in the order of iteration of ``for`` and dynamic blocks.

    Raises UnsupportedArguments and ExpressionError.
    """
    value = node.value
    if isinstance(value, Unknown):
        raise UnsupportedArguments
    if isinstance(value, dict):
        return [(YamlNode(name, value[name].spot), value[name]) for name in sorted(value)]
    if isinstance(value, SetValue):
        return [(child, child) for child in value]
    if isinstance(value, list):
        return [(YamlNode(index, child.spot), child) for index, child in enumerate(value)]
    raise ExpressionError


def unified(members: list[YamlNode]) -> list[YamlNode]:
    """The members of a list converted to one type: if one is a string, all scalars become strings, as in Terraform."""
    scalars = [node for node in members if is_scalar(node.value)]
    if len({_type_of(node.value) for node in scalars}) < 2:
        return members
    return [YamlNode(text_of(node.value), node.spot) if is_scalar(node.value) else node for node in members]


def _type_of(value: Any) -> str:
    return "bool" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"


def set_of(members: list[YamlNode]) -> SetValue:
    """The members as a set in Terraform's order. Raises UnsupportedArguments if members cannot be compared."""
    whole = unified(members)
    if any(not is_settled(node) for node in whole):
        raise UnsupportedArguments
    distinct: dict[Any, YamlNode] = {}
    for node in whole:
        distinct.setdefault(fingerprint(node), node)
    values = list(distinct.values())
    if all(isinstance(node.value, str) for node in values):
        values.sort(key=lambda node: node.value.encode("utf-8", "surrogatepass"))
    elif all(is_number(node.value) for node in values):
        values.sort(key=lambda node: Fraction(node.value))
    return SetValue(values)


def is_sorted_set(value: Any) -> bool:
    """Whether Terraform documents the order of the set's members, which it does for strings and numbers."""
    return all(isinstance(node.value, str) for node in value) or all(is_number(node.value) for node in value)


def fingerprint(node: YamlNode) -> Any:
    """A comparison key that is equal only for equal values of the same type."""
    value = node.value
    if isinstance(value, dict):
        return ("map", tuple((name, fingerprint(value[name])) for name in sorted(value)))
    if isinstance(value, list):
        return ("list", tuple(fingerprint(child) for child in value))
    if isinstance(value, Number) and not isinstance(value, bool):
        return ("number", Fraction(value) if is_number(value) else value)
    return (type(value).__name__, value)


def noded(value: Any) -> YamlNode:
    """Plain data as a tree without positions."""
    if isinstance(value, dict):
        return YamlNode({str(name): noded(child) for name, child in value.items()}, NOWHERE)
    if isinstance(value, list):
        return YamlNode([noded(child) for child in value], NOWHERE)
    if isinstance(value, float):
        return YamlNode(number(Decimal(str(value))), NOWHERE)
    return YamlNode(value, NOWHERE)


def charged(node: YamlNode, budget: Budget) -> YamlNode:
    """The value, after its whole size is counted, because every reference to it repeats it."""
    budget.reserve(sum(_sizes(node, budget)))
    return node


def _sizes(node: YamlNode, budget: Budget) -> Iterator[int]:
    """The sizes of a value's parts; each is a step, so that a value with many shared parts ends in TooLarge."""
    budget.step()
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            yield len(name)
            yield from _sizes(child, budget)
    elif isinstance(node.value, list):
        for child in node.value:
            yield from _sizes(child, budget)
    yield len(node.value) if isinstance(node.value, str) else 1


def failure_in(node: YamlNode) -> TerraformError | None:
    """The first error within a value, or None: the expression that made the value ends with this error."""
    return next((unknown for unknown in unknowns(node) if isinstance(unknown, TerraformError)), None)


def unknown_in(node: YamlNode) -> Unknown | None:
    """The first Unknown within a value, or None."""
    return next(unknowns(node), None)
