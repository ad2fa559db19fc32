"""Evaluates strings, heredocs and files with interpolation. Source: Terraform Language, Strings and Templates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from dynaops.convert.part import Unknown
from dynaops.convert.terraform import templates
from dynaops.convert.terraform.templates import Branch, NotATemplate, TemplatePiece
from dynaops.convert.terraform.trees import trees
from dynaops.convert.terraform.values import (
    NOWHERE,
    ExpressionError,
    TerraformError,
    UnsupportedArguments,
    flag_of,
    pairs,
    text_of,
)
from dynaops.specs.yaml_tree import YamlNode

if TYPE_CHECKING:
    from dynaops.convert.terraform.evaluate import Evaluator

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")
_PARSED = 20
"""The steps of the budget that parsing an expression within a heredoc uses."""


class _NotKnown(Exception):
    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.why)
        self.unknown = unknown


def of_string(evaluator: Evaluator, tree: Any) -> Any:
    """The value of a quoted string. ``"${x}"`` without other text is `x` itself."""
    parts = trees(tree)
    inner = parts[0].children[0] if len(parts) == 1 else None
    if inner is not None and getattr(inner, "data", None) == "interpolation":
        return evaluator.value(trees(inner)[0])
    try:
        pieces = templates.of_string(parts, evaluator.source, lambda text: _unescaped(evaluator, text))
    except _NotKnown as error:
        return error.unknown
    return _filled(evaluator, pieces)


def of_heredoc(evaluator: Evaluator, written: str, trimmed: bool) -> Any:
    """The value of a heredoc: ``<<EOT``, or ``<<-EOT``, which removes the common indent."""
    lines = written.rstrip("\n").split("\n")[1:-1]
    if trimmed:
        indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        lines = [line[indent:] for line in lines]
    return _filled_text(evaluator, "".join(f"{line}\n" for line in lines))


def of_file(evaluator: Evaluator, name: str, arguments: list[YamlNode]) -> Any:
    """The value of ``file(path)`` or ``templatefile(path, variables)``."""
    if len(arguments) != (1 if name == "file" else 2):
        raise UnsupportedArguments
    path = text_of(arguments[0].value)
    text = evaluator.scope.reads(path)
    if text is None:
        return Unknown(f"the file {path} cannot be read here")
    evaluator.budget.reserve(len(text))
    if name == "file":
        return text
    if not isinstance(arguments[1].value, dict):
        raise ExpressionError
    return _filled_text(evaluator.of_template_file(arguments[1].value), text)


def _filled_text(evaluator: Evaluator, text: str) -> Any:
    budget = evaluator.budget
    try:
        pieces = templates.pieces_of(text, evaluator.source.file, lambda: budget.step(_PARSED))
    except NotATemplate as error:
        return Unknown(str(error))
    return _filled(evaluator, pieces)


def _filled(evaluator: Evaluator, pieces: Sequence[TemplatePiece]) -> Any:
    try:
        return evaluator.budget.text(_parts(evaluator, templates.nested(templates.stripped(pieces))))
    except NotATemplate as error:
        return Unknown(str(error))
    except _NotKnown as error:
        return error.unknown


def _parts(evaluator: Evaluator, pieces: Sequence[TemplatePiece | Branch]) -> Iterator[str]:
    """The texts of the pieces. Raises _NotKnown."""
    for piece in pieces:
        if isinstance(piece, Branch):
            yield from _of_branch(evaluator, piece)
        elif piece.source is not None:
            yield _inserted(_value(evaluator, piece))
        else:
            yield piece.text


def _inserted(value: Any) -> str:
    try:
        return text_of(value)
    except ExpressionError:
        why = "null" if value is None else "a list or a map"
        raise _NotKnown(TerraformError(f"{why} cannot be put into a string")) from None
    except UnsupportedArguments:
        raise _NotKnown(Unknown("a number has more decimals than can be worked out here")) from None


def _of_branch(evaluator: Evaluator, branch: Branch) -> Iterator[str]:
    opening = branch.opening
    value = _value(evaluator, opening)
    if opening.kind == "if":
        yield from _parts(evaluator, branch.inside if flag_of(value) else branch.otherwise)
        return
    for key, child in pairs(YamlNode(value, NOWHERE)):
        evaluator.budget.step()
        names = opening.names
        bound = {names[0]: child} if len(names) == 1 else {names[0]: key, names[1]: child}
        yield from _parts(evaluator.within(**bound), branch.inside)


def _value(evaluator: Evaluator, piece: TemplatePiece) -> Any:
    assert piece.source is not None, "it has an expression"
    value = evaluator.of_source(piece.source).value(piece.source.tree).value
    if isinstance(value, Unknown):
        raise _NotKnown(value)
    return value


def _unescaped(evaluator: Evaluator, text: str) -> str:
    evaluator.budget.reserve(len(text))
    if text.startswith(("$${", "%%{")):
        return text[1:]
    try:
        return _ESCAPED.sub(_character, text)
    except (ValueError, OverflowError):
        raise _NotKnown(Unknown("an escape sequence stands for no character")) from None


def _character(match: re.Match[str]) -> str:
    code = match.group(1)
    if code[0] in "uU" and len(code) > 1:
        number = int(code[1:], 16)
        if 0xD800 <= number <= 0xDFFF:
            raise ValueError
        return chr(number)
    return _ESCAPES.get(code, match.group())
