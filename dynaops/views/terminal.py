"""Draws pages on a terminal: with guide lines, colour, and wrapping within columns that never clips text."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

from dynaops.views.page import DOT, Line, Page, PageNode, Section, StyledText, TextStyle, clean, groups
from dynaops.views.plain import label_width, mark_width, text_of, to_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text
    from rich.tree import Tree

_GUIDES = "bright_black"
_LOOKS = {
    TextStyle.PLAIN: "",
    TextStyle.STRONG: "bold",
    TextStyle.FAINT: "dim",
    TextStyle.CREATE: "green",
    TextStyle.UPDATE: "yellow",
    TextStyle.REPLACE: "magenta",
    TextStyle.DELETE: "red",
    TextStyle.ADOPT: "cyan",
    TextStyle.ERROR: "bold red",
    TextStyle.WARNING: "yellow",
    TextStyle.GOOD: "green",
    TextStyle.GLYPH: "dim",
    TextStyle.CHART: "cyan",
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


def sentence(text: str, stream: TextIO) -> str:
    """A message outside a page, without control characters; on a terminal wrapped at spaces, with line ends kept."""
    lines = [clean(part) for part in text.split("\n")]
    if stream.isatty():
        import shutil
        import textwrap

        width = shutil.get_terminal_size().columns
        wrapped = (
            textwrap.wrap(part, width, break_long_words=False, break_on_hyphens=False) for part in lines
        )
        lines = [piece for pieces in wrapped for piece in pieces or [""]]
    return "\n".join(lines) + "\n"


def console_for(stream: TextIO, color: bool = True, width: int | None = None) -> Console:
    """A Rich console that prints all text literally."""
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
    """A line as Rich text, with control characters made visible."""
    from rich.text import Text

    text = Text(overflow="fold")
    for span in pieces:
        text.append(span.text if span.style is TextStyle.GLYPH else clean(span.text), _LOOKS[span.style])
    return text


def packed(pieces: Line, width: int) -> Line:
    """A line that is broken between its parts (at dots) if it is too wide, rather than within them."""
    packed_spans: list[StyledText] = []
    used = 0
    part: list[StyledText] = []
    for span in (*pieces, DOT):
        if span is not DOT:
            part.append(span)
            continue
        needed = len(text_of(tuple(part)))
        if packed_spans and used + len(DOT.text) + needed > width:
            packed_spans.append(StyledText("\n", TextStyle.GLYPH))
            used = 0
        elif packed_spans:
            packed_spans.append(DOT)
            used += len(DOT.text)
        packed_spans += part
        used += needed
        part = []
    return tuple(packed_spans)


def _section(section: Section) -> list[RenderableType]:
    depth = 1 if section.title else 0
    title: list[RenderableType] = [styled(section.title)] if section.title else []
    return title + (_trees(section.nodes, depth) if section.tree else _flat(section.nodes, depth))


def _trees(nodes: Sequence[PageNode], depth: int) -> list[RenderableType]:
    from rich.tree import Tree

    blocks: list[RenderableType] = []
    for group in groups(nodes):
        for node in group:
            tree = Tree(_label(node, group), guide_style=_GUIDES)
            _grow(tree, node.children)
            blocks.append(_shifted(tree, depth))
    return blocks


def _grow(tree: Tree, nodes: Sequence[PageNode]) -> None:
    for group in groups(nodes):
        for node in group:
            _grow(tree.add(_label(node, group)), node.children)


def _flat(nodes: Sequence[PageNode], depth: int) -> list[RenderableType]:
    blocks: list[RenderableType] = []
    for group in groups(nodes):
        for node in group:
            blocks.append(_shifted(_label(node, group), depth))
            blocks += _flat(node.children, depth + 1 + (mark_width(group) > 1))
    return blocks


def _shifted(block: RenderableType, depth: int) -> RenderableType:
    from rich.padding import Padding

    return Padding(block, (0, 0, 0, 2 * depth), expand=False) if depth else block


def _label(node: PageNode, group: Sequence[PageNode]) -> RenderableType:
    """A node's line and notes in columns, so that wrapped text stays in its column."""
    from rich.console import Group
    from rich.padding import Padding

    row = TerminalRow(node, group)
    if not node.notes:
        return row
    under = mark_width(group) + 1 if mark_width(group) else 2
    return Group(row, *(Padding(styled(note), (0, 0, 0, under), expand=False) for note in node.notes))


class TerminalRow:
    """Mark, label and value side by side, or the value below if there is too little room."""

    def __init__(self, node: PageNode, group: Sequence[PageNode]) -> None:
        self._node = node
        self._marks = mark_width(group)
        self._labels = max(label_width(group), len(text_of(node.text))) if node.value else 0

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.padding import Padding

        beside = not self._node.value or self._fits(options.max_width)
        yield self._grid(beside, options.max_width)
        if not beside:
            yield Padding(styled(self._node.value), (0, 0, 0, self._marks + 3), expand=False)

    def _fits(self, width: int) -> bool:
        """Whether the value has room beside the label, with its longest word (an ARN) in one piece if possible."""
        value = text_of(self._node.value)
        available = width - self._marks - self._labels - 3
        longest = max(map(len, value.split(" ")))
        return available >= min(len(value), width // 3) and not available < longest <= width - self._marks - 3

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        from rich.measure import Measurement

        return Measurement(1, options.max_width)

    def _grid(self, beside: bool, width: int) -> Table:
        from rich.table import Table

        grid = Table.grid(padding=(0, 1, 0, 0))
        cells = []
        if self._marks:
            grid.add_column(width=self._marks, no_wrap=True)
            cells.append(styled((self._node.mark,) if self._node.mark else ()))
        valued = beside and self._node.value
        grid.add_column(width=self._labels + 1 if valued else None, overflow="fold")
        cells.append(styled(packed(self._node.text, width - self._marks - 1)))
        if valued:
            grid.add_column(overflow="fold")
            cells.append(styled(self._node.value))
        grid.add_row(*cells)
        return grid
