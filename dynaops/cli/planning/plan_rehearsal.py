"""The ``plan --rehearse`` option: run a rehearsal of a plan."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from dynaops.model.errors import DynaopsError

if TYPE_CHECKING:
    from dynaops.access.rules import Need
    from dynaops.aws.session import Aws
    from dynaops.model.plan import Plan
    from dynaops.model.rehearsal import Rehearsal
    from dynaops.model.state import State
    from dynaops.specs.load import Document


def rehearsed(plan: Plan, documents: Sequence[Document], state: State, aws: Aws) -> Rehearsal:
    """Rehearse the plan. Raises DynaopsError if AWS cannot be read, or the sandbox is not installed."""
    require_sandbox()
    from dynaops.aws.errors import AwsFailure
    from dynaops.engine.state_effects import apply_effects
    from dynaops.rehearsal.caller import lacking
    from dynaops.rehearsal.live_account import gather
    from dynaops.rehearsal.run import rehearse

    # A moved resource exists once: it is created at its new address.
    moves = [effect for effect in plan.updates if effect.moved_from is not None]
    state = apply_effects(state, moves, {}, 0)
    facts = gather(plan, regions(documents, state, aws), state, aws)

    def denied(needed: Iterable[Need]) -> Collection[Need]:
        try:
            return lacking(needed, aws)
        except AwsFailure as error:
            facts.notes.append(f"the caller was taken to be allowed everything: {error.message}")
            return ()

    rehearsal = rehearse(plan, state, facts, denied)
    return rehearsal.model_copy(update={"notes": tuple(dict.fromkeys((*rehearsal.notes, *facts.notes)))})


def require_sandbox() -> None:
    """Raise DynaopsError if the embedded sandbox is not installed."""
    from importlib.util import find_spec

    if find_spec("moto") is None:
        raise DynaopsError(
            "This needs the embedded AWS, which is not installed",
            "Install it with: pip install 'dynaops[sandbox]'",
        )


def regions(documents: Sequence[Document], state: State, aws: Aws) -> dict[str, str]:
    """The region of each table in the specs or the state."""
    from dynaops.engine.table_scopes import recorded_tables

    declared = {document.spec.table_name: document.spec.region or aws.region for document in documents}
    return {**recorded_tables(state), **declared}
