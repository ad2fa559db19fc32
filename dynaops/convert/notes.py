"""What a conversion could not carry over, and where it stands: told, never dropped in silence."""

from __future__ import annotations

from dataclasses import dataclass, field

from dynaops.specs.yaml_tree import Spot


@dataclass(frozen=True)
class SourcePlace:
    """A thing of the source: what it is called there, and its place."""

    what: str
    spot: Spot

    def below(self, name: str, spot: Spot | None = None) -> SourcePlace:
        """Something within it."""
        return SourcePlace(f"{self.what}.{name}" if self.what else name, spot or self.spot)

    @property
    def place(self) -> str:
        """``file:line:column``, or the file alone where its parser counts no lines."""
        file, line, column = self.spot
        return f"{file}:{line}:{column}" if line else file


@dataclass(frozen=True)
class Note:
    """One thing that is not in the specs (`lost`), or that is worth knowing about one that is."""

    where: SourcePlace
    why: str
    lost: bool = True


MAX_NOTES = 10_000
"""Notes of one conversion; what is over it is counted."""


MAX_NAME = 600
"""Characters of a name by which a resource is known: those that sources give are a third of it."""
_MAX_WHAT, MAX_WHY = 200, 600
"""Characters: names and expressions of a source may be of any length."""


@dataclass
class Notes:
    """The notes of one conversion, each once."""

    _kept: dict[Note, None] = field(default_factory=dict)
    _over: int = 0
    lost_places: set[SourcePlace] = field(default_factory=set)
    """Where something is that is not carried over, listed or only counted."""

    def __len__(self) -> int:
        return len(self._kept) + self._over

    @property
    def found(self) -> list[Note]:
        """The notes, and how many more there were."""
        if not self._over:
            return list(self._kept)
        why = f"{self._over:,} more are not listed; is this what should be converted?"
        return [*self._kept, Note(SourcePlace("and more", next(iter(self._kept)).where.spot), why)]

    def lost(self, where: SourcePlace, why: str) -> None:
        """`where` is not carried over."""
        self._add(where, why, lost=True)

    def remark(self, where: SourcePlace, text: str) -> None:
        """`where` is carried over, and there is something to know."""
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


def cut(text: str, most: int) -> str:
    """The text, or its beginning and its end: what is quoted is long, and not what is said of it."""
    end = most // 3
    return text if len(text) <= most else f"{text[: most - end - 3]}...{text[-end:]}"
