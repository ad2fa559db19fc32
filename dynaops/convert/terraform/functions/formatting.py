"""Evaluates the verbs of ``format``. Other features of Go's fmt are not evaluated.

Source: Terraform Language, Functions, format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from dynaops.convert.budget import Budget, TooLarge
from dynaops.convert.terraform.functions.json_encoding import json_text_of
from dynaops.convert.terraform.values import (
    ExpressionError,
    UnsupportedArguments,
    flag_of,
    number_of,
    refuse_placeholders,
    text_of,
)
from dynaops.specs.yaml_tree import YamlNode

_VERB = re.compile(r"%([-+ 0#]*)(\d*)(\.\d*)?([a-zA-Z%])?")
_WIDEST = 6
"""The most digits of a width: a larger width is above the limit of any value."""
_EXACT_BELOW = 10**20


def formatted(pattern: str, values: list[YamlNode], budget: Budget) -> Iterator[str]:
    """The parts of a formatted text: the text between the verbs, and the values of the verbs."""
    at, used = 0, 0
    for verb in _VERB.finditer(pattern):
        yield pattern[at : verb.start()]
        at = verb.end()
        flags, width, precision, kind = verb.groups()
        if kind == "%" and not (flags or width or precision):
            yield "%"
            continue
        if len(width) > _WIDEST or len(precision or "") > _WIDEST:
            raise TooLarge(f"{verb.group()[:20]}... is too wide")
        budget.reserve(int(width or 0) + int((precision or "")[1:] or 0))
        if kind is None:
            raise UnsupportedArguments
        if used >= len(values):
            raise ExpressionError
        yield _one(flags, width, precision, kind, values[used], budget)
        used += 1
    yield pattern[at:]
    if used < len(values):
        raise ExpressionError


def _one(flags: str, width: str, precision: str | None, kind: str, node: YamlNode, budget: Budget) -> str:
    value = node.value
    if value is None:
        raise UnsupportedArguments
    if kind == "v" and isinstance(value, dict | list):
        kind, value = "s", budget.text([json_text_of(node)])
    if kind == "v" and isinstance(value, bool):
        kind = "t"
    if kind == "d" or (kind in "xXob" and not isinstance(value, str)):
        return _integer(flags, width, precision, kind, node)
    if kind == "f":
        return _decimal(flags, width, precision, node)
    if kind == "t":
        return _padded("true" if flag_of(value) else "false", flags, width)
    if kind == "q" and not precision:
        return _padded(json_text_of(YamlNode(text_of(value), node.spot)), flags, width)
    if kind not in ("s", "v") or (kind == "v" and not isinstance(value, str) and not _is_plain(value)):
        raise UnsupportedArguments
    text = text_of(value)
    if width or precision:
        refuse_placeholders(text)
    return _padded(text if precision is None else text[: int(precision[1:] or 0)], flags, width)


def _is_plain(value: object) -> bool:
    """Whether %v writes the number without an exponent."""
    return isinstance(value, int) and abs(value) < _EXACT_BELOW


def _padded(text: str, flags: str, width: str) -> str:
    if set(flags) - {"-"}:
        raise UnsupportedArguments
    return text.ljust(int(width or 0)) if "-" in flags else text.rjust(int(width or 0))


def _integer(flags: str, width: str, precision: str | None, kind: str, node: YamlNode) -> str:
    value = number_of(node.value)
    if not isinstance(value, int):
        raise UnsupportedArguments
    if precision or "#" in flags:
        raise UnsupportedArguments
    if kind == "b":
        return _padded(format(value, "b"), flags, width)
    return f"%{flags}{width}{kind}" % value


def _decimal(flags: str, width: str, precision: str | None, node: YamlNode) -> str:
    value = number_of(node.value)
    places = int((precision or ".6")[1:] or 0)
    if isinstance(value, Fraction) or places > 60 or "#" in flags:
        raise UnsupportedArguments
    exact = Decimal(value)
    step = Decimal(1).scaleb(-places)
    if abs(exact.remainder_near(step)) * 2 == step and places:
        raise UnsupportedArguments  # halfway: Terraform's binary number may be rounded up or down
    text = format(exact.quantize(step, ROUND_HALF_EVEN), "f")
    if set(flags) - {"-", "0"} or ("0" in flags and "-" in flags):
        raise UnsupportedArguments
    if "0" in flags:
        return text.zfill(int(width or 0))
    return _padded(text, flags.replace("0", ""), width)
