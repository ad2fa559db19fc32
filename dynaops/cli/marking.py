"""Marking what was imported as the state's, once that is saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dynaops.cli.screen import Screen

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.model.operation import Operation


def mark(calls: Sequence[Operation], way: Aws) -> list[str]:
    """Make the calls that mark; why some failed (it is recorded all the same, and marked with its next change)."""
    if not calls:
        return []
    from dynaops.engine.adopt import marked

    return marked(calls, way)


def tell_unmarked(screen: Screen, failures: Sequence[str]) -> None:
    """Say what could not be marked."""
    if failures:
        screen.aside(f"Recorded, but not marked as this state's: {'; '.join(failures)}")
        screen.aside("The mark comes with the next change. Until then, another state can take it over.")
