"""``dynaops output``."""

from __future__ import annotations

from typing import Annotated

import typer

from dynaops.cli import wiring
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.screen import Screen
from dynaops.cli.settings import settings_of

app = new_app()
EXAMPLES = """dynaops output
dynaops output orders/table_arn
dynaops output --env >> .env"""


@app.command(cls=Command, epilog=EXAMPLES)
def output(
    ctx: typer.Context,
    address: Annotated[
        str | None,
        typer.Argument(metavar="ADDRESS", help="A table, or one of its values: orders/table_arn."),
    ] = None,
    env: Annotated[bool, typer.Option("--env", help="Print lines for a shell: ORDERS_TABLE_ARN=...")] = False,
) -> None:
    """Print ARNs and other values that AWS gave.

    They come from the state; AWS is not asked.
    """
    from dynaops.views import outputs as view

    settings = settings_of(ctx)
    screen = Screen(settings)
    table, _, key = (address or "").partition("/")
    found = wiring.outputs(wiring.store(settings).load(), table or None)
    if key:
        value = view.member(found[table], address or "", key)
        if settings.json:
            screen.document(value)
        else:
            screen.data(view.raw(value))
    elif settings.json:
        screen.document(found)
    elif env:
        screen.data(view.env_lines(found))
    else:
        screen.show(view.outputs_page(found))
