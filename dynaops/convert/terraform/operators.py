"""The operators of the Terraform language."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any


def is_number(value: Any) -> bool:
    """A number that can be reckoned with: one of hundreds of digits would double them with each step."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return False
    return abs(value) < LARGEST if isinstance(value, int) else value.is_finite()


ARITHMETIC = ("+", "-", "*")
LARGEST = 10**40
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "&&": lambda a, b: bool(a and b),
    "||": lambda a, b: bool(a or b),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
}
