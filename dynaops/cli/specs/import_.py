"""``dynaops import``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dynaops.cli import options, wiring
from dynaops.cli.context import settings_of
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.planning.account_check import state_of
from dynaops.cli.screen import Screen
from dynaops.cli.specs.mark_imported import mark, tell_unmarked
from dynaops.model.exits import Exit
from dynaops.model.files import write_text

app = new_app()
EXAMPLES = """dynaops import orders --region eu-central-1 --out specs/orders.yaml
dynaops import --all
dynaops import --all --tag team=shop --out specs/shop"""
_FOLDER = "specs"


@app.command("import", cls=Command, epilog=EXAMPLES)
def adopt(
    ctx: typer.Context,
    table: Annotated[
        str | None, typer.Argument(metavar="TABLE", help="Name of a live table.", show_default=False)
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="All tables of the region, one spec file a table.")
    ] = False,
    tag: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Of all, only tables with this tag (repeatable)."),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE",
            help="File to write the spec to instead of printing it; with --all, folder.  [default: specs]",
            show_default=False,
        ),
    ] = None,
    take_over: options.TakeOver = None,
    no_mark: Annotated[
        bool, typer.Option("--no-mark", help="Only read AWS: leave marking to the next change.")
    ] = False,
) -> int:
    """Take over a live table, and print its spec.

    The table and everything around it that dynaops knows is recorded in the state, and marked in AWS as the state's
    (a tag; nothing else is written). What another state has marked is left to that. With --all, tables that are in
    the state already are passed over, so that it can be run again to go on, and no file is overwritten.
    """
    if all_ or tag or table is None:
        _check(table, all_)
        from dynaops.cli.specs.import_all import run

        return run(tuple(tag or ()), out or _FOLDER, settings_of(ctx), tuple(take_over or ()), not no_mark)
    from dynaops.engine.import_table import import_table

    settings = settings_of(ctx)
    screen = Screen(settings)
    store = wiring.store(settings)
    aws = wiring.aws(settings)
    _refuse_overwriting(out)
    state_of(store, aws)
    with store.lock("import"):
        state = state_of(store, aws)
        imported = import_table(table, state, aws, settings.asked_region, tuple(take_over or ()))
        if out is not None:
            Path(out).parent.mkdir(parents=True, exist_ok=True)
            write_text(out, imported.spec_yaml)
        store.save(imported.state)
        unmarked = [] if no_mark else mark(imported.marks, aws)
    if settings.json:
        screen.document(
            {
                "table": table,
                "addresses": list(imported.addresses),
                "left": list(imported.left),
                "unmarked": unmarked,
                "spec": imported.spec_yaml,
                "file": out,
            }
        )
    elif out is None:
        screen.data(imported.spec_yaml)
    _tell(screen, table, len(imported.addresses), out)
    for text in imported.left:
        screen.aside(f"Left alone: {text}.")
    tell_unmarked(screen, unmarked)
    return Exit.OK


def _check(table: str | None, all_: bool) -> None:
    """Raise BadParameter unless either one table or --all is given."""
    from dynaops.model.errors import DynaopsError

    if table is not None:
        raise DynaopsError(
            f"Import {table}, or --all?", "Name a table, or say --all (with --tag).", Exit.CHANGES
        )
    if not all_:
        raise DynaopsError("Which table is to be imported?", "Name one, or say --all.", Exit.USAGE)


def _refuse_overwriting(out: str | None) -> None:
    if out is None:
        return
    from dynaops.model.project import require_inside

    require_inside(out)
    if Path(out).exists():
        from dynaops.model.errors import DynaopsError

        raise DynaopsError(f"{out} exists already", "Choose another file; nothing was imported.")


def _tell(screen: Screen, table: str, number: int, out: str | None) -> None:
    from dynaops.views.wording import count

    where = f"its spec is in {out}" if out else "its spec is above: save it among your specs"
    screen.aside(f"Imported {table}: {count(number, 'resource')} recorded; {where}.")
