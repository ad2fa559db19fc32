"""``dynaops workspace``: several states of the same specs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dynaops.cli import wiring
from dynaops.cli.context import settings_of
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.project.project_file import project
from dynaops.cli.run_records import recorded
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.cli.state import workspaces

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynaops.aws.session import Aws

app = new_app(
    help="Keep several states of the same specs: one for staging, one for production.\n\n"
    "Specs say ${workspace} where names shall differ. DYNAOPS_WORKSPACE chooses one for a single run."
)
EXAMPLES = """dynaops workspace new staging
dynaops workspace select default"""

Name = Annotated[str, typer.Argument(metavar="NAME", help="Letters, digits, _ . and -")]


@app.command(cls=Command, epilog=EXAMPLES)
def new(ctx: typer.Context, name: Name) -> None:
    """Make a workspace, with an empty state, and select it."""
    from dynaops.model.errors import DynaopsError
    from dynaops.model.state import State
    from dynaops.stores.workspaces import DEFAULT, check_name

    settings = settings_of(ctx)
    check_name(name)
    store = recorded(
        workspaces.store_of(settings.state, name, _aws_of(settings), wiring.patience(settings)),
        settings,
        _aws_of(settings),
    )
    with store.lock("workspace new"):
        if name == DEFAULT or workspaces.exists(store):
            raise DynaopsError(
                f"There is a workspace {name} already", f"Work in it: dynaops workspace select {name}"
            )
        store.save(State.empty())
    workspaces.select(name, project(settings))
    _tell(settings, name, f"Made workspace {name}, and selected it. Its state is at {store.location}.")


@app.command("list", cls=Command)
def list_(ctx: typer.Context) -> None:
    """Print the workspaces, one a line; the selected one has a star."""
    from dynaops.stores.workspaces import DEFAULT, names

    settings = settings_of(ctx)
    screen = Screen(settings)
    chosen = workspaces.selected(project(settings))
    all_names = [DEFAULT, *names(settings.state, _aws_of(settings))]
    if settings.json:
        screen.document([{"name": workspace, "selected": workspace == chosen} for workspace in all_names])
        return
    for workspace in all_names:
        screen.say(f"{'*' if workspace == chosen else ' '} {workspace}")
    if chosen not in all_names:
        screen.aside(f"{chosen} is selected, and not there.")


@app.command(cls=Command)
def select(ctx: typer.Context, name: Name) -> None:
    """Work in a workspace from now on, in this directory."""
    from dynaops.stores.workspaces import DEFAULT, names, unknown

    settings = settings_of(ctx)
    existing = names(settings.state, _aws_of(settings)) if name != DEFAULT else []
    if name not in (DEFAULT, *existing):
        raise unknown(name, settings.state, existing)
    workspaces.select(name, project(settings))
    _tell(settings, name, f"Workspace {name} is selected.")


@app.command(cls=Command)
def delete(
    ctx: typer.Context,
    name: Name,
    force: Annotated[
        bool, typer.Option("--force", help="Also with resources, which live on and are nobody's then.")
    ] = False,
) -> None:
    """Delete a workspace's state, with the earlier ones. AWS is not touched.

    One that still owns resources is only deleted with --force: destroy them first.
    """
    from dynaops.model.errors import DynaopsError
    from dynaops.stores.workspaces import DEFAULT, names, unknown

    settings = settings_of(ctx)
    if name == DEFAULT:
        raise DynaopsError("The default workspace cannot be deleted")
    if name == workspaces.selected(project(settings)):
        raise DynaopsError(
            f"Workspace {name} is selected", "Select another first: dynaops workspace select default"
        )
    existing = names(settings.state, _aws_of(settings))
    if name not in existing:
        raise unknown(name, settings.state, existing)
    store = recorded(
        workspaces.store_of(settings.state, name, _aws_of(settings), wiring.patience(settings)),
        settings,
        _aws_of(settings),
    )
    with store.lock("workspace delete"):
        if not force:
            _require_empty(name, len(store.load().resources))
        store.drop()
    _tell(settings, name, f"Deleted workspace {name}.")


def _require_empty(name: str, owned: int) -> None:
    from dynaops.model.errors import DynaopsError
    from dynaops.views.wording import count

    if owned:
        raise DynaopsError(
            f"Workspace {name} owns {count(owned, 'resource')}",
            f"Destroy them first: DYNAOPS_WORKSPACE={name} dynaops destroy. With --force they live on, as nobody's.",
        )


def _aws_of(settings: GlobalSettings) -> Callable[[], Aws]:
    return lambda: wiring.aws(settings)


def _tell(settings: GlobalSettings, name: str, text: str) -> None:
    screen = Screen(settings)
    if settings.json:
        screen.document({"workspace": name})
    else:
        screen.say(text)
