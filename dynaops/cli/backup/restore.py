"""The ``backup restore`` command: AWS restores the table, its settings are applied, and the state records it."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import typer

from dynaops.backups.restore import (
    STDOUT,
    Restoration,
    RestoreRequest,
    adopted,
    plan_restore,
    plan_settings,
    spec_text,
    write_spec,
)
from dynaops.cli import wiring
from dynaops.cli.durations import time_of
from dynaops.cli.events import EventLog
from dynaops.cli.planning.account_check import region_of, state_of
from dynaops.cli.planning.approval import require_agreement
from dynaops.cli.planning.run_plan import Terms, execute, exit_of
from dynaops.cli.planning.show import show_plan
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.cli.specs.external_tables import external_region
from dynaops.cli.specs.mark_imported import mark, tell_unmarked
from dynaops.model.exits import Exit
from dynaops.views.outcome import outcome_page

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.model.event import Outcome
    from dynaops.model.plan import Plan
    from dynaops.specs.load import Document
    from dynaops.stores.recorded import RecordedStore

_AGAIN = "the same command, run again,"


def restore(
    settings: GlobalSettings,
    request: RestoreRequest,
    at: str | None,
    *,
    wait: bool,
    yes: bool,
    operations: bool,
) -> int:
    """Restore a table, or continue a restore. `at` is a time as on the command line. Returns the exit code.

    If the spec is printed on stdout, all messages are on stderr.
    """
    if request.file != STDOUT or settings.json:
        return _restore(settings, request, at, sys.stdout, wait=wait, yes=yes, operations=operations)
    stdout = sys.stdout
    with redirect_stdout(sys.stderr):
        return _restore(settings, request, at, stdout, wait=wait, yes=yes, operations=operations)


def _restore(
    settings: GlobalSettings,
    request: RestoreRequest,
    at: str | None,
    stdout: TextIO,
    *,
    wait: bool,
    yes: bool,
    operations: bool,
) -> int:
    aws = wiring.aws(settings)
    store = wiring.store(settings)
    spec_region = None
    if settings.asked_region is None and request.reference not in store.load().resources:
        spec_region = external_region(request.reference, settings)
    region = spec_region or region_of(request.reference, settings, aws)
    request = replace(
        request,
        region=region,
        at=time_asked(at, request.latest, aws),
        documents=partial(_documents, settings),
    )
    restoration = plan_restore(request, state_of(store, aws), aws)
    with store.recorder.run("backup restore"):
        return _restored(restoration, store, aws, settings, stdout, wait=wait, yes=yes, operations=operations)


def _restored(
    restoration: Restoration,
    store: RecordedStore,
    aws: Aws,
    settings: GlobalSettings,
    stdout: TextIO,
    *,
    wait: bool,
    yes: bool,
    operations: bool,
) -> int:
    screen = Screen(settings)
    terms = Terms(
        yes,
        allow_replace=False,
        allow_destroy=False,
        wait=wait,
        command="backup restore",
        later=_AGAIN,
        done="Restored",
    )
    document: dict[str, Any] = {
        "table": restoration.target,
        "region": restoration.source.region,
        "source": restoration.source.words,
        "spec": restoration.file.as_posix(),
    }
    if restoration.plan.operations:
        show_plan(screen, restoration.plan, operations=operations)
        require_agreement(screen, f"Restore {restoration.target}?", yes)
        outcome = _carried_out(restoration.plan, store, aws, settings, terms)
        if outcome.left or not outcome.complete:
            return _end(screen, document, restoration.plan, outcome)
    else:
        screen.say(f"{restoration.target} is restored already; its settings are looked at.")
    with store.lock("backup restore"):
        if restoration.unknown:
            imported = adopted(restoration, store.load(), aws)
            store.save(imported.state)
            _hand_over(restoration, imported.spec_yaml, document, screen, stdout)
            tell_unmarked(screen, mark(imported.marks, aws))
            screen.say(f"{restoration.target} is recorded as it is; its spec is {_where(restoration)}.")
            return _end(screen, document)
        _hand_over(restoration, spec_text(restoration), document, screen, stdout)
        plan = plan_settings(restoration, store.load(), aws)
        return _put_back(restoration, plan, store, aws, settings, document)


def _hand_over(
    restoration: Restoration, text: str, document: dict[str, Any], screen: Screen, stdout: TextIO
) -> None:
    """Write the new table's spec to a file, or print it; with ``--json`` it is part of the document."""
    write_spec(restoration, text)
    if restoration.file == STDOUT and screen.json:
        document["spec_yaml"] = text
    elif restoration.file == STDOUT:
        stdout.write(text)


def _where(restoration: Restoration) -> str:
    return "on stdout" if restoration.file == STDOUT else f"in {restoration.file}"


def _documents(settings: GlobalSettings, file: Path) -> list[Document]:
    """The documents of a spec file, with the defaults, overlays and variables of the project."""
    return wiring.documents(wiring.source(settings, [file.as_posix()], None, None, None))


def time_asked(at: str | None, latest: bool, aws: Aws) -> float | None:
    """The requested time, relative to AWS's clock."""
    if at is None:
        return None
    if latest:
        raise typer.BadParameter("Choose one of --at and --latest.")
    assert aws.account, "AWS has told its time with it"
    return time_of(at, aws.now, "--at")


def _put_back(
    restoration: Restoration,
    plan: Plan,
    store: Any,
    aws: Aws,
    settings: GlobalSettings,
    document: dict[str, Any],
) -> int:
    """Apply the table's spec, and check that nothing remains to do."""
    screen = Screen(settings)
    terms = Terms(
        yes=True, allow_replace=False, allow_destroy=False, command="backup restore", done="Settings put back"
    )
    if plan.operations or plan.updates:
        with EventLog(None) as log:
            outcome = execute(plan, store, aws, settings, terms, log)
        screen.gap()
        screen.show(outcome_page(plan, outcome, terms.command, _AGAIN, terms.done))
        if not outcome.complete:
            return _end(screen, document, plan, outcome)
    left = plan_settings(restoration, store.load(), aws)
    verdict = "nothing is left to plan" if left.empty else "`dynaops plan` shows what is left to do"
    screen.say(f"{restoration.target} is in the state, and its spec {_where(restoration)}; {verdict}.")
    return _end(
        screen,
        {
            **document,
            "plan_empty": left.empty,
            "operations": [operation.public() for operation in plan.operations],
        },
    )


def _carried_out(
    plan: Plan, store: RecordedStore, aws: Aws, settings: GlobalSettings, terms: Terms
) -> Outcome:
    """Run the restore itself, which saves no state, and show its result."""
    screen = Screen(settings)
    with EventLog(None) as log:
        outcome = execute(plan, wiring.unrecorded(store), aws, settings, terms, log)
    screen.gap()
    screen.show(outcome_page(plan, outcome, terms.command, terms.later, terms.done))
    return outcome


def _end(
    screen: Screen, document: dict[str, Any], plan: Plan | None = None, outcome: Outcome | None = None
) -> int:
    """Print the ``--json`` document and return the exit code."""
    if screen.json:
        from dynaops.views.json_documents import applied

        about = applied(plan, outcome) if plan and outcome else {}
        screen.document({**document, **about})
    return exit_of(outcome) if outcome else Exit.OK
