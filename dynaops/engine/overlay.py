"""Overlays: documents merged over one another, each value keeping its place.

Maps merge; lists of named things (by `name`, `function` or `region`) merge by name; other lists and values
replace; null removes the key.
"""

from __future__ import annotations

from dynaops.engine.yaml_tree import Node

_NAMES = ("name", "function", "region")


def merged(base: Node, over: Node) -> Node:
    """`base` with `over` laid on it. Neither is changed."""
    if isinstance(base.value, dict) and isinstance(over.value, dict):
        value = dict(base.value)
        for name, child in over.value.items():
            if child.value is None:
                value.pop(name, None)
            elif name in value:
                value[name] = merged(value[name], child)
            else:
                value[name] = child
        return Node(value, base.spot, over.key or base.key)
    if isinstance(base.value, list) and isinstance(over.value, list):
        key = _name_key(base.value, over.value)
        if key is not None:
            return Node(_by_name(base.value, over.value, key), over.spot, over.key)
    return over


def _name_key(base: list[Node], over: list[Node]) -> str | None:
    everything = [*base, *over]
    for key in _NAMES:
        if everything and all(isinstance(one.value, dict) and key in one.value for one in everything):
            return key
    return None


def _by_name(base: list[Node], over: list[Node], key: str) -> list[Node]:
    found = {one.value[key].value: one for one in base}
    for one in over:
        name = one.value[key].value
        found[name] = merged(found[name], one) if name in found else one
    return list(found.values())
