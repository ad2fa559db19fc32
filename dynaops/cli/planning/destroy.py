"""``dynaops destroy``."""

from __future__ import annotations

import typer

from dynaops.cli import options, wiring
from dynaops.cli.context import settings_of
from dynaops.cli.events import Events
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.notifications import Notify, recipients
from dynaops.cli.planning.approval import consents_of
from dynaops.cli.planning.lost_state import require_state
from dynaops.cli.planning.plan_inputs import PlanInputs
from dynaops.cli.planning.review_files import Policies, house_rules, judged
from dynaops.cli.planning.run_plan import Terms, carry_out, with_consents_of
from dynaops.cli.project.project_file import project
from dynaops.cli.specs.sources import SpecOptions, takes_specs

app = new_app()
EXAMPLES = """dynaops destroy specs/orders.yaml
dynaops destroy --target orders --yes --allow-destroy"""


@app.command(cls=Command, epilog=EXAMPLES)
@takes_specs()
def destroy(
    ctx: typer.Context,
    chosen: SpecOptions,
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
    specs = chosen.source(settings)
    if not (chosen.paths or chosen.overlays):  # all tables of the state
        specs = specs._replace(paths=(), overlays=())
    documents = wiring.documents(specs) if specs.read else []
    inputs = PlanInputs.of_documents(settings, documents, specs.read)
    inputs.state()
    with inputs.locked("destroy", recipients(settings, notify)) as state:
        # Checked under the lock, since a first apply may hold it and not have saved its state yet.
        require_state(state, inputs.store, settings, "nothing is known that could be destroyed")
        plan = inputs.plan(state, targets=targets or (), destroy=True, take_over=take_over or ())
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
            inputs.store,
            inputs.aws,
            settings,
            with_consents_of(project(settings), terms),
        )
