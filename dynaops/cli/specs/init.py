"""``dynaops init``."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

import typer

from dynaops.cli import options
from dynaops.cli.context import settings_of
from dynaops.cli.effects import CommandEffect, require_permitted
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.project.project_file import applied, project
from dynaops.cli.screen import Screen
from dynaops.cli.settings import DEFAULT_STATE, GlobalSettings
from dynaops.model.exits import Exit

app = new_app()
EXAMPLES = """dynaops init
dynaops init --project
dynaops init specs/users.yaml --table users
dynaops init --state-bucket acme-dynaops-state
dynaops init --migrate --state s3://acme-dynaops-state/orders.json
dynaops init --migrate --from s3://acme-dynaops-state/orders.json"""

_STARTER = Path(__file__).parent.parent / "starter.yaml"
_PROJECT = Path(__file__).parent.parent / "starter.toml"
_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")


@app.command(cls=Command, epilog=EXAMPLES)
def init(
    ctx: typer.Context,
    path: Annotated[
        str | None, typer.Argument(metavar="FILE", help="Where to write it.  [default: specs/TABLE.yaml]")
    ] = None,
    table: Annotated[str, typer.Option(metavar="NAME", help="Name of the table.")] = "orders",
    only_project: Annotated[
        bool, typer.Option("--project", help="Write only the project file, dynaops.toml.")
    ] = False,
    state_bucket: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Make a bucket for states instead: versioned, encrypted, private."),
    ] = None,
    kms_key: Annotated[
        str | None, typer.Option(metavar="ARN", help="KMS key of that bucket.  [default: S3's own]")
    ] = None,
    yes: options.Yes = False,
    migrate: Annotated[
        bool, typer.Option("--migrate", help="Move the state to where --state says instead.")
    ] = False,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="PLACE",
            help="Where the state is that is moved.  [default: .dynaops/state.json]",
        ),
    ] = None,
) -> int:
    """Write a commented spec to start from, or set up where the state lives.

    A project file is written beside it (dynaops.toml), unless there is one, here or in a folder above. A file that is
    there already is never overwritten, nor is a state that is another's.
    """
    settings = settings_of(ctx)
    if kms_key and not state_bucket:
        raise typer.BadParameter("--kms-key is the key of a --state-bucket.")
    if source and not migrate:
        raise typer.BadParameter("--from says where --migrate takes the state from.")
    if only_project and (state_bucket or migrate):
        raise typer.BadParameter("--project stands alone.")
    if state_bucket or migrate:
        source_location = (source or DEFAULT_STATE) if migrate else None
        return _set_up(settings, path, state_bucket, kms_key, yes, source_location)
    if only_project:
        return _write_project(settings, path)
    screen = Screen(settings)
    if not _NAME.fullmatch(table):
        raise typer.BadParameter("a table name has 3 to 255 of a-z A-Z 0-9 _ . -", param_hint="--table")
    target = Path(path or f"specs/{table}.yaml")
    _write(target, _STARTER.read_text(encoding="utf-8").replace("TABLE_NAME", table))
    project_file = _new_project_file(target.parent)
    if settings.json:
        screen.document({"file": str(target), "table": table, "project": project_file})
        return Exit.OK
    screen.say(f"Wrote {target}. It is valid as it stands; the comments show what else there is.")
    if project_file:
        screen.say(f"Wrote {project_file}: where specs and state are, and its environments.")
    screen.say("")
    screen.say(
        f"  dynaops validate {target}\n  dynaops plan {target} --sandbox\n  dynaops apply {target} --sandbox"
    )
    return Exit.OK


def _write_project(settings: GlobalSettings, path: str | None) -> int:
    from dynaops.model.errors import DynaopsError
    from dynaops.model.project import settings_file

    if path is not None:
        raise typer.BadParameter("Leave the file out: a project file is always called dynaops.toml.")
    written = _new_project_file(Path("specs"))
    if written is None:
        raise DynaopsError(f"There is a project file already: {settings_file()}", "See: dynaops config show.")
    screen = Screen(settings)
    if settings.json:
        screen.document({"project": written})
    else:
        screen.say(f"Wrote {written}. It is valid as it stands; the comments show what else there is.")
    return Exit.OK


def _new_project_file(specs: Path) -> str | None:
    """Write the project file into the working directory. Returns its name, or None if there is one already."""
    import json

    from dynaops.model.project import SETTINGS, settings_file

    if settings_file() is not None or os.path.lexists(SETTINGS):
        return None
    text = _PROJECT.read_text(encoding="utf-8")
    if not specs.is_absolute() and ".." not in specs.parts:
        text = text.replace('["specs"]', json.dumps([specs.as_posix()]), 1)
    _write(Path(SETTINGS), text)
    return SETTINGS


def _set_up(
    settings: GlobalSettings,
    path: str | None,
    bucket: str | None,
    kms_key: str | None,
    yes: bool,
    source: str | None,
) -> int:
    from dynaops.cli.state import location

    if path is not None:
        raise typer.BadParameter("Leave the file out: no spec is written with --state-bucket and --migrate.")
    if bucket is not None and source is not None:
        raise typer.BadParameter("Make the bucket first, and move the state with another command.")
    settings = applied(settings)
    if bucket is not None:
        return location.make_bucket(settings, bucket, kms_key, yes)
    require_permitted(settings, project(settings), "init --migrate", CommandEffect.CHANGES)
    location.migrate(settings, source or DEFAULT_STATE)
    return Exit.OK


def _write(target: Path, text: str) -> None:
    from dynaops.model.errors import DynaopsError
    from dynaops.model.files import write_new

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_new(target, text)
    except FileExistsError:
        raise DynaopsError(f"{target} exists already", "Choose another file: dynaops init FILE.") from None
