"""Run a command for several environments, one after another: ``plan -E dev -E prod``.

Each environment is a separate run with its own credentials, state and failures, so that a failure does not hide the
others. The output has a section and an exit code for each, or with ``--json`` one document.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from typing import Any

import typer

from dynaops.cli.screen import Screen
from dynaops.cli.settings import command_of, early
from dynaops.model.exits import Exit

COMMANDS = ("plan", "drift", "validate")
"""The commands that change nothing, which may run for several environments."""
PLACEHOLDER = "{environment}"
_FILES = ("--out", "--markdown", "--html", "--junit", "--log-file")
_WORST_FIRST = (Exit.INTERRUPTED, Exit.FAILED, Exit.LOCKED, Exit.STALE, Exit.CHANGES, Exit.WARNINGS)


def run(names: Sequence[str], arguments: Sequence[str], command: Callable[[list[str]], int]) -> int:
    """Run the command for each environment and return the worst exit code. `arguments` are those without -E.

    Raises BadParameter for a command that changes something, and for files that each run would overwrite. `command`
    raises for a wrong command line, so that this is shown only once.
    """
    _check(names, arguments)
    settings = early(arguments)
    screen = Screen(settings)
    exits: dict[str, int] = {}
    documents: dict[str, Any] = {}
    for name in names:
        own = ["-E", name, *(argument.replace(PLACEHOLDER, name) for argument in arguments)]
        if settings.json:
            exits[name], documents[name] = _captured(own, command)
        else:
            _head(screen, name, first=not exits)
            exits[name] = command(own)
        if exits[name] == Exit.INTERRUPTED:
            break
    worst = worst_of(exits.values())
    if settings.json:
        results = {name: {"exit": code, "result": documents[name]} for name, code in exits.items()}
        screen.document({"environments": results, "exit": worst})
    else:
        _sum_up(screen, exits)
    return worst


def worst_of(codes: Any) -> int:
    """The worst exit code: interrupted, failed, locked, stale, changes, warnings, done. Others count as failed."""
    present = set(codes)
    unknown = present - {*_WORST_FIRST, Exit.OK}
    return int(next((code for code in _WORST_FIRST if code in present), min(unknown, default=Exit.OK)))


def _check(names: Sequence[str], arguments: Sequence[str]) -> None:
    command = command_of(arguments)
    if command not in COMMANDS:
        raise typer.BadParameter(
            f"{command or 'dynaops'} takes one environment, and {len(names)} are named ({', '.join(names)}). "
            f"Several are for {', '.join(COMMANDS)}: what is changed is changed in one environment after the other.",
            param_hint="-E",
        )
    _check_format(arguments)
    for option, value in zip(arguments, [*arguments[1:], ""], strict=True):
        name, _, own = option.partition("=")
        if name in _FILES and PLACEHOLDER not in (own or value):
            raise typer.BadParameter(
                f"Each environment would write it anew: name it with {PLACEHOLDER}, "
                f"such as {name} '{PLACEHOLDER}.plan'.",
                param_hint=name,
            )


def _check_format(arguments: Sequence[str]) -> None:
    """Raise BadParameter for a format with one document, which several runs cannot print."""
    for option, value in zip(arguments, [*arguments[1:], ""], strict=True):
        name, _, own = option.partition("=")
        if name == "--format" and (own or value) in ("sarif", "junit"):
            raise typer.BadParameter(
                f"{own or value} is one document a run: run the command for each environment.",
                param_hint="--format",
            )


def _captured(arguments: list[str], command: Callable[[list[str]], int]) -> tuple[int, Any]:
    """(the exit code of a run, the document that it printed or None)."""
    output = io.StringIO()
    with redirect_stdout(output):
        code = command(arguments)
    text = output.getvalue()
    try:
        return code, json.loads(text)
    except ValueError:
        sys.stderr.write(text)
        return code, None


def _head(screen: Screen, name: str, *, first: bool) -> None:
    from dynaops.views.environments import heading_page

    if not first:
        screen.gap()
    screen.show(heading_page(name))
    screen.people.flush()  # messages on stderr appear below the heading


def _sum_up(screen: Screen, exits: dict[str, int]) -> None:
    from dynaops.views.environments import exits_page

    screen.gap()
    screen.show(exits_page(exits))
