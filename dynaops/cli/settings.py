"""The global options, which every command shares and which may stand before or after the command."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

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
_FLAGS = ("--sandbox", "--json", "--no-color", "--verbose")


class Settings(NamedTuple):
    """What the global options say. `endpoint_url` also comes from ``AWS_ENDPOINT_URL``.

    `environment` is that of the project file; None: none is chosen. `project` is what the file says for it, once it
    is read (`project_file.project` reads it).
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


def settings_of(ctx: typer.Context) -> Settings:
    """The settings of the running command."""
    return cast(Settings, ctx.find_root().obj)


def hoist(arguments: Sequence[str]) -> list[str]:
    """`arguments` with the global options moved to the front, where Typer expects them.

    What follows ``--`` is left alone. A value that is missing is left for Typer to complain about.
    """
    options: list[str] = []
    rest: list[str] = []
    waiting = list(arguments)
    while waiting:
        one = waiting.pop(0)
        if one == "--":
            rest += [one, *waiting]
            break
        if one in _FLAGS or one.startswith(tuple(f"{name}=" for name in _VALUED)):
            options.append(one)
        elif one in _VALUED:
            options += [one, *waiting[:1]]
            del waiting[:1]
        else:
            rest.append(one)
    return [*options, *rest]


def early(arguments: Sequence[str]) -> Settings:
    """What matters for telling an error, from arguments that Typer may never have come to parse."""
    front = hoist(arguments)
    at = front.index("--log-file") + 1 if "--log-file" in front else len(front)
    return Settings(
        json="--json" in _before_dashes(front),
        no_color="--no-color" in _before_dashes(front),
        verbose="--verbose" in _before_dashes(front),
        log_file=front[at] if at < len(front) else None,
    )


def wants_color(settings: Settings) -> bool:
    """Whether colour is welcome at all (a terminal is needed besides): https://no-color.org."""
    return not settings.no_color and not os.environ.get("NO_COLOR")


def _before_dashes(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments
