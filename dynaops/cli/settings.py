"""The global options of all commands, allowed before or after the command."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import typer

    from dynaops.specs.project import Project

DEFAULT_STATE = ".dynaops/state.json"
ENVIRONMENT_VARIABLE = "DYNAOPS_ENVIRONMENT"
_VALUED = (
    "--environment",
    "-E",
    "--region",
    "--profile",
    "--endpoint-url",
    "--state",
    "--log-file",
    "--lock-timeout",
)
_FLAGS = ("--sandbox", "--no-sandbox", "--json", "--no-color", "--verbose")


class GlobalSettings(NamedTuple):
    """The values of the global options. `endpoint_url` also comes from ``AWS_ENDPOINT_URL``.

    `environment` is one of the project file; None: none is chosen. `project` are the file's settings for it, after
    `project_file.project` has read them. `given` names the option or environment variable of each setting that was
    given, not left to the file or a default.
    """

    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    state: str = DEFAULT_STATE
    sandbox: bool = False
    json: bool = False
    no_color: bool = False
    verbose: bool = False
    log_file: str | None = None
    environment: str | None = None
    project: Project | None = None
    lock_timeout: float = 0
    """Seconds to wait for the lock of a state that another command holds."""
    given: Mapping[str, str] = MappingProxyType({})
    arguments: tuple[str, ...] = ()
    """The command line as it was given."""

    @property
    def asked_region(self) -> str | None:
        """The region of ``--region``. The project file's region is only a default for specs without one."""
        return self.region if "region" in self.given else None


def given_of(ctx: typer.Context) -> dict[str, str]:
    """The parameters that were given on the command line or in the environment, with the option or variable."""
    given = {}
    for parameter in ctx.command.params:
        source = ctx.get_parameter_source(parameter.name or "")
        if source is not None and source.name == "COMMANDLINE":
            names = (
                parameter.secondary_opts if ctx.params.get(parameter.name or "") is False else parameter.opts
            )
            given[str(parameter.name)] = max(names or parameter.opts, key=len)
        elif source is not None and source.name == "ENVIRONMENT":
            given[str(parameter.name)] = str(getattr(parameter, "envvar", ""))
    return given


def hoist(arguments: Sequence[str]) -> list[str]:
    """`arguments` with the global options moved to the front, where Typer expects them.

    Arguments after ``--`` are not changed. A missing value is left to Typer's error.
    """
    options: list[str] = []
    rest: list[str] = []
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        if argument == "--":
            rest += [argument, *waiting]
            break
        if (
            argument in _FLAGS
            or _is_joined(argument)
            or argument.startswith(tuple(f"{name}=" for name in _VALUED))
        ):
            options.append(argument)
        elif argument in _VALUED:
            options += [argument, *waiting[:1]]
            del waiting[:1]
        else:
            rest.append(argument)
    return [*options, *rest]


def split_environments(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """(the environments in `arguments`, each once; the arguments without them).

    Arguments after ``--`` and an option without a value are not changed.
    """
    names: list[str] = []
    rest: list[str] = []
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        if argument == "--":
            rest += [argument, *waiting]
            break
        if argument in ("-E", "--environment") and waiting:
            names.append(waiting.pop(0))
        elif argument.startswith("--environment="):
            names.append(argument.partition("=")[2])
        elif _is_joined(argument):
            names.append(argument[2:])
        else:
            rest.append(argument)
    return list(dict.fromkeys(names)), rest


def command_of(arguments: Sequence[str]) -> str | None:
    """The command in `arguments`; None if there is none."""
    waiting = hoist(arguments)
    while waiting and waiting[0].startswith("-"):
        del waiting[: 2 if waiting[0] in _VALUED else 1]
    return waiting[0] if waiting else None


def _is_joined(argument: str) -> bool:
    """Whether an argument is -E and its value in one word."""
    return argument.startswith("-E") and len(argument) > len("-E")


def early(arguments: Sequence[str]) -> GlobalSettings:
    """The options that matter for showing an error, from arguments that Typer may not have parsed."""
    front = hoist(arguments)
    at = front.index("--log-file") + 1 if "--log-file" in front else len(front)
    return GlobalSettings(
        json="--json" in _before_dashes(front),
        no_color="--no-color" in _before_dashes(front),
        verbose="--verbose" in _before_dashes(front),
        log_file=front[at] if at < len(front) else None,
    )


def wants_color(settings: GlobalSettings) -> bool:
    """Whether colour is allowed (it also needs a terminal): https://no-color.org."""
    return not settings.no_color and not os.environ.get("NO_COLOR")


def _before_dashes(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments
