"""A composed document as it is printed: each value, where it is written, and what variables it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dynaops.model.finding import Place


@dataclass(frozen=True)
class Rendered:
    """A value: a map or a list of such values, or a plain value."""

    value: Any
    place: Place
    variables: tuple[str, ...] = ()
    """What it was filled in from, such as ``${var.tier}``; of values within a map or a list, those of each."""

    def plain(self) -> Any:
        """The value alone; fractions are decimals."""
        if isinstance(self.value, dict):
            return {name: child.plain() for name, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def leaves(self, path: str = "") -> Iterator[tuple[str, Rendered]]:
        """The plain values, and empty maps and lists, by their dotted paths."""
        children: list[tuple[Any, Rendered]] = []
        if isinstance(self.value, dict):
            children = list(self.value.items())
        elif isinstance(self.value, list):
            children = list(enumerate(self.value))
        if not children:
            yield path, self
        for name, child in children:
            yield from child.leaves(f"{path}.{name}" if path else str(name))


@dataclass(frozen=True)
class RenderedDocument:
    """A composed document, and the file of the spec that it is of."""

    source: str
    root: Rendered
