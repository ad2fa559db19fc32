"""Operators of the Terraform language, with exact numbers. Source: Arithmetic and Logical Operators."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from dynaops.convert.part import Unknown
from dynaops.convert.terraform.values import (
    ExpressionError,
    Number,
    UnsupportedArguments,
    flag_of,
    is_number,
    is_scalar,
    number,
    number_of,
    refuse_placeholders,
)


def binary(operator: str, left: Any, right: Any) -> Any:
    """The result of a binary operator for two known values. Raises UnsupportedArguments and ExpressionError."""
    if operator in ("==", "!="):
        return _equal(left, right) == (operator == "==")
    if operator == "&&":
        return flag_of(left) and flag_of(right)
    if operator == "||":
        return flag_of(left) or flag_of(right)
    a, b = _reckoned(left), _reckoned(right)
    if operator in (">", "<", ">=", "<="):
        return {">": a > b, "<": a < b, ">=": a >= b, "<=": a <= b}[operator]
    return number(_arithmetic(operator, a, b))


def negated(operator: str, value: Any) -> Any:
    """The result of ``!x`` or ``-x``. Raises UnsupportedArguments and ExpressionError."""
    if operator == "!":
        return not flag_of(value)
    return number(-_reckoned(value))


def _reckoned(value: Any) -> Fraction:
    number_ = number_of(value)
    if not is_number(number_):
        raise UnsupportedArguments
    return Fraction(number_)


def _arithmetic(operator: str, a: Fraction, b: Fraction) -> Fraction:
    if operator == "+":
        return a + b
    if operator == "-":
        return a - b
    if operator == "*":
        return a * b
    if b == 0:
        raise ExpressionError
    if operator == "/":
        return a / b
    if operator == "%":
        whole = (
            abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        )  # the remainder has the sign of the dividend
        return a - b * whole
    raise UnsupportedArguments


def _equal(left: Any, right: Any) -> bool:
    """Whether two values have the same type and are equal.

    Raises UnsupportedArguments for collections, whose types are not known.
    """
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        raise UnsupportedArguments
    if left is None or right is None:
        return left is None and right is None
    if not is_scalar(left) or not is_scalar(right):
        if is_scalar(left) != is_scalar(right):
            return False
        raise UnsupportedArguments
    refuse_placeholders(left)
    refuse_placeholders(right)
    if isinstance(left, bool) or isinstance(right, bool) or isinstance(left, str) or isinstance(right, str):
        return type(left) is type(right) and left == right
    if isinstance(left, Number) and isinstance(right, Number):
        return Fraction(left) == Fraction(right) if is_number(left) and is_number(right) else left == right
    raise UnsupportedArguments
