"""Draws the graph as SVG without another program or library, for any browser."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from unicodedata import east_asian_width
from xml.sax.saxutils import escape

from dynaops.model.change import Action
from dynaops.model.graph import Graph, Node
from dynaops.views.graph.colours import BY_ACTION, above, colours, homes
from dynaops.views.graph.layout import Box, GraphLayout, laid_out
from dynaops.views.page import clean

_MARGIN = 24
_HEIGHT = 44
_BIG, _SMALL = 7.4, 6.0
"""The width of a character of a name, and of the small line above it, in pixels; large enough for most fonts."""
_LONGEST = 44
_LEGEND = 28
_STYLE = (
    "text{font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;fill:#1f2328}"
    ".n{font-size:13px;font-weight:600}.k{font-size:10.5px;fill:#57606a}.e{font-size:10px;fill:#57606a}"
    "path{fill:none;stroke:#8c959f;stroke-width:1.2}"
)


def svg(graph: Graph) -> str:
    """The drawing; ends with a newline. Each table with everything connected to it is a separate part."""
    regions = homes(graph.nodes)
    elements: list[str] = []
    width, top = 0, _MARGIN
    for part in _parts(graph):
        layout = laid_out(
            {node.id: _size(node, regions.get(node.table)) for node in part.nodes},
            [edge.drawn for edge in part.edges],
        )
        elements += [
            f'<g transform="translate({_MARGIN} {top})">',
            *_edges(part, layout),
            *(_node(node, regions.get(node.table), layout.boxes[node.id]) for node in part.nodes),
            "</g>",
        ]
        width = max(width, layout.width)
        top += layout.height + _MARGIN * 2
    actions = [action for action in BY_ACTION if any(node.action is action for node in graph.nodes)]
    if actions:
        elements += _legend(actions, top)
        width, top = max(width, 110 * len(actions)), top + _LEGEND
    return "\n".join(_framed(elements, width + 2 * _MARGIN, top)) + "\n"


def _framed(elements: list[str], width: int, height: int) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="Resources and their dependencies">'
    )
    yield f"<style>{_STYLE}</style>"
    yield (
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><polygon points="0,0 8,4 0,8" fill="#8c959f"/></marker></defs>'
    )
    yield f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    yield from elements
    yield "</svg>"


def _parts(graph: Graph) -> Iterator[Graph]:
    """The graph in parts without edges between them; all resources around one table are in one part."""
    group = {node.id: node.table or node.id for node in graph.nodes}
    for edge in graph.edges:
        old, new = group[edge.source], group[edge.target]
        if old != new:
            group = {name: new if number == old else number for name, number in group.items()}
    for key in dict.fromkeys(group[node.id] for node in graph.nodes):
        yield Graph(
            nodes=tuple(node for node in graph.nodes if group[node.id] == key),
            edges=tuple(edge for edge in graph.edges if group[edge.source] == key),
        )


def _size(node: Node, table_region: str | None) -> tuple[int, int]:
    text = max(_columns(_short(node.name)) * _BIG, _columns(_short(above(node, table_region))) * _SMALL)
    return round(text) + 24, _HEIGHT


def _columns(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _short(text: str) -> str:
    text = clean(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _node(node: Node, table_region: str | None, box: Box) -> str:
    colours_ = colours(node)
    radius = _HEIGHT // 2 if node.outside else 6
    thick = 2.4 if node.id == node.table else 1.2
    return (
        f"<g><title>{_text(node.id)}</title>"
        f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="{radius}" '
        f'fill="{colours_.fill}" stroke="{colours_.line}" stroke-width="{thick}"/>'
        f'<text class="k" x="{box.x + 12}" y="{box.y + 17}">{_text(_short(above(node, table_region)))}</text>'
        f'<text class="n" x="{box.x + 12}" y="{box.y + 34}">{_text(_short(node.name))}</text></g>'
    )


def _edges(graph: Graph, layout: GraphLayout) -> Iterator[str]:
    for edge in graph.edges:
        start, end = (layout.boxes[name] for name in edge.drawn)
        points = [
            (start.x + start.width, start.y + start.height // 2),
            *layout.ways.get(edge.drawn, []),
            (end.x, end.y + end.height // 2),
        ]
        yield f'<path d="{_curve(points)}" marker-end="url(#arrow)"/>'
        if edge.onward:
            x, y = ((points[-1][axis] + points[-2][axis]) // 2 for axis in (0, 1))
            yield f'<text class="e" x="{x}" y="{y - 4}" text-anchor="middle">{_text(edge.label)}</text>'


def _curve(points: list[tuple[int, int]]) -> str:
    """The path of a smooth curve through the points, horizontal at each point."""
    pieces = [f"M{points[0][0]} {points[0][1]}"]
    for (x, y), (end_x, end_y) in pairwise(points):
        half = (x + end_x) // 2
        pieces.append(f"C{half} {y} {half} {end_y} {end_x} {end_y}")
    return "".join(pieces)


def _legend(actions: list[Action], top: int) -> Iterator[str]:
    for number, action in enumerate(actions):
        x = _MARGIN + 110 * number
        colours_ = BY_ACTION[action]
        yield (
            f'<rect x="{x}" y="{top - _MARGIN}" width="14" height="14" rx="3" '
            f'fill="{colours_.fill}" stroke="{colours_.line}"/>'
            f'<text class="k" x="{x + 20}" y="{top - _MARGIN + 11}">{action.value}</text>'
        )


def _text(text: str) -> str:
    return escape(clean(text))
