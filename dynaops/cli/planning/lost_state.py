"""Errors and warnings for a state that does not exist or is empty, since "no changes" would mislead then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING

from dynaops.cli import wiring
from dynaops.cli.settings import GlobalSettings
from dynaops.model.finding import Finding
from dynaops.model.findings.plans import PLAN142
from dynaops.model.findings.rule import make_finding

if TYPE_CHECKING:
    from dynaops.model.plan import Plan
    from dynaops.model.state import State
    from dynaops.stores.base import Store

_NEW = "`dynaops apply` makes it, with what the specs declare."


def owns_nothing(state: State) -> bool:
    """Whether the state has neither resources nor operations in flight."""
    return not (state.resources or state.in_flight)


def require_state(state: State, store: Store, settings: GlobalSettings, without: str) -> None:
    """Raise StateError if no state is stored; `without` is a phrase for the message, such as "nothing is compared"."""
    if state.serial or not owns_nothing(state):
        return
    from dynaops.stores.base import StateError

    hints = list(_hints(store, settings))
    raise StateError(f"There is no state at {store.location}: {without}.", " ".join(hints) or _NEW)


def require_recorded(tables: Sequence[str], state: State, store: Store) -> None:
    """Raise StateError for the first of `tables` (names and patterns) that is not in the state."""
    from dynaops.engine.addresses import matches
    from dynaops.engine.table_scopes import recorded_tables
    from dynaops.stores.base import StateError

    known = recorded_tables(state)
    for table in tables:
        if not any(matches(name, table) for name in known):
            near = get_close_matches(table, known, 1)
            hint = f"Did you mean {near[0]}?" if near else "`dynaops state list` shows what is recorded."
            raise StateError(
                f"The table {table} is not in the state {store.location}: it is not compared.", hint
            )


def warned(plan: Plan, state: State, store: Store, settings: GlobalSettings) -> Plan:
    """The plan with a warning if no state is stored but there are signs of an earlier one."""
    lost = _lost(state, store, settings)
    return plan.model_copy(update={"warnings": (*lost, *plan.warnings)}) if lost else plan


@contextmanager
def warned_if_refused(state: State, store: Store, settings: GlobalSettings) -> Iterator[None]:
    """For a refused plan, warn too that its state is lost, since that state has probably marked the resources."""
    from dynaops.engine.plan import PlanRefused

    try:
        yield
    except PlanRefused as error:
        raise PlanRefused((*error.findings, *_lost(state, store, settings))) from error


def _lost(state: State, store: Store, settings: GlobalSettings) -> list[Finding]:
    """The warning that no state is stored, if there are signs of an earlier one."""
    hints = list(_hints(store, settings)) if not state.serial and owns_nothing(state) else []
    if not hints:
        return []
    message = (
        f"there is no state at {store.location}, so everything is planned as new; but there are traces of one"
    )
    return [make_finding(PLAN142, message, " ".join(hints))]


def traces(store: Store, settings: GlobalSettings) -> str:
    """A sentence about signs of a state that is not stored any more."""
    return " ".join((f"There is no state at {store.location}.", *_hints(store, settings)))


def _hints(store: Store, settings: GlobalSettings) -> Iterator[str]:
    """Hints where the state may be: in the generations, at a similar location, or in the sandbox."""
    from dynaops.stores.base import shell_word
    from dynaops.stores.nearby_states import near_state

    generations = [generation for generation in store.history() if generation.resources]
    if generations:
        newest = generations[0]
        rest = f", and {len(generations) - 1} older ones" if len(generations) > 1 else ""
        yield (
            f"Earlier states are kept: serial {newest.serial} of {newest.saved_at} with {newest.resources} "
            f"addresses{rest}. `dynaops state restore {newest.serial}` brings it back (`dynaops state history`)."
        )
    near = near_state(store.location, lambda: wiring.aws(settings))
    if near is not None:
        yield f"Did you mean --state {shell_word(near)}?"
    if not settings.sandbox and not settings.endpoint_url and _has_sandbox_state(settings):
        yield "What was applied on the sandbox is in the sandbox's own state: add --sandbox."


def _has_sandbox_state(settings: GlobalSettings) -> bool:
    from pathlib import Path

    from dynaops.cli.project.project_file import project, sandbox_state

    return Path(sandbox_state(project(settings))).exists()
