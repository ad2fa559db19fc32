"""The graph of resources: what there is, what belongs to what, and what needs what."""

from __future__ import annotations

from dynaops.model.base import Model
from dynaops.model.change import Action


class Node(Model):
    """A resource, or something outside that resources have to do with (`outside`: a function, a role).

    `id` is the resource's address; of all else ``kind:name``. `title` is what its kind is called. `table` is the
    address of the table that it is of (None where several may share it). `action`: what a plan does with it.
    """

    id: str
    kind: str
    title: str
    name: str
    table: str | None = None
    region: str | None = None
    outside: bool = False
    action: Action | None = None


class Edge(Model):
    """`source` is part of, needs, or otherwise leans on `target`; `label` is the verb.

    `onward`: in a drawing `target` comes after `source` (what it invokes, where it is attached); else before it.
    """

    source: str
    target: str
    label: str
    onward: bool = False

    @property
    def drawn(self) -> tuple[str, str]:
        """From where to where an arrow is drawn: from what is there first to what builds on it."""
        return (self.source, self.target) if self.onward else (self.target, self.source)


class Graph(Model):
    """Nodes and edges, sorted; every edge is between two of the nodes."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
