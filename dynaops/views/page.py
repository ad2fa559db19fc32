"""The content of a view, independent of the output: sections of nested lines with styled pieces of text.

The same page is drawn with colour and guide lines on a terminal, and as plain indented text in a pipe.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple


class TextStyle(Enum):
    """The meaning of a piece of text; the drawing decides its look."""

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
    """A symbol of dynaops, which a pipe gets in ASCII."""
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
    """One line with an optional mark before it, an optional value beside it, and nodes below it.

    `notes` explain the line and are directly below it. The values of neighbouring nodes are drawn in one column.
    """

    text: Line
    mark: StyledText | None = None
    value: Line = ()
    notes: tuple[Line, ...] = ()
    children: tuple[PageNode, ...] = ()


class Section(NamedTuple):
    """A titled group of nodes. `tree`: draw guide lines between a node and the nodes below it."""

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
    """The lines joined to one, with `by` between them; empty lines are left out."""
    between = (by if isinstance(by, StyledText) else StyledText(by),)
    result: Line = ()
    for line in lines:
        if line:
            result = (*result, *between, *line) if result else line
    return result


def groups(nodes: Sequence[PageNode]) -> list[tuple[PageNode, ...]]:
    """Groups of neighbouring nodes that are drawn in common columns. A node without value is a group alone."""
    grouped: list[tuple[PageNode, ...]] = []
    for node in nodes:
        last = grouped[-1][-1] if grouped else None
        if last and node.value and last.value and bool(node.mark) == bool(last.mark):
            grouped[-1] = (*grouped[-1], node)
        else:
            grouped.append((node,))
    return grouped


def clean(text: str) -> str:
    """`text` with all control and direction characters made visible, because names and tags are untrusted.

    No character that controls a terminal (escape sequences, carriage returns, bidirectional overrides) is left.
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
