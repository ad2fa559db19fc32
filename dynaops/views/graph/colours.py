"""Labels of a graph's nodes, and colours by the action of a plan."""

from __future__ import annotations

from typing import NamedTuple

from dynaops.model.change import Action
from dynaops.model.graph import Node


class Colours(NamedTuple):
    """The colours of fill and border as ``#rrggbb``; black text is legible on every fill."""

    fill: str
    line: str


PLAIN = Colours("#f6f8fa", "#57606a")
OUTSIDE = Colours("#ffffff", "#8c959f")
BY_ACTION = {
    Action.CREATE: Colours("#dafbe1", "#1a7f37"),
    Action.UPDATE: Colours("#fff8c5", "#9a6700"),
    Action.REPLACE: Colours("#fbefff", "#8250df"),
    Action.DELETE: Colours("#ffebe9", "#cf222e"),
    Action.ADOPT: Colours("#ddf4ff", "#0969da"),
    Action.FORGET: Colours("#ffffff", "#0969da"),
    Action.MOVE: Colours("#ddf4ff", "#0969da"),
}


def colours(node: Node) -> Colours:
    """The colours of a node."""
    if node.action in BY_ACTION:
        return BY_ACTION[node.action]
    return OUTSIDE if node.outside else PLAIN


def above(node: Node, table_region: str | None) -> str:
    """The small line of a label: the kind, the region if it is not `home` (the table's), and the planned action."""
    where = f", {node.region}" if node.region and node.region != table_region else ""
    action = f" [{node.action.value}]" if node.action and node.action is not Action.NO_OP else ""
    return f"{node.title}{where}{action}"


def homes(nodes: tuple[Node, ...]) -> dict[str | None, str | None]:
    """The region of each table."""
    return {node.id: node.region for node in nodes if node.id == node.table}
