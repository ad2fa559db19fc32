"""Writes a converted spec as YAML, with comments for everything that must be done by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dynaops.convert.part import Open
from dynaops.convert.pieces import Spec
from dynaops.engine.import_table import yaml_of
from dynaops.specs.yaml_tree import YamlNode, nodes

Comment = tuple[str, str]
"""The dotted path of a value, and the comment on it."""


def spec_file(spec: Spec, source: str, comments: Sequence[Comment]) -> str:
    """The YAML of a spec. Each comment is above the line of its value."""
    text = yaml_of(_plain(spec))
    if comments:
        text = _commented(text, comments)
    return f"# Converted from {on_one_line(source)}\n{text}"


def on_one_line(text: str) -> str:
    """The text on one line, because a line end would end the comment and the rest would be a key of the spec."""
    return "".join(character if character.isprintable() else " " for character in text)


def _commented(text: str, comments: Sequence[Comment]) -> str:
    (tree,) = nodes(text, "spec")
    lines = text.splitlines()
    above: dict[int, list[str]] = {}
    for path, comment in comments:
        number = _line(tree, path)
        above.setdefault(number, []).append(comment)
    kept: list[str] = []
    for number, line in enumerate(lines, 1):
        indent = line[: len(line) - len(line.lstrip(" "))] if number in above else ""
        kept.extend(f"{indent}# {on_one_line(comment)}" for comment in above.get(number, ()))
        kept.append(line)
    return "\n".join(kept) + "\n"


def _line(tree: YamlNode, path: str) -> int:
    node = tree.at(path)
    return (node.key or node.spot)[1]


def _plain(value: Any) -> Any:
    """The value in plain types that the YAML writer knows."""
    if isinstance(value, Open):
        return str(value)
    if isinstance(value, dict):
        return {name: _plain(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    return value
