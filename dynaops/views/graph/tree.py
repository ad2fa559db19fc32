"""The graph as a tree a table, for a terminal or a pipe."""

from __future__ import annotations

from collections.abc import Sequence

from dynaops.model.graph import Edge, Graph
from dynaops.model.graph import Node as Thing
from dynaops.views import wording
from dynaops.views.page import Line, Page, PageNode, Section, StyledText, faint, line, strong


def tree_page(graph: Graph) -> Page:
    """A section a table: below it what is part of it and what is around it, and with each what it leans on."""
    if not graph.nodes:
        return Page((Section((PageNode(line("There is nothing to draw: no spec and no applied table.")),)),))
    things = {node.id: node for node in graph.nodes}
    return Page(
        tuple(
            Section((_node(thing, graph, things, None),), tree=True)
            for thing in graph.nodes
            if thing.id == thing.table or (thing.table not in things and not thing.outside)
        )
    )


def _node(thing: Thing, graph: Graph, things: dict[str, Thing], parent: Thing | None) -> PageNode:
    children = [_node(node, graph, things, thing) for node in graph.nodes if _parent(node, graph) == thing.id]
    leans = [
        PageNode(_lean(edge, things[edge.target], thing.table))
        for edge in graph.edges
        if edge.source == thing.id and edge.target not in (thing.table, _parent(thing, graph))
    ]
    mark = wording.mark(thing.action) if thing.action else None
    region = thing.region if thing.region and (parent is None or parent.region != thing.region) else None
    name = thing.name.removeprefix(f"{parent.name}/") if parent else thing.name
    about = [faint(thing.title)] if parent else []
    said: Sequence[StyledText] = [*about, *([faint(f"{', ' if about else ''}{region}")] if region else [])]
    return PageNode(line(strong(name)), mark, line(*said), children=(*leans, *children))


def _lean(edge: Edge, target: Thing, table: str | None) -> Line:
    """``invokes Lambda function order-processor``; what is of another table by its full address."""
    name = target.name if target.table in (None, table) else target.id
    kind = f"{target.title} " if target.outside else ""
    return line(faint(f"{edge.label} {kind}"), name)


def _parent(thing: Thing, graph: Graph) -> str | None:
    """What it is part of, else its table."""
    if thing.outside or thing.id == thing.table:
        return None
    owner = next(
        (edge.target for edge in graph.edges if edge.source == thing.id and edge.label == "part of"), None
    )
    return owner or thing.table
