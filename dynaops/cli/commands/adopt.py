"""``dynaops import``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dynaops.cli import wiring
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.screen import Screen
from dynaops.cli.settings import settings_of

app = new_app()
EXAMPLES = """dynaops import orders --region eu-central-1 --out specs/orders.yaml"""


@app.command("import", cls=Command, epilog=EXAMPLES)
def adopt(
    ctx: typer.Context,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Name of a live table.")],
    out: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the spec there instead of printing it.")
    ] = None,
) -> None:
    """Take over a live table, and print its spec.

    The table and everything around it that dynaops knows is recorded in the state. AWS is only read.
    """
    settings = settings_of(ctx)
    screen = Screen(settings)
    place = wiring.store(settings)
    _refuse_overwriting(out)
    with place.lock("import"):
        imported = wiring.import_table(table, place.load(), wiring.aws(settings), settings.region)
        if out is not None:
            Path(out).parent.mkdir(parents=True, exist_ok=True)
            Path(out).write_text(imported.spec_yaml, encoding="utf-8")
        place.save(imported.state)
    if settings.json:
        screen.document(
            {"table": table, "addresses": list(imported.addresses), "spec": imported.spec_yaml, "file": out}
        )
    elif out is None:
        screen.data(imported.spec_yaml)
    _tell(screen, table, len(imported.addresses), out)


def _refuse_overwriting(out: str | None) -> None:
    if out is not None and Path(out).exists():
        from dynaops.model.errors import DynaopsError

        raise DynaopsError(f"{out} exists already", "Choose another file; nothing was imported.")


def _tell(screen: Screen, table: str, number: int, out: str | None) -> None:
    from dynaops.views.wording import count

    where = f"its spec is in {out}" if out else "its spec is above: save it among your specs"
    screen.aside(f"Imported {table}: {count(number, 'resource')} recorded; {where}.")
