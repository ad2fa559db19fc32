"""The outcome of each resource of the sources: converted, listed as not carried over, or not related to tables.

A resource with none of the three outcomes would be lost silently; that is a bug in dynaops, and reported as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from dynaops.convert.notes import MAX_NAME, Notes, SourcePlace

_PART = re.compile(r"[.\[]")


Key = tuple[str, str]
"""The file, and the name of a resource or setting in it."""


class ConversionOutcome(StrEnum):
    """The outcome of a resource."""

    CONVERTED = "converted"
    LISTED = "listed"
    OUTSIDE = "outside"
    LOST = "lost"


@dataclass
class ResourceLedger:
    """The resources of the sources, recorded by the readers."""

    _resources: dict[SourcePlace, None] = field(default_factory=dict)
    _outside: set[SourcePlace] = field(default_factory=set)

    def found(self, where: SourcePlace) -> None:
        """Record a resource."""
        self._resources[where] = None

    def outside(self, where: SourcePlace) -> None:
        """Record that a resource's type is not related to tables."""
        self._resources[where] = None
        self._outside.add(where)

    def outcomes(
        self, tables: Iterable[SourcePlace], pieces: Iterable[SourcePlace], notes: Notes
    ) -> dict[SourcePlace, ConversionOutcome]:
        """The outcome of each resource. `tables`: places of tables in the specs; `pieces`: places of pieces in them."""
        table_keys = {_key(where) for where in tables}
        piece_keys = {key for where in pieces for key in around(where)}
        lost_keys = {key for note in notes.lost_places for key in around(note)}
        lost_places = {_key(where) for where in notes.lost_places}
        result = {}
        for where in self._resources:
            key = _key(where)
            if where in self._outside:
                result[where] = ConversionOutcome.OUTSIDE
            elif key in table_keys or (key in piece_keys and key not in lost_places):
                result[where] = ConversionOutcome.CONVERTED
            else:
                result[where] = ConversionOutcome.LISTED if key in lost_keys else ConversionOutcome.LOST
        return result


def _key(where: SourcePlace) -> Key:
    return where.spot[0], where.what[:MAX_NAME]


def around(where: SourcePlace) -> Iterable[Key]:
    """The key of a place, and the keys of everything that contains it."""
    file, name = _key(where)
    yield file, name
    for sign in _PART.finditer(name):
        yield file, name[: sign.start()]
