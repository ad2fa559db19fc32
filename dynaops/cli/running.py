"""Carrying out a plan: consent, agreement, progress, and what to say at the end. For apply and destroy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynaops.cli import wiring
from dynaops.cli.agreement import require_agreement, require_consent
from dynaops.cli.exits import Exit
from dynaops.cli.screen import Screen
from dynaops.cli.settings import Settings
from dynaops.cli.showing import show_plan

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.model.event import Outcome
    from dynaops.model.plan import Plan
    from dynaops.stores.base import Store


@dataclass(frozen=True)
class Terms:
    """What the user agreed to beforehand, and how to run."""

    yes: bool
    allow_replace: bool
    allow_destroy: bool
    wait: bool = True
    operations: bool = False


def carry_out(plan: Plan, place: Store, way: Aws, settings: Settings, terms: Terms) -> int:
    """Show the plan, obtain agreement, run it and tell how it went. The caller holds the state's lock."""
    screen = Screen(settings)
    show_plan(screen, plan, operations=terms.operations)
    if not (plan.operations or plan.updates or plan.settle):
        return _nothing_to_run(plan, screen)
    require_consent(plan, terms.allow_replace, terms.allow_destroy)
    if plan.operations:
        require_agreement(screen, _question(plan), terms.yes, gravely=bool(plan.destructive))
    outcome = _run(plan, place, way, settings, terms)
    _tell(plan, outcome, screen)
    if outcome.interrupted:
        return Exit.INTERRUPTED
    return Exit.OK if outcome.complete else Exit.FAILED


def _nothing_to_run(plan: Plan, screen: Screen) -> int:
    from dynaops.model.event import Outcome

    if screen.json:
        from dynaops.views.json_ import applied

        screen.document(applied(plan, Outcome(serial=plan.serial)))
    return Exit.OK


def _run(plan: Plan, place: Store, way: Aws, settings: Settings, terms: Terms) -> Outcome:
    from dynaops.cli.interrupts import Interrupts
    from dynaops.views import wording
    from dynaops.views.progress import progress_on

    screen = Screen(settings)
    screen.gap()
    progress = progress_on(screen.people, screen.color, wiring.pace(settings))
    with progress, Interrupts(progress.note) as interrupts:
        if plan.settle and terms.wait:
            progress.note(wording.settling(plan.pending))
        return wiring.apply(plan, place, way, progress.tell, wait=terms.wait, stop=interrupts.stop)


def _tell(plan: Plan, outcome: Outcome, screen: Screen) -> None:
    from dynaops.views.outcome import outcome_page

    screen.gap()
    screen.show(outcome_page(plan, outcome))
    if screen.json:
        from dynaops.views.json_ import applied

        screen.document(applied(plan, outcome))


def _question(plan: Plan) -> str:
    from dynaops.views.wording import count

    verb = "Destroy: run" if plan.destroy else "Apply: run"
    return f"{verb} {count(len(plan.operations), 'operation')}?"
