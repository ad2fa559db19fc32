"""A converted spec as a file, with comments where something is to be done by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dynaops.convert.part import Open
from dynaops.convert.pieces import Spec
from dynaops.engine.import_table import yaml_of
from dynaops.specs.yaml_tree import YamlNode, nodes

Comment = tuple[str, str]
"""The dotted path of a value, and what is said of it."""


def spec_file(spec: Spec, source: str, comments: Sequence[Comment]) -> str:
    """The YAML of a spec. Each comment stands above the line of its value."""
    text = yaml_of(_plain(spec))
    if comments:
        text = _commented(text, comments)
    return f"# Converted from {on_one_line(source)}\n{text}"


def on_one_line(text: str) -> str:
    """What the source says must not end the comment that it stands in: what follows would be a key of the spec."""
    return "".join(character if character.isprintable() else " " for character in text)


def _commented(text: str, comments: Sequence[Comment]) -> str:
    (tree,) = nodes(text, "spec")
    lines = text.splitlines()
    above: dict[int, list[str]] = {}
    for path, said in comments:
        number = _line(tree, path)
        above.setdefault(number, []).append(said)
    kept: list[str] = []
    for number, line in enumerate(lines, 1):
        indent = line[: len(line) - len(line.lstrip(" "))] if number in above else ""
        kept.extend(f"{indent}# {on_one_line(said)}" for said in above.get(number, ()))
        kept.append(line)
    return "\n".join(kept) + "\n"


def _line(tree: YamlNode, path: str) -> int:
    node = tree.at(path)
    return (node.key or node.spot)[1]


def _plain(value: Any) -> Any:
    """The same in types that YAML writers know."""
    if isinstance(value, Open):
        return str(value)
    if isinstance(value, dict):
        return {name: _plain(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    return value
