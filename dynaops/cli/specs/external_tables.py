"""The tables of others (`external: true`) that the specs of the project name, for commands that take a table's name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dynaops.cli import wiring
from dynaops.cli.settings import GlobalSettings

if TYPE_CHECKING:
    from dynaops.specs.external import ExternalTable


def external_tables(settings: GlobalSettings) -> tuple[ExternalTable, ...]:
    """The external tables of the specs; none where there are no specs. Raises SpecError where they cannot be read."""
    from dynaops.specs.path_patterns import is_pattern

    specs = wiring.source(settings, None, None, None, None)
    if not any(is_pattern(path) or Path(path).exists() for path in specs.paths):
        return ()
    return wiring.documents(specs).external


def external_region(table: str, settings: GlobalSettings) -> str | None:
    """The region that a document says of an external table; None where none does, or the specs cannot be read.

    That they cannot be read is told: another table of that name may be meant then.
    """
    from dynaops.cli.screen import notice
    from dynaops.model.errors import DynaopsError

    try:
        found = external_tables(settings)
    except DynaopsError as error:
        notice(f"The specs cannot be read ({error.message}): a region that they give {table} is not known")
        return None
    return next((one.spec.region for one in found if one.name == table), None)
