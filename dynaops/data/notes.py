"""Notes: remarks about a load that reject no row, counted by kind and attribute."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

MOST_PLACES = 3
MOST_NOTES = 200
"""The highest number of different notes, so that a file with new attribute names in each row cannot fill the memory."""


class LoadNote(NamedTuple):
    """One kind of remark about one attribute ("" if it is about none).

    `kind` is a stable id in lower case with hyphens, for programs. `text` is a sentence without full stop that is
    the same for each place. `places` are the first ones, as "file:line". `rows` is 0 where it is about a file or
    the whole load, not about rows.
    """

    kind: str
    attribute: str
    text: str
    rows: int = 0
    places: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """The note for ``--json``."""
        return {**self._asdict(), "places": list(self.places)}


@dataclass
class LoadNotes:
    """Notes by (kind, attribute), in the order of their first occurrence. The first text of a kind is kept."""

    kept: dict[tuple[str, str], LoadNote] = field(default_factory=dict)

    def row(self, kind: str, attribute: str, text: str, source: str, line: int) -> None:
        """Add a note about a row."""
        known = self.kept.get((kind, attribute))
        if known is None:
            self._add(LoadNote(kind, attribute, text, 1, (f"{source}:{line}",)))
        elif len(known.places) < MOST_PLACES:
            places = (*known.places, f"{source}:{line}")
            self.kept[kind, attribute] = known._replace(rows=known.rows + 1, places=places)
        else:
            self.kept[kind, attribute] = known._replace(rows=known.rows + 1)

    def add(self, notes: Iterable[LoadNote]) -> None:
        """Add other notes: counts are summed, the first places are kept."""
        for note in notes:
            known = self.kept.get((note.kind, note.attribute))
            if known is None:
                self._add(note)
            else:
                places = (*known.places, *note.places)[:MOST_PLACES]
                self.kept[note.kind, note.attribute] = known._replace(
                    rows=known.rows + note.rows, places=places
                )

    def all(self) -> tuple[LoadNote, ...]:
        """All notes."""
        return tuple(self.kept.values())

    def _add(self, note: LoadNote) -> None:
        if len(self.kept) < MOST_NOTES:
            self.kept[note.kind, note.attribute] = note
        else:
            more = self.kept.get(("more-notes", "")) or LoadNote("more-notes", "", "There were further notes")
            self.kept["more-notes", ""] = more._replace(rows=more.rows + max(1, note.rows))
