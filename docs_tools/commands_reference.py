"""The commands' reference for the docs, made from their own help.

``python -m docs_tools.commands_reference > docs/cli.md`` writes it anew; a test keeps it current.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

_OPENING = """# Commands

Written by `python -m docs_tools.commands_reference > docs/cli.md` from the commands' help.

Results go to stdout; remarks, progress of `--json` runs and errors go to stderr. With `--json`, stdout holds exactly
one JSON document, also when a command fails: `{"error": {"kind", "message", "hint", "findings"}}`.

| exit code | meaning |
| --- | --- |
| 0 | done; nothing to tell |
| 1 | failed, refused or partly done; what was done is in the state |
| 2 | with `--exit-code`: changes or drift; else: wrong usage |
| 3 | `validate --strict`: warnings |
| 4 | the state lock is held by another |
| 5 | the saved plan is stale, or not the one of `--digest` |
| 130 | interrupted; the current operation ended and the state is saved |
| 141 | whoever read the output went away |
"""


def document() -> str:
    """The reference as Markdown."""
    return "\n".join([_OPENING, *_sections()])


def _sections() -> Iterator[str]:
    import typer

    from dynaops.cli.app import app

    root: Any = typer.main.get_command(app)
    context = typer.Context(root, info_name="dynaops", terminal_width=80)
    yield from _section(root, context, "dynaops", 2)
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        yield from _with_children(command, typer.Context(command, parent=context, info_name=name), name)


def _with_children(command: Any, context: Any, name: str) -> Iterator[str]:
    import typer

    yield from _section(command, context, name, 2)
    for child, below in getattr(command, "commands", {}).items():
        yield from _section(
            below, typer.Context(below, parent=context, info_name=child), f"{name} {child}", 3
        )


def _section(command: Any, context: Any, name: str, level: int) -> Iterator[str]:
    formatter = context.make_formatter()
    command.format_help(context, formatter)
    yield f"{'#' * level} {name}\n\n```text\n{formatter.getvalue().rstrip()}\n```\n"


if __name__ == "__main__":
    sys.stdout.write(document())
