"""Parses a template in YAML or JSON into a tree, with short YAML tags in their long form."""

from __future__ import annotations

from dynaops.model.finding import Place
from dynaops.model.findings.commands import CONV003
from dynaops.specs.yaml_tree import YamlNode, nodes, unreadable

MAX_VALUES = 100_000
"""A template has at most 1 MB (CloudFormation quotas)."""
MAX_SIGNS = 150_000
"""The most line ends and separators (``[``, ``{``, ``,``): reading 10,000 of them takes about a second."""


def read(text: str, file: str, legacy: bool = True) -> YamlNode:
    """The template: the first document of a file. Raises Unreadable."""
    return documents(text, file, legacy)[0]


def documents(text: str, file: str, legacy: bool = True) -> list[YamlNode]:
    """The documents of a file, at least one. `legacy`: in YAML 1.1, as CloudFormation reads it. Raises Unreadable."""
    if sum(text.count(sign) for sign in "\n[{,") > MAX_SIGNS:
        place = Place(file=file, line=1, column=1)
        raise unreadable(CONV003, "too large to work out: the template has too many values", place)
    documents_ = nodes(text, file, MAX_VALUES, _tagged, legacy)
    return documents_ or [YamlNode({}, (file, 1, 1))]


def _tagged(tag: str, node: YamlNode) -> YamlNode:
    """The long form of a tag: ``!Ref X`` is ``{Ref: X}``, ``!GetAtt A.B`` is ``{Fn::GetAtt: [A, B]}``."""
    if tag == "GetAtt" and isinstance(node.value, str):
        name, _, attribute = node.value.partition(".")
        node = YamlNode([YamlNode(name, node.spot), YamlNode(attribute, node.spot)], node.spot)
    name = tag if tag in ("Ref", "Condition") else f"Fn::{tag}"
    return YamlNode({name: node}, node.spot)
