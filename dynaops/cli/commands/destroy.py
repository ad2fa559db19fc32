"""``dynaops destroy``."""

from __future__ import annotations

import typer

from dynaops.cli import options, wiring
from dynaops.cli.agreement import consents_of
from dynaops.cli.context import settings_of
from dynaops.cli.events import Events
from dynaops.cli.help import Command
from dynaops.cli.identity import state_of
from dynaops.cli.lazy import new_app
from dynaops.cli.lost_state import require_state
from dynaops.cli.notifying import Notify, announce, recipients
from dynaops.cli.project_file import project
from dynaops.cli.reviewing import Policies, house_rules, judged
from dynaops.cli.running import Terms, carry_out, with_consents_of
from dynaops.cli.screen import Screen

app = new_app()
EXAMPLES = """dynaops destroy specs/orders.yaml
dynaops destroy --target orders --yes --allow-destroy"""


@app.command(cls=Command, epilog=EXAMPLES)
def destroy(
    ctx: typer.Context,
    paths: options.Paths = None,
    overlays: options.Overlays = None,
    variables: options.Variables = None,
    variable_files: options.VariableFiles = None,
    env_names: options.EnvNames = None,
    recursive: options.Recursive = False,
    targets: options.Targets = None,
    yes: options.Yes = False,
    allow_destroy: options.AllowDestroy = False,
    take_over: options.TakeOver = None,
    consents: options.Consents = None,
    no_wait: options.NoWait = False,
    parallelism: options.Parallelism = None,
    operations: options.ShowOperations = False,
    policies: Policies = None,
    events: Events = None,
    notify: Notify = None,
) -> int:
    """Delete what dynaops made.

    That is the tables of the specs given, or all tables of the state. Only
    what the state names is deleted. A table with deletion protection also needs --allow-destroy.
    """
    settings = settings_of(ctx)
    agreed = consents_of(consents)
    screen = Screen(settings)
    specs = wiring.source(settings, paths, overlays, variables, variable_files, env_names, recursive)
    if not (paths or overlays):  # all tables of the state
        specs = specs._replace(paths=(), overlays=())
    documents = wiring.documents(specs) if specs.read else []
    place = wiring.store(settings)
    way = wiring.aws(settings)
    state_of(place, way)
    told = recipients(settings, notify)
    with place.lock("destroy") as lock:
        announce(place, told, way)
        if lock.note:
            screen.aside(lock.note)
        state = state_of(place, way)
        # Not before: a first apply may hold the lock, whose state is not saved yet.
        require_state(state, place, settings, "nothing is known that could be destroyed")
        plan = wiring.make_plan(
            documents,
            state,
            way,
            read=specs.read,
            targets=targets or (),
            destroy=True,
            take_over=take_over or (),
        )
        plan = wiring.agreed(plan, agreed)
        terms = Terms(
            yes,
            False,
            allow_destroy,
            not no_wait,
            operations,
            events=events,
            parallelism=parallelism,
            take_over=tuple(take_over or ()),
        )
        return carry_out(
            judged(plan, documents, state, house_rules(settings, policies)),
            place,
            way,
            settings,
            with_consents_of(project(settings), terms),
        )
