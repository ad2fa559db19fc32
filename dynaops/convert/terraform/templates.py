"""Templates: what stands between quotes, in heredocs and in files, with ``${...}``, ``%{if}`` and ``%{for}``.

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
    """The text does not follow the template language. The message says why."""


@dataclass(frozen=True)
class TemplatePiece:
    """A part of a template: a text, an expression, or one that opens or closes what stands between.

    `kind`: text, value, if, else, endif, for, endfor. `names`: of a for. `left`, `right`: ``~`` strips blanks there.
    """

    kind: str
    text: str = ""
    source: Expression | None = None
    names: tuple[str, ...] = ()
    left: bool = False
    right: bool = False


def pieces_of(text: str, file: str, step: Callable[[], None]) -> list[TemplatePiece]:
    """The pieces of a heredoc's or file's text. `step` counts each. Raises NotATemplate."""
    found: list[TemplatePiece] = []
    at = 0
    for opening in _OPENING.finditer(text):
        if opening.start() < at:
            continue
        if opening.group()[0] == opening.group()[1]:
            found.append(TemplatePiece("text", text[at : opening.start()] + opening.group()[1:]))
            at = opening.end()
            continue
        step()
        found.append(TemplatePiece("text", text[at : opening.start()]))
        end = _end(text, opening.end())
        found.append(_piece(opening.group(), text[opening.end() : end], file))
        at = end + 1
        if len(found) > _MAX_PARTS:
            raise NotATemplate("it has too many parts")
    return [*found, TemplatePiece("text", text[at:])]


def _end(text: str, start: int) -> int:
    """Where the brace is closed that was opened before `start`."""
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
    found = _DIRECTIVE.fullmatch(inner)
    if found is None:
        raise NotATemplate("it holds a directive that is not known")
    word, rest = found["word"], found["rest"].strip()
    if word == "if":
        return TemplatePiece("if", source=_parsed(rest, file), left=left, right=right)
    if word == "for":
        each = _FOR.fullmatch(rest)
        if each is None:
            raise NotATemplate("it holds a for that is not known")
        names = tuple(name for name in (each["first"], each["second"]) if name)
        return TemplatePiece("for", source=_parsed(each["of"], file), names=names, left=left, right=right)
    if rest:
        raise NotATemplate("it holds a directive that is not known")
    return TemplatePiece(word, left=left, right=right)


def _parsed(text: str, file: str) -> Expression:
    found = expression(text, file)
    if found is None:
        raise NotATemplate("it holds no expression")
    return found


def stripped(pieces: Sequence[TemplatePiece]) -> list[TemplatePiece]:
    """The pieces with the blanks and line ends gone that ``~`` strips."""
    found = list(pieces)
    for place, piece in enumerate(pieces):
        if piece.left and place and found[place - 1].kind == "text":
            found[place - 1] = TemplatePiece("text", found[place - 1].text.rstrip())
        if piece.right and place + 1 < len(found) and found[place + 1].kind == "text":
            found[place + 1] = TemplatePiece("text", found[place + 1].text.lstrip())
    return found


@dataclass(frozen=True)
class Branch:
    """An ``if`` or ``for`` with what stands within it."""

    opening: TemplatePiece
    inside: tuple[TemplatePiece | Branch, ...]
    otherwise: tuple[TemplatePiece | Branch, ...] = ()


def nested(pieces: Sequence[TemplatePiece]) -> tuple[TemplatePiece | Branch, ...]:
    """The pieces as a tree. Raises NotATemplate where a directive is not closed."""
    reading = iter(pieces)
    found, closing = _until(reading, (), 0)
    if closing is not None:
        raise NotATemplate(f"its {closing.kind} closes nothing")
    return found


def _until(
    reading: Iterator[TemplatePiece], ends: tuple[str, ...], depth: int
) -> tuple[tuple[TemplatePiece | Branch, ...], TemplatePiece | None]:
    if depth > _MAX_DEPTH:
        raise NotATemplate("its directives are nested too deeply")
    found: list[TemplatePiece | Branch] = []
    for piece in reading:
        if piece.kind in ("else", "endif", "endfor"):
            if piece.kind not in ends:
                raise NotATemplate(f"its {piece.kind} closes nothing")
            return tuple(found), piece
        found.append(_branch(piece, reading, depth + 1) if piece.kind in ("if", "for") else piece)
    if ends:
        raise NotATemplate(f"its {ends[-1]} is missing")
    return tuple(found), None


def _branch(opening: TemplatePiece, reading: Iterator[TemplatePiece], depth: int) -> Branch:
    if opening.kind == "for":
        return Branch(opening, _until(reading, ("endfor",), depth)[0])
    inside, closing = _until(reading, ("else", "endif"), depth)
    if closing is not None and closing.kind == "else":
        return Branch(opening, inside, _until(reading, ("endif",), depth)[0])
    return Branch(opening, inside)


def of_string(parts: Sequence[Any], source: Expression, texts: Callable[[str], str]) -> list[TemplatePiece]:
    """The pieces of a quoted string, which the grammar has cut already. `texts` undoes escapes."""
    return [_of_part(part.children[0], source, texts) for part in parts]


def _of_part(inner: Any, source: Expression, texts: Callable[[str], str]) -> TemplatePiece:
    if not hasattr(inner, "data"):
        return TemplatePiece("text", texts(str(inner)))
    meant = [
        child for child in inner.children if hasattr(child, "data") and child.data != "new_line_or_comment"
    ]
    signs = [child.type for child in inner.children if not hasattr(child, "data")]
    left = signs[1:2] == ["STRIP_MARKER"]
    right = signs[-2:-1] == ["STRIP_MARKER"] and (not left or signs.count("STRIP_MARKER") > 1)
    if inner.data == "interpolation":
        return TemplatePiece("value", source=source.below(meant[0]))
    kind = str(inner.data).removeprefix("template_").removesuffix("_start")
    if kind == "if":
        return TemplatePiece("if", source=source.below(meant[0]), left=left, right=right)
    if kind == "for":
        names = tuple(str(one.children[0]) for one in meant[:-1])
        return TemplatePiece("for", source=source.below(meant[-1]), names=names, left=left, right=right)
    return TemplatePiece(kind, left=left, right=right)
