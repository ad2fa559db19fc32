"""Parses YAML to a tree of plain values with the place of each key and value.

It uses the nodes of ruamel's composer rather than constructed objects: nodes have marks, and no tag can create objects.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dynaops.model.finding import Finding, Place
from dynaops.model.findings.rule import FindingRule, make_finding
from dynaops.model.findings.specs import SPEC002, SPEC003, SPEC004, SPEC005, SPEC006

MAX_BYTES = 1024 * 1024
"""The largest size of a spec file in bytes."""
MAX_NODES = 100_000
"""The most values of a document after its aliases are expanded."""
MAX_ALIASED = 4 * 1024 * 1024
"""The most characters that aliases add to those of the text."""
MAX_DEPTH = 60
_MAX_SHOWN = 60
"""The most characters of a value in a message."""
_NODE_COST = 16
"""The cost of a value in addition to its characters."""
_MAX_DIGITS = 400
"""The most digits of a number: Python cannot print much longer numbers, and no service accepts them."""


Spot = tuple[str, int, int]
"""File, line and column (both from 1)."""


@dataclass
class YamlNode:
    """A value with its place. Maps hold nodes by key, lists hold nodes; `key` is the place of its key.

    Fractions are exact decimals.
    """

    value: Any
    spot: Spot
    key: Spot | None = None

    def plain(self, exact: bool = False) -> Any:
        """The value without places. `exact`: fractions stay decimals instead of floats."""
        if isinstance(self.value, dict):
            return {name: child.plain(exact) for name, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain(exact) for child in self.value]
        return float(self.value) if isinstance(self.value, Decimal) and not exact else self.value

    def at(self, path: str) -> YamlNode:
        """The node at a dotted path, or the closest node around it."""
        node, rest = self, path
        while rest:
            match = node.child(rest)
            if match is None:
                return node
            node, rest = match
        return node

    def child(self, path: str) -> tuple[YamlNode, str] | None:
        """The child that `path` begins with, and the rest of the path (names may contain dots)."""
        if isinstance(self.value, dict):
            name = path
            while name not in self.value and "." in name:
                name = name.rpartition(".")[0]
            if name in self.value:
                return self.value[name], path[len(name) + 1 :]
        if isinstance(self.value, list):
            head, _, rest = path.partition(".")
            if head.isdigit() and int(head) < len(self.value):
                return self.value[int(head)], rest
        return None

    def place(self, path: str = "") -> Place:
        """The place of the value at `path`."""
        return place_of(self.at(path).spot)

    def key_place(self, path: str) -> Place:
        """The place of the key at `path`."""
        node = self.at(path)
        return place_of(node.key or node.spot)


def place_of(spot: Spot) -> Place:
    """The spot as a Place for findings."""
    return Place(file=spot[0], line=spot[1], column=spot[2])


def tree_of(value: Any, spot: Spot) -> YamlNode:
    """Plain data as a tree whose nodes all have the place `spot`."""
    if isinstance(value, dict):
        return YamlNode({name: tree_of(child, spot) for name, child in value.items()}, spot)
    if isinstance(value, list):
        return YamlNode([tree_of(child, spot) for child in value], spot)
    return YamlNode(value, spot)


def cost_of(node: YamlNode) -> int:
    """The cost of each copy of a value: its characters, and a fixed amount for each value in it."""
    if isinstance(node.value, dict):
        return _NODE_COST + sum(len(name) + cost_of(child) for name, child in node.value.items())
    if isinstance(node.value, list):
        return _NODE_COST + sum(cost_of(child) for child in node.value)
    return _NODE_COST + (len(node.value) if isinstance(node.value, str) else 0)


class UnreadableSpec(Exception):
    """The text cannot be read as a spec; `finding` has the reason and the place."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def unreadable(
    rule: FindingRule, message: str, place: Place | None, hint: str | None = None
) -> UnreadableSpec:
    """The error for a text that cannot be read."""
    return UnreadableSpec(make_finding(rule, message, hint, place=place))


Tagged = Callable[[str, YamlNode], YamlNode]
"""A function from the name of a local tag (``Ref`` of ``!Ref``) and its node to the node with that meaning."""


def nodes(
    text: str, file: str, most: int = MAX_NODES, tagged: Tagged | None = None, legacy: bool = False
) -> list[YamlNode]:
    """The documents of a YAML text (JSON is YAML), without empty documents. Raises Unreadable.

    `most`: the most values of a document. `tagged`: converts local tags, which specs do not have. `legacy`: plain words
    and numbers are read by YAML 1.1, as other tools do (``yes`` is true, ``0123`` is not 123).
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    from dynaops.specs.yaml_core import CoreResolver

    start = Place(file=file, line=1, column=1)
    documents = []
    try:
        yaml = YAML(typ="safe", pure=True)
        yaml.Resolver = CoreResolver
        yaml.composer.warn_double_anchors = (
            False  # an anchor may be used again (YAML 1.2), so the parser's warning is not shown
        )
        for node in yaml.compose_all(text):
            if node is not None:
                documents.append(
                    _NodeBuilder(file, (most, len(text) + MAX_ALIASED), tagged, legacy).node(node, 0)
                )
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = str(error.problem or error.context or error).strip()
        place = place_of(_spot(file, mark)) if mark else start
        hint = _hint(message, text, mark.line if mark else 0)
        raise unreadable(SPEC002, f"this is not valid YAML: {message}", place, hint) from None
    except YAMLError as error:
        raise unreadable(SPEC002, f"this is not valid YAML: {_first_line(error)}", start) from None
    except RecursionError:
        raise unreadable(SPEC003, "the document is nested too deeply", start) from None
    return [node for node in documents if node.value is not None]


class _NodeBuilder:
    """Converts one document's composed nodes to YamlNodes."""

    def __init__(
        self, file: str, most: tuple[int, int], tagged: Tagged | None = None, legacy: bool = False
    ) -> None:
        """`most`: the most values, and the most characters, of the expanded document."""
        self._legacy = legacy
        self._file = file
        self._values_left, self._characters_left = most
        self._tagged = tagged

    def node(self, source: Any, depth: int) -> YamlNode:
        spot = _spot(self._file, source.start_mark)
        self._values_left -= 1
        if source.id == "scalar":
            self._characters_left -= len(source.value)
        if min(self._values_left, self._characters_left) < 0 or depth > MAX_DEPTH:
            message = "the document expands to too much (aliases, or nesting)"
            raise unreadable(SPEC003, message, place_of(spot))
        kind = str(source.tag)
        if self._tagged and kind.startswith("!") and len(kind) > 1:
            return self._tagged(kind[1:], self._untagged(source, depth, spot))
        if source.id != "scalar" and kind not in _CONTAINERS:
            message = f"the tag {kind} is not allowed in a spec"
            raise unreadable(SPEC006, message, place_of(spot), "Write a plain value.")
        if source.id == "mapping":
            return YamlNode(self._mapping(source, depth), spot)
        if source.id == "sequence":
            return YamlNode([self.node(child, depth + 1) for child in source.value], spot)
        return YamlNode(self._scalar(source, place_of(spot)), spot)

    def _untagged(self, source: Any, depth: int, spot: Spot) -> YamlNode:
        if source.id == "mapping":
            return YamlNode(self._mapping(source, depth), spot)
        if source.id == "sequence":
            return YamlNode([self.node(child, depth + 1) for child in source.value], spot)
        return YamlNode(_characters(str(source.value), place_of(spot)), spot)

    def _mapping(self, source: Any, depth: int) -> dict[str, YamlNode]:
        own: dict[str, YamlNode] = {}
        merged: dict[str, YamlNode] = {}
        for key, value in source.value:
            spot = _spot(self._file, key.start_mark)
            if key.id != "scalar":
                raise unreadable(SPEC004, "a key must be a plain word", place_of(spot))
            name = _characters(str(key.value), place_of(spot))
            self._characters_left -= len(name)
            if name == "<<":
                self._merge(merged, value, depth)
                continue
            if name in own:
                first = place_of(own[name].key or own[name].spot)
                raise unreadable(
                    SPEC005, f"the key {name} stands twice", place_of(spot), f"The first is at {first}."
                )
            own[name] = self.node(value, depth + 1)
            own[name].key = spot
        return {**merged, **own}

    def _merge(self, merged: dict[str, YamlNode], source: Any, depth: int) -> None:
        """Merge the map of a merge key (``<<: *defaults``) into `merged`, whose own keys take precedence."""
        for map_node in source.value if source.id == "sequence" else [source]:
            node = self.node(map_node, depth + 1)
            if not isinstance(node.value, dict):
                raise unreadable(SPEC004, "<< takes a map", place_of(node.spot))
            for name, value in node.value.items():
                merged.setdefault(name, value)

    def _scalar(self, node: Any, place: Place) -> Any:
        tag = str(node.tag)
        kind = tag.rpartition(":")[2]
        if not tag.startswith("tag:yaml.org,2002:") or kind not in _SCALARS:
            raise unreadable(
                SPEC006, f"the tag {tag} is not allowed in a spec", place, "Write a plain value."
            )
        if self._legacy and node.style is None and str(node.value) in _LEGACY_WORDS:
            return _LEGACY_WORDS[str(node.value)]
        if self._legacy and kind == "int" and _LEADING_ZERO.fullmatch(str(node.value)):
            octal = not set("89") & set(str(node.value))
            return int(str(node.value), 8) if octal else str(node.value)
        try:
            return _SCALARS[kind](_characters(str(node.value), place))
        except (ValueError, ArithmeticError):
            text = str(node.value)
            shown = repr(text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}...")
            raise unreadable(SPEC006, f"{shown} is not a value of {tag}", place) from None


def _characters(text: str, place: Place) -> str:
    """The text with escaped surrogate pairs (``\\ud83d\\ude00``, as in JSON) replaced by their characters."""
    if not _SURROGATE.search(text):
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise unreadable(SPEC006, "a string has half a character (a lone surrogate)", place) from None


_SURROGATE = re.compile("[\ud800-\udfff]")


def _integer(text: str) -> int:
    plain = text.replace("_", "")
    sign = -1 if plain.startswith("-") else 1
    plain = plain.lstrip("+-")
    if len(plain) > _MAX_DIGITS:
        raise ValueError
    bases = {"0x": 16, "0o": 8, "0b": 2}
    return (
        sign * int(plain[2:], bases[plain[:2].lower()]) if plain[:2].lower() in bases else sign * int(plain)
    )


def _float(text: str) -> Decimal:
    plain = text.replace("_", "").lower().lstrip("+")
    return Decimal(plain.replace(".inf", "inf").replace(".nan", "nan"))


_LEGACY_WORDS = {
    **{word: True for element in ("yes", "on") for word in (element, element.title(), element.upper())},
    **{word: False for element in ("no", "off") for word in (element, element.title(), element.upper())},
}
"""Booleans of YAML 1.1."""
_LEADING_ZERO = re.compile(r"0\d{1,40}")
"""A number with a leading zero: octal in YAML 1.1, or text if it has an 8 or 9 (such as an account id)."""
_CONTAINERS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
_SCALARS: dict[str, Any] = {
    "str": str,
    "int": _integer,
    "float": _float,
    "bool": lambda text: text.lower() in ("true", "yes", "on"),
    "null": lambda _: None,
    "timestamp": str,
}


def _spot(file: str, mark: Any) -> Spot:
    return (file, mark.line + 1, mark.column + 1)


def _hint(message: str, text: str, line: int) -> str | None:
    if "\\t" in message or "tab" in message:
        return "YAML is indented with spaces, never with tabs."
    if "mapping values are not allowed" in message:
        return "Put a value that holds `: ` in quotes, and check the indentation."
    if message.startswith("expected ',' or") and "${" in next(iter(text.splitlines()[line : line + 1]), ""):
        return "Inside { } and [ ], put a value that holds ${...} in quotes."
    return None


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "unreadable")
