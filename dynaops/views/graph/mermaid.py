"""Writes the graph as a Mermaid flowchart, which GitHub, GitLab and many editors can show."""

from __future__ import annotations

from collections.abc import Iterator

from dynaops.model.graph import Graph, Node
from dynaops.views.graph.colours import BY_ACTION, above, homes
from dynaops.views.page import clean

_HARMLESS = frozenset(" -_.,/()+=@~*:")


def mermaid(graph: Graph) -> str:
    """The flowchart; ends with a newline."""
    return "\n".join(["flowchart LR", *_lines(graph)]) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    ids = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    regions = homes(graph.nodes)
    tables = list(dict.fromkeys(node.table for node in graph.nodes if node.table))
    for number, table in enumerate(tables):
        region = regions.get(table)
        yield f'  subgraph t{number}["{_text(f"{table} in {region}" if region else table)}"]'
        for node in graph.nodes:
            if node.table == table:
                yield f"    {_node(ids[node.id], node, region)}"
        yield "  end"
    for node in graph.nodes:
        if node.table is None:
            yield f"  {_node(ids[node.id], node, None)}"
    for edge in graph.edges:
        start, end = edge.drawn
        label = f'|"{_text(edge.label)}"|' if edge.onward else ""
        yield f"  {ids[start]} -->{label} {ids[end]}"
    for action in dict.fromkeys(node.action for node in graph.nodes if node.action in BY_ACTION):
        colours_ = BY_ACTION[action]
        yield f"  classDef {action.value} fill:{colours_.fill},stroke:{colours_.line},color:#000000"


def _node(name: str, node: Node, table_region: str | None) -> str:
    label = f'"{_text(above(node, table_region))}<br/>{_text(node.name)}"'
    shape = f"[({label})]" if node.id == node.table else f"([{label}])" if node.outside else f"[{label}]"
    return f"{name}{shape}{f':::{node.action.value}' if node.action in BY_ACTION and node.action else ''}"


def _text(text: str) -> str:
    """The text with all special characters as entity codes, because names may contain Mermaid's syntax."""
    return "".join(char if char.isalnum() or char in _HARMLESS else f"#{ord(char)};" for char in clean(text))
