"""The settings of the running command: the global options combined with the project file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynaops.cli.settings import GlobalSettings

if TYPE_CHECKING:
    import typer


def settings_of(ctx: typer.Context, of_plan: str | None = None) -> GlobalSettings:
    """The settings of the running command, with values of the project file for settings that are not given.

    `of_plan`: the environment of a saved plan ("" if it has none), which is selected with the plan. Raises
    ProjectFileError, and DynaopsError if the environment forbids the command or is not the plan's.
    """
    from dynaops.cli.effects import CommandEffect, effect_of, require_permitted
    from dynaops.cli.project.project_file import applied

    root = ctx.find_root()
    settings: GlobalSettings = root.obj
    command = ctx.command_path.partition(" ")[2]
    effect = effect_of(command)
    if effect is CommandEffect.LOCAL or settings.project is not None:
        return settings
    if of_plan is not None:
        settings = _with_plans(settings, of_plan)
    settings = root.obj = applied(settings)
    if settings.project is not None:
        require_permitted(settings, settings.project, command, effect)
    return settings


def _with_plans(settings: GlobalSettings, environment: str) -> GlobalSettings:
    from dynaops.model.errors import DynaopsError

    if settings.environment is not None and settings.environment != environment:
        plans = f"the environment {environment}" if environment else "no environment"
        raise DynaopsError(
            f"The plan was made for {plans}, and {settings.environment} is chosen",
            "Leave -E and DYNAOPS_ENVIRONMENT out: a saved plan brings its environment along.",
        )
    return settings._replace(environment=environment or None)
