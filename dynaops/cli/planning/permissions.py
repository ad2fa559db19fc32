"""``dynaops permissions``."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from dynaops.cli import wiring
from dynaops.cli.context import settings_of
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.notifications import recipients
from dynaops.cli.planning import iam_policy
from dynaops.cli.planning.plan_inputs import PlanInputs
from dynaops.cli.screen import Screen
from dynaops.cli.specs.sources import SpecOptions, takes_specs
from dynaops.model.exits import Exit

app = new_app()
EXAMPLES = """dynaops permissions > deployer.json
dynaops permissions specs/orders.yaml --plan
dynaops permissions --check"""


@app.command(cls=Command, epilog=EXAMPLES)
@takes_specs()
def permissions(
    ctx: typer.Context,
    chosen: SpecOptions,
    plan: Annotated[bool, typer.Option("--plan", help="Only what applying the present plan takes.")] = False,
    notify: Annotated[
        list[str] | None,
        typer.Option("--notify", metavar="ARN", help="Also to tell this topic or bus of runs (repeatable)."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Ask IAM whether the caller has it all; exit 1 if not.")
    ] = False,
) -> int:
    """Print the least IAM policy that specs or a plan need.

    By default for the specs' whole life: create, read, change and destroy.
    """
    settings = settings_of(ctx)
    screen = Screen(settings)
    specs = chosen.source(settings)
    documents = wiring.plannable(specs)
    if plan:
        inputs = PlanInputs.of_documents(settings, documents, specs.read)
        state, aws = inputs.state(), inputs.aws
        needed = iam_policy.for_plan(inputs.plan(state), documents, state, aws)
    else:
        aws = wiring.aws(settings)
        needed = iam_policy.for_life(documents, aws)
        around = [table.name for table in documents.external if table.has_own]
        if around:
            screen.aside(
                f"What the alarms and policies around external tables need ({', '.join(around)}) is not in it; "
                "`dynaops permissions --plan` prints what the next plan needs for them."
            )
    needed |= iam_policy.for_notifications(recipients(settings, notify))
    if not check:
        screen.data(json.dumps(iam_policy.policy(needed), indent=2))
        return Exit.OK
    from dynaops.rehearsal.caller import lacking as lacking_of

    lacking = lacking_of(needed, aws)
    missing = iam_policy.policy(lacking)
    if settings.json:
        screen.document({"allowed": not lacking, "missing": missing})
    elif lacking:
        screen.data(json.dumps(missing, indent=2))
    screen.aside(
        f"The caller lacks {len({need.action for need in lacking})} permissions: add the statements of this policy."
        if lacking
        else "The caller has all that is needed."
    )
    return Exit.FAILED if lacking else Exit.OK
