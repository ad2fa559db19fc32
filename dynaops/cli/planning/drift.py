"""``dynaops drift``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dynaops.cli import options, wiring
from dynaops.cli.context import settings_of
from dynaops.cli.formats import FormatOption, output, places
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.planning.account_check import headline_of, state_of
from dynaops.cli.planning.lost_state import owns_nothing, require_recorded, require_state
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.model.exits import Exit

if TYPE_CHECKING:
    from dynaops.stores.base import Store

app = new_app()
EXAMPLES = """dynaops drift
dynaops drift orders --exit-code
dynaops drift --unmanaged --exit-code
dynaops drift --format junit > drift.xml"""


@app.command(cls=Command, epilog=EXAMPLES)
def drift(
    ctx: typer.Context,
    tables: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TABLE",
            help="Only these tables, by name or pattern ('shop-*').  [default: all of the state]",
        ),
    ] = None,
    unmanaged: Annotated[
        bool,
        typer.Option(
            "--unmanaged", help="Look further for what dynaops does not manage, and let it count as drift."
        ),
    ] = False,
    exit_code: options.ExitCode = False,
    form: FormatOption = None,
) -> int:
    """Show what changed in AWS behind dynaops's back.

    Compares what is live with what was last applied; the specs are not read. It is the drift that a plan tells: what
    autoscaling moves is none. Indexes, streams, tags and the like that others have added are told apart; with
    --unmanaged they count.
    """
    settings = settings_of(ctx)
    with output(settings, "drift", form) as document:
        screen = Screen(settings, document=form is not None)
        store = wiring.store(settings)
        aws = wiring.aws(settings)
        state = state_of(store, aws)
        require_state(state, store, settings, "nothing is compared")
        require_recorded(tables or (), state, store)
        if owns_nothing(state):
            _require_no_specs(settings, store)
        drift_found, added = wiring.drift(state, aws, tables or (), unmanaged)
        headline = headline_of(state, settings, store, aws)
        if settings.json:
            from dynaops.views.json_documents import drifted

            screen.document(drifted(drift_found, added, headline))
        elif owns_nothing(state):
            screen.say(
                f"The state {store.location} owns nothing, and no specs declare tables: nothing is compared."
            )
        else:
            from dynaops.views.plan import drift_page

            screen.show(drift_page(drift_found, added, headline, counted=unmanaged))
        if form is not None:
            from dynaops.engine.drift import chosen
            from dynaops.views.formats.entries import of_drift

            looked_at = chosen(state, tables or ())
            document.show(of_drift(drift_found, added, looked_at, unmanaged, places((), state)))
    return Exit.CHANGES if exit_code and (drift_found or (unmanaged and added)) else Exit.OK


def _require_no_specs(settings: GlobalSettings, store: Store) -> None:
    """Raise DynaopsError if specs declare tables and the state is empty."""
    from dynaops.model.errors import DynaopsError, SpecError

    specs = wiring.source(settings, None, None, None, None)
    try:
        declared = len(wiring.documents(specs))
    except SpecError as error:  # no specs, or specs that cannot be read
        none = ("no such file or folder", "has no spec files", "no spec file fits the pattern")
        declared = 0 if all(finding.message.endswith(none) for finding in error.findings) else 1
    if declared:
        raise DynaopsError(
            f"The state {store.location} owns nothing, though specs declare tables: nothing is compared",
            "Check the state's place (--state, -E), or apply the specs. `dynaops state history` lists earlier states.",
        )
