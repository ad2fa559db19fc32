"""Going on with a saved plan whose run ended half way or died: what is left of it, where nothing else has moved.

The state tells which saved plan its last run carried out (`State.run`), what of it is done, and what was in flight.
What is left are the plan's own operations, just as they were agreed to. One that was in flight is found out by
observing; where AWS does not show its effect, its call is made again as one that has perhaps been received.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynaops.engine.observe import observe
from dynaops.engine.plan import PlanOptions
from dynaops.engine.recover_intents import had_effect
from dynaops.engine.saved_plan_check import StalePlan, check_origins, live_moved, made_anew
from dynaops.engine.table_inputs import known_of
from dynaops.engine.table_scopes import RunTarget, scope_of
from dynaops.kinds.registry import HANDLERS
from dynaops.model.change import Drift
from dynaops.model.finding import Finding
from dynaops.model.findings.plans import PLAN111
from dynaops.model.findings.rule import make_finding
from dynaops.model.operation import Effect, Operation
from dynaops.model.plan import Plan
from dynaops.model.resource import Observed, Scope
from dynaops.model.state import Intent, Run, State
from dynaops.specs.digests import moved

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.specs.load import Document

_WHOLE = ""
"""Of a changed path: everything about the address."""


@dataclass(frozen=True)
class Resumed:
    """What is left of a saved plan; `happened` are the operations of which AWS shows the effect already."""

    plan: Plan
    happened: frozenset[str]


def resumed(
    plan: Plan, run: Run, documents: Sequence[Document], state: State, aws: Aws, options: PlanOptions
) -> Resumed:
    """What is left of `plan`, which `run` has begun; `options` are those it was made with.

    Raises StalePlan where it is all done, and where anything has moved that the run did not move itself.
    """
    check_origins(plan, documents, aws)
    left = [one for one in plan.operations if one.id not in run.done]
    if not left:
        raise StalePlan("it has been applied already, in full")
    begun = [one for one in plan.operations if one.id in run.done or one.id in state.in_flight]
    _check_moved(plan, made_anew(plan, documents, state, aws, options), begun, state)
    flying = [state.in_flight[one.id] for one in left if one.id in state.in_flight]
    live = _observed(plan, documents, state, flying, aws)
    happened = frozenset(one.operation for one in flying if had_effect(one, live))
    operations = tuple(_with_outputs(_among(one, left), live if one.id in happened else {}) for one in left)
    return Resumed(
        plan.model_copy(
            update={
                "serial": state.serial,
                "operations": operations,
                "updates": (),
                "settle": (),
                "pending": (),
                "warnings": (*plan.warnings, _goes_on(len(run.done), plan)),
            }
        ),
        happened,
    )


def _goes_on(done: int, plan: Plan) -> Finding:
    return make_finding(
        PLAN111,
        f"this goes on with a run of the plan that did not come to its end: {done} of its "
        f"{len(plan.operations)} operations are done",
    )


def _check_moved(plan: Plan, now: Plan, begun: Iterable[Operation], state: State) -> None:
    """Raise StalePlan for what has moved and was not moved by the operations that have `begun`."""
    changed = _paths(plan, (effect for one in begun for effect in one.effects))
    for address in sorted({*plan.fingerprints, *now.fingerprints}):
        before, after = plan.fingerprints.get(address, {}), now.fingerprints.get(address, {})
        if address.partition("/")[0] not in plan.touched:
            continue
        own = {path for path in moved(before, after) if _covers(changed.get(address, ()), path)}
        rest = [{path: one for path, one in side.items() if path not in own} for side in (before, after)]
        if rest[0] != rest[1] and not any(_WHOLE in changed.get(one, ()) for one in _around(address)):
            raise StalePlan(live_moved(address, *rest))
    flying = _paths(plan, (effect for one in begun if one.id in state.in_flight for effect in one.effects))
    known = {(one.address, path) for one in plan.drift for path in _drifted(one)}
    for drift in now.drift:
        paths = [
            path
            for path in _drifted(drift)
            if (drift.address, path) not in known and not _covers(flying.get(drift.address, ()), path)
        ]
        if paths:
            what = "is no longer in AWS" if drift.vanished else f"has changed in AWS: {', '.join(paths)}"
            raise StalePlan(f"{drift.address} {what}")


def _around(address: str) -> list[str]:
    """What an address lies below, but for its table: AWS makes some of it along (a replica's scalable targets)."""
    parts = address.split("/")
    return ["/".join(parts[:length]) for length in range(2, len(parts))]


def _drifted(drift: Drift) -> list[str]:
    """The paths that have drifted; of what is gone, all of it."""
    return [_WHOLE] if drift.vanished else [difference.path for difference in drift.differences]


def _paths(plan: Plan, effects: Iterable[Effect]) -> Mapping[str, set[str]]:
    """What effects change, by address; of what they make or make away with, all of it."""
    found: dict[str, set[str]] = {}
    for effect in effects:
        whole = effect.forget or not plan.fingerprints.get(effect.address)
        found.setdefault(effect.address, set()).update({_WHOLE} if whole else (*effect.set, *effect.unset))
    return found


def _covers(changed: Iterable[str], path: str) -> bool:
    return any(
        one in (_WHOLE, path) or path.startswith(f"{one}.") or one.startswith(f"{path}.") for one in changed
    )


def _observed(
    plan: Plan, documents: Sequence[Document], state: State, flying: Iterable[Intent], aws: Aws
) -> dict[str, Observed]:
    """What is live of the tables with something in flight."""
    specs = {document.spec.table_name: document.spec for document in documents}
    tables = sorted({one.address.partition("/")[0] for one in flying})
    scopes = [_scope(plan, state, table) for table in tables]
    known = {one.address: known_of(RunTarget(one, specs.get(one.address)), state) for one in scopes}
    found = observe(aws, scopes, HANDLERS, known) if scopes else {}
    return {address: one for entries in found.values() for address, one in entries.items()}


def _scope(plan: Plan, state: State, table: str) -> Scope:
    record = state.resources.get(table)
    if record is not None:
        return scope_of(state, table, record.region)
    regions = {one.address: one.region for one in plan.operations}
    regions |= {one.address: one.region for one in plan.changes}
    return Scope(table, table, regions.get(table) or next(iter(regions.values())))


def _among(operation: Operation, left: Sequence[Operation]) -> Operation:
    """The operation, without waiting for those that are done."""
    ids = {one.id for one in left}
    return operation.model_copy(
        update={
            "after": tuple(one for one in operation.after if one in ids),
            "needs": tuple(one for one in operation.needs if one in ids),
        }
    )


def _with_outputs(operation: Operation, live: Mapping[str, Observed]) -> Operation:
    """The operation with what AWS minted for its effects, which no answer of its call will tell."""
    effects = tuple(
        effect.model_copy(update={"values": {**effect.values, **live[effect.address].outputs}})
        if effect.address in live and not effect.forget
        else effect
        for effect in operation.effects
    )
    return operation.model_copy(update={"effects": effects})
