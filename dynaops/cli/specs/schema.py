"""``dynaops schema``."""

from __future__ import annotations

import typer

from dynaops.cli import wiring
from dynaops.cli.context import settings_of
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.screen import Screen

app = new_app()
EXAMPLES = """dynaops schema > dynaops.schema.json"""


@app.command(cls=Command, epilog=EXAMPLES)
def schema(ctx: typer.Context) -> None:
    """Print the JSON Schema of specs, for editors.

    Save it, and write `# yaml-language-server: $schema=FILE` at the top of a spec to have completion.
    """
    Screen(settings_of(ctx)).document(wiring.schema())
