"""``Fn::ForEach`` (transform AWS::LanguageExtensions), expanded before anything in it is resolved.

Source: CloudFormation Template Reference, Fn::ForEach: the identifier is replaced in keys and values, as ``${NAME}``,
as ``&{NAME}`` (only its letters and digits), and in ``Ref``. Loops may contain loops.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from dynaops.convert.budget import Budget, TooLarge
from dynaops.convert.cloudformation.values import count_of
from dynaops.convert.part import Unknown
from dynaops.specs.yaml_tree import YamlNode

LOOP = "Fn::ForEach::"
_NOT_ALPHANUMERIC = re.compile(r"[^A-Za-z0-9]")
MAX_NESTED = 5
"""The deepest nesting of loops (CloudFormation Template Reference, Fn::ForEach)."""
Left = dict[str, tuple[YamlNode, str]]
"""Loops that cannot be expanded, with the reason."""
_Entry = tuple[tuple[str, ...], str, YamlNode]
"""The loops that made an entry, its key and its value."""


class Loops:
    """Expands the loops of maps. `known` resolves the collection that a loop iterates over."""

    def __init__(self, known: Callable[[YamlNode], YamlNode], budget: Budget) -> None:
        self._known = known
        self._budget = budget

    def expanded(self, entries: Mapping[str, YamlNode]) -> tuple[dict[str, YamlNode], Left]:
        """The entries with each loop replaced by its results, and the loops that cannot be expanded, with reasons."""
        expanded: dict[str, YamlNode] = {}
        left: Left = {}
        plain = {name for name in entries if not name.startswith(LOOP)}
        for loops, name, node in self._entries([((), *entry) for entry in entries.items()], left):
            if name in expanded or (loops and name in plain):
                left[f"{'.'.join(loops)}.{name}"] = (node, f"{name} stands twice in the template")
            else:
                expanded[name] = node
        return expanded, left

    def _entries(self, entries: Iterable[_Entry], left: Left) -> Iterator[_Entry]:
        """The entries in order, with loops (nested ones too) replaced by their results."""
        for loops, name, node in entries:
            if not name.startswith(LOOP):
                yield loops, name, node
                continue
            within = (*loops, name)
            try:
                if len(within) > MAX_NESTED:
                    raise TooLarge(f"loops are nested more than {MAX_NESTED} deep")
                with self._budget.unit():
                    made = self._made(node)
            except TooLarge as error:
                made = str(error)
            if isinstance(made, str):
                left[".".join(within)] = (node, made)
            else:
                yield from self._entries([(within, *entry) for entry in made], left)

    def _made(self, node: YamlNode) -> list[tuple[str, YamlNode]] | str:
        """The entries of one loop, with inner loops not yet expanded; or the reason why they are not known."""
        parts = node.value if isinstance(node.value, list) else []
        if len(parts) != 3 or not isinstance(parts[0].value, str) or not isinstance(parts[2].value, dict):
            return "Fn::ForEach takes an identifier, a collection and a map"
        identifier, collection, body = parts[0].value, self._known(parts[1]), parts[2]
        if isinstance(collection.value, Unknown):
            return f"its collection is not known: {collection.value.why}"
        if not isinstance(collection.value, list):
            return "the collection of Fn::ForEach is a list"
        self._budget.instances(len(collection.value))
        made: list[tuple[str, YamlNode]] = []
        for member in collection.value:
            if isinstance(member.value, Unknown):
                return f"its collection is not known: {member.value.why}"
            if not isinstance(member.value, str | int):
                return "the collection of Fn::ForEach is a list of strings"
            self._budget.step(count_of(body))
            made.extend(_replaced(body, identifier, str(member.value)).value.items())
        return made


def _replaced(node: YamlNode, identifier: str, value: str) -> YamlNode:
    """The node with the loop's identifier replaced by its value."""
    if isinstance(node.value, dict):
        if set(node.value) == {"Ref"} and node.value["Ref"].value == identifier:
            return YamlNode(value, node.spot, node.key)
        return YamlNode(
            {
                _filled(name, identifier, value): _replaced(child, identifier, value)
                for name, child in node.value.items()
            },
            node.spot,
            node.key,
        )
    if isinstance(node.value, list):
        return YamlNode([_replaced(child, identifier, value) for child in node.value], node.spot, node.key)
    if isinstance(node.value, str):
        return YamlNode(_filled(node.value, identifier, value), node.spot, node.key)
    return node


def _filled(text: str, identifier: str, value: str) -> str:
    plain = text.replace(f"${{{identifier}}}", value)
    return plain.replace(f"&{{{identifier}}}", _NOT_ALPHANUMERIC.sub("", value))
