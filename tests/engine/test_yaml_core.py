"""Plain scalars of specs have the types of YAML 1.2's core schema, and what is written reads back the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynaops.engine.import_table import yaml_of
from dynaops.specs.yaml_tree import nodes

_EXPECTED: list[tuple[str, Any]] = [
    ("2024_01", "2024_01"),
    ("1_000.5", "1_000.5"),
    ("0o17", 15),
    ("0x1F", 31),
    ("-0x1F", "-0x1F"),
    ("0b11", "0b11"),
    ("017", 17),
    ("+12", 12),
    ("1:30", "1:30"),
    ("12:30:45", "12:30:45"),
    ("yes", "yes"),
    ("No", "No"),
    ("on", "on"),
    ("y", "y"),
    ("True", True),
    ("tRUE", "tRUE"),
    ("NULL", None),
    ("~", None),
    ("2024-01-01", "2024-01-01"),
    ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
    ("1.50", Decimal("1.50")),
    (".5e3", Decimal("5E+2")),
    ("1e-7", Decimal("1e-7")),
    ("1.2.3", "1.2.3"),
    ("=", "="),
]


@pytest.mark.parametrize(("text", "value"), _EXPECTED)
def test_types_of_plain_scalars(text: str, value: Any) -> None:
    (node,) = nodes(f"items:\n  - {{id: {text}, n: [{text}]}}\n", "a.yaml")
    ((item,),) = node.plain(exact=True).values()
    assert item == {"id": value, "n": [value]} and type(item["id"]) is type(value)


def test_a_document_of_yaml_1_1_and_tags_are_taken_at_their_word() -> None:
    assert nodes("%YAML 1.1\n---\na: yes\n", "a.yaml")[0].plain() == {"a": True}
    assert nodes("a: !!int 2_0\nb: !!str 3\nc: '4'\n", "a.yaml")[0].plain() == {"a": 20, "b": "3", "c": "4"}


@given(text=st.text("0123456789abcdefinxouyesNFE.+-_:~= ", max_size=8))
def test_what_is_written_reads_back(text: str) -> None:
    (node,) = nodes(yaml_of({"a": text, "b": [text]}), "a.yaml")
    assert node.plain() == {"a": text, "b": [text]}


@given(text=st.from_regex(r"[0-9][0-9_.xob+eE-]{0,7}[0-9]", fullmatch=True))
def test_a_number_is_what_the_core_schema_takes_for_one(text: str) -> None:
    (node,) = nodes(f"a: '{text}'\nb: !!str {text}\nc: {text}\n", "a.yaml")
    found = node.plain(exact=True)
    assert found["a"] == found["b"] == text
    if isinstance(found["c"], int):
        assert int(text, 0 if text[:2] in ("0o", "0x") else 10) == found["c"] and "_" not in text
    elif isinstance(found["c"], Decimal):
        assert Decimal(text) == found["c"] and "_" not in text
    else:
        assert found["c"] == text
