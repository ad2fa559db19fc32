"""Rendering: what is printed loads to the same spec, names the place of each value, and shows no secret."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynaops.model.rendered import RenderedDocument
from dynaops.specs.environment import Environment
from dynaops.specs.load import load
from dynaops.specs.render import escaped, rendered
from dynaops.specs.variables import Substitution, Values
from dynaops.specs.yaml_tree import YamlNode, nodes, tree_of
from dynaops.views.rendered import json_documents, yaml_text

SECRET = "wJalrXUtnFEMI/K7MDENG"
ENV = Environment(
    {"DB_PASSWORD": SECRET, "EMPTY": "", "DYNAOPS_VAR_A": "open"}, names=frozenset({"DB_PASSWORD", "EMPTY"})
)
VARIABLES: dict[str, Any] = {
    "a": "x",
    "dollar": "$",
    "reference": "${var.a} ${",
    "list": ["${env.X}", {"k$${": "v", "n": 1}],
    "map": {"${x}": [True, "5"]},
    "five": "5",
    "text": 'line\nwith: "quotes" # and ${table_arn}',
}
VALUES = Values(VARIABLES, ENV, "dev", "prod")
PIECES = [
    *(
        "$",
        "{",
        "}",
        "${",
        "$${",
        "x",
        " ",
        ": ",
        "#",
        '"',
        "'",
        "\n",
        "-",
        "\x07",
        "\u2028",
        "é",
        "😀",
        "5",
        "true",
    ),
    *(
        "${var.a}",
        "${var.dollar}",
        "${var.reference}",
        "${var.text}",
        "${var.five}",
        "${workspace}",
        "${environment}",
    ),
    *("${env.DB_PASSWORD}", "${env.EMPTY:-x$}", "${env.DYNAOPS_VAR_A}", "${var.none:-${env.DB_PASSWORD}}"),
    *(
        "${var.none:-d}",
        "${env.DB_PASSWORD:-none}",
        "${table_arn}",
        "${index_arns}",
        "$${table_arn}",
        "${var.none:-}",
    ),
]
texts = st.lists(st.sampled_from(PIECES), max_size=4).map("".join) | st.sampled_from(
    [
        "${var.list}",
        "${var.map}",
        "yes",
        "null",
        "~",
        "1e3",
        "0x1F",
        "2026-01-01",
        "- a",
        "a: b",
        "[",
        "&a",
        "!x",
        "",
    ]
)
scalars: st.SearchStrategy[Any] = (
    texts
    | st.integers()
    | st.booleans()
    | st.none()
    | st.decimals(allow_nan=False, allow_infinity=False, places=3)
    | st.sampled_from([Decimal("1E+30"), Decimal("-0.0"), Decimal("0.1000")])
)
data = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def loaded(node: YamlNode) -> YamlNode | None:
    return Substitution(VALUES).document(node)


@given(st.dictionaries(st.sampled_from(["tags", "items", "ttl"]) | texts, data, max_size=3), st.booleans())
@settings(max_examples=120, deadline=None)
def test_what_is_printed_loads_to_the_same(value: dict[str, Any], origins: bool) -> None:
    value = {"table_name": "users", **value}
    written = tree_of(value, ("specs/a.yaml", 3, 5))
    expected = loaded(written)
    if expected is None:  # a reference in a text that has no end, or a list within a text
        return
    text = yaml_text([RenderedDocument("specs/a.yaml", rendered(written, VALUES))], origins)
    assert SECRET not in text
    (again,) = nodes(text, "printed")
    found = loaded(again)
    assert found is not None
    assert typed(found) == typed(expected)


def typed(node: YamlNode) -> Any:
    """The plain value, in which an integer and a boolean are told apart, and numbers are compared by value."""
    if isinstance(node.value, dict):
        return {name: typed(child) for name, child in node.value.items()}
    if isinstance(node.value, list):
        return [typed(child) for child in node.value]
    return type(node.value), node.value


@given(st.lists(st.sampled_from(["$", "{", "}", "${", "a", "${table_arn}", "$${"]), max_size=12).map("".join))
@settings(max_examples=200, deadline=None)
def test_escaped_text_stands_for_itself(text: str) -> None:
    node = loaded(YamlNode(f".{escaped(text)}", ("f", 1, 1)))
    assert node is not None
    assert node.value == f".{text}"


def test_several_documents_and_long_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "a-name-that-is-as-long-as-names-of-tables-may-be-in-some-projects"
    text = "\n---\n".join(
        json.dumps({"table_name": f"{name}-{n}", "hash_key": "id", "attributes": {"id": "S"}})
        for n in range(2)
    )
    folder = tmp_path / "a-folder" / "of-a-folder"
    folder.mkdir(parents=True)
    (folder / "specs.yaml").write_text(text)
    documents = load(["a-folder/of-a-folder/specs.yaml"])
    found = [RenderedDocument(each.source, rendered(each.written, VALUES)) for each in documents]
    printed = yaml_text(found, origins=True)
    assert max(map(len, printed.splitlines())) <= 80
    assert f"# a-folder/of-a-folder/specs.yaml:1\ntable_name: {name}-0\n" in printed
    assert [node.plain()["table_name"] for node in nodes(printed, "")] == [f"{name}-0", f"{name}-1"]
    assert len(json_documents(found)["documents"]) == 2


def test_a_long_key() -> None:
    written = tree_of({"table_name": "t", "items": [{"k" * 2000: {"a": 1}, "x": "y"}]}, ("f", 1, 1))
    (again,) = nodes(yaml_text([RenderedDocument("f", rendered(written, VALUES))], True), "printed")
    assert again.plain() == written.plain()
