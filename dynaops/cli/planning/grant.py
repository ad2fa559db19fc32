"""``dynaops grant``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dynaops.cli import options, wiring
from dynaops.cli.context import settings_of
from dynaops.cli.help import Command
from dynaops.cli.lazy import new_app
from dynaops.cli.planning.account_check import state_of
from dynaops.cli.planning.run_plan import Terms, carry_out
from dynaops.cli.planning.show import show_plan
from dynaops.cli.screen import Screen
from dynaops.cli.specs.external_tables import external_region
from dynaops.model.exits import Exit

if TYPE_CHECKING:
    from dynaops.engine.grant import Granted

app = new_app()
EXAMPLES = """dynaops grant orders order-processor order-audit
dynaops grant orders report --read-only --yes --out report.json
dynaops grant orders report --read-only --revoke"""


@app.command(cls=Command, epilog=EXAMPLES)
def grant(
    ctx: typer.Context,
    table: Annotated[
        str, typer.Argument(metavar="TABLE", help="A table's name or ARN, managed by dynaops or not.")
    ],
    functions: Annotated[
        list[str], typer.Argument(metavar="FUNCTION", help="Lambda functions, by name or ARN.")
    ],
    lambda_access: Annotated[
        bool,
        typer.Option("--lambda-access", help="Items, indexes and the stream, as functions need.  [default]"),
    ] = False,
    read_only: Annotated[bool, typer.Option("--read-only", help="Reading items and indexes.")] = False,
    write_only: Annotated[bool, typer.Option("--write-only", help="Writing items, reading none.")] = False,
    policy_name: Annotated[
        str | None, typer.Option(metavar="NAME", help="What the policy is called.")
    ] = None,
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Take it back; the policy goes with its last user.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")
    ] = False,
    yes: options.Yes = False,
    operations: options.ShowOperations = False,
    out: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write table, policy, functions and their variables as JSON."),
    ] = None,
) -> int:
    """Let Lambda functions use a table, whoever made it.

    A least-privilege policy is made and attached to the functions' execution roles. Where the table's spec makes that
    policy, it is used. Nothing is recorded in the state.
    """
    wanted = [
        name
        for name, grant_request in (
            ("lambda_access", lambda_access),
            ("read_only", read_only),
            ("write_only", write_only),
        )
        if grant_request
    ]
    if len(wanted) > 1:
        raise typer.BadParameter("Choose one of --lambda-access, --read-only and --write-only.")
    if out and (revoke or dry_run):
        raise typer.BadParameter("--out tells what was granted: leave out --revoke and --dry-run.")
    if out:
        from dynaops.model.project import require_inside

        require_inside(out)
    settings = settings_of(ctx)
    screen = Screen(settings)
    aws = wiring.aws(settings)
    store = wiring.store(settings)
    state = state_of(store, aws)
    region = settings.asked_region
    if region is None and table not in state.resources and not table.startswith("arn:"):
        region = external_region(table, settings)
    granted = wiring.plan_grant(
        state,
        aws,
        table,
        tuple(functions),
        part=(wanted or ["lambda_access"])[0],
        policy_name=policy_name,
        revoke=revoke,
        region=region,
    )
    if granted.plan.operations and not dry_run:
        terms = Terms(
            yes,
            allow_replace=False,
            allow_destroy=False,
            operations=operations,
            command="grant",
            document=lambda: _document(granted),
        )
        code = carry_out(granted.plan, wiring.unrecorded(store), aws, settings, terms)
    else:
        code = _only_told(screen, granted, operations, revoke, dry_run)
    if code == Exit.OK and not (revoke or dry_run):
        _hand_over(screen, granted, out)
    return code


def _only_told(screen: Screen, granted: Granted, operations: bool, revoke: bool, dry_run: bool) -> int:
    """Show a plan that is not applied, or say that there is nothing to do."""
    from dynaops.views.grant import nothing_to_do

    if granted.plan.operations:
        show_plan(screen, granted.plan, operations=operations)
    else:
        screen.say(nothing_to_do(granted.configuration, revoke))
    if screen.json:
        from dynaops.model.event import Outcome
        from dynaops.views.json_documents import applied

        plan = granted.plan.public() if dry_run else applied(granted.plan, Outcome(serial=0))
        screen.document({**plan, **_document(granted)})
    return Exit.OK


def _document(granted: Granted) -> dict[str, Any]:
    """The members of the ``--json`` document besides the plan."""
    return {"configuration": granted.configuration}


def _hand_over(screen: Screen, granted: Granted, out: str | None) -> None:
    """Show (and write) the configuration for the functions."""
    from dynaops.views.grant import granted_page

    screen.gap()
    screen.show(granted_page(granted.configuration))
    if out is not None:
        from dynaops.model.files import naming
        from dynaops.views.json_documents import write

        with naming(out), Path(out).open("w", encoding="utf-8") as file:
            write(granted.configuration, file)
        screen.aside(f"The configuration is in {out}.")
