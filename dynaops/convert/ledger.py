"""What becomes of each resource of the sources: converted, listed as not carried over, or outside the subject.

A resource in none of the three would be lost in silence; that is a fault of ours, and told as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from dynaops.convert.notes import MAX_NAME, Notes, Where

_PART = re.compile(r"[.\[]")


Key = tuple[str, str]
"""The file and the name of something in it."""


class Outcome(StrEnum):
    """What became of a resource."""

    CONVERTED = "converted"
    LISTED = "listed"
    OUTSIDE = "outside"
    LOST = "lost"


@dataclass
class Ledger:
    """The resources of the sources, as the readers come to them."""

    _resources: dict[Where, None] = field(default_factory=dict)
    _outside: set[Where] = field(default_factory=set)

    def found(self, where: Where) -> None:
        """A resource stands there."""
        self._resources[where] = None

    def outside(self, where: Where) -> None:
        """It is of a type that has nothing to do with tables."""
        self._resources[where] = None
        self._outside.add(where)

    def outcomes(
        self, tables: Iterable[Where], pieces: Iterable[Where], notes: Notes
    ) -> dict[Where, Outcome]:
        """The outcome of each resource. `tables`: what specs are made of; `pieces`: what is put into them."""
        whole = {_key(where) for where in tables}
        within = {key for where in pieces for key in around(where)}
        told = {key for note in notes.lost_places for key in around(note)}
        alone = {_key(where) for where in notes.lost_places}
        found = {}
        for where in self._resources:
            key = _key(where)
            if where in self._outside:
                found[where] = Outcome.OUTSIDE
            elif key in whole or (key in within and key not in alone):
                found[where] = Outcome.CONVERTED
            else:
                found[where] = Outcome.LISTED if key in told else Outcome.LOST
        return found


def _key(where: Where) -> Key:
    return where.spot[0], where.what[:MAX_NAME]


def around(where: Where) -> Iterable[Key]:
    """The place, and all that it is within."""
    file, what = _key(where)
    yield file, what
    for sign in _PART.finditer(what):
        yield file, what[: sign.start()]
