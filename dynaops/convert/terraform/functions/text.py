"""String functions. Source: Terraform Language, Functions, String Functions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from dynaops.convert.budget import Budget
from dynaops.convert.terraform.functions.arguments import Function, count, members, ordered, text, whole
from dynaops.convert.terraform.functions.formatting import formatted
from dynaops.convert.terraform.functions.regexes import found_all, found_first, replaced
from dynaops.convert.terraform.values import ExpressionError, UnsupportedArguments, text_of
from dynaops.specs.yaml_tree import YamlNode

_SPACE = " \t\n\v\f\r\x85\xa0"
_WORD_START = re.compile(r"(?<![A-Za-z0-9_])[a-z]")


def _format(arguments: list[YamlNode], budget: Budget) -> Any:
    return budget.text(formatted(text(arguments[0]), arguments[1:], budget))


def _formatlist(arguments: list[YamlNode], budget: Budget) -> Any:
    lists = [ordered(node) if isinstance(node.value, list) else None for node in arguments[1:]]
    lengths = {len(node) for node in lists if node is not None}
    if len(lengths) > 1:
        raise ExpressionError
    times = lengths.pop() if lengths else 1
    budget.reserve(times)
    rows = [
        [node if list_ is None else list_[row] for node, list_ in zip(arguments[1:], lists, strict=True)]
        for row in range(times)
    ]
    pattern = text(arguments[0])
    return [YamlNode(budget.text(formatted(pattern, row, budget)), arguments[0].spot) for row in rows]


def _join(arguments: list[YamlNode], budget: Budget) -> Any:
    between = text(arguments[0])
    parts = [node for argument in arguments[1:] for node in ordered(argument)]
    budget.reserve(len(between) * max(len(parts) - 1, 0))
    return between.join([budget.text([text_of(node.value)]) for node in parts])


def _replace(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 3)
    whole_text, old, new = (text(argument) for argument in arguments)
    if len(old) > 1 and old.startswith("/") and old.endswith("/"):
        return budget.text(replaced(old[1:-1], whole_text, new))
    budget.reserve(len(whole_text) + whole_text.count(old) * max(len(new) - len(old), 0))
    return whole_text.replace(old, new)


def _cased(change: Callable[[str], str]) -> Function:
    """A function that changes the case of a text, letter by letter."""

    def changed(arguments: list[YamlNode], budget: Budget) -> Any:
        count(arguments, 1)
        given = text(arguments[0])
        budget.reserve(3 * len(given))
        letters = [change(letter) for letter in given]
        if any(len(letter) != 1 for letter in letters):
            raise UnsupportedArguments
        return "".join(letters)

    return changed


def _title(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    given = text(arguments[0])
    budget.reserve(len(given))
    if not given.isascii():
        raise UnsupportedArguments
    return _WORD_START.sub(lambda match: match.group().upper(), given)


def _split(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 2)
    between, given = text(arguments[0]), text(arguments[1])
    budget.reserve(len(given) + 1)
    parts = given.split(between) if between else list(given)
    return [YamlNode(part, arguments[1].spot) for part in parts]


def _substr(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 3)
    given, start, length = text(arguments[0]), whole(arguments[1]), whole(arguments[2])
    budget.reserve(len(given))
    start = start + len(given) if start < 0 else start
    if start < 0:
        raise UnsupportedArguments
    return given[start:] if length < 0 else given[start : start + length]


def _stripped(change: Callable[[str, str], str], needs: int) -> Function:
    def changed(arguments: list[YamlNode], budget: Budget) -> Any:
        count(arguments, needs)
        given = text(arguments[0])
        budget.reserve(len(given))
        return change(given, text(arguments[1]) if needs > 1 else "")

    return changed


def _compared(test: Callable[[str, str], bool]) -> Function:
    def compared(arguments: list[YamlNode], budget: Budget) -> Any:  # noqa: ARG001
        count(arguments, 2)
        return test(text(arguments[0]), text(arguments[1]))

    return compared


def _regex(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 2)
    given = text(arguments[1])
    budget.reserve(len(given))
    return found_first(text(arguments[0]), given)


def _regexall(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 2)
    given = text(arguments[1])
    budget.reserve(len(given))
    return found_all(text(arguments[0]), given)


def _indent(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 2)
    spaces, given = whole(arguments[0]), text(arguments[1])
    if not 0 <= spaces <= 1000:
        raise UnsupportedArguments
    budget.reserve(len(given) + spaces * given.count("\n"))
    return given.replace("\n", "\n" + " " * spaces)


def _strrev(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    given = text(arguments[0])
    budget.reserve(len(given))
    if not given.isascii():
        raise UnsupportedArguments
    return given[::-1]


def _sort(arguments: list[YamlNode], budget: Budget) -> Any:
    count(arguments, 1)
    texts = [text_of(text.value) for text in members(arguments[0])]
    budget.reserve(len(texts))
    return [YamlNode(text, arguments[0].spot) for text in sorted(texts, key=lambda text: text.encode())]


TEXT_FUNCTIONS: dict[str, Function] = {
    "chomp": _stripped(lambda given, _: re.sub(r"(?:\r?\n)+\Z", "", given), 1),
    "endswith": _compared(str.endswith),
    "format": _format,
    "formatlist": _formatlist,
    "indent": _indent,
    "join": _join,
    "lower": _cased(str.lower),
    "regex": _regex,
    "regexall": _regexall,
    "replace": _replace,
    "sort": _sort,
    "split": _split,
    "startswith": _compared(str.startswith),
    "strcontains": _compared(lambda given, part: part in given),
    "strrev": _strrev,
    "substr": _substr,
    "title": _title,
    "trim": _stripped(lambda given, cut: given.strip(cut) if cut else given, 2),
    "trimprefix": _stripped(str.removeprefix, 2),
    "trimspace": _stripped(lambda given, _: given.strip(_SPACE), 1),
    "trimsuffix": _stripped(str.removesuffix, 2),
    "upper": _cased(str.upper),
}
