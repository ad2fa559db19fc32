"""What a conversion could not carry over, and where it stands: told, never dropped in silence."""

from __future__ import annotations

from dataclasses import dataclass, field

from dynaops.engine.yaml_tree import Spot


@dataclass(frozen=True)
class Where:
    """A thing of the source: what it is called there, and its place."""

    what: str
    spot: Spot

    def below(self, name: str, spot: Spot | None = None) -> Where:
        """Something within it."""
        return Where(f"{self.what}.{name}" if self.what else name, spot or self.spot)

    @property
    def place(self) -> str:
        """``file:line:column``, or the file alone where its parser counts no lines."""
        file, line, column = self.spot
        return f"{file}:{line}:{column}" if line else file


@dataclass(frozen=True)
class Note:
    """One thing that is not in the specs (`lost`), or that is worth knowing about one that is."""

    where: Where
    why: str
    lost: bool = True


@dataclass
class Notes:
    """The notes of one conversion."""

    found: list[Note] = field(default_factory=list)

    def lost(self, where: Where, why: str) -> None:
        """`where` is not carried over."""
        self._add(Note(where, why))

    def remark(self, where: Where, text: str) -> None:
        """`where` is carried over, and there is something to know."""
        self._add(Note(where, text, lost=False))

    def _add(self, note: Note) -> None:
        if note not in self.found:
            self.found.append(note)
