"""``dynaops state``: look at the state, change it by hand, go back to an earlier one.

Of AWS no more is touched than the marks of what `rm` takes out of the state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dynaops.cli import wiring
from dynaops.cli.context import settings_of
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.screen import Screen
from dynaops.model.exits import Exit

if TYPE_CHECKING:
    from dynaops.model.state import State

app = new_app(
    help="Look at the state, repair it, go back to an earlier one.\n\nWhat it names in AWS is never touched, but for "
    "the mark of what `rm` forgets."
)

Address = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="For example orders, or orders/gsi/by-email.")
]


@app.command("list", cls=Command)
def list_(
    ctx: typer.Context,
    prefix: Annotated[
        str | None, typer.Argument(metavar="ADDRESS", help="Only this address and what is below it.")
    ] = None,
) -> None:
    """Print the addresses that the state names, one a line."""
    from dynaops.stores.state_edits import addresses

    settings = settings_of(ctx)
    screen = Screen(settings)
    store = wiring.store(settings)
    state = store.load()
    listed = addresses(state, prefix)
    if settings.json:
        screen.document([_entry(state, address) for address in listed])
        return
    for address in listed:
        screen.say(address)
    if not listed:
        screen.aside(f"The state in {store.location} names nothing yet.")
    if state.in_flight:
        screen.aside(
            f"{len(state.in_flight)} interrupted operations; the next plan finds out what became of them."
        )


@app.command(cls=Command)
def show(ctx: typer.Context, address: Address) -> None:
    """Print what was last applied at an address."""
    from dynaops.stores.state_edits import show as record_of
    from dynaops.views.records import record_page

    settings = settings_of(ctx)
    screen = Screen(settings)
    record = record_of(wiring.store(settings).load(), address)
    if settings.json:
        screen.document({"address": address, **record.model_dump(mode="json")})
    else:
        screen.show(record_page(address, record))


@app.command(cls=Command)
def rm(
    ctx: typer.Context,
    address: Address,
    keep_mark: Annotated[
        bool,
        typer.Option("--keep-mark", help="Leave the mark of this state on what is live; AWS is not asked."),
    ] = False,
) -> None:
    """Forget an address and what is below it. What is live stays, and is no longer dynaops's.

    The mark of this state is taken from it, so that another state can adopt it. Where that fails, it is forgotten all
    the same, the command says how to take the mark away, and ends with 1.
    """
    from dynaops.cli.specs.mark_imported import Unmarked, tell_kept_marks, unmark
    from dynaops.stores.state_edits import addresses, remove

    settings = settings_of(ctx)
    store = wiring.store(settings)
    with store.lock("state rm"):
        before = store.load()
        removed = addresses(before, address)
        unmarked = Unmarked() if keep_mark else unmark(settings, store, before, removed)
        after = store.save(remove(before, address))
    document = {
        "removed": removed,
        "serial": after.serial,
        "unmarked": unmarked.done,
        "marks_kept": unmarked.kept,
    }
    _tell(ctx, document, f"Forgot {', '.join(removed)}.", before)
    if unmarked.kept:
        tell_kept_marks(Screen(settings), settings, before, unmarked.kept)
        raise typer.Exit(Exit.FAILED)
    if keep_mark and not settings.json:
        Screen(settings).aside(
            f"What is live keeps the mark of this state. For another state to have it: --take-over {after.lineage}"
        )


@app.command(cls=Command)
def mv(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FROM", help="The address as it is.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The address as it shall be.")],
) -> None:
    """Give an address and what is below it another name.

    AWS renames nothing: the address of a table is its name, and only what has a name of its own beside it (an IAM
    policy, a log group) can stand elsewhere.
    """
    from dynaops.engine.moved_records import check_move
    from dynaops.engine.state_check import faults_of
    from dynaops.stores.format import require_sound
    from dynaops.stores.state_edits import move

    settings = settings_of(ctx)
    store = wiring.store(settings)
    with store.lock("state mv"):
        before = store.load()
        check_move(before, source, target)
        moved = move(before, source, target)
        require_sound(moved, f"that {source} would be moved in, to {target},", faults_of)
        after = store.save(moved)
    _tell(
        ctx,
        {"moved": {"from": source, "to": target}, "serial": after.serial},
        f"{source} is now {target}.",
        before,
    )


@app.command(cls=Command)
def pull(ctx: typer.Context) -> None:
    """Print the whole state as JSON."""
    settings = settings_of(ctx)
    Screen(settings).document(wiring.store(settings).load().model_dump(mode="json"))


@app.command(cls=Command)
def push(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="From: dynaops state pull; - is stdin.")],
    force: Annotated[
        bool, typer.Option("--force", help="Also in place of another state, a newer or a damaged one.")
    ] = False,
) -> None:
    """Make a state from a file the present one; the present one is kept.

    It must be of the same lineage and no older, unless you say --force.
    """
    from dynaops.cli.state import location

    settings = settings_of(ctx)
    screen = Screen(settings)
    before, after = location.push(settings, file, force)
    if settings.json:
        screen.document({"serial": after.serial, "changed": before != after})
    elif before == after:
        screen.say("Nothing to do: the state is the same already.")
    else:
        screen.say(f"Took the state in, as serial {after.serial}. Run `dynaops plan` to compare it with AWS.")
        screen.aside("The one before is kept: dynaops state history.")


@app.command(cls=Command)
def history(ctx: typer.Context) -> None:
    """List the present state and the earlier ones that are kept, and the runs that saved them."""
    from dynaops.cli.state.history import show_history

    show_history(settings_of(ctx))


@app.command(cls=Command, epilog="dynaops state log\ndynaops state log --limit 5 --json")
def log(
    ctx: typer.Context,
    run: Annotated[
        str | None,
        typer.Argument(metavar="RUN", help="One run, with its operations: its id, or an end of it."),
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="How many runs are listed.")] = 20,
) -> None:
    """List the runs that changed AWS or the state, newest first: who, when, what, and what came of it."""
    from dynaops.cli.state.history import show_log, show_run

    settings = settings_of(ctx)
    if run is None:
        show_log(settings, limit)
    else:
        show_run(settings, run)


@app.command(cls=Command)
def restore(
    ctx: typer.Context,
    serial: Annotated[int, typer.Argument(metavar="SERIAL", help="From: dynaops state history.")],
) -> None:
    """Make an earlier state the present one; the present one is kept."""
    settings = settings_of(ctx)
    screen = Screen(settings)
    store = wiring.store(settings)
    with store.lock("state restore"):
        state = store.restore(serial)
    if settings.json:
        screen.document({"restored": serial, "serial": state.serial})
    else:
        screen.say(
            f"Restored serial {serial}, as serial {state.serial}. Run `dynaops plan` to compare it with AWS."
        )


@app.command(cls=Command)
def unlock(
    ctx: typer.Context,
    force: Annotated[bool, typer.Option("--force", help="Take the lock from whoever holds it.")] = False,
) -> None:
    """Take away a lock that was left behind.

    The lock of a run that lives is taken with consent only: on a terminal you are asked, elsewhere --force is needed.
    That run then stops and saves nothing more.
    """
    settings = settings_of(ctx)
    screen = Screen(settings)
    from dynaops.cli.state import location
    from dynaops.stores.base import UNKNOWN_HOLDER

    holder = location.unlock(settings, wiring.store(settings), force)
    if settings.json:
        screen.document({"unlocked": holder.model_dump(mode="json") if holder else None})
    elif holder is None:
        screen.say("The state is not locked.")
    elif holder == UNKNOWN_HOLDER:
        screen.say("Took the lock away. It was damaged: it does not say whose it was.")
    else:
        screen.say(
            f"Took the lock from {holder.name}, who had it for `{holder.operation}` since {holder.since}."
        )


def _tell(ctx: typer.Context, document: object, text: str, before: State) -> None:
    settings = settings_of(ctx)
    screen = Screen(settings)
    if settings.json:
        screen.document(document)
    else:
        screen.say(text)
        screen.aside(f"To undo this: dynaops state restore {before.serial}")


def _entry(state: State, address: str) -> dict[str, object]:
    record = state.resources[address]
    return {"address": address, "kind": record.kind, "region": record.region, "arn": record.arn}
