"""``dynaops apply``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from dynaops.cli import options, wiring
from dynaops.cli.context import settings_of
from dynaops.cli.effects import CommandEffect, require_permitted, require_reviewed
from dynaops.cli.events import Events
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.notifications import Notify, recipients
from dynaops.cli.planning.approval import consents_of, is_agreed
from dynaops.cli.planning.lost_state import warned, warned_if_refused
from dynaops.cli.planning.plan_inputs import PlanInputs
from dynaops.cli.planning.review_files import Policies, house_rules, judged
from dynaops.cli.planning.run_plan import Terms, carry_out, with_consents_of
from dynaops.cli.project.project_file import project
from dynaops.cli.settings import GlobalSettings
from dynaops.cli.specs.sources import SpecOptions, takes_specs

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.cli.planning.saved_plans import SavedPlan
    from dynaops.engine.notify import Recipient
    from dynaops.model.plan import Plan
    from dynaops.model.state import State
    from dynaops.specs.load import Document

app = new_app()
EXAMPLES = """dynaops apply
dynaops apply specs/orders.yaml --yes --no-wait
dynaops apply orders.plan --digest "$DIGEST" --yes"""


@app.command(cls=Command, epilog=EXAMPLES)
@takes_specs(options.PathsOrPlan)
def apply(
    ctx: typer.Context,
    chosen: SpecOptions,
    targets: options.Targets = None,
    yes: options.Yes = False,
    allow_replace: options.AllowReplace = False,
    allow_destroy: options.AllowDestroy = False,
    allow_adopt: options.AllowAdopt = False,
    take_over: options.TakeOver = None,
    consents: options.Consents = None,
    digest: Annotated[
        str | None,
        typer.Option("--digest", metavar="SHA256", help="Only the saved plan of this digest."),
    ] = None,
    no_wait: options.NoWait = False,
    parallelism: options.Parallelism = None,
    operations: options.ShowOperations = False,
    policies: Policies = None,
    events: Events = None,
    notify: Notify = None,
) -> int:
    """Bring AWS to what the specs say.

    The argument may also be a saved plan, which is then carried out as it is. Shows the plan and asks before
    anything is sent. An apply that failed, was interrupted or was killed is
    continued by running it again, also of a saved plan.
    """
    from dynaops.cli.planning import saved_plans
    from dynaops.cli.planning.saved_plans import digest_of, is_saved_plan

    terms = Terms(
        yes,
        allow_replace,
        allow_destroy,
        not no_wait,
        operations,
        events=events,
        consents=consents_of(consents),
        digest=digest_of(digest) if digest is not None else None,
        parallelism=parallelism,
        allow_adopt=allow_adopt,
        take_over=tuple(take_over or ()),
    )
    paths = chosen.paths
    if paths and (digest is not None or any(is_saved_plan(path) for path in paths)):
        if len(paths) > 1 or targets or chosen.overlays or chosen.variables or chosen.variable_files:
            raise typer.BadParameter("A saved plan is applied as it is: leave out other paths and options.")
        file = saved_plans.load(paths[0], terms.digest)
        settings = settings_of(ctx, file.environment or "")
        require_permitted(settings, project(settings), "apply", CommandEffect.DATA)
        require_reviewed(project(settings), terms.digest)
        terms = with_consents_of(project(settings), terms)
        return _apply_saved(
            settings, file, policies, chosen.env_names or (), terms, recipients(settings, notify)
        )
    if digest is not None:
        raise typer.BadParameter(
            "names a saved plan: dynaops apply PLAN --digest SHA256", param_hint="--digest"
        )
    settings = settings_of(ctx)
    require_permitted(settings, project(settings), "apply of specs", CommandEffect.CHANGES)
    terms = with_consents_of(project(settings), terms)
    specs = chosen.source(settings)
    notified = recipients(settings, notify)
    return _apply_specs(settings, specs, tuple(targets or ()), policies, terms, notified)


def _apply_specs(
    settings: GlobalSettings,
    specs: wiring.SpecSource,
    targets: tuple[str, ...],
    policies: Sequence[str] | None,
    terms: Terms,
    notified: Sequence[Recipient],
) -> int:
    rules = house_rules(settings, policies)
    inputs = PlanInputs.of(settings, specs)
    inputs.state()
    with inputs.locked("apply", notified) as state:
        with warned_if_refused(state, inputs.store, settings):
            plan = inputs.plan(state, targets=targets, take_over=terms.take_over)
        plan = warned(wiring.agreed(plan, terms.consents), state, inputs.store, settings)
        plan = judged(plan, inputs.documents, state, rules)
        return carry_out(plan, inputs.store, inputs.aws, settings, terms)


def _apply_saved(
    settings: GlobalSettings,
    file: SavedPlan,
    policies: Sequence[str] | None,
    env_names: Sequence[str],
    terms: Terms,
    notified: Sequence[Recipient],
) -> int:
    documents = file.documents(project(settings), env_names)
    inputs = PlanInputs.of_documents(settings, documents)
    inputs.state()
    with inputs.locked("apply", notified) as state:
        held, happened = _held(file, documents, state, inputs.aws, house_rules(settings, policies))
        consents = wiring.agreed(file.plan, terms.consents).consents
        held = held.model_copy(update={"consents": consents})
        with_consents = replace(
            terms, yes=terms.yes or is_agreed(file.plan), saved_plan=file.digest, happened=happened
        )
        return carry_out(held, inputs.store, inputs.aws, settings, with_consents)


def _held(
    file: SavedPlan, documents: list[Document], state: State, aws: Aws, policies: Sequence[str] | None
) -> tuple[Plan, frozenset[str]]:
    """(the plan to apply for a saved plan, the ids of operations whose effect AWS shows already). Raises StalePlan."""
    from dynaops.engine.plan import PlanOptions

    options = PlanOptions(
        targets=file.targets,
        refresh=file.refresh,
        read=file.source.read,
        **wiring.beside_tables(documents),
        take_over=file.take_over,
    )
    # House rules of the command line are checked too, since the plan file could be edited to name none.
    all_policies = (*file.policies, *(policies or ()))
    run = state.run_of(file.digest)
    if run is not None:
        left = wiring.resumed(file.plan, run, documents, state, aws, options)
        return judged(left.plan, documents, state, all_policies), left.happened
    held = wiring.checked_saved(
        file.plan, documents, state, aws, options, lambda plan: judged(plan, documents, state, file.policies)
    )
    return (judged(held, documents, state, all_policies) if policies else held), frozenset()
