"""Composing documents over plain maps and lists, written apart from the product: what tests compare it with."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from fnmatch import fnmatchcase
from typing import Any

Fill = Callable[[str], str]
Map = dict[str, Any]


def composed(documents: list[Map], overlays: list[Map], fill: Fill) -> tuple[list[Map], int]:
    """The documents with the overlays laid on them, and how many names fit nothing."""
    found = deepcopy(documents)
    known = [{document["table_name"], fill(document["table_name"])} for document in documents]
    misfits = 0
    for overlay in deepcopy(overlays):
        match = overlay.pop("match", None)
        if match is None:
            optional = "table_name" not in overlay
            match = overlay.pop("table_name", "*")
        else:
            optional = False
        chosen: set[int] = set()
        for pattern in match if isinstance(match, list) else [match]:
            fits = {position for position, names in enumerate(known) if _fits(pattern, names, fill)}
            misfits += not fits and not optional
            chosen |= fits
        for position in chosen:
            found[position] = _laid(found[position], overlay, fill, top=True)
            if "table_name" in overlay:
                known[position] |= {overlay["table_name"], fill(overlay["table_name"])}
    return found, misfits


def defaulted(document: Map, defaults: list[Map], fill: Fill) -> Map:
    """The document on top of defaults, those furthest from it first."""
    base: Any = {}
    for layer in [*defaults, document]:
        base = _laid(base, layer, fill, top=True)
    return dict(base)


def _fits(pattern: str, names: set[str], fill: Fill) -> bool:
    readings = (pattern, fill(pattern))
    if any(reading in names for reading in readings):
        return True
    has_wildcard = set("*?[") & set(re.sub(r"\$\{.*?\}", "", pattern))
    return bool(has_wildcard) and any(fnmatchcase(name, reading) for reading in readings for name in names)


def _laid(base: Any, over: Any, fill: Fill, top: bool = False) -> Any:
    if isinstance(base, dict) and isinstance(over, dict):
        merged = {key: value for key, value in base.items() if key not in over}
        for key, value in over.items():
            if value is None:
                continue
            whole = key not in base or (top and key == "items")
            merged[key] = value if whole else _laid(base[key], value, fill)
        return merged
    if isinstance(base, list) and isinstance(over, list):
        for key in ("name", "function", "region"):
            if all(isinstance(entry, dict) and key in entry for entry in base + over) and base + over:
                own, new = [[fill(entry[key]) for entry in entries] for entries in (base, over)]
                if len(set(own)) == len(own) and len(set(new)) == len(new):
                    kept = [
                        _laid(entry, over[new.index(name)], fill) if name in new else entry
                        for name, entry in zip(own, base, strict=True)
                    ]
                    return kept + [entry for name, entry in zip(new, over, strict=True) if name not in own]
        return over
    return over
