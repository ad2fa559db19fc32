"""Overlays: any number of documents on either side, each laid on the tables that it is for and on no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynaops.model.errors import SpecError
from dynaops.model.finding import Finding
from dynaops.specs import matching
from dynaops.specs.blocks import Written
from dynaops.specs.environment import Environment
from dynaops.specs.layers import Layers
from dynaops.specs.load import Document, load
from dynaops.specs.overlay import MAX_STEPS, Merger
from dynaops.specs.variables import Names, Substitution, Values
from dynaops.specs.yaml_tree import UnreadableSpec, YamlNode, cost_of, nodes, tree_of
from tests.specs.naive import composed
from tests.unusual_files import no_hang

VALUES = Values({"s": "eu", "star": "*"}, Environment({}), "dev")
SHOP = """table_name: {name}
hash_key: id
attributes: {{id: S}}
tags: {{own: "{name}"}}
"""


def fill(text: str) -> str:
    return text.replace("${workspace}", "dev").replace("${var.s}", "eu").replace("${var.star}", "*")


NAMES = ["users", "orders-${workspace}", "orders-dev", "orders-${var.s}", "shop-a", "shop-b", "shop-${var.s}"]
PATTERNS = [
    *NAMES,
    *(
        "shop-*",
        "*-dev",
        "*-${workspace}",
        "?sers",
        "shop-[ab]",
        "nothing-*",
        "nobody",
        "*",
        "shop-${var.star}",
    ),
]
things = st.sampled_from(["a", "b", "n-${workspace}", "n-dev"])
leaves: st.SearchStrategy[Any] = st.none() | st.integers(0, 3) | st.sampled_from(["x", "${workspace}"])
lists = st.lists(leaves, max_size=2) | st.lists(
    st.fixed_dictionaries({}, optional={"name": things, "region": things, "size": leaves}), max_size=3
)
bodies: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.dictionaries(st.sampled_from(["tags", "ttl", "items", "indexes"]), leaves | lists, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from(["tags", "ttl", "iam"]), inner | lists, max_size=3),
    max_leaves=4,
)
documents = st.lists(
    st.builds(lambda name, body: {**body, "table_name": name}, st.sampled_from(NAMES), bodies), max_size=4
)
overlays = st.lists(
    st.builds(
        lambda name, match, body: {**body, **name, **match},
        st.fixed_dictionaries({}, optional={"table_name": st.sampled_from(PATTERNS)}),
        st.just({})
        | st.fixed_dictionaries(
            {"match": st.sampled_from(PATTERNS) | st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2)}
        ),
        bodies,
    ),
    max_size=4,
)


def with_overlays(base: list[Written], over: list[Written], findings: list[Finding]) -> list[Written]:
    layers = Layers(base, [], Substitution(VALUES))
    layers.lay_overlays(over, findings, must_fit=True)
    return layers.documents


def written(documents: list[dict[str, Any]], file: str) -> list[Written]:
    text = "\n---\n".join(map(json.dumps, documents))
    return [Written(file, node) for node in nodes(text, file)]


@given(documents, overlays)
@settings(max_examples=150, deadline=None)
def test_it_is_what_a_naive_composer_makes_of_it(
    base: list[dict[str, Any]], over: list[dict[str, Any]]
) -> None:
    findings: list[Finding] = []
    found = with_overlays(written(base, "b"), written(over, "o"), findings)
    expected, misfits = composed(base, over, fill)
    assert [document.node.plain() for document in found] == expected
    assert len(findings) == misfits
    assert all(finding.code == "SPEC015" and finding.place for finding in findings)


@given(documents, overlays)
@settings(max_examples=50, deadline=None)
def test_every_value_keeps_its_place(base: list[dict[str, Any]], over: list[dict[str, Any]]) -> None:
    """The text at each value's place is the value."""
    texts = {"b": "\n---\n".join(map(json.dumps, base)), "o": "\n---\n".join(map(json.dumps, over))}
    layers = [[Written(file, node) for node in nodes(texts[file], file)] for file in "bo"]
    for document in with_overlays(layers[0], layers[1], []):
        for node in leaves_of(document.node):
            file, line, column = node.spot
            assert texts[file].splitlines()[line - 1][column - 1 :].startswith(json.dumps(node.value))


def leaves_of(node: YamlNode) -> list[YamlNode]:
    if isinstance(node.value, dict | list):
        children = node.value.values() if isinstance(node.value, dict) else node.value
        return [leaf for child in children for leaf in leaves_of(child)]
    return [node]


def loaded(folder: Path, *files: str, paths: int = 0, **variables: str) -> dict[str, Document]:
    """The documents by table: the first `paths` of the texts are given as specs, the others by ``-f``."""
    names = [folder / f"{number}.yaml" for number in range(len(files))]
    for name, text in zip(names, files, strict=True):
        name.write_text(text)
    values = {"s": "eu", **variables}
    found = load(names[:paths], names[paths:], values, Environment({}), "dev")
    return {document.spec.table_name: document for document in found}


def tags(documents: dict[str, Document]) -> dict[str, dict[str, str]]:
    return {name: dict(document.spec.tags or {}) for name, document in documents.items()}


def shop(*names: str) -> str:
    return "---\n".join(SHOP.format(name=name) for name in names)


@pytest.mark.parametrize("paths", [0, 1])
@pytest.mark.parametrize(
    ("base", "over", "becomes"),
    [
        (["a-1", "b-1"], "tags: {x: y}", {"a-1": "y", "b-1": "y"}),
        (["a-1", "b-1"], "table_name: b-1\ntags: {x: y}", {"a-1": None, "b-1": "y"}),
        (["a-1"], "tags: {x: y}", {"a-1": "y"}),
        (["a-1", "b-1"], "table_name: a-*\ntags: {x: y}", {"a-1": "y", "b-1": None}),
        (["a-1", "b-1"], "match: [a-1, b-1]\ntags: {x: y}", {"a-1": "y", "b-1": "y"}),
        (["a-1", "b-1"], "match: a-1\ntable_name: z-1\ntags: {x: y}", {"z-1": "y", "b-1": None}),
        (
            ["a-${workspace}", "b-${workspace}"],
            "table_name: a-${workspace}\ntags: {x: y}",
            {"a-dev": "y", "b-dev": None},
        ),
        (["a-${workspace}", "b-dev"], "table_name: a-dev\ntags: {x: y}", {"a-dev": "y", "b-dev": None}),
        (
            ["a-dev", "b-dev"],
            "table_name: b-${workspace}\ntags: {x: y}\n---\ntable_name: a-dev\ntags: {x: z}",
            {"a-dev": "z", "b-dev": "y"},
        ),
        (["a-${var.s}", "b-1"], "table_name: a-${var.s}\ntags: {x: '${var.s}'}", {"a-eu": "eu", "b-1": None}),
    ],
)
def test_any_number_of_documents_on_either_side(
    tmp_path: Path, paths: int, base: list[str], over: str, becomes: dict[str, str | None]
) -> None:
    found = tags(loaded(tmp_path, shop(*base), over, paths=paths))
    assert {name: values.get("x") for name, values in found.items()} == becomes


def test_all_documents_of_a_first_folder_are_specs(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    for name in ("a-1", "b-1"):
        (tmp_path / "specs" / f"{name}.yaml").write_text(shop(name, f"{name}x"))
    (tmp_path / "over.yaml").write_text("table_name: b-1x\ntags: {x: y}\n")
    found = load([], [tmp_path / "specs", tmp_path / "over.yaml"])
    assert [(each.spec.table_name, (each.spec.tags or {}).get("x")) for each in found] == [
        ("a-1", None),
        ("a-1x", None),
        ("b-1", None),
        ("b-1x", "y"),
    ]


def findings(folder: Path, *files: str, paths: int = 0, **variables: str) -> tuple[Finding, ...]:
    with pytest.raises(SpecError) as caught:
        loaded(folder, *files, paths=paths, **variables)
    return caught.value.findings


@pytest.mark.parametrize("paths", [0, 1])
@pytest.mark.parametrize(
    ("over", "place", "hint"),
    [
        ("table_name: usrs\n", "1.yaml:1:13", "Did you mean users?"),
        ("tags: {a: b}\n---\ntable_name: odrers-dev\n", "1.yaml:3:13", "Did you mean orders-dev?"),
        ("table_name: orders-${var.s}\n", "1.yaml:1:13", "Did you mean orders-"),
        ("table_name: user-*\n", "1.yaml:1:13", "Did you mean users?"),
        ("match: [users, x*]\n", "1.yaml:1:16", "Tables there are: orders-"),
        ("table_name: other\nhash_key: id\nattributes: {id: S}\n", "1.yaml:1:13", "A new table stands in a"),
        ("table_name: ${var.star}\n", "1.yaml:1:13", ""),
    ],
)
def test_an_overlay_that_fits_nothing_is_told(
    tmp_path: Path, paths: int, over: str, place: str, hint: str
) -> None:
    (finding,) = findings(tmp_path, shop("users", "orders-${workspace}"), over, paths=paths, star="*")
    assert finding.code == "SPEC015"
    assert str(finding.place).endswith(place)
    assert hint in str(finding.hint)


@pytest.mark.parametrize(
    ("over", "code", "place"),
    [
        ("table_name: ${var.nope}\n", "SPEC007", "1.yaml:1:13"),
        ("table_name: 5\n", "SPEC012", "1.yaml:1:13"),
        ("match: {a: b}\n", "SPEC012", "1.yaml:1:8"),
        ("match: []\n", "SPEC012", "1.yaml:1:8"),
        ("match: [[a]]\n", "SPEC012", "1.yaml:1:9"),
        ("- a\n", "SPEC004", "1.yaml:1:1"),
        ("just text\n", "SPEC004", "1.yaml:1:1"),
        ("tagz: {}\n", "SPEC010", "1.yaml:1:1"),
        ("ttl: {attribute: [x]}\n", "SPEC012", "1.yaml:1:18"),
        ("global_secondary_indexes: [{name: [x]}]\n", "SPEC012", "1.yaml:1:35"),
    ],
)
def test_an_overlay_that_is_wrong_is_told_at_its_place(
    tmp_path: Path, over: str, code: str, place: str
) -> None:
    base = SHOP.format(name="users") + "global_secondary_indexes: [{name: a, hash_key: id}]\n"
    found = {
        (finding.code, str(finding.place).rpartition("/")[2]) for finding in findings(tmp_path, base, over)
    }
    assert (code, place) in found


def test_a_wrong_value_of_the_specs_keeps_its_place_under_overlays(tmp_path: Path) -> None:
    base = shop("users") + "ttl: {attribute: 5, enabled: true}\n"
    (finding,) = findings(tmp_path, base, "ttl: {enabled: false}\n")
    assert str(finding.place).endswith("0.yaml:5:18")


def test_rows_are_replaced_and_never_merged_by_an_attribute(tmp_path: Path) -> None:
    base = shop("users") + "items: [{id: a, name: x}, {id: b, name: x}]\n"
    kept = loaded(tmp_path, base, "tags: {x: y}\n")["users"].spec
    assert kept.items == [{"id": "a", "name": "x"}, {"id": "b", "name": "x"}]
    replaced = loaded(tmp_path, base, "items: [{id: c, name: x}]\n")["users"].spec
    assert replaced.items == [{"id": "c", "name": "x"}]


def test_things_in_lists_are_matched_by_what_their_names_come_to(tmp_path: Path) -> None:
    base = shop("users") + "lambda_triggers: [{function: 'f-${workspace}', batch_size: 5}, {function: g}]\n"
    found = loaded(tmp_path, base, "lambda_triggers: [{function: f-dev, enabled: false}]\n")["users"].spec
    assert [(each.function, each.batch_size, each.enabled) for each in found.lambda_triggers or ()] == [
        ("f-dev", 5, False),
        ("g", 100, True),
    ]


def test_many_overlays_on_many_tables_take_bounded_steps() -> None:
    base = [
        Written("b", node) for node in nodes("\n---\n".join(f"table_name: t-{n}" for n in range(1000)), "b")
    ]
    over = [Written("o", node) for node in nodes("\n---\n".join(["tags: {a: b}"] * 30), "o")]
    merger = Merger()
    for document in base:
        node = document.node
        for layer in over:
            node = merger.over(node, layer.node, 50)
    spent = Merger().steps_left - merger.steps_left
    assert spent <= 1000 * 30 * 6


@pytest.mark.parametrize(
    ("base", "over", "times"),
    [
        pytest.param({}, {"a": "x" * 1_000_000}, 300, id="a long text"),
        pytest.param({}, {"a": [1] * 100_000}, 300, id="a long list"),
        pytest.param({"a": {f"k{n}": 1 for n in range(100_000)}}, {"a": {"k": 2}}, 300, id="wide maps"),
        pytest.param(
            {"a": [{"name": n} for n in range(10_000)]}, {"a": [{"name": 1}]}, 3000, id="long lists"
        ),
    ],
)
def test_what_comes_to_too_much_is_refused(base: Any, over: Any, times: int) -> None:
    merger = Merger(steps_left=MAX_STEPS // 50)
    node, layer = tree_of(base, ("b", 1, 1)), tree_of(over, ("o", 1, 1))
    cost = cost_of(layer)
    with no_hang(), pytest.raises(UnreadableSpec) as caught:
        for _ in range(times):
            merger.over(node, layer, cost)
    assert (caught.value.finding.code, str(caught.value.finding.place)[0]) == ("SPEC003", "o")


def test_too_much_is_told_once_an_overlay() -> None:
    layer = tree_of({"a": "x" * 1_000_000}, ("o", 1, 1))
    base = [Written("b", tree_of({"table_name": "t"}, ("b", 1, 1)))] * 200
    findings: list[Finding] = []
    with_overlays(base, [Written("o", layer)] * 3, findings)
    assert [finding.code for finding in findings] == ["SPEC003", "SPEC003"]


def test_patterns_are_compared_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "MAX_COMPARED", 10_000)
    base = [
        Written("b", node) for node in nodes("\n---\n".join(f"table_name: t-{n}" for n in range(500)), "b")
    ]
    over = [Written("o", node) for node in nodes("\n---\n".join(["table_name: '*a*a*a*b'"] * 20), "o")]
    findings: list[Finding] = []
    with_overlays(base, over, findings)
    assert {finding.code for finding in findings} == {"SPEC003", "SPEC015"}


def test_a_name_is_filled_in_once(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(VALUES)
    filled: list[YamlNode] = []
    whole = Substitution.document

    def document(self: Substitution, node: YamlNode) -> YamlNode | None:
        filled.append(node)
        return whole(self, node)

    monkeypatch.setattr(Substitution, "document", document)
    assert {names.filled("a-${workspace}") for _ in range(100)} == {"a-dev"}
    assert names.filled("${var.nope}") is None
    assert len(filled) == 2
