"""Notes on everything that a conversion could not carry over, with its place in the source."""

from __future__ import annotations

from dataclasses import dataclass, field

from dynaops.specs.yaml_tree import Spot


@dataclass(frozen=True)
class SourcePlace:
    """A resource or setting of the source: its name there, and its position."""

    what: str
    spot: Spot

    def below(self, name: str, spot: Spot | None = None) -> SourcePlace:
        """The place of a setting within this one."""
        return SourcePlace(f"{self.what}.{name}" if self.what else name, spot or self.spot)

    @property
    def place(self) -> str:
        """``file:line:column``, or only the file if its parser does not count lines."""
        file, line, column = self.spot
        return f"{file}:{line}:{column}" if line else file


@dataclass(frozen=True)
class Note:
    """A note about something that is not in the specs (`lost`), or a remark about something that is."""

    where: SourcePlace
    why: str
    lost: bool = True


MAX_NOTES = 10_000
"""The most notes of one conversion; further notes are only counted."""


MAX_NAME = 600
"""The most characters of a resource's name: names in sources have at most a third of it."""
_MAX_WHAT, MAX_WHY = 200, 600
"""The most characters of a name and of a reason, because names and expressions of a source may have any length."""


@dataclass
class Notes:
    """The notes of one conversion, without duplicates."""

    _kept: dict[Note, None] = field(default_factory=dict)
    _over: int = 0
    lost_places: set[SourcePlace] = field(default_factory=set)
    """Places of everything that is not carried over, whether its note is listed or only counted."""

    def __len__(self) -> int:
        return len(self._kept) + self._over

    @property
    def entries(self) -> list[Note]:
        """The notes, with a last one that gives the number of further notes."""
        if not self._over:
            return list(self._kept)
        why = f"{self._over:,} more are not listed; is this what should be converted?"
        return [*self._kept, Note(SourcePlace("and more", next(iter(self._kept)).where.spot), why)]

    def lost(self, where: SourcePlace, why: str) -> None:
        """Note that `where` is not carried over."""
        self._add(where, why, lost=True)

    def remark(self, where: SourcePlace, text: str) -> None:
        """Note a remark about `where`, which is carried over."""
        self._add(where, text, lost=False)

    def _add(self, where: SourcePlace, text: str, lost: bool) -> None:
        if lost:
            self.lost_places.add(SourcePlace(where.what[:MAX_NAME], where.spot))
        note = Note(SourcePlace(cut(where.what, _MAX_WHAT), where.spot), cut(text, MAX_WHY), lost)
        if note in self._kept:
            return
        if len(self._kept) < MAX_NOTES:
            self._kept[note] = None
        else:
            self._over += 1


def cut(text: str, limit: int) -> str:
    """The text, or its beginning and end if it is longer than `most` characters."""
    end = limit // 3
    return text if len(text) <= limit else f"{text[: limit - end - 3]}...{text[-end:]}"
