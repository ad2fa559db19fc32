"""What a view says, before it is known where it is drawn: sections of nested lines with styled pieces of text.

The same page is drawn with colour and guide lines on a terminal, and as plain indented text in a pipe.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple


class TextStyle(Enum):
    """What a piece of text means; the drawing decides how that looks."""

    PLAIN = "plain"
    STRONG = "strong"
    FAINT = "faint"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    ERROR = "error"
    WARNING = "warning"
    GOOD = "good"
    GLYPH = "glyph"
    """An ornament of ours, which a pipe gets in ASCII."""
    CHART = "chart"
    """Bars of a small chart, which a pipe gets in ASCII."""


class StyledText(NamedTuple):
    """A piece of text in one style."""

    text: str
    style: TextStyle = TextStyle.PLAIN


Line = tuple[StyledText, ...]

ARROW = StyledText(" → ", TextStyle.GLYPH)
DOT = StyledText(" · ", TextStyle.GLYPH)


class PageNode(NamedTuple):
    """One line with an optional mark before it, an optional value beside it, and lines below it.

    `notes` explain the line itself and stand right under it. The values of neighbouring nodes are drawn in one
    column.
    """

    text: Line
    mark: StyledText | None = None
    value: Line = ()
    notes: tuple[Line, ...] = ()
    children: tuple[PageNode, ...] = ()


class Section(NamedTuple):
    """A titled group of nodes. `tree`: draw guide lines between a node and what is below it."""

    nodes: tuple[PageNode, ...]
    title: Line = ()
    tree: bool = False


class Page(NamedTuple):
    """Sections, with an empty line between them."""

    sections: tuple[Section, ...] = ()


def line(*pieces: str | StyledText) -> Line:
    """A line of pieces; strings are plain."""
    return tuple(StyledText(piece) if isinstance(piece, str) else piece for piece in pieces)


def strong(text: str) -> StyledText:
    return StyledText(text, TextStyle.STRONG)


def faint(text: str) -> StyledText:
    return StyledText(text, TextStyle.FAINT)


def joined(lines: Iterable[Line], by: StyledText | str = DOT) -> Line:
    """Lines put in one, with `by` between them; empty ones are left out."""
    between = (by if isinstance(by, StyledText) else StyledText(by),)
    found: Line = ()
    for line in lines:
        if line:
            found = (*found, *between, *line) if found else line
    return found


def groups(nodes: Sequence[PageNode]) -> list[tuple[PageNode, ...]]:
    """Neighbours that are drawn in columns together: rows of the same make. A node without value stands alone."""
    found: list[tuple[PageNode, ...]] = []
    for node in nodes:
        last = found[-1][-1] if found else None
        if last and node.value and last.value and bool(node.mark) == bool(last.mark):
            found[-1] = (*found[-1], node)
        else:
            found.append((node,))
    return found


def clean(text: str) -> str:
    """`text` with all control and direction characters made visible: names and tags may come from anyone.

    Nothing that a terminal would act upon (escape sequences, carriage returns, bidirectional overrides) is left.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(char) for char in text)


def _visible(char: str) -> str:
    import unicodedata

    code = ord(char)
    if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return char
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
