"""What becomes of each resource of the sources: converted, listed as not carried over, or outside the subject.

A resource in none of the three would be lost in silence; that is a fault of ours, and told as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from dynaops.convert.notes import MAX_NAME, Notes, SourcePlace

_PART = re.compile(r"[.\[]")


Key = tuple[str, str]
"""The file and the name of something in it."""


class ConversionOutcome(StrEnum):
    """What became of a resource."""

    CONVERTED = "converted"
    LISTED = "listed"
    OUTSIDE = "outside"
    LOST = "lost"


@dataclass
class ResourceLedger:
    """The resources of the sources, as the readers come to them."""

    _resources: dict[SourcePlace, None] = field(default_factory=dict)
    _outside: set[SourcePlace] = field(default_factory=set)

    def found(self, where: SourcePlace) -> None:
        """A resource stands there."""
        self._resources[where] = None

    def outside(self, where: SourcePlace) -> None:
        """It is of a type that has nothing to do with tables."""
        self._resources[where] = None
        self._outside.add(where)

    def outcomes(
        self, tables: Iterable[SourcePlace], pieces: Iterable[SourcePlace], notes: Notes
    ) -> dict[SourcePlace, ConversionOutcome]:
        """The outcome of each resource. `tables`: what specs are made of; `pieces`: what is put into them."""
        whole = {_key(where) for where in tables}
        within = {key for where in pieces for key in around(where)}
        told = {key for note in notes.lost_places for key in around(note)}
        alone = {_key(where) for where in notes.lost_places}
        found = {}
        for where in self._resources:
            key = _key(where)
            if where in self._outside:
                found[where] = ConversionOutcome.OUTSIDE
            elif key in whole or (key in within and key not in alone):
                found[where] = ConversionOutcome.CONVERTED
            else:
                found[where] = ConversionOutcome.LISTED if key in told else ConversionOutcome.LOST
        return found


def _key(where: SourcePlace) -> Key:
    return where.spot[0], where.what[:MAX_NAME]


def around(where: SourcePlace) -> Iterable[Key]:
    """The place, and all that it is within."""
    file, what = _key(where)
    yield file, what
    for sign in _PART.finditer(what):
        yield file, what[: sign.start()]
