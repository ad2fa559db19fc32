"""The ``backup verify --all`` command: a restore drill of each recorded table, or of those verified longest ago."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dynaops.backups.compare import How
from dynaops.backups.drill_choice import candidates, last_successes, stalest
from dynaops.backups.verify import plan_drill
from dynaops.cli import wiring
from dynaops.cli.backup.verify import VerifyInterrupted, run_drill
from dynaops.cli.planning.account_check import state_of
from dynaops.cli.planning.approval import require_agreement
from dynaops.cli.planning.lost_state import require_state
from dynaops.cli.planning.show import show_plan
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.engine.table_scopes import recorded_tables
from dynaops.health.observations import read_drills as read_older_drills
from dynaops.model.backup import DrillCandidate, DrillEnd, DrillResult
from dynaops.model.errors import DynaopsError
from dynaops.model.exits import Exit
from dynaops.stores.base import StateError
from dynaops.stores.drills import KIND, read_drills
from dynaops.views import wording
from dynaops.views.drills import candidates_page, drill_heading, reason, results_page

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.model.state import State
    from dynaops.stores.recorded import RecordedStore

_NO_BACKUP = "no backup can be restored, and point-in-time recovery is off"
_NOT_RECOVERABLE = "point-in-time recovery is off, which --latest restores from"
_ENABLE = "Turn on point-in-time recovery in its spec, or make a backup: dynaops backup create {}."


def verify_all(
    settings: GlobalSettings,
    count: int | None,
    latest: bool,
    role: str | None,
    how: How,
    *,
    yes: bool,
    operations: bool,
) -> int:
    """Verify all recorded tables with a backup, or the `count` verified longest ago. Returns the exit code.

    Raises StateError if the state has no tables, and DynaopsError if the tables to verify cannot be found out.
    """
    aws = wiring.aws(settings)
    store = wiring.store(settings)
    screen = Screen(settings)
    state = state_of(store, aws)
    require_state(state, store, settings, "nothing is verified")
    known, gaps = _candidates(settings, store, state, aws, latest)
    chosen = stalest(known, count)
    without = [_without(candidate, latest, gaps) for candidate in known if candidate.reference is None]
    screen.show(candidates_page(chosen, [result.candidate for result in without], len(known), gaps))
    if chosen:
        require_agreement(screen, f"Restore {wording.count(len(chosen), 'scratch table')}, and compare?", yes)
    results: list[DrillResult] = []
    with store.recorder.run("backup verify"):
        for number, candidate in enumerate(chosen, 1):
            if any(result.end is DrillEnd.INTERRUPTED for result in results):
                results.append(DrillResult(candidate=candidate, end=DrillEnd.NOT_RUN))
                continue
            screen.gap()
            screen.show(drill_heading(candidate, number, len(chosen)))
            results.append(_result(candidate, role, how, store, state, aws, screen, operations=operations))
    results += without
    screen.gap()
    screen.show(results_page(results))
    if screen.json:
        screen.document(_document(results, known, gaps))
    return _exit_of(results)


def _candidates(
    settings: GlobalSettings, store: RecordedStore, state: State, aws: Aws, latest: bool
) -> tuple[list[DrillCandidate], list[str]]:
    asked_region = settings.asked_region
    tables = {
        name: region
        for name, region in recorded_tables(state).items()
        if name in state.resources and asked_region in (None, region)
    }
    if not tables:
        where, option = (f" in {asked_region}", "--region, --state") if asked_region else ("", "--state")
        raise StateError(
            f"The state at {store.location} has no tables{where}: nothing is verified.",
            f"Check {option} and the environment, or apply the specs first.",
        )
    records = read_drills(store.beside(KIND), [(region, name) for name, region in tables.items()])
    older = read_older_drills(wiring.beside_state(settings) / "backups")
    return candidates(aws, tables, last_successes(older, records), latest)


def _result(
    candidate: DrillCandidate,
    role: str | None,
    how: How,
    store: RecordedStore,
    state: State,
    aws: Aws,
    screen: Screen,
    *,
    operations: bool,
) -> DrillResult:
    """Run the drill of one table; an error is its result, so that the others continue."""
    assert candidate.reference is not None, "only such are chosen"
    source = None
    try:
        drill = plan_drill(
            aws, state, candidate.reference, candidate.region, latest=candidate.latest, role=role
        )
        source = drill.source.words
        if operations and drill.plan.operations:
            show_plan(screen, drill.plan, operations=True)
        verified, outcome = run_drill(drill, how, store, aws, screen.settings, screen)
    except VerifyInterrupted as error:
        return DrillResult(
            candidate=candidate, end=DrillEnd.INTERRUPTED, source=source, message=error.message
        )
    except DynaopsError as error:
        return DrillResult(
            candidate=candidate,
            end=DrillEnd.FAILED,
            source=source,
            message=error.message.rstrip("."),
            hint=error.hint,
        )
    if verified is None:
        end = DrillEnd.INTERRUPTED if outcome.interrupted else DrillEnd.FAILED
        message = next(iter(outcome.failed.values()), "the restore did not come to its end")
        return DrillResult(
            candidate=candidate,
            end=end,
            source=source,
            message=message,
            hint=next(iter(outcome.hints.values()), None),
        )
    end = DrillEnd.IDENTICAL if verified.identical else DrillEnd.DIFFERS
    return DrillResult(candidate=candidate, end=end, source=source, verified=verified)


def _without(candidate: DrillCandidate, latest: bool, gaps: Sequence[str]) -> DrillResult:
    """The result for a table without a backup."""
    message = _NOT_RECOVERABLE if latest else _NO_BACKUP
    if gaps:
        message += ", as far as could be looked at"
    hint = _ENABLE.format(candidate.table)
    return DrillResult(candidate=candidate, end=DrillEnd.NO_BACKUP, message=message, hint=hint)


def _exit_of(results: Sequence[DrillResult]) -> int:
    ends = {result.end for result in results}
    if DrillEnd.INTERRUPTED in ends:
        return Exit.INTERRUPTED
    return Exit.OK if ends == {DrillEnd.IDENTICAL} else Exit.FAILED


def _document(
    results: Sequence[DrillResult], known: Sequence[DrillCandidate], gaps: Sequence[str]
) -> dict[str, Any]:
    """The ``--json`` document: a result for each table, and the tables that were not selected."""
    verified = {result.candidate.table for result in results}
    return {
        "passed": all(result.end is DrillEnd.IDENTICAL for result in results),
        "drills": [_entry(result) for result in results],
        "not_chosen": [
            {
                "table": candidate.table,
                "region": candidate.region,
                "last_succeeded_at": candidate.succeeded_at,
            }
            for candidate in known
            if candidate.table not in verified
        ],
        "gaps": list(gaps),
    }


def _entry(result: DrillResult) -> dict[str, Any]:
    candidate = result.candidate
    return {
        "table": candidate.table,
        "region": candidate.region,
        "last_succeeded_at": candidate.succeeded_at,
        "reason": reason(candidate),
        "source": result.source,
        "result": result.end.value,
        "message": result.message,
        "hint": result.hint,
        "verified": result.verified.model_dump(mode="json") if result.verified else None,
    }
