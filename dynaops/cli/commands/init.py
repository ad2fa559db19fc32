"""``dynaops init``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.screen import Screen
from dynaops.cli.settings import settings_of

app = new_app()
EXAMPLES = """dynaops init
dynaops init specs/users.yaml --table users"""

_STARTER = Path(__file__).parent.parent / "starter.yaml"
_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")


@app.command(cls=Command, epilog=EXAMPLES)
def init(
    ctx: typer.Context,
    path: Annotated[
        str | None, typer.Argument(metavar="FILE", help="Where to write it.  [default: specs/TABLE.yaml]")
    ] = None,
    table: Annotated[str, typer.Option(metavar="NAME", help="Name of the table.")] = "orders",
) -> None:
    """Write a commented spec to start from.

    A file that is there already is never overwritten.
    """
    settings = settings_of(ctx)
    screen = Screen(settings)
    if not _NAME.fullmatch(table):
        raise typer.BadParameter("a table name has 3 to 255 of a-z A-Z 0-9 _ . -", param_hint="--table")
    target = Path(path or f"specs/{table}.yaml")
    _write(target, _STARTER.read_text(encoding="utf-8").replace("TABLE_NAME", table))
    if settings.json:
        screen.document({"file": str(target), "table": table})
        return
    screen.say(f"Wrote {target}. It is valid as it stands; the comments show what else there is.")
    screen.say("")
    screen.say(
        f"  dynaops validate {target}\n  dynaops plan {target} --sandbox\n  dynaops apply {target} --sandbox"
    )


def _write(target: Path, text: str) -> None:
    from dynaops.model.errors import DynaopsError

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise DynaopsError(f"{target} exists already", "Choose another file: dynaops init FILE.") from None
