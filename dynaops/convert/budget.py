"""The bounds of one conversion: how deep, how long and how large the values that its sources ask for may become.

A source is written by somebody else: a few lines can ask for a value of a gigabyte, or for a billion tables. Every
evaluator counts its steps here, and asks here before it makes a value larger than its input. Whatever is over a bound
raises TooLarge, which the evaluators turn into a note with the place ("too large to work out").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

TOO_LARGE = "too large to work out"


class TooLarge(Exception):
    """Over a bound. The message is the reason for a note."""

    def __init__(self, bound: str) -> None:
        super().__init__(f"{TOO_LARGE}: {bound}")


@dataclass(frozen=True)
class Limits:
    """The bounds. Sizes are characters of texts and elements of lists and maps, counted together.

    A unit is what is worked out on its own: one instance of a resource or of a module call, one variable.
    """

    depth: int = 64
    """Expressions within expressions, references followed on the way included."""
    steps: int = 100_000
    """Expressions worked out for one unit."""
    all_steps: int = 500_000
    """Expressions worked out for the whole conversion."""
    value: int = 1024 * 1024
    """One value: a spec file has no more than this."""
    size: int = 4 * 1024 * 1024
    """All values of one unit, the intermediate ones too."""
    all_size: int = 64 * 1024 * 1024
    """All values of the whole conversion."""
    instances: int = 10_000
    """Instances of one resource or module call (``count``, ``for_each``): a region has no more tables."""
    digits: int = 400
    """Digits of a number."""


class _Level:
    """How deep it is: each ``with`` is a level. One object for all levels, as each expression is one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._depth = 0

    def __enter__(self) -> None:
        if self._depth >= self._most:
            raise TooLarge(f"it is nested more than {self._most} deep")
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1


class Budget:
    """What one conversion has used of its bounds."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.steps = 0
        """Expressions worked out so far."""
        self.size = 0
        """The size of all values made so far."""
        self._level = _Level(self.limits.depth)
        self._in_unit = False
        self._unit_steps = 0
        self._unit_size = 0

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Count anew for one unit; a unit within a unit is part of it."""
        outermost, self._in_unit = not self._in_unit, True
        if outermost:
            self._unit_steps = self._unit_size = 0
        try:
            yield
        finally:
            self._in_unit = not outermost

    def nested(self) -> _Level:
        """One level deeper, within a ``with``."""
        return self._level

    def step(self, count: int = 1) -> None:
        """Count expressions that are worked out."""
        if self._unit_steps + count > self.limits.steps or self.steps + count > self.limits.all_steps:
            raise TooLarge(f"it takes more than {self.limits.steps:,} steps")
        self.steps += count
        self._unit_steps += count

    def handler(self, size: int) -> None:
        """Ask for one value of that size, before it is made."""
        limits = self.limits
        if size > limits.value:
            raise TooLarge(f"a value has at most {limits.value:,} characters or elements")
        if self._unit_size + size > limits.size or self.size + size > limits.all_size:
            raise TooLarge(f"its values have more than {limits.size:,} characters and elements")
        self.size += size
        self._unit_size += size

    def text(self, parts: Iterable[str]) -> str:
        """The parts as one text, which is asked for part by part."""
        kept: list[str] = []
        length = 0
        for part in parts:
            length += len(part)
            if length > self.limits.value:
                self.handler(length)
            kept.append(part)
        self.handler(length)
        return "".join(kept)

    def instances(self, count: int) -> None:
        """Ask for that many instances of one resource or module call."""
        if count > self.limits.instances:
            raise TooLarge(
                f"it is made {count:,} times, and at most {self.limits.instances:,} are worked out"
            )
