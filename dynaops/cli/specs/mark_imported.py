"""Mark imported resources after the state is saved; remove the marks of resources that `state rm` takes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dynaops.cli import wiring
from dynaops.cli.project.project_file import project
from dynaops.cli.run_records import recording
from dynaops.cli.screen import Screen
from dynaops.cli.settings import GlobalSettings
from dynaops.model.errors import DynaopsError

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.model.operation import Operation
    from dynaops.model.state import State
    from dynaops.stores.base import Keeper


@dataclass(frozen=True)
class Unmarked:
    """The addresses whose mark was removed, and the reasons why others keep theirs."""

    done: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)


def mark(calls: Sequence[Operation], aws: Aws) -> list[str]:
    """Make the calls that mark. Returns the reasons of failures (such a resource is marked with its next change)."""
    if not calls:
        return []
    from dynaops.engine.import_table import marked

    return marked(calls, aws)


def tell_unmarked(screen: Screen, failures: Sequence[str]) -> None:
    """Show the resources that could not be marked."""
    if failures:
        screen.aside(f"Recorded, but not marked as this state's: {'; '.join(failures)}")
        screen.aside("The mark comes with the next change. Until then, another state can take it over.")


def unmark(settings: GlobalSettings, store: Keeper, state: State, addresses: Sequence[str]) -> Unmarked:
    """Remove the marks of the resources at addresses that are about to leave `state`.

    A failure (no credentials, no permission) is reported and is no error.
    """
    from dynaops.engine import state_removal

    leaving = state_removal.candidates(state, addresses)
    if not leaving or not project(settings).mark:
        return Unmarked()
    try:
        aws = wiring.aws(settings)
        marks = state_removal.marks_of(state, leaving, aws)
        if not marks.operations:
            return Unmarked([], marks.failures)
        with recording(marks.plan, store, aws, "state rm") as recorder:
            assert recorder is not None, "changes of a state are recorded"
            outcome = state_removal.take_away(marks, aws, recorder.note)
            recorder.ended(outcome)
    except DynaopsError as error:
        return Unmarked([], dict.fromkeys(leaving, error.message))
    done = [operation.address for operation in marks.operations if operation.id in outcome.done]
    return Unmarked(done, state_removal.kept_marks(marks, outcome))


def tell_kept_marks(
    screen: Screen, settings: GlobalSettings, state: State, kept_marks: dict[str, str]
) -> None:
    """Show which marks stay after `dynaops state rm`, and how to remove each."""
    from dynaops.engine.state_removal import command_for

    key = str(project(settings).mark)
    screen.aside(f"Forgotten, but what is live may still bear the mark of this state ({key}):")
    for address, reason in sorted(kept_marks.items()):
        screen.aside(f"  {address}: {reason}")
        command = command_for(state.resources[address], key)
        if command:
            screen.aside(f"    To take it away: {command}")
    screen.aside(f"Or let another state take it over: --take-over {state.lineage}")
