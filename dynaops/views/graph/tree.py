"""Draws the graph as a tree for each table, for a terminal or a pipe."""

from __future__ import annotations

from collections.abc import Sequence

from dynaops.model.graph import Edge, Graph
from dynaops.model.graph import Node as Thing
from dynaops.views import wording
from dynaops.views.page import Line, Page, PageNode, Section, StyledText, faint, line, strong


def tree_page(graph: Graph) -> Page:
    """A section for each table: its parts, the resources around it, and the dependencies of each."""
    if not graph.nodes:
        return Page((Section((PageNode(line("There is nothing to draw: no spec and no applied table.")),)),))
    resources = {node.id: node for node in graph.nodes}
    return Page(
        tuple(
            Section((_node(node, graph, resources, None),), tree=True)
            for node in graph.nodes
            if node.id == node.table or (node.table not in resources and not node.outside)
        )
    )


def _node(resource: Thing, graph: Graph, resources: dict[str, Thing], parent: Thing | None) -> PageNode:
    children = [
        _node(node, graph, resources, resource) for node in graph.nodes if _parent(node, graph) == resource.id
    ]
    leans = [
        PageNode(_lean(edge, resources[edge.target], resource.table))
        for edge in graph.edges
        if edge.source == resource.id and edge.target not in (resource.table, _parent(resource, graph))
    ]
    mark = wording.mark(resource.action) if resource.action else None
    region = (
        resource.region if resource.region and (parent is None or parent.region != resource.region) else None
    )
    name = resource.name.removeprefix(f"{parent.name}/") if parent else resource.name
    about = [faint(resource.title)] if parent else []
    description: Sequence[StyledText] = [
        *about,
        *([faint(f"{', ' if about else ''}{region}")] if region else []),
    ]
    return PageNode(line(strong(name)), mark, line(*description), children=(*leans, *children))


def _lean(edge: Edge, target: Thing, table: str | None) -> Line:
    """A dependency such as ``invokes Lambda function order-processor``; parts of other tables have full addresses."""
    name = target.name if target.table in (None, table) else target.id
    kind = f"{target.title} " if target.outside else ""
    return line(faint(f"{edge.label} {kind}"), name)


def _parent(node: Thing, graph: Graph) -> str | None:
    """The address of the resource that it is part of, else of its table."""
    if node.outside or node.id == node.table:
        return None
    owner = next(
        (edge.target for edge in graph.edges if edge.source == node.id and edge.label == "part of"), None
    )
    return owner or node.table
