"""Apply a plan from the command line: consent, confirmation, progress and the result."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dynaops.cli import wiring
from dynaops.cli.events import EventLog
from dynaops.cli.planning.account_check import headed
from dynaops.cli.planning.approval import require_adoption, require_agreement, require_consent
from dynaops.cli.planning.cost import price_source, priced
from dynaops.cli.planning.review_files import require_lawful
from dynaops.cli.planning.show import show_plan
from dynaops.cli.project.project_file import project
from dynaops.cli.run_records import recording
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.model.exits import Exit

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.model.event import Event, Outcome
    from dynaops.model.plan import Consent, Plan
    from dynaops.specs.project import Project
    from dynaops.stores.base import Keeper
    from dynaops.stores.recorder import RunRecorder


@dataclass(frozen=True)
class Terms:
    """The consents given in advance, and the options of the run."""

    yes: bool
    allow_replace: bool
    allow_destroy: bool
    wait: bool = True
    operations: bool = False
    command: str = "apply"
    """What to run again where a run does not come to its end."""
    events: str | None = None
    """Where the events of the run are written as they happen."""
    document: Callable[[], Mapping[str, Any]] = dict
    """What the document of ``--json`` has besides plan and outcome, asked for at the end."""
    question: str = ""
    """What is asked, where it is not whether to run the operations."""
    later: str = "the next apply"
    """What sees through what was left to AWS."""
    done: str = ""
    """How it is said that all went well, where it is not ``Applied`` or ``Destroyed``."""
    consents: tuple[Consent, ...] = ()
    allow_adopt: bool = False
    take_over: tuple[str, ...] = ()
    """The ids of states whose resources are taken over."""
    """What ``--consent`` says, as it was written."""
    digest: str | None = None
    """The SHA-256 that the saved plan was reviewed under, where it was given."""
    saved_plan: str | None = None
    """The SHA-256 of the saved plan that is carried out."""
    parallelism: int | None = None
    """Tables that are worked on at once, where the command line says."""
    happened: frozenset[str] = frozenset()
    """Its operations of which an earlier run made the call, and AWS shows the effect."""


def with_consents_of(project_settings: Project, terms: Terms) -> Terms:
    """`terms` with the consents of the environment, which a message shows."""
    standing = [
        name for name in ("allow_adopt", "allow_replace", "allow_destroy") if getattr(project_settings, name)
    ]
    lent = [name for name in standing if not getattr(terms, name)]
    if lent:
        from dynaops.cli.screen import notice

        sources = "; ".join(project_settings.says(name) for name in lent)
        notice(f"The environment {project_settings.environment} agrees beforehand: {sources}")
    return replace(
        terms,
        allow_adopt=terms.allow_adopt or project_settings.allow_adopt,
        allow_replace=terms.allow_replace or project_settings.allow_replace,
        allow_destroy=terms.allow_destroy or project_settings.allow_destroy,
    )


def carry_out(plan: Plan, store: Keeper, aws: Aws, settings: GlobalSettings, terms: Terms) -> int:
    """Show the plan, ask for confirmation, run it and show the result. The caller holds the state's lock."""
    screen = Screen(settings)
    plan = priced(headed(plan, settings, store, aws), price_source(settings), aws)
    show_plan(screen, plan, operations=terms.operations)
    with EventLog(terms.events) as log:
        log.begin(plan)
        if not (plan.operations or plan.updates or plan.settle):
            outcome = _nothing_to_run(plan, screen)
        else:
            require_lawful(plan)
            require_adoption(plan, terms.allow_adopt, terms.take_over)
            require_consent(plan, terms.allow_replace, terms.allow_destroy)
            if plan.operations or plan.forgets:
                question = terms.question or _question(plan)
                require_agreement(screen, question, terms.yes, whole_word=bool(plan.destructive))
            outcome = execute(plan, store, aws, settings, terms, log)
            _tell(plan, outcome, screen, terms)
        log.end(outcome)
    return exit_of(outcome)


def see_through(plan: Plan, store: Keeper, aws: Aws, settings: GlobalSettings, terms: Terms) -> int:
    """Run a plan that needs no confirmation, with progress, and show the result."""
    with EventLog(terms.events) as log:
        outcome = execute(plan, store, aws, settings, terms, log)
    _tell(plan, outcome, Screen(settings), terms)
    return exit_of(outcome)


def exit_of(outcome: Outcome) -> int:
    """The exit code of a run."""
    if outcome.interrupted:
        return Exit.INTERRUPTED
    return Exit.OK if outcome.complete else Exit.FAILED


def _nothing_to_run(plan: Plan, screen: Screen) -> Outcome:
    from dynaops.model.event import Outcome

    outcome = Outcome(serial=plan.serial)
    if screen.json:
        from dynaops.views.json_documents import applied

        screen.document(applied(plan, outcome))
    return outcome


def execute(
    plan: Plan, store: Keeper, aws: Aws, settings: GlobalSettings, terms: Terms, log: EventLog
) -> Outcome:
    """Run a plan with progress and a record of the run, and nothing else."""
    with recording(plan, store, aws, terms.command, terms.saved_plan) as recorder:
        outcome = _executed(plan, store, aws, settings, terms, log, recorder)
        if recorder is not None:
            recorder.ended(outcome)
        return outcome


def _executed(
    plan: Plan,
    store: Keeper,
    aws: Aws,
    settings: GlobalSettings,
    terms: Terms,
    log: EventLog,
    recorder: RunRecorder | None,
) -> Outcome:
    from dynaops.cli.interrupts import Interrupts
    from dynaops.views import wording
    from dynaops.views.progress import progress_on

    screen = Screen(settings)
    screen.gap()
    progress = progress_on(screen.people, screen.color, wiring.pace(settings))
    with progress, Interrupts(progress.note) as interrupts:
        if plan.settle and terms.wait:
            progress.note(wording.settling(plan.pending))
        tell = _logged(_steadfast(progress.tell))
        return wiring.apply(
            plan,
            store,
            aws,
            log.after(recorder.after(tell) if recorder else tell),
            wait=terms.wait,
            stop=interrupts.stop,
            saved_plan=terms.saved_plan,
            happened=terms.happened,
            parallelism=terms.parallelism or project(settings).parallelism,
        )


def _steadfast(tell: Callable[[Event], None]) -> Callable[[Event], None]:
    """A function that shows events until output fails: a full disk under the output does not end the run."""
    lost = threading.Event()

    def show_event(event: Event) -> None:
        if lost.is_set():
            return
        try:
            tell(event)
        except OSError:
            lost.set()  # later output fails in the same way, and that is reported

    return show_event


def _logged(tell: Callable[[Event], None]) -> Callable[[Event], None]:
    """A function that logs an event and passes it on."""
    import logging

    log = logging.getLogger("dynaops.run")

    def both(event: Event) -> None:
        log.info("%s: %s: %s %s", event.operation, event.title, event.stage, event.detail)
        tell(event)

    return both


def _tell(plan: Plan, outcome: Outcome, screen: Screen, terms: Terms) -> None:
    from dynaops.views.outcome import outcome_page

    screen.gap()
    screen.show(outcome_page(plan, outcome, terms.command, terms.later, terms.done))
    if screen.json:
        from dynaops.views.json_documents import applied

        screen.document({**applied(plan, outcome), **terms.document()})


def _question(plan: Plan) -> str:
    from dynaops.views.wording import count

    verb = "Destroy" if plan.destroy else "Apply"
    if not plan.operations:
        return f"{verb}: forget {count(len(plan.forgets), 'resource')} that AWS keeps?"
    return f"{verb}: run {count(len(plan.operations), 'operation')}?"
