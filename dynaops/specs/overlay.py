"""Merges one document into another; each value keeps its place.

Maps are merged; lists of named entries (by `name`, `function` or `region`) are merged by name; other lists and values
are replaced; null removes the key. `items` have keys and no names, so they are replaced as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from dynaops.model.findings.specs import SPEC003
from dynaops.specs.yaml_tree import YamlNode, unreadable

MAX_MERGED = 256 * 1024 * 1024
"""The most characters that overlays and defaults add to all documents of a run, counted for each document."""
MAX_STEPS = 20_000_000
"""The most keys and entries that are read while documents are merged."""
_NAMES = ("name", "function", "region")
_ROWS = "items"


@dataclass
class Merger:
    """Merges documents, and counts what that adds.

    `filled`: returns the text of a name with its variables filled in; None if that is not possible.
    """

    filled: Callable[[str], str | None] = lambda text: text
    steps_left: int = MAX_STEPS
    laid_left: int = MAX_MERGED

    def over(self, base: YamlNode, layer: YamlNode, cost: int) -> YamlNode:
        """`base` with the values of `layer` (of this `cost`) over its own. Changes neither. Raises Unreadable."""
        self._pay(layer, cost)
        return self._top(base, layer, under=False)

    def under(self, document: YamlNode, defaults: YamlNode, cost: int) -> YamlNode:
        """`document` with `defaults` (of this `cost`) for the keys that it leaves out. Raises Unreadable.

        Keeps the document's place and the order of its keys.
        """
        self._pay(defaults, cost)
        merged = self._top(defaults, document, under=True)
        own = {name: merged.value[name] for name in document.value if name in merged.value}
        return YamlNode({**own, **merged.value}, document.spot, document.key)

    def _pay(self, layer: YamlNode, cost: int) -> None:
        self.laid_left -= cost
        if self.laid_left < 0:
            raise _too_much(layer)

    def _top(self, base: YamlNode, layer: YamlNode, under: bool) -> YamlNode:
        """Two documents merged, which are maps; `items` are replaced."""
        rows = layer.value.get(_ROWS)
        merged = self._merged(base, layer, under)
        if rows is not None and rows.value is not None:
            merged.value[_ROWS] = rows
        return merged

    def _merged(self, base: YamlNode, layer: YamlNode, under: bool) -> YamlNode:
        """Two values merged. `under`: a merged map keeps the place of `over`, not that of `base`."""
        if isinstance(base.value, dict) and isinstance(layer.value, dict):
            self._count(len(base.value) + len(layer.value), layer)
            value = dict(base.value)
            for name, child in layer.value.items():
                if child.value is None:
                    value.pop(name, None)
                elif name in value:
                    value[name] = self._merged(value[name], child, under)
                else:
                    value[name] = child
            return YamlNode(value, layer.spot if under else base.spot, layer.key or base.key)
        if isinstance(base.value, list) and isinstance(layer.value, list):
            self._count(len(base.value) + len(layer.value), layer)
            entries = self._by_name(base.value, layer.value, under)
            if entries is not None:
                return YamlNode(entries, layer.spot, layer.key)
        return layer

    def _count(self, steps: int, node: YamlNode) -> None:
        self.steps_left -= steps
        if self.steps_left < 0:
            raise _too_much(node)

    def _by_name(self, base: list[YamlNode], layer: list[YamlNode], under: bool) -> list[YamlNode] | None:
        """The entries merged by their names; None if these are not lists of named entries."""
        for key in _NAMES:
            own = self._named(base, key)
            others = self._named(layer, key) if own is not None else None
            if own is not None and others is not None and (own or others):
                for name, entry in others.items():
                    own[name] = self._merged(own[name], entry, under) if name in own else entry
                return list(own.values())
        return None

    def _named(self, entries: list[YamlNode], key: str) -> dict[Hashable, YamlNode] | None:
        """The entries by name; None if an entry has no name, or two have the same."""
        named: dict[Hashable, YamlNode] = {}
        for entry in entries:
            name = entry.value.get(key) if isinstance(entry.value, dict) else None
            if name is None or isinstance(name.value, dict | list):
                return None
            named[self._name(name.value)] = entry
        return named if len(named) == len(entries) else None

    def _name(self, value: Hashable) -> Hashable:
        if isinstance(value, str) and "${" in value:
            return self.filled(value) or value
        return value


def _too_much(layer: YamlNode) -> Exception:
    return unreadable(
        SPEC003,
        "overlays and defaults come to too much (large ones, for many tables)",
        layer.place(),
        "Let them name fewer tables, or say less.",
    )
