"""The specs of a command, read with overlays, variables and the settings of the project file."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, get_type_hints

from dynaops.cli import options
from dynaops.cli.planning.guards import outside_regions
from dynaops.cli.project.project_file import project
from dynaops.cli.screen import notice
from dynaops.cli.settings import GlobalSettings
from dynaops.specs.project import Project

if TYPE_CHECKING:
    from dynaops.specs.load import Documents
    from dynaops.specs.variables import Values

_MOST_TOLD = 3


class SpecSource(NamedTuple):
    """The specs of a command: paths, overlays that are merged over them, and variables."""

    paths: tuple[str, ...]
    overlays: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    variable_files: tuple[str, ...] = ()
    env_names: tuple[str, ...] = ()
    """Environment variables that specs may read, whatever they are called. A saved plan does not keep them."""
    project: Project = Project()
    """What the project file says beside: variables, overlays, default tags and so on."""
    region: str | None = None
    """Of specs that name none, as far as it is known without AWS's configuration."""

    @property
    def read(self) -> tuple[str, ...]:
        """The files and folders to read."""
        return self.paths or self.overlays


class SpecOptions(NamedTuple):
    """The options that select the specs of a command; see `takes_specs`."""

    paths: options.Paths = None
    overlays: options.Overlays = None
    variables: options.Variables = None
    variable_files: options.VariableFiles = None
    env_names: options.EnvNames = None
    recursive: options.Recursive = False

    def source(self, settings: GlobalSettings) -> SpecSource:
        """The SpecSource that the options select."""
        return source(settings, *self)


def takes_specs(paths: Any = options.Paths) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a command that has one parameter of type `SpecOptions` to take these options in its place.

    `paths` is the type of the argument, if it can also be something else than specs.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(command, eval_str=True)
        hints = {**get_type_hints(SpecOptions, include_extras=True), "paths": paths}
        parameters: list[inspect.Parameter] = []
        for parameter in signature.parameters.values():
            if parameter.annotation is SpecOptions:
                into = parameter.name
                parameters += [
                    parameter.replace(name=name, annotation=hint, default=SpecOptions._field_defaults[name])
                    for name, hint in hints.items()
                ]
            else:
                parameters.append(parameter)

        @wraps(command)
        def run(**given: Any) -> Any:
            chosen = SpecOptions(*(given.pop(name) for name in SpecOptions._fields))
            return command(**given, **{into: chosen})

        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        vars(run)["__signature__"] = signature.replace(parameters=parameters)
        return run

    return decorate


def source(
    settings: GlobalSettings,
    paths: Sequence[str] | None,
    overlays: Sequence[str] | None,
    variables: Sequence[str] | None,
    variable_files: Sequence[str] | None,
    env_names: Sequence[str] | None = None,
    recursive: bool = False,
) -> SpecSource:
    """The specs of the options; without specs, those of the project file, else the ``specs`` directory.

    Overlays without paths are the specs themselves, and the project's specs are not read. `recursive`: folders include
    all folders below.
    """
    project_settings = project(settings)
    chosen_paths = tuple(paths or (() if overlays else default_paths(project_settings)))
    return SpecSource(
        tuple(f"{path}/**" if recursive and Path(path).is_dir() else path for path in chosen_paths),
        tuple(overlays or ()),
        tuple(variables or ()),
        tuple(variable_files or ()),
        tuple(env_names or ()),
        project_settings,
        region_said(settings) or os.environ.get("AWS_DEFAULT_REGION"),
    )


def default_paths(project: Project) -> tuple[str, ...]:
    """The default paths of specs."""
    return project.specs or (options.SPECS,)


def documents(specs: SpecSource) -> Documents:
    """Read the specs and check their form. Raises SpecError with all errors of all files."""
    from dynaops.model.errors import SpecError
    from dynaops.specs.composition import Composition
    from dynaops.specs.load import load

    project_settings = specs.project
    values = values_of(specs)
    _tell_unread([path for path in specs.paths if path not in project_settings.specs])
    composition = Composition.of(project_settings, specs.paths == default_paths(project_settings), notice)
    documents_read = load(
        specs.paths, specs.overlays, values.variables, values.env, values.workspace, composition
    )
    outside = list(outside_regions(documents_read, project_settings, specs.region))
    if outside:
        raise SpecError(outside)
    return documents_read


def values_of(specs: SpecSource) -> Values:
    """The values of variables in the specs."""
    from dynaops.cli.specs.variables import read
    from dynaops.cli.state.workspaces import selected
    from dynaops.specs.environment import Environment
    from dynaops.specs.variables import Values

    project_settings = specs.project
    variables = {
        **read(project_settings.variable_files, ()),
        **project_settings.variables,
        **read(specs.variable_files, specs.variables),
    }
    environment = Environment(os.environ, project_settings.env_prefixes, frozenset(specs.env_names))
    return Values(variables, environment, selected(project_settings), project_settings.environment)


def _tell_unread(paths: Sequence[str]) -> None:
    """Show which subfolders with specs are not read because folders are not read recursively."""
    from dynaops.specs.path_patterns import unread_subfolders

    read = {Path(path) for path in paths}
    for path in paths:
        unread = [folder for folder in unread_subfolders(Path(path)) if folder not in read]
        if unread:
            more = f" and {len(unread) - _MOST_TOLD} more" if len(unread) > _MOST_TOLD else ""
            names = ", ".join(folder.as_posix() for folder in unread[:_MOST_TOLD])
            notice(
                f"The specs in {names}{more} are not read, only those in {path} itself: "
                f"--recursive reads them, and so does '{path}/**'"
            )


def region_said(settings: GlobalSettings) -> str | None:
    """The region of ``--region``, AWS_REGION (which botocore ignores, unlike the AWS SDKs), or the project file."""
    return settings.region or os.environ.get("AWS_REGION")
