"""Which documents an overlay is for: those of the table that it names, of names that fit a pattern, or all.

`table_name` names a table, as it is written or as it reads with variables filled in, or is a pattern (``shop-*``).
`match` is a name, a pattern or a list of them, and leaves `table_name` to be changed. An overlay with neither is for
all documents.
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
"""Of a table, in characters."""
MAX_COMPARED = 100_000_000
"""Characters of names that are compared with patterns in a run."""
_MOST_NEAR = 1000
"""Names that a misspelled one is compared with."""
_MOST_LISTED = 5
_PATTERN = re.compile(r"[*?\[]")


def is_pattern(text: str) -> bool:
    """Whether a name has a wildcard (``*``, ``?``, ``[``) as it is written: what variables bring in is none."""
    return any(piece.kind is PieceKind.LITERAL and _PATTERN.search(piece.text) for piece in pieces(text))


class TableIndex:
    """The tables of documents by name, as written and with variables filled in."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._positions: dict[str, set[int]] = {}
        self._compared = 0

    def add(self, node: YamlNode, position: int | None = None) -> None:
        """Add the name of a document. Names that it had before stay. Without `position` it is known, but not there."""
        named = node.value.get(NAME) if isinstance(node.value, dict) else None
        if named is not None and not isinstance(named.value, dict | list):
            for name in _readings(str(named.value), self._names):
                self._positions.setdefault(name, set()).update(() if position is None else (position,))

    def fitting(self, name: YamlNode) -> set[int] | None:
        """The positions of the documents that a name or a pattern is for; None: it fits none. Raises Unreadable."""
        text = str(name.value)
        fits = [reading for reading in _readings(text, self._names) if reading in self._positions]
        if is_pattern(text):
            fits += [
                found for reading in _readings(text, self._names) for found in self._of_pattern(reading, name)
            ]
        return set().union(*(self._positions[found] for found in fits)) if fits else None

    def _of_pattern(self, pattern: str, place: YamlNode) -> list[str]:
        """The names that fit a pattern. Raises Unreadable."""
        if len(pattern) > _LONGEST_NAME:
            return []
        fits = re.compile(translate(pattern)).match
        found = []
        for name in self._positions:
            self._compared += len(name)
            if self._compared > MAX_COMPARED:
                raise unreadable(
                    SPEC003,
                    "too many patterns are compared with too many tables",
                    place.place(),
                    "Name the tables, or use fewer patterns.",
                )
            if len(name) <= _LONGEST_NAME and fits(name):
                found.append(name)
        return found

    def misfit(self, name: YamlNode) -> Finding:
        """The finding for an overlay's name that fits no document."""
        text = str(name.value)
        known = sorted(name for name in self._positions if ("${" in name) == ("${" in text))
        known = known or sorted(self._positions)
        near: list[str] = []
        if len(text) <= _LONGEST_NAME and len(known) <= _MOST_NEAR:
            near = get_close_matches(_PATTERN.sub("", text), known, 1)
        if near:
            hint = f"Did you mean {near[0]}?"
        elif known:
            more = f" and {len(known) - _MOST_LISTED:,} more" if len(known) > _MOST_LISTED else ""
            hint = f"Tables there are: {', '.join(known[:_MOST_LISTED])}{more}."
        else:
            hint = "There are no tables that it could be laid on."
        what = "fits no table" if is_pattern(text) else "is no table of the specs"
        return make_finding(
            SPEC015,
            f"the overlay is for {_short(text)}, which {what}",
            f"{hint} A new table stands in a spec, not in an overlay.",
            path=NAME,
            place=name.place(),
        )


def names_of(layer: YamlNode) -> list[YamlNode] | None:
    """The names and patterns that an overlay is for; None where it is for all. Raises Unreadable."""
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
    """A name as it is written and as it reads with variables filled in."""
    yield text
    filled = names.filled(text)
    if filled is not None and filled != text:
        yield filled


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}…"
