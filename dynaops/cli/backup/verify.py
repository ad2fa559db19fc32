"""The ``backup verify`` command: restore into a scratch table, compare, and always clean up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynaops.backups.compare import How, Reading
from dynaops.backups.verify import Drill, clean_up, compare, note, plan_drill
from dynaops.cli import wiring
from dynaops.cli.backup.restore import time_asked
from dynaops.cli.events import EventLog
from dynaops.cli.interrupts import terminated_as_interrupted
from dynaops.cli.planning.account_check import region_of, state_of
from dynaops.cli.planning.approval import require_agreement
from dynaops.cli.planning.run_plan import Terms, execute, exit_of
from dynaops.cli.planning.show import show_plan
from dynaops.cli.run_records import warn
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.model.backup import Verified
from dynaops.model.errors import DynaopsError
from dynaops.model.event import Outcome
from dynaops.model.exits import Exit
from dynaops.stores.drills import KIND
from dynaops.views.backups import verified_page
from dynaops.views.outcome import outcome_page
from dynaops.views.transfer_progress import TransferStatus, view_on

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.model.plan import Plan
    from dynaops.stores.recorded import RecordedStore

_AGAIN = "the same command, run again,"


class VerifyInterrupted(DynaopsError):
    """Ctrl-C, or a request to end."""

    json_kind = "interrupted"


def verify(
    settings: GlobalSettings,
    reference: str,
    at: str | None,
    latest: bool,
    role: str | None,
    how: How,
    *,
    yes: bool,
    operations: bool,
) -> int:
    """Verify a backup. Returns the exit code."""
    aws = wiring.aws(settings)
    region = region_of(reference, settings, aws)
    when = time_asked(at, latest, aws)
    store = wiring.store(settings)
    drill = plan_drill(aws, state_of(store, aws), reference, region, when, latest, role)
    with store.recorder.run("backup verify"):
        return _drilled(drill, how, store, aws, settings, yes=yes, operations=operations)


def _drilled(
    drill: Drill,
    how: How,
    store: RecordedStore,
    aws: Aws,
    settings: GlobalSettings,
    *,
    yes: bool,
    operations: bool,
) -> int:
    screen = Screen(settings)
    if drill.plan.operations:
        show_plan(screen, drill.plan, operations=operations)
        require_agreement(screen, f"Restore a scratch table, and compare it with {drill.source.table}?", yes)
    verified, outcome = run_drill(drill, how, store, aws, settings, screen)
    if verified is None:
        return _end_broken_off(drill, outcome, screen)
    if screen.json:
        document: dict[str, Any] = {**verified.model_dump(mode="json"), "identical": verified.identical}
        screen.document({"source": drill.source.words, "region": drill.source.region, **document})
    return Exit.OK if verified.identical else Exit.FAILED


def run_drill(
    drill: Drill, how: How, store: RecordedStore, aws: Aws, settings: GlobalSettings, screen: Screen
) -> tuple[Verified | None, Outcome]:
    """Restore, compare, clean up, and record the result; there is no comparison if the restore did not finish.

    Shows both results. Raises DynaopsError, and VerifyInterrupted while comparing.
    """
    if drill.plan.operations:
        outcome = _run(drill.plan, store, aws, settings)
        if not outcome.complete or outcome.left:
            _show_broken_off(drill, outcome, screen)
            return None, outcome
    else:
        outcome = Outcome()
        screen.say(f"{drill.scratch} is restored already, by an earlier run.")
    verified = _compared(drill, how, store, aws, settings, screen)
    try:
        note(store.beside(KIND), verified, drill.source, aws.now)
    except DynaopsError as error:
        warn(f"The result of this drill cannot be kept: {error.message.rstrip('.')}")
    screen.show(verified_page(verified, drill.source.words))
    return verified, outcome


def _compared(
    drill: Drill, how: How, store: RecordedStore, aws: Aws, settings: GlobalSettings, screen: Screen
) -> Verified:
    """Compare, and delete the scratch table in any case. Raises VerifyInterrupted."""
    try:
        with view_on(screen.people, screen.color, "read") as view, terminated_as_interrupted():
            return compare(aws, drill, how, lambda reading: view.show(_standing(reading)))
    except KeyboardInterrupt:
        raise VerifyInterrupted(
            "Interrupted while comparing", "Run the command again to verify.", Exit.INTERRUPTED
        ) from None
    finally:
        outcome = _run(clean_up(aws, drill), store, aws, settings)
        if not outcome.complete:
            screen.aside(f"The scratch table {drill.scratch} could not be deleted: see above.")
        screen.gap()


def _show_broken_off(drill: Drill, outcome: Outcome, screen: Screen) -> None:
    """Show that the restore did not finish, and that AWS does not delete a table while restoring it."""
    screen.gap()
    screen.show(outcome_page(drill.plan, outcome, "backup verify", _AGAIN, "Restored"))
    if outcome.left:
        screen.aside(
            f"AWS goes on restoring {drill.scratch}, which it does not delete meanwhile: the same command, run again, "
            "goes on from there, and cleans up."
        )


def _end_broken_off(drill: Drill, outcome: Outcome, screen: Screen) -> int:
    """Print the ``--json`` document for a restore that did not finish, and return the exit code."""
    if screen.json:
        from dynaops.views.json_documents import applied

        screen.document(applied(drill.plan, outcome))
    return exit_of(outcome)


def _run(plan: Plan, store: RecordedStore, aws: Aws, settings: GlobalSettings) -> Outcome:
    terms = Terms(yes=True, allow_replace=False, allow_destroy=False, command="backup verify")
    with EventLog(None) as log:
        return execute(plan, wiring.unrecorded(store), aws, settings, terms, log)


def _standing(reading: Reading) -> TransferStatus:
    return TransferStatus(
        rows=reading.items,
        moved=reading.items,
        bytes=reading.bytes,
        moved_bytes=reading.bytes,
        seconds=reading.seconds,
        units=reading.units,
        unit="RCU",
        throttles=sum(table.throttles for table in reading.tables),
    )
