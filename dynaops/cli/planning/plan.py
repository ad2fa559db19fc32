"""``dynaops plan``."""

from __future__ import annotations

from typing import Annotated

import typer

from dynaops.cli import options, wiring
from dynaops.cli.context import settings_of
from dynaops.cli.formats import FormatOption, output, places
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.planning import plan_rehearsal
from dynaops.cli.planning.account_check import headed
from dynaops.cli.planning.approval import consents_of
from dynaops.cli.planning.cost import PricesFrom, price_source, priced
from dynaops.cli.planning.lost_state import warned, warned_if_refused
from dynaops.cli.planning.plan_inputs import PlanInputs
from dynaops.cli.planning.review_files import Html, Markdown, Policies, house_rules, judged, write_reviews
from dynaops.cli.planning.show import show_plan
from dynaops.cli.screen import Screen
from dynaops.cli.specs.sources import SpecOptions, takes_specs
from dynaops.model.exits import Exit

app = new_app()
EXAMPLES = """dynaops plan
dynaops plan specs/orders.yaml --operations
dynaops plan -f base.yaml -f prod.yaml --var stage=prod
dynaops plan --out orders.plan && dynaops apply orders.plan
dynaops plan --out orders.plan --consent destroy:orders/gsi/by-date
dynaops plan --rehearse
dynaops plan --policy house-rules.yaml --markdown plan.md"""


@app.command(cls=Command, epilog=EXAMPLES)
@takes_specs()
def plan(
    ctx: typer.Context,
    chosen: SpecOptions,
    targets: options.Targets = None,
    no_refresh: options.NoRefresh = False,
    exit_code: options.ExitCode = False,
    consents: options.Consents = None,
    take_over: options.TakeOver = None,
    operations: options.ShowOperations = False,
    out: Annotated[
        str | None, typer.Option(metavar="FILE", help="Save the plan, for: dynaops apply FILE.")
    ] = None,
    policies: Policies = None,
    markdown: Markdown = None,
    html: Html = None,
    prices: PricesFrom = None,
    rehearse: Annotated[
        bool,
        typer.Option("--rehearse", help="Carry it out on an embedded AWS made like the live one first."),
    ] = False,
    form: FormatOption = None,
) -> int:
    """Show what apply would do; changes nothing.

    Compares the specs with the state and with what is live in AWS.
    """
    settings = settings_of(ctx)
    with output(settings, "plan", form) as document:
        rules = house_rules(settings, policies)
        agreed = consents_of(consents)
        screen = Screen(settings, document=form is not None)
        specs = chosen.source(settings)
        inputs = PlanInputs.of(settings, specs)
        documents, store, aws = inputs.documents, inputs.store, inputs.aws
        state = store.load() if no_refresh else inputs.state()
        with warned_if_refused(state, store, settings):
            made = inputs.plan(
                state, targets=targets or (), refresh=not no_refresh, take_over=take_over or ()
            )
        made = warned(wiring.agreed(made, agreed), state, store, settings)
        made = priced(
            judged(headed(made, settings, store, aws), documents, state, rules),
            price_source(settings, prices),
            aws,
        )
        digest = None
        if out is not None:
            from dynaops.cli.planning import saved_plans

            whose = made.model_copy(update={"account": aws.caller().account})
            digest = saved_plans.save(
                whose, specs, out, tuple(targets or ()), not no_refresh, rules, tuple(take_over or ())
            )
        write_reviews(made, markdown, html, refreshed=not no_refresh, digest=digest)
        rehearsal = plan_rehearsal.rehearsed(made, documents, state, aws) if rehearse else None
        if settings.json:
            more = {"rehearsal": rehearsal.public()} if rehearsal else {}
            screen.document({**made.public(), "digest": digest, **more})
        else:
            show_plan(screen, made, operations=operations, refreshed=not no_refresh)
        if rehearsal is not None and made.operations:
            from dynaops.views.rehearsal import rehearsal_page

            screen.gap()
            screen.show(rehearsal_page(rehearsal))
        if out is not None:
            opened = "".join(f" --env-var {name}" for name in specs.env_names)
            screen.aside(
                f"Saved with the SHA-256 {digest}. To carry out exactly this plan: "
                f"dynaops apply {out} --digest {digest}{opened}"
            )
        if form is not None:
            from dynaops.views.formats.entries import of_plan

            document.show(of_plan(made, places(documents, state)))
    if made.forbidden or (rehearsal is not None and not rehearsal.passes):
        return Exit.FAILED
    return Exit.CHANGES if exit_code and not made.empty else Exit.OK
