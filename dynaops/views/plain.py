"""Pages as plain text: ASCII symbols, indentation, no width, no colour. The output is stable and can be compared."""

from __future__ import annotations

from collections.abc import Sequence

from dynaops.views.page import Line, Page, PageNode, Section, StyledText, TextStyle, clean, groups

INDENT = "  "
COLUMN = 30
"""Labels longer than this do not push their neighbours' values to the right."""

_ASCII = {" → ": " -> ", " · ": "; ", "↳ ": "", "✓": "ok", "✗": "failed"}


_BARS = str.maketrans("▁▂▃▄▅▆▇█", "_.:-=+*#")


def to_text(page: Page) -> str:
    """The page as text that ends with a newline; empty for a page without sections."""
    blocks = ["\n".join(_section(section)) for section in page.sections]
    return "\n\n".join(blocks) + "\n" if blocks else ""


def text_of(pieces: Line) -> str:
    """A line's text without its styles."""
    return "".join(_piece(span) for span in pieces)


def label_width(nodes: Sequence[PageNode]) -> int:
    """The width of the column of labels that have a value beside them."""
    widths = (len(text_of(node.text)) for node in nodes if node.value)
    return max((width for width in widths if width <= COLUMN), default=0)


def mark_width(nodes: Sequence[PageNode]) -> int:
    return max((len(node.mark.text) for node in nodes if node.mark), default=0)


def _section(section: Section) -> list[str]:
    if not section.title:
        return _nodes(section.nodes, 0)
    return [text_of(section.title), *_nodes(section.nodes, 1)]


def _nodes(nodes: Sequence[PageNode], depth: int) -> list[str]:
    return [text for group in groups(nodes) for node in group for text in _node(node, group, depth)]


def _node(node: PageNode, group: Sequence[PageNode], depth: int) -> list[str]:
    marks, labels = mark_width(group), label_width(group)
    start = INDENT * depth
    mark = f"{_mark(node):<{marks}} " if marks else ""
    label = text_of(node.text)
    value = f"  {text_of(node.value)}" if node.value else ""
    under = start + (" " * len(mark) or INDENT)
    return [
        f"{start}{mark}{label:<{labels if value else 0}}{value}".rstrip(),
        *(f"{under}{text_of(note)}" for note in node.notes),
        *_nodes(node.children, depth + 1 + (marks > 1)),
    ]


def _mark(node: PageNode) -> str:
    return text_of((node.mark,)) if node.mark else ""


def _piece(span: StyledText) -> str:
    if span.style is TextStyle.CHART:
        return span.text.translate(_BARS)
    return _ASCII.get(span.text, span.text) if span.style is TextStyle.GLYPH else clean(span.text)
