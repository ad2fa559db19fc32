"""``dynaops config``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from dynaops.cli.context import settings_of
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.screen import Screen
from dynaops.model.exits import Exit

if TYPE_CHECKING:
    from dynaops.model.finding import Finding

app = new_app(
    help="Show and check the project file and its environments.\n\n"
    "dynaops.toml, or [tool.dynaops] of pyproject.toml, says how a project is deployed: where its specs and states "
    "are, and what its environments are."
)
EXAMPLES = """dynaops config show -E prod"""


@app.command(cls=Command, epilog=EXAMPLES)
def show(ctx: typer.Context) -> None:
    """Print each setting, and where it comes from.

    A flag beats an environment variable, which beats the environment of the file, which beats its top level.
    """
    from dynaops.cli.project.config_values import settings_shown
    from dynaops.cli.project.project_file import applied, project
    from dynaops.views.config import config_page

    settings = applied(settings_of(ctx))
    screen = Screen(settings)
    project_settings = project(settings)
    shown = settings_shown(settings, project_settings)
    if settings.json:
        screen.document(
            {
                "file": str(project_settings.file) if project_settings.file else None,
                "environment": project_settings.environment,
                "environments": project_settings.environments,
                "settings": {
                    setting.name: {"value": setting.value, "origin": setting.origin} for setting in shown
                },
            }
        )
        return
    screen.show(config_page(shown))
    if project_settings.file is None:
        screen.aside("There is no project file; write one: dynaops init --project.")
    elif project_settings.environment is None and project_settings.environments:
        names = ", ".join(project_settings.environments)
        screen.aside(f"No environment is chosen: this is the top level. Environments there are: {names}.")


@app.command(cls=Command, epilog="dynaops config check")
def check(ctx: typer.Context) -> int:
    """Check the project file: all its keys, values and paths.

    Every error is told with its line and column. Exit 1 if there are any.
    """
    settings = settings_of(ctx)
    screen = Screen(settings)
    file, findings, environments = _checked()
    if settings.json:
        documents = [finding.model_dump(mode="json", exclude_none=True) for finding in findings]
        screen.document(
            {"valid": not findings, "file": file, "environments": environments, "findings": documents}
        )
    else:
        from dynaops.views.findings import findings_page
        from dynaops.views.wording import count

        screen.show(findings_page(findings))
        verdict = f"{count(len(findings), 'error')} in {file}" if findings else f"{file} is valid"
        listed = f": {', '.join(environments)}" if environments and not findings else ""
        screen.say(f"{verdict}{listed}")
    return Exit.FAILED if findings else Exit.OK


@app.command(cls=Command, epilog="dynaops config schema > dynaops-toml.schema.json")
def schema(ctx: typer.Context) -> None:
    """Print the JSON Schema of the project file, for editors.

    Save it, and write `#:schema FILE` at the top of dynaops.toml to have completion.
    """
    from dynaops.specs.project_schema import project_schema

    Screen(settings_of(ctx)).document(project_schema())


def _checked() -> tuple[str, list[Finding], list[str]]:
    """(the project file's name, its findings, its environments). Raises DynaopsError if there is no project file."""
    from pathlib import Path

    from dynaops.cli.project.config_values import missing_files
    from dynaops.model.errors import DynaopsError
    from dynaops.model.project import SETTINGS, settings_file
    from dynaops.specs.project import relative_to_cwd
    from dynaops.specs.project_file import ProjectFileError, find

    path = settings_file()
    if path is None:
        raise DynaopsError(
            f"There is no project file: no {SETTINGS} was found from {Path.cwd()} upwards",
            "Write one: dynaops init --project.",
        )
    name = relative_to_cwd(path.parent, path.name)
    try:
        file = find()
    except ProjectFileError as error:
        return name, list(error.findings), []
    assert file is not None, "it was there a moment ago"
    return name, list(missing_files(file)), list(file.environments)
