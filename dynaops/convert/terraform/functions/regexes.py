"""Evaluates Go's regular expressions (RE2) that mean the same in Python and whose running time is bounded.

Python searches by backtracking: repeats within repeats can take exponential time, so they are not evaluated. Source:
Terraform Language, Functions, regex and replace; RE2's syntax.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

from dynaops.convert.terraform.values import NOWHERE, ExpressionError, UnsupportedArguments
from dynaops.specs.yaml_tree import YamlNode

_MAX_PATTERN = 500
_MAX_WORK = 5_000_000
_FOREIGN = re.compile(
    r"\[\[:|\{,|\(\?(?!:|P<[A-Za-z_]|[ims]+\))|\\[zZAQEpPCkGhHRXKNuU0-9]|[*+?}]\+|\\x\{|--|&&|\|\||~~"
)
"""Syntax that RE2 and Python read differently, or that only one of them knows."""
_REFERENCE = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")


def replaced(pattern: str, text: str, new: str) -> Iterator[str]:
    """The parts of the text with every match replaced; ``$1`` and ``${name}`` in `new` are groups."""
    compiled = _compiled(pattern, text)
    at = 0
    for match in compiled.finditer(text):
        yield text[at : match.start()]
        yield _filled(new, match)
        at = match.end()
    yield text[at:]


def found_first(pattern: str, text: str) -> Any:
    """The first match. Raises ExpressionError if there is none."""
    match = _compiled(pattern, text).search(text)
    if match is None:
        raise ExpressionError
    return _groups(match)


def found_all(pattern: str, text: str) -> list[YamlNode]:
    """All matches."""
    return [YamlNode(_groups(match), NOWHERE) for match in _compiled(pattern, text).finditer(text)]


def _groups(match: re.Match[str]) -> Any:
    """The matched text, or the list of its groups, or the map of its named groups."""
    named = match.groupdict()
    if named and len(named) != match.re.groups:
        raise ExpressionError
    if named:
        return {name: YamlNode(value, NOWHERE) for name, value in named.items()}
    if match.re.groups:
        return [YamlNode(value, NOWHERE) for value in match.groups()]
    return match.group()


def _filled(new: str, match: re.Match[str]) -> str:
    def group(reference: re.Match[str]) -> str:
        name = reference.group(1) or reference.group(2)
        if name is None:
            return "$"
        if name.isdecimal():
            return (match.group(int(name)) or "") if len(name) < 4 and int(name) <= match.re.groups else ""
        return match.groupdict().get(name) or ""

    return _REFERENCE.sub(group, new)


def _compiled(pattern: str, text: str) -> re.Pattern[str]:
    """The pattern, if it means the same in Python and its running time on that text is bounded.

    Raises UnsupportedArguments.
    """
    if len(pattern) > _MAX_PATTERN or _FOREIGN.search(pattern) or "\v" in text or not pattern.isascii():
        raise UnsupportedArguments
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            parsed = re._parser.parse(pattern, re.ASCII)
            compiled = re.compile(pattern, re.ASCII)
    except (re.error, Warning, OverflowError, RecursionError):
        raise UnsupportedArguments from None
    minimum, _ = parsed.getwidth()
    if not minimum or ("$" in pattern and text.endswith("\n")):
        raise UnsupportedArguments  # Go and Python differ in empty matches, and in the end of a text
    repeats = _repeats(parsed, within=False)
    if len(text) ** (repeats + 1) > _MAX_WORK:
        raise UnsupportedArguments
    return compiled


def _repeats(parsed: Any, within: bool) -> int:
    """The number of repeats in a pattern. Raises UnsupportedArguments for a choice or a repeat within a repeat."""
    repeats = 0
    for operation, argument in parsed:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            low, high, inner = argument
            if within:
                raise UnsupportedArguments
            many = int(high) > 1
            repeats += int(low != high) + _repeats(inner, within=many)
        elif name == "SUBPATTERN":
            repeats += _repeats(argument[-1], within)
        elif name == "BRANCH":
            if within:
                raise UnsupportedArguments
            repeats += 1 + sum(_repeats(branch, within) for branch in argument[1])
        elif name not in ("LITERAL", "NOT_LITERAL", "IN", "ANY", "AT"):
            raise UnsupportedArguments
    return repeats
