"""Writes the graph in DOT, the language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterator

from dynaops.model.graph import Graph, Node
from dynaops.views.graph.colours import above, colours, homes
from dynaops.views.page import clean


def dot(graph: Graph) -> str:
    """The digraph; ends with a newline."""
    return "\n".join(["digraph dynaops {", *(f"  {line}" for line in _lines(graph)), "}"]) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    regions = homes(graph.nodes)
    yield 'rankdir="LR";'
    yield 'node [shape="box", style="filled,rounded", fontname="Helvetica", fontsize="11"];'
    yield 'edge [fontname="Helvetica", fontsize="9", color="#57606a"];'
    for number, table in enumerate(dict.fromkeys(node.table for node in graph.nodes if node.table)):
        region = regions.get(table)
        yield f"subgraph cluster_{number} {{"
        yield f"  label={_quoted(f'{table} in {region}' if region else table)};"
        for node in graph.nodes:
            if node.table == table:
                yield f"  {_node(node, region)}"
        yield "}"
    for node in graph.nodes:
        if node.table is None:
            yield _node(node, None)
    for edge in graph.edges:
        start, end = edge.drawn
        label = f" [label={_quoted(edge.label)}]" if edge.onward else ""
        yield f"{_quoted(start)} -> {_quoted(end)}{label};"


def _node(node: Node, table_region: str | None) -> str:
    colours_ = colours(node)
    shape = "cylinder" if node.id == node.table else "ellipse" if node.outside else "box"
    label = f"{_escaped(above(node, table_region))}\\n{_escaped(node.name)}"
    style = "filled" if shape != "box" else "filled,rounded"
    return (
        f'{_quoted(node.id)} [label="{label}", shape="{shape}", style="{style}", '
        f'fillcolor="{colours_.fill}", color="{colours_.line}"];'
    )


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    """The text with backslashes and quotation marks escaped, which have a meaning in DOT's strings."""
    return clean(text).replace("\\", "\\\\").replace('"', '\\"')
