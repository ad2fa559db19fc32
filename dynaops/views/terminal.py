"""Pages on a terminal: guide lines, colour, and wrapping that never clips and keeps to its column."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

from dynaops.views.page import Line, Node, Page, Section, Style, clean, groups
from dynaops.views.plain import label_width, mark_width, to_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text
    from rich.tree import Tree

_GUIDES = "bright_black"
_LOOKS = {
    Style.PLAIN: "",
    Style.STRONG: "bold",
    Style.FAINT: "dim",
    Style.CREATE: "green",
    Style.UPDATE: "yellow",
    Style.REPLACE: "magenta",
    Style.DELETE: "red",
    Style.ADOPT: "cyan",
    Style.ERROR: "bold red",
    Style.WARNING: "yellow",
    Style.GOOD: "green",
    Style.GLYPH: "dim",
}


def show(page: Page, stream: TextIO, color: bool = True) -> None:
    """Draw the page on `stream`: with Rich on a terminal, else as plain text."""
    if not is_terminal(stream):
        stream.write(to_text(page))
        return
    console = console_for(stream, color)
    for number, section in enumerate(page.sections):
        if number:
            console.print()
        for block in _section(section):
            console.print(block)


def is_terminal(stream: TextIO) -> bool:
    """Whether `stream` is a terminal that understands more than plain text."""
    encoding = (stream.encoding or "").lower().replace("-", "")
    return stream.isatty() and os.environ.get("TERM") != "dumb" and encoding.startswith("utf")


def console_for(stream: TextIO, color: bool = True, width: int | None = None) -> Console:
    """A Rich console that takes all text literally."""
    from rich.console import Console

    return Console(
        file=stream,
        color_system="auto" if color else None,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=False,
        width=width,
        force_terminal=True,
        legacy_windows=False,
    )


def styled(pieces: Line) -> Text:
    """A line as Rich text, with everything in it that a terminal could obey made visible."""
    from rich.text import Text

    text = Text(overflow="fold")
    for span in pieces:
        text.append(span.text if span.style is Style.GLYPH else clean(span.text), _LOOKS[span.style])
    return text


def _section(section: Section) -> list[RenderableType]:
    depth = 1 if section.title else 0
    title: list[RenderableType] = [styled(section.title)] if section.title else []
    return title + (_trees(section.nodes, depth) if section.tree else _flat(section.nodes, depth))


def _trees(nodes: Sequence[Node], depth: int) -> list[RenderableType]:
    from rich.tree import Tree

    blocks: list[RenderableType] = []
    for group in groups(nodes):
        for node in group:
            tree = Tree(_label(node, group), guide_style=_GUIDES)
            _grow(tree, node.children)
            blocks.append(_shifted(tree, depth))
    return blocks


def _grow(tree: Tree, nodes: Sequence[Node]) -> None:
    for group in groups(nodes):
        for node in group:
            _grow(tree.add(_label(node, group)), node.children)


def _flat(nodes: Sequence[Node], depth: int) -> list[RenderableType]:
    blocks: list[RenderableType] = []
    for group in groups(nodes):
        for node in group:
            blocks.append(_shifted(_label(node, group), depth))
            blocks += _flat(node.children, depth + 1 + (mark_width(group) > 1))
    return blocks


def _shifted(block: RenderableType, depth: int) -> RenderableType:
    from rich.padding import Padding

    return Padding(block, (0, 0, 0, 2 * depth), expand=False) if depth else block


def _label(node: Node, group: Sequence[Node]) -> RenderableType:
    """A node's own line and its notes, in columns, so that what wraps stays in its column."""
    from rich.console import Group
    from rich.padding import Padding

    drawn = _grid(node, group)
    if not node.notes:
        return drawn
    under = mark_width(group) + 1 if mark_width(group) else 2
    return Group(drawn, *(Padding(styled(note), (0, 0, 0, under), expand=False) for note in node.notes))


def _grid(node: Node, group: Sequence[Node]) -> Table | Text:
    from rich.table import Table

    marks = mark_width(group)
    if not marks and not node.value:
        return styled(node.text)
    grid = Table.grid(padding=(0, 1, 0, 0))
    cells = []
    if marks:
        grid.add_column(width=marks, no_wrap=True)
        cells.append(styled((node.mark,)) if node.mark else styled(()))
    grid.add_column(min_width=label_width(group) + 1 if node.value else None, overflow="fold")
    cells.append(styled(node.text))
    if node.value:
        grid.add_column(overflow="fold")
        cells.append(styled(node.value))
    grid.add_row(*cells)
    return grid
