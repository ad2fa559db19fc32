"""The form of variables in texts: ``${NAME}``, ``${NAME:-DEFAULT}``, and ``$${`` for a literal ``${``.

A default goes up to its own ``}``, and may hold references with defaults of their own. ``${ref:TABLE/ATTRIBUTE}`` is a
value of another table; variables may stand in it.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

OF_TABLE = "ref:"
"""How the name of a reference to another table begins."""
MAX_NESTED = 10
"""References within the defaults of others, one in the other."""
_TOKEN = re.compile(r"\$\$\{|\$\{|\}|:-")


class PieceKind(Enum):
    """What a piece of a text is."""

    LITERAL = "literal"
    REFERENCE = "reference"
    UNENDED = "unended"
    """``${`` without an end, and all that follows."""
    NESTED = "nested"
    """References that are nested too deeply, and all that follows."""


class TextPiece(NamedTuple):
    """A piece of a text: what it stands for as a literal, the name of a reference, or the rest that has no end."""

    kind: PieceKind
    text: str
    default: tuple[TextPiece, ...] | None = None
    """What stands for a reference that is not given."""
    written: str = ""
    """A reference as it is written."""


class _Open:
    """A reference whose end is looked for (or the text itself): its pieces so far."""

    def __init__(self, start: int, literal: int) -> None:
        self.start = start
        self.literal = literal
        """Where the text begins that is in no piece yet."""
        self.name: str | None = None
        """Of a reference, once its default has begun."""
        self.pieces: list[TextPiece] = []

    def close_literal(self, text: str, end: int) -> None:
        if self.literal < end:
            self.pieces.append(TextPiece(PieceKind.LITERAL, text[self.literal : end]))


def pieces(text: str) -> list[TextPiece]:
    """The pieces of a text in their order. The text is gone through once."""
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
    """Put a reference that ends before `end` into the pieces around it."""
    written = text[reference.start : end]
    if reference.name is None:
        piece = TextPiece(PieceKind.REFERENCE, written[2:-1].strip(), None, written)
    else:
        reference.close_literal(text, end - 1)
        piece = TextPiece(PieceKind.REFERENCE, reference.name, tuple(reference.pieces), written)
    around.pieces.append(piece)
    around.literal = end
