"""External tables (`external: true`) in the specs of the project, for commands that take a table's name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dynaops.cli import wiring
from dynaops.cli.settings import GlobalSettings

if TYPE_CHECKING:
    from dynaops.specs.external import ExternalTable


def external_tables(settings: GlobalSettings) -> tuple[ExternalTable, ...]:
    """The external tables of the specs; empty without specs. Raises SpecError if they cannot be read."""
    from dynaops.specs.path_patterns import is_pattern

    specs = wiring.source(settings, None, None, None, None)
    if not any(is_pattern(path) or Path(path).exists() for path in specs.paths):
        return ()
    return wiring.documents(specs).external


def external_region(table: str, settings: GlobalSettings) -> str | None:
    """The region of an external table in the specs; None if there is none, or the specs cannot be read.

    If they cannot be read, a message says so, since another table of that name may be used then.
    """
    from dynaops.cli.screen import notice
    from dynaops.model.errors import DynaopsError

    try:
        tables = external_tables(settings)
    except DynaopsError as error:
        notice(f"The specs cannot be read ({error.message}): a region that they give {table} is not known")
        return None
    return next((table_.spec.region for table_ in tables if table_.name == table), None)
