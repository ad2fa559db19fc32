"""Specs that are made to harm: each is refused in words, soon, and with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaops.model.errors import SpecError
from dynaops.specs.load import load
from dynaops.specs.yaml_tree import YamlNode
from tests.unusual_files import no_hang

_LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        pytest.param(_LAUGHS, "SPEC003", "expands to too much", id="a billion laughs"),
        pytest.param("a: &a [*a]\n", "SPEC003", "expands to too much", id="a list in itself"),
        pytest.param("a: &a\n  <<: *a\n", "SPEC003", "expands to too much", id="a merge of itself"),
        pytest.param("a: " + "[" * 20_000, "SPEC003", "nested too deeply", id="depth"),
        pytest.param("a: " + "[" * 80 + "]" * 80, "SPEC003", "expands to too much", id="some depth"),
        pytest.param("a: " + "x" * 1024 * 1024, "SPEC003", "larger than 1 MiB", id="size"),
        pytest.param("!!python/object/apply:os.system [id]", "SPEC006", "is not allowed", id="a call"),
        pytest.param("a: !!binary aaaa", "SPEC006", "is not allowed", id="a tag"),
        pytest.param(
            "".join(f"k{number}: 1\n" for number in range(9000)), "SPEC012", "8,903 more", id="keys"
        ),
    ],
)
def test_it_is_refused(tmp_path: Path, text: str, code: str, told: str) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(text)
    with no_hang(), pytest.raises(SpecError) as caught:
        load([path])
    last = caught.value.findings[-1]
    assert (last.code, told in last.message) == (code, True), last
    assert last.place is not None
    assert len(caught.value.findings) <= 101


def test_a_place_is_found_by_the_longest_name() -> None:
    """Names may hold dots themselves."""
    inner = YamlNode({"c": YamlNode(3, ("f", 3, 1))}, ("f", 2, 1))
    root = YamlNode({"a": YamlNode(1, ("f", 1, 1)), "a.b": inner}, ("f", 1, 1))
    assert root.at("a.b.c").value == 3
    assert root.at("a.x").value == 1
    assert root.at("x.y") is root
