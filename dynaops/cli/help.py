"""The format of help texts: commands first, bold headings, no boxes.

Importing Typer's own Rich help would take as long as importing the rest of the program.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from typer.core import TyperCommand, TyperGroup

_GLOBAL = "Also: --region, --state, --sandbox, --json and more; see: dynaops --help"


class Command(TyperCommand):
    """A command in the house's help style. Its epilog is examples, one a line."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # click's signature
        if self.epilog:
            with formatter.section("Examples"):
                formatter.write("".join(f"  {line}\n" for line in self.epilog.split("\n")))
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_GLOBAL)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        _write_parameters(self, ctx, formatter)

    def get_help(self, ctx: Any) -> str:
        return _emphasised(super().get_help(ctx))


class HelpGroup(TyperGroup):
    """A group of commands in the house's help style."""

    command_class = Command

    def format_options(self, ctx: Any, formatter: Any) -> None:
        self.format_commands(ctx, formatter)
        _write_parameters(self, ctx, formatter)

    def get_help(self, ctx: Any) -> str:
        return _emphasised(super().get_help(ctx))


def _write_parameters(command: Command | HelpGroup, ctx: Any, formatter: Any) -> None:
    rows: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is None:
            continue
        if parameter.param_type_name == "argument":
            rows["Arguments"].append(
                (record[0].partition(" <")[0], record[1])
            )  # the Python type is of no use to the user
        else:
            rows["Options"].append(record)
    for title, records in rows.items():
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def _emphasised(text: str) -> str:
    """`text` with bold headings if it is shown on a terminal."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    lines = text.split("\n")
    return "\n".join(
        f"\x1b[1m{line}\x1b[0m" if line.endswith(":") and line[:1] not in ("", " ") else line
        for line in lines
    )
