"""Laying one document over another, each value keeping its place.

Maps merge; lists of named things (by `name`, `function` or `region`) merge by name; other lists and values
replace; null removes the key. Rows (`items`) have keys and no names, so that they are replaced as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from dynaops.model.findings.specs import SPEC003
from dynaops.specs.yaml_tree import YamlNode, unreadable

MAX_LAID = 256 * 1024 * 1024
"""Characters that overlays and defaults may bring into all documents of a run, each as often as it is laid."""
MAX_STEPS = 20_000_000
"""Keys and entries that are looked at while documents are merged."""
_NAMES = ("name", "function", "region")
_ROWS = "items"


@dataclass
class Merger:
    """Merges documents, and keeps account of what that brings in.

    `filled`: the text of a name with its variables filled in; None where that cannot be.
    """

    filled: Callable[[str], str | None] = lambda text: text
    steps_left: int = MAX_STEPS
    laid_left: int = MAX_LAID

    def over(self, base: YamlNode, layer: YamlNode, cost: int) -> YamlNode:
        """`base` with `layer`, whose cost is given, laid on it. Neither is changed. Raises Unreadable."""
        self._pay(layer, cost)
        return self._top(base, layer, under=False)

    def under(self, document: YamlNode, defaults: YamlNode, cost: int) -> YamlNode:
        """`document` where `defaults`, whose cost is given, say what it leaves out. Raises Unreadable.

        The document's place and the order of its keys stay.
        """
        self._pay(defaults, cost)
        merged = self._top(defaults, document, under=True)
        own = {name: merged.value[name] for name in document.value if name in merged.value}
        return YamlNode({**own, **merged.value}, document.spot, document.key)

    def _pay(self, layer: YamlNode, cost: int) -> None:
        self.laid_left -= cost
        if self.laid_left < 0:
            raise _too_much(layer)

    def _top(self, base: YamlNode, over: YamlNode, under: bool) -> YamlNode:
        """Two documents merged, which are maps; rows are replaced."""
        rows = over.value.get(_ROWS)
        merged = self._merged(base, over, under)
        if rows is not None and rows.value is not None:
            merged.value[_ROWS] = rows
        return merged

    def _merged(self, base: YamlNode, over: YamlNode, under: bool) -> YamlNode:
        """`under`: a merged map keeps the place of `over`, and not that of `base`."""
        if isinstance(base.value, dict) and isinstance(over.value, dict):
            self._count(len(base.value) + len(over.value), over)
            value = dict(base.value)
            for name, child in over.value.items():
                if child.value is None:
                    value.pop(name, None)
                elif name in value:
                    value[name] = self._merged(value[name], child, under)
                else:
                    value[name] = child
            return YamlNode(value, over.spot if under else base.spot, over.key or base.key)
        if isinstance(base.value, list) and isinstance(over.value, list):
            self._count(len(base.value) + len(over.value), over)
            entries = self._by_name(base.value, over.value, under)
            if entries is not None:
                return YamlNode(entries, over.spot, over.key)
        return over

    def _count(self, steps: int, node: YamlNode) -> None:
        self.steps_left -= steps
        if self.steps_left < 0:
            raise _too_much(node)

    def _by_name(self, base: list[YamlNode], over: list[YamlNode], under: bool) -> list[YamlNode] | None:
        """The entries merged by their names; None where they are no lists of named things."""
        for key in _NAMES:
            own = self._named(base, key)
            others = self._named(over, key) if own is not None else None
            if own is not None and others is not None and (own or others):
                for name, entry in others.items():
                    own[name] = self._merged(own[name], entry, under) if name in own else entry
                return list(own.values())
        return None

    def _named(self, entries: list[YamlNode], key: str) -> dict[Hashable, YamlNode] | None:
        """The entries by name; None where one has none, or two have the same."""
        found: dict[Hashable, YamlNode] = {}
        for entry in entries:
            name = entry.value.get(key) if isinstance(entry.value, dict) else None
            if name is None or isinstance(name.value, dict | list):
                return None
            found[self._name(name.value)] = entry
        return found if len(found) == len(entries) else None

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
