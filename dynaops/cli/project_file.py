"""The project's settings for the running command."""

from __future__ import annotations

from pathlib import Path

from dynaops.cli.settings import Settings
from dynaops.specs.project import Project


def project(settings: Settings) -> Project:
    """The settings of the chosen environment, or of the top level where none is chosen; empty without a file.

    Raises ProjectFileError for a file that is not valid, DynaopsError for an environment that it does not have.
    """
    return settings.project if settings.project is not None else read(settings.environment)


def read(environment: str | None = None) -> Project:
    """The same for an environment by name, from the nearest project file. Raises like `project`."""
    from dynaops.specs.project_file import NAME, find

    file = find()
    if file is not None:
        return file.project(environment)
    if environment is None:
        return Project()
    from dynaops.model.errors import DynaopsError

    raise DynaopsError(
        f"There is no environment {environment[:100]!r}: no {NAME} was found from {Path.cwd()} upwards",
        "Run dynaops in the project's folder, or write the file: dynaops init.",
    )
