"""``dynaops output``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dynaops.cli import wiring
from dynaops.cli.context import settings_of
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings

if TYPE_CHECKING:
    from dynaops.model.state import State

app = new_app()
EXAMPLES = """dynaops output
dynaops output orders table_arn
dynaops output orders/trigger/order-processor --json
dynaops output orders --env >> .env"""
PREFIX = "DYNAOPS_"


@app.command(cls=Command, epilog=EXAMPLES)
def output(
    ctx: typer.Context,
    address: Annotated[
        str | None,
        typer.Argument(metavar="[ADDRESS]", help="A table, or the address of something around one."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="Only this value, raw: table_arn. Also as one: orders/table_arn."
        ),
    ] = None,
    env: Annotated[
        bool, typer.Option("--env", help="Print lines for a shell: DYNAOPS_ORDERS_TABLE_ARN=...")
    ] = False,
    prefix: Annotated[
        str | None,
        typer.Option(
            "--prefix", metavar="TEXT", help=f"With --env: how the names begin.  [default: {PREFIX}]"
        ),
    ] = None,
) -> None:
    """Print ARNs and other values that AWS gave.

    They come from the state, as of the last apply; AWS is not asked. Those of tables that specs call external are
    read from AWS.
    """
    from dynaops.views import outputs as view

    settings = settings_of(ctx)
    screen = Screen(settings)
    if prefix is not None and not env:
        raise typer.BadParameter("--prefix needs --env: only those names have one.")
    state = wiring.store(settings).load()
    if address is not None and name is None and address not in state.resources:
        address, _, name = address.partition("/")
    external = _external(settings, screen, state, address)
    values = external if address and address in external else {**wiring.outputs(state, address), **external}
    if not (address and name):
        _tell(screen, values, env, prefix)
        return
    table = address.partition("/")[0]
    path, value = view.chosen(values[table], address, name)
    if env:
        _tell(screen, {table: {path: value}}, env, prefix)
    elif settings.json:
        screen.document(value)
    else:
        screen.data(view.raw(value))


def _external(
    settings: GlobalSettings, screen: Screen, state: State, address: str | None
) -> dict[str, dict[str, Any]]:
    """The outputs of external tables in the specs, for addresses that are not in the state."""
    from dynaops.cli.specs.external_tables import external_tables
    from dynaops.engine.external import outputs_of
    from dynaops.model.errors import DynaopsError

    if address is not None and address.partition("/")[0] in state.resources:
        return {}
    try:
        tables = external_tables(settings)
    except DynaopsError as error:
        screen.aside(f"The specs cannot be read ({error.message}): outputs of external tables are left out.")
        return {}
    external = [table for table in tables if address in (None, table.name)]
    return outputs_of(external, wiring.aws(settings)) if external else {}


def _tell(screen: Screen, values: dict[str, dict[str, Any]], env: bool, prefix: str | None) -> None:
    from dynaops.views import outputs as view

    if env:
        lines = view.env_lines(values, PREFIX if prefix is None else prefix)
        if lines:
            screen.data(lines)
    elif screen.json:
        screen.document(values)
    else:
        screen.show(view.outputs_page(values))
