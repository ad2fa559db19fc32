"""The limits of one conversion: the depth, the number of evaluation steps and the size of values.

A source is untrusted: a few lines can ask for a value of a gigabyte, or for a billion tables. Every evaluator counts
its steps here, and asks here before it makes a value larger than its input. Above a limit, TooLarge is raised, which
the evaluators turn into a note with the place ("too large to work out").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

TOO_LARGE = "too large to work out"


class TooLarge(Exception):
    """A limit is exceeded. The message is the reason for a note."""

    def __init__(self, bound: str) -> None:
        super().__init__(f"{TOO_LARGE}: {bound}")


@dataclass(frozen=True)
class Limits:
    """The limits. Sizes are characters of texts and elements of lists and maps, counted together.

    A unit is evaluated on its own: one instance of a resource or of a module call, one variable.
    """

    depth: int = 64
    """Expressions within expressions, including the references that are followed."""
    steps: int = 100_000
    """Expressions evaluated for one unit."""
    all_steps: int = 500_000
    """Expressions evaluated for the whole conversion."""
    value: int = 1024 * 1024
    """Size of one value: a spec file is not larger."""
    size: int = 4 * 1024 * 1024
    """Size of all values of one unit, including intermediate values."""
    all_size: int = 64 * 1024 * 1024
    """Size of all values of the whole conversion."""
    instances: int = 10_000
    """Instances of one resource or module call (``count``, ``for_each``): AWS allows no more tables in a region."""
    digits: int = 400
    """Digits of a number."""


class _Level:
    """Context manager that counts the nesting depth. One object serves all levels: every expression is a level."""

    def __init__(self, limit: int) -> None:
        self._most = limit
        self._depth = 0

    def __enter__(self) -> None:
        if self._depth >= self._most:
            raise TooLarge(f"it is nested more than {self._most} deep")
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1


class Budget:
    """How much of its limits one conversion has used."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.steps = 0
        """Expressions evaluated so far."""
        self.size = 0
        """The size of all values made so far."""
        self._level = _Level(self.limits.depth)
        self._in_unit = False
        self._unit_steps = 0
        self._unit_size = 0

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Start the counts of one unit at zero; a unit within a unit is part of the outer one."""
        outermost, self._in_unit = not self._in_unit, True
        if outermost:
            self._unit_steps = self._unit_size = 0
        try:
            yield
        finally:
            self._in_unit = not outermost

    def nested(self) -> _Level:
        """A context manager for one level deeper. Raises TooLarge."""
        return self._level

    def step(self, count: int = 1) -> None:
        """Count evaluated expressions. Raises TooLarge."""
        if self._unit_steps + count > self.limits.steps or self.steps + count > self.limits.all_steps:
            raise TooLarge(f"it takes more than {self.limits.steps:,} steps")
        self.steps += count
        self._unit_steps += count

    def reserve(self, size: int) -> None:
        """Reserve one value of that size, before it is made. Raises TooLarge."""
        limits = self.limits
        if size > limits.value:
            raise TooLarge(f"a value has at most {limits.value:,} characters or elements")
        if self._unit_size + size > limits.size or self.size + size > limits.all_size:
            raise TooLarge(f"its values have more than {limits.size:,} characters and elements")
        self.size += size
        self._unit_size += size

    def text(self, parts: Iterable[str]) -> str:
        """The parts joined to one text, reserved part by part. Raises TooLarge."""
        kept: list[str] = []
        length = 0
        for part in parts:
            length += len(part)
            if length > self.limits.value:
                self.reserve(length)
            kept.append(part)
        self.reserve(length)
        return "".join(kept)

    def instances(self, count: int) -> None:
        """Check the number of instances of one resource or module call. Raises TooLarge."""
        if count > self.limits.instances:
            raise TooLarge(
                f"it is made {count:,} times, and at most {self.limits.instances:,} are worked out"
            )
