"""Finds the documents that an overlay applies to: those of a table name, of names that match a pattern, or all.

`table_name` is a table's name (with variables as written or filled in), or a pattern (``shop-*``). `match` is a name,
a pattern or a list of them, so that the overlay can change `table_name`. An overlay with neither applies to all
documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from fnmatch import translate

from dynaops.model.finding import Finding
from dynaops.model.findings.rule import make_finding
from dynaops.model.findings.specs import SPEC003, SPEC012, SPEC015
from dynaops.specs.references import PieceKind, pieces
from dynaops.specs.variables import Names
from dynaops.specs.yaml_tree import YamlNode, unreadable

MATCH = "match"
NAME = "table_name"
_LONGEST_NAME = 255
"""The most characters of a table's name."""
MAX_COMPARED = 100_000_000
"""The most characters of names that are compared with patterns in a run."""
_MOST_NEAR = 1000
"""The most names that an unknown name is compared with to suggest one."""
_MOST_LISTED = 5
_PATTERN = re.compile(r"[*?\[]")


def is_pattern(text: str) -> bool:
    """Whether a name as written has a wildcard (``*``, ``?``, ``[``). Values of variables are not patterns."""
    return any(piece.kind is PieceKind.LITERAL and _PATTERN.search(piece.text) for piece in pieces(text))


class TableIndex:
    """The tables of documents by name, both as written and with variables filled in."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._positions: dict[str, set[int]] = {}
        self._compared = 0

    def add(self, node: YamlNode, position: int | None = None) -> None:
        """Add the name of a document, and keep its earlier names. Without `position`, the document is not in use."""
        named = node.value.get(NAME) if isinstance(node.value, dict) else None
        if named is not None and not isinstance(named.value, dict | list):
            for name in _readings(str(named.value), self._names):
                self._positions.setdefault(name, set()).update(() if position is None else (position,))

    def fitting(self, name: YamlNode) -> set[int] | None:
        """The positions of the documents that match a name or a pattern; None if none does. Raises Unreadable."""
        text = str(name.value)
        matches = [reading for reading in _readings(text, self._names) if reading in self._positions]
        if is_pattern(text):
            matches += [
                name_ for reading in _readings(text, self._names) for name_ in self._of_pattern(reading, name)
            ]
        return set().union(*(self._positions[name_] for name_ in matches)) if matches else None

    def _of_pattern(self, pattern: str, place: YamlNode) -> list[str]:
        """The names that match a pattern. Raises Unreadable."""
        if len(pattern) > _LONGEST_NAME:
            return []
        matches = re.compile(translate(pattern)).match
        names = []
        for name in self._positions:
            self._compared += len(name)
            if self._compared > MAX_COMPARED:
                raise unreadable(
                    SPEC003,
                    "too many patterns are compared with too many tables",
                    place.place(),
                    "Name the tables, or use fewer patterns.",
                )
            if len(name) <= _LONGEST_NAME and matches(name):
                names.append(name)
        return names

    def misfit(self, name: YamlNode) -> Finding:
        """The finding for an overlay's name that matches no document."""
        text = str(name.value)
        known = sorted(name for name in self._positions if ("${" in name) == ("${" in text))
        known = known or sorted(self._positions)
        suggestions: list[str] = []
        if len(text) <= _LONGEST_NAME and len(known) <= _MOST_NEAR:
            suggestions = get_close_matches(_PATTERN.sub("", text), known, 1)
        if suggestions:
            hint = f"Did you mean {suggestions[0]}?"
        elif known:
            more = f" and {len(known) - _MOST_LISTED:,} more" if len(known) > _MOST_LISTED else ""
            hint = f"Tables there are: {', '.join(known[:_MOST_LISTED])}{more}."
        else:
            hint = "There are no tables that it could be laid on."
        problem = "fits no table" if is_pattern(text) else "is no table of the specs"
        return make_finding(
            SPEC015,
            f"the overlay is for {_short(text)}, which {problem}",
            f"{hint} A new table stands in a spec, not in an overlay.",
            path=NAME,
            place=name.place(),
        )


def names_of(layer: YamlNode) -> list[YamlNode] | None:
    """The names and patterns of an overlay; None if it applies to all documents. Raises Unreadable."""
    match = layer.value.get(MATCH)
    if match is None:
        named = layer.value.get(NAME)
        return None if named is None or named.value is None else [_plain(named)]
    entries = match.value if isinstance(match.value, list) else [match]
    if not entries:
        raise unreadable(SPEC012, f"{MATCH}: must name a table or a pattern", match.place())
    return [_plain(entry) for entry in entries]


def _plain(node: YamlNode) -> YamlNode:
    if isinstance(node.value, str):
        return node
    raise unreadable(
        SPEC012,
        f"{MATCH} and {NAME} take names and patterns, which are strings",
        node.place(),
        'For example "shop-*".',
    )


def _readings(text: str, names: Names) -> Iterator[str]:
    """A name as written, and with variables filled in."""
    yield text
    filled = names.filled(text)
    if filled is not None and filled != text:
        yield filled


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}…"
