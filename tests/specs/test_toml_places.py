"""Where keys and values of TOML texts stand."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynaops.specs.toml_places import Path, Spot, places_of

TEXT = '''# first
a = 1 # b = 2
"quoted \\u0061.b" = 'x # y'
c.d . e = [ "one", # two
  """thr"ee
"""", [4, {f = '''

TABLES = """
x = '''a
]'''
[ t . "u" ]
v = {w = {x = 1}, 'y z' = [1]}
[[list]]
n = 1979-05-27 07:32:00
[[list]]
n = 2
"""


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("a",), (2, 1), (2, 5)),
        (("quoted a.b",), (3, 1), (3, 21)),
        (("c",), (4, 1), (4, 1)),
        (("c", "d", "e"), (4, 7), (4, 11)),
        (("c", "d", "e", 0), (4, 13), (4, 13)),
        (("c", "d", "e", 1), (5, 3), (5, 3)),
        (("c", "d", "e", 2, 1, "f"), (6, 12), (6, 16)),
        (("c", "d", "e", 9), (4, 7), (4, 11)),
        (("none",), (1, 1), (1, 1)),
    ],
)
def test_places(path: Path, key: tuple[int, int], value: tuple[int, int]) -> None:
    places = places_of(TEXT + "1}]]\n")
    assert (places.key(path), places.value(path)) == (key, value)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (("t", "u"), (4, 7)),
        (("t", "u", "v", "w", "x"), (5, 11)),
        (("t", "u", "v", "y z"), (5, 19)),
        (("list", 1, "n"), (9, 1)),
    ],
)
def test_places_in_tables(path: Path, key: tuple[int, int]) -> None:
    assert places_of(TABLES).key(path) == key


KEYS = st.sampled_from(["a", "b-c", '"x y"', "'q.r'", '"\\u0065"', "d . 'e'", '"]"', '"#"'])
STRINGS = st.text("ab\"'#[]{}=,\\\n", max_size=8)


def _basic(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _long(text: str) -> str:
    return '"""' + text.replace("\\", "\\\\").replace('"""', '""\\"') + 'x"""'


SCALARS = st.one_of(
    st.integers().map(str),
    st.sampled_from(["true", "1979-05-27T07:32:00Z", "1e9", "inf", "''''a'b'''", '""""two"""""']),
    STRINGS.map(_basic),
    STRINGS.map(_long),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: "[ " + " ,# ]'\n ".join(parts) + " ]"),
        st.lists(inner, max_size=3).map(
            lambda parts: "{" + ", ".join(f"k{n} = {part}" for n, part in enumerate(parts)) + "}"
        ),
    ),
    max_leaves=6,
)
STATEMENTS = st.one_of(
    st.tuples(KEYS, VALUES).map(" = ".join),
    KEYS.map(lambda key: f"[ t.{key}] # [x]"),
    KEYS.map(lambda key: f"[[ l.{key} ]]"),
    st.sampled_from(["", "# a = 1", "\t"]),
)


@given(st.lists(STATEMENTS, max_size=8))
def test_every_value_is_found_where_it_stands(statements: list[str]) -> None:
    """At each place there is a text that reads as the value (or, of tables, as the last part of the key)."""
    text = "\n".join(statements)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    places = places_of(text)
    for path, value in _leaves(data, ()):
        rest = _from(text, places.value(path))
        assert _reads_as(rest, value), (path, rest)


def _leaves(value: Any, path: Path) -> list[tuple[Path, Any]]:
    if isinstance(value, dict):
        return [leaf for name, part in value.items() for leaf in _leaves(part, (*path, name))]
    if isinstance(value, list):
        return [leaf for index, part in enumerate(value) for leaf in _leaves(part, (*path, index))]
    return [(path, value)]


def _from(text: str, spot: Spot) -> str:
    lines = text.split("\n")[spot.line - 1 :]
    return "\n".join([lines[0][spot.column - 1 :], *lines[1:]])


def _reads_as(text: str, value: Any) -> bool:
    """Whether a value that `text` begins with is `value`."""
    for end in range(1, len(text) + 1):
        try:
            found = tomllib.loads(f"a = {text[:end]}\n")
        except tomllib.TOMLDecodeError:
            continue
        if found == {"a": value} or repr(found) == repr({"a": value}):
            return True
    return False
