"""Parses templates (quoted strings, heredocs and files) with ``${...}``, ``%{if}`` and ``%{for}``.

Source: Terraform Language, Strings and Templates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dynaops.convert.terraform.hcl import Expression, expression

_OPENING = re.compile(r"\$\$\{|%%\{|\$\{|%\{")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}]', re.DOTALL)
_DIRECTIVE = re.compile(r"(?P<word>if|else|endif|for|endfor)\b(?P<rest>.*)", re.DOTALL)
_FOR = re.compile(
    r"(?P<first>[A-Za-z_][\w-]*)\s*(?:,\s*(?P<second>[A-Za-z_][\w-]*)\s*)?\bin\b\s*(?P<of>.+)", re.DOTALL
)
_MAX_PARTS = 20_000
_MAX_DEPTH = 60


class NotATemplate(Exception):
    """The text is not a valid template. The message says why."""


@dataclass(frozen=True)
class TemplatePiece:
    """A part of a template: a text, an expression, or a directive.

    `kind`: text, value, if, else, endif, for, endfor. `names`: variables of a for. `left`, `right`: ``~`` on that side.
    """

    kind: str
    text: str = ""
    source: Expression | None = None
    names: tuple[str, ...] = ()
    left: bool = False
    right: bool = False


def pieces_of(text: str, file: str, step: Callable[[], None]) -> list[TemplatePiece]:
    """The pieces of the text of a heredoc or file. `step` is called for each. Raises NotATemplate."""
    pieces: list[TemplatePiece] = []
    at = 0
    for opening in _OPENING.finditer(text):
        if opening.start() < at:
            continue
        if opening.group()[0] == opening.group()[1]:
            pieces.append(TemplatePiece("text", text[at : opening.start()] + opening.group()[1:]))
            at = opening.end()
            continue
        step()
        pieces.append(TemplatePiece("text", text[at : opening.start()]))
        end = _end(text, opening.end())
        pieces.append(_piece(opening.group(), text[opening.end() : end], file))
        at = end + 1
        if len(pieces) > _MAX_PARTS:
            raise NotATemplate("it has too many parts")
    return [*pieces, TemplatePiece("text", text[at:])]


def _end(text: str, start: int) -> int:
    """The index of the brace that closes the one before `start`."""
    depth = 0
    for token in _TOKEN.finditer(text, start, start + 10_000):
        if token.group() == "{":
            depth += 1
        elif token.group() == "}":
            if depth == 0:
                return token.start()
            depth -= 1
    raise NotATemplate("an interpolation in it does not end")


def _piece(opening: str, inner: str, file: str) -> TemplatePiece:
    left, right = inner.startswith("~"), inner.endswith("~")
    inner = inner[left : len(inner) - right].strip()
    if opening == "${":
        return TemplatePiece("value", source=_parsed(inner, file), left=left, right=right)
    match = _DIRECTIVE.fullmatch(inner)
    if match is None:
        raise NotATemplate("it holds a directive that is not known")
    word, rest = match["word"], match["rest"].strip()
    if word == "if":
        return TemplatePiece("if", source=_parsed(rest, file), left=left, right=right)
    if word == "for":
        for_match = _FOR.fullmatch(rest)
        if for_match is None:
            raise NotATemplate("it holds a for that is not known")
        names = tuple(name for name in (for_match["first"], for_match["second"]) if name)
        return TemplatePiece(
            "for", source=_parsed(for_match["of"], file), names=names, left=left, right=right
        )
    if rest:
        raise NotATemplate("it holds a directive that is not known")
    return TemplatePiece(word, left=left, right=right)


def _parsed(text: str, file: str) -> Expression:
    parsed = expression(text, file)
    if parsed is None:
        raise NotATemplate("it holds no expression")
    return parsed


def stripped(pieces: Sequence[TemplatePiece]) -> list[TemplatePiece]:
    """The pieces without the blanks and line ends that ``~`` strips."""
    kept = list(pieces)
    for position, piece in enumerate(pieces):
        if piece.left and position and kept[position - 1].kind == "text":
            kept[position - 1] = TemplatePiece("text", kept[position - 1].text.rstrip())
        if piece.right and position + 1 < len(kept) and kept[position + 1].kind == "text":
            kept[position + 1] = TemplatePiece("text", kept[position + 1].text.lstrip())
    return kept


@dataclass(frozen=True)
class Branch:
    """An ``if`` or ``for`` directive with its content."""

    opening: TemplatePiece
    inside: tuple[TemplatePiece | Branch, ...]
    otherwise: tuple[TemplatePiece | Branch, ...] = ()


def nested(pieces: Sequence[TemplatePiece]) -> tuple[TemplatePiece | Branch, ...]:
    """The pieces as a tree. Raises NotATemplate if a directive is not closed."""
    reading = iter(pieces)
    branches, closing = _until(reading, (), 0)
    if closing is not None:
        raise NotATemplate(f"its {closing.kind} closes nothing")
    return branches


def _until(
    reading: Iterator[TemplatePiece], ends: tuple[str, ...], depth: int
) -> tuple[tuple[TemplatePiece | Branch, ...], TemplatePiece | None]:
    if depth > _MAX_DEPTH:
        raise NotATemplate("its directives are nested too deeply")
    branches: list[TemplatePiece | Branch] = []
    for piece in reading:
        if piece.kind in ("else", "endif", "endfor"):
            if piece.kind not in ends:
                raise NotATemplate(f"its {piece.kind} closes nothing")
            return tuple(branches), piece
        branches.append(_branch(piece, reading, depth + 1) if piece.kind in ("if", "for") else piece)
    if ends:
        raise NotATemplate(f"its {ends[-1]} is missing")
    return tuple(branches), None


def _branch(opening: TemplatePiece, reading: Iterator[TemplatePiece], depth: int) -> Branch:
    if opening.kind == "for":
        return Branch(opening, _until(reading, ("endfor",), depth)[0])
    inside, closing = _until(reading, ("else", "endif"), depth)
    if closing is not None and closing.kind == "else":
        return Branch(opening, inside, _until(reading, ("endif",), depth)[0])
    return Branch(opening, inside)


def of_string(parts: Sequence[Any], source: Expression, texts: Callable[[str], str]) -> list[TemplatePiece]:
    """The pieces of a quoted string, which the grammar has already split. `texts` resolves escapes."""
    return [_of_part(part.children[0], source, texts) for part in parts]


def _of_part(inner: Any, source: Expression, texts: Callable[[str], str]) -> TemplatePiece:
    if not hasattr(inner, "data"):
        return TemplatePiece("text", texts(str(inner)))
    children = [
        child for child in inner.children if hasattr(child, "data") and child.data != "new_line_or_comment"
    ]
    signs = [child.type for child in inner.children if not hasattr(child, "data")]
    left = signs[1:2] == ["STRIP_MARKER"]
    right = signs[-2:-1] == ["STRIP_MARKER"] and (not left or signs.count("STRIP_MARKER") > 1)
    if inner.data == "interpolation":
        return TemplatePiece("value", source=source.below(children[0]))
    kind = str(inner.data).removeprefix("template_").removesuffix("_start")
    if kind == "if":
        return TemplatePiece("if", source=source.below(children[0]), left=left, right=right)
    if kind == "for":
        names = tuple(str(child.children[0]) for child in children[:-1])
        return TemplatePiece("for", source=source.below(children[-1]), names=names, left=left, right=right)
    return TemplatePiece(kind, left=left, right=right)
