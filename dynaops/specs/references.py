"""Parses references to variables in texts: ``${NAME}``, ``${NAME:-DEFAULT}``, and ``$${`` for a literal ``${``.

A default ends at the matching ``}``, and may contain references with defaults. ``${ref:TABLE/ATTRIBUTE}`` is a value of
another table, and may contain variables.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

OF_TABLE = "ref:"
"""The prefix of the name of a reference to another table."""
MAX_NESTED = 10
"""The deepest nesting of references within defaults."""
_TOKEN = re.compile(r"\$\$\{|\$\{|\}|:-")


class PieceKind(Enum):
    """The kind of a piece of a text."""

    LITERAL = "literal"
    REFERENCE = "reference"
    UNENDED = "unended"
    """``${`` without an end, with the rest of the text."""
    NESTED = "nested"
    """References that are nested too deeply, with the rest of the text."""


class TextPiece(NamedTuple):
    """A piece of a text: literal text, a reference with its name, or the rest of a text that is not valid."""

    kind: PieceKind
    text: str
    default: tuple[TextPiece, ...] | None = None
    """The default of a reference, as pieces."""
    written: str = ""
    """The text of the reference."""


class _Open:
    """A reference (or the text itself) whose end is not found yet: its pieces so far."""

    def __init__(self, start: int, literal: int) -> None:
        self.start = start
        self.literal = literal
        """The start of the text that is not in a piece yet."""
        self.name: str | None = None
        """The name of the reference, after the begin of its default was found."""
        self.pieces: list[TextPiece] = []

    def close_literal(self, text: str, end: int) -> None:
        if self.literal < end:
            self.pieces.append(TextPiece(PieceKind.LITERAL, text[self.literal : end]))


def pieces(text: str) -> list[TextPiece]:
    """The pieces of a text in order. Reads the text once."""
    last = text.rfind("}")
    top = _Open(0, 0)
    inner: list[_Open] = []
    escaped = False
    for token in _TOKEN.finditer(text):
        around = inner[-1] if inner else top
        in_name = bool(inner) and around.name is None and not text.startswith(OF_TABLE, around.start + 2)
        ends_name = bool(inner) and around.name is None
        if escaped:
            escaped = token[0] != "}"
        elif token[0] == "}" and inner:
            _close(text, token.end(), inner.pop(), inner[-1] if inner else top)
        elif token[0] == ":-" and ends_name:
            around.name = text[around.start + 2 : token.start()].strip()
            around.literal = token.end()
        elif token[0] == "$${" and not in_name:
            around.close_literal(text, token.start())
            around.literal = token.start() + 1
            escaped = last >= token.end()
        elif token[0] == "${" and not in_name:
            around.close_literal(text, token.start())
            if last < token.end() or len(inner) == MAX_NESTED:
                kind = PieceKind.UNENDED if last < token.end() else PieceKind.NESTED
                return [*top.pieces, TextPiece(kind, text[inner[0].start if inner else token.start() :])]
            inner.append(_Open(token.start(), token.end()))
    if inner:
        return [*top.pieces, TextPiece(PieceKind.UNENDED, text[inner[0].start :])]
    top.close_literal(text, len(text))
    return top.pieces


def _close(text: str, end: int, reference: _Open, around: _Open) -> None:
    """Append a reference that ends before `end` to the pieces of the text around it."""
    written = text[reference.start : end]
    if reference.name is None:
        piece = TextPiece(PieceKind.REFERENCE, written[2:-1].strip(), None, written)
    else:
        reference.close_literal(text, end - 1)
        piece = TextPiece(PieceKind.REFERENCE, reference.name, tuple(reference.pieces), written)
    around.pieces.append(piece)
    around.literal = end
