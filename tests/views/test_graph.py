"""Graphs in all formats: whole, the same every time, and with every name made harmless."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dynaops.model.change import Action
from dynaops.model.graph import Edge, Graph, Node
from dynaops.views.graph.dot import dot
from dynaops.views.graph.layout import GAP_Y, Box, laid_out
from dynaops.views.graph.mermaid import mermaid
from dynaops.views.graph.svg import svg
from dynaops.views.graph.tree import tree_page
from dynaops.views.plain import to_text
from tests.views.drawing import check_snapshot, drawn

HERE = Path(__file__).parent
EVIL = 'a"b\\c<d>&e#f;g|h]i}j`k\nl\x1b[31m end'
SVG = "{http://www.w3.org/2000/svg}"


def node(name: str, title: str, table: str | None = "orders", **more: object) -> Node:
    return Node(
        id=name,
        kind=title.replace(" ", "_"),
        title=title,
        name=name.partition("/")[2] or name.rpartition(":")[2],
        table=table,
        **more,
    )


GRAPH = Graph(
    nodes=(
        node("orders", "table", region="eu-west-1", action=Action.UPDATE),
        node("orders/gsi/by-day", "global secondary index", region="eu-west-1", action=Action.CREATE),
        node("orders/gsi/old", "global secondary index", region="eu-west-1", action=Action.DELETE),
        node("orders/iam/lambda_access", "IAM policy", region="eu-west-1", action=Action.NO_OP),
        node("orders/replica/us-east-1", "replica", region="us-east-1", action=Action.ADOPT),
        node("orders/trigger/worker", "Lambda trigger", region="eu-west-1", action=Action.REPLACE),
        node("function:worker", "Lambda function", None, outside=True),
    ),
    edges=(
        Edge(source="orders/gsi/by-day", target="orders", label="part of"),
        Edge(source="orders/gsi/old", target="orders", label="part of"),
        Edge(source="orders/iam/lambda_access", target="orders", label="needs"),
        Edge(source="orders/replica/us-east-1", target="orders", label="part of"),
        Edge(source="orders/trigger/worker", target="orders/iam/lambda_access", label="needs"),
        Edge(source="orders/trigger/worker", target="function:worker", label="invokes", onward=True),
    ),
)
STRANGE = Graph(
    nodes=(
        Node(id=EVIL, kind="table", title="table", name=EVIL, table=EVIL, region="eu-west-1"),
        Node(id=f"role:{EVIL}", kind="role", title="IAM role", name=EVIL, outside=True),
    ),
    edges=(Edge(source=EVIL, target=f"role:{EVIL}", label=EVIL, onward=True),),
)


@pytest.mark.parametrize(("name", "write"), [("mermaid", mermaid), ("dot", dot), ("svg", svg)])
def test_as_agreed(name: str, write: object) -> None:
    assert callable(write)
    check_snapshot(HERE, f"graph-{name}", write(GRAPH))


def test_trees() -> None:
    check_snapshot(HERE, "graph-tree-pipe", to_text(tree_page(GRAPH)))
    check_snapshot(HERE, "graph-tree-terminal", drawn(tree_page(GRAPH)))


def test_nothing_to_draw() -> None:
    empty = Graph(nodes=(), edges=())
    assert "nothing to draw" in to_text(tree_page(empty))
    assert mermaid(empty) == "flowchart LR\n"
    assert dot(empty).endswith("}\n")
    ElementTree.fromstring(svg(empty))  # noqa: S314 (made here)


def test_mermaid_holds_nothing_of_a_name_that_it_acts_upon() -> None:
    lines = mermaid(STRANGE).splitlines()
    text = r'"(?:[\w \-.,/()+=@~*:]|#\d+;|<br/>)*"'
    shape = rf"(?:\[{text}\]|\[\({text}\)\]|\(\[{text}\]\))"
    allowed = re.compile(
        rf"flowchart LR|  subgraph t\d+\[{text}\]|  end|\s*n\d+{shape}|  n\d+ -->\|{text}\| n\d+"
    )
    assert [line for line in lines if not allowed.fullmatch(line)] == []
    labels = re.findall(r"#(\d+);", lines[1])
    assert {chr(int(one)) for one in labels} >= set('"\\<>&#;|]}`')


def test_dot_strings_end_where_they_should() -> None:
    string = r'"(?:[^"\\\n]|\\\\|\\"|\\n)*"'
    lines = re.sub(string, "S", dot(STRANGE)).splitlines()
    attributes = r"\[\w+=S(?:, \w+=S)*\];"
    statement = rf"\s*(?:rankdir=S;|label=S;|(?:node|edge|S|S -> S) {attributes}|subgraph cluster_\d+ {{|}})"
    assert lines[0] == "digraph dynaops {"
    assert [line for line in lines[1:] if not re.fullmatch(statement, line)] == []


def test_svg_is_xml_that_says_the_names() -> None:
    root = ElementTree.fromstring(svg(STRANGE))  # noqa: S314 (made here)
    titles = [one.text for one in root.iter(f"{SVG}title")]
    assert titles[0] == EVIL.replace("\n", "\\x0a").replace("\x1b", "\\x1b")
    assert "\x1b" not in svg(STRANGE)


def test_the_drawing_holds_all_boxes() -> None:
    root = ElementTree.fromstring(svg(GRAPH))  # noqa: S314 (made here)
    width, height = int(root.attrib["width"]), int(root.attrib["height"])
    held = 0
    for group in root.iter(f"{SVG}g"):
        move = re.match(r"translate\((\d+) (\d+)\)", group.attrib.get("transform", ""))
        if move:
            for box in group.iter(f"{SVG}rect"):
                held += 1
                assert int(box.attrib["x"]) + int(box.attrib["width"]) + int(move[1]) <= width
                assert int(box.attrib["y"]) + int(box.attrib["height"]) + int(move[2]) <= height
    assert held >= len(GRAPH.nodes)


def overlapping(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height + GAP_Y - 1
        and other.y < one.y + one.height + GAP_Y - 1
    )


def test_boxes_never_overlap_and_arrows_lead_to_the_right() -> None:
    names = [f"n{number}" for number in range(40)]
    edges = [(names[number // 3], names[number]) for number in range(1, 40)]
    edges += [(names[number], names[number * 7 % 40]) for number in range(1, 6)]
    layout = laid_out({name: (60 + len(name) * 9, 44) for name in names}, edges)
    boxes = list(layout.boxes.items())
    for number, (_, one) in enumerate(boxes):
        assert not [name for name, other in boxes[number + 1 :] if overlapping(one, other)]
    for start, end in edges:
        assert layout.boxes[start].x + layout.boxes[start].width < layout.boxes[end].x


def test_a_circle_is_drawn_all_the_same() -> None:
    layout = laid_out(dict.fromkeys("abc", (10, 10)), [("a", "b"), ("b", "c"), ("c", "a"), ("a", "a")])
    assert layout.boxes["a"].x < layout.boxes["b"].x < layout.boxes["c"].x


def test_long_edges_go_around_what_is_between() -> None:
    layout = laid_out(dict.fromkeys("abc", (50, 44)), [("a", "b"), ("b", "c"), ("a", "c")])
    ((_, y),) = layout.ways["a", "c"]
    middle = layout.boxes["b"]
    assert not middle.y < y < middle.y + middle.height


def test_the_same_graph_is_drawn_the_same() -> None:
    mixed = Graph(nodes=GRAPH.nodes, edges=GRAPH.edges)
    assert svg(mixed) == svg(GRAPH)
