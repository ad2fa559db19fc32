"""Resume a saved plan whose run ended half way or died, if nothing else has changed since.

The state says which saved plan its last run applied (`State.run`), which operations are done and which were in flight.
The remaining operations are run exactly as they were consented to. For an operation in flight, AWS is read: if it does
not show the effect, the call is made again as one that AWS has perhaps received.
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
"""The path that stands for everything about an address."""


@dataclass(frozen=True)
class Resumed:
    """The rest of a saved plan; `happened` are the ids of operations whose effect AWS shows already."""

    plan: Plan
    happened: frozenset[str]


def resumed(
    plan: Plan, run: Run, documents: Sequence[Document], state: State, aws: Aws, options: PlanOptions
) -> Resumed:
    """The rest of `plan`, which `run` has started; `options` are those the plan was made with.

    Raises StalePlan if all is done, or if anything has changed that the run itself did not change.
    """
    check_origins(plan, documents, aws)
    remaining = [item for item in plan.operations if item.id not in run.done]
    if not remaining:
        raise StalePlan("it has been applied already, in full")
    started = [item for item in plan.operations if item.id in run.done or item.id in state.in_flight]
    _check_moved(plan, made_anew(plan, documents, state, aws, options), started, state)
    intents = [state.in_flight[item.id] for item in remaining if item.id in state.in_flight]
    live = _observed(plan, documents, state, intents, aws)
    happened = frozenset(item.operation for item in intents if had_effect(item, live))
    operations = tuple(
        _with_outputs(_among(item, remaining), live if item.id in happened else {}) for item in remaining
    )
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


def _goes_on(done_operations: int, plan: Plan) -> Finding:
    return make_finding(
        PLAN111,
        f"this goes on with a run of the plan that did not come to its end: {done_operations} of its "
        f"{len(plan.operations)} operations are done",
    )


def _check_moved(plan: Plan, now: Plan, started: Iterable[Operation], state: State) -> None:
    """Raise StalePlan for a change that the `started` operations did not make."""
    changed = _paths(plan, (effect for item in started for effect in item.effects))
    for address in sorted({*plan.fingerprints, *now.fingerprints}):
        before, after = plan.fingerprints.get(address, {}), now.fingerprints.get(address, {})
        if address.partition("/")[0] not in plan.touched:
            continue
        own_paths = {path for path in moved(before, after) if _covers(changed.get(address, ()), path)}
        others = [
            {path: item for path, item in side.items() if path not in own_paths} for side in (before, after)
        ]
        if others[0] != others[1] and not any(_WHOLE in changed.get(item, ()) for item in _around(address)):
            raise StalePlan(live_moved(address, *others))
    in_flight = _paths(
        plan, (effect for item in started if item.id in state.in_flight for effect in item.effects)
    )
    known = {(item.address, path) for item in plan.drift for path in _drifted(item)}
    for drift in now.drift:
        paths = [
            path
            for path in _drifted(drift)
            if (drift.address, path) not in known and not _covers(in_flight.get(drift.address, ()), path)
        ]
        if paths:
            description = (
                "is no longer in AWS" if drift.vanished else f"has changed in AWS: {', '.join(paths)}"
            )
            raise StalePlan(f"{drift.address} {description}")


def _around(address: str) -> list[str]:
    """The addresses above, without the table: AWS creates some resources with their parent (a replica's targets)."""
    parts = address.split("/")
    return ["/".join(parts[:length]) for length in range(2, len(parts))]


def _drifted(drift: Drift) -> list[str]:
    """The paths that have drifted; the whole resource if it no longer exists."""
    return [_WHOLE] if drift.vanished else [difference.path for difference in drift.differences]


def _paths(plan: Plan, effects: Iterable[Effect]) -> Mapping[str, set[str]]:
    """The paths that effects change, by address; everything for a resource that they create or delete."""
    paths: dict[str, set[str]] = {}
    for effect in effects:
        is_whole = effect.forget or not plan.fingerprints.get(effect.address)
        paths.setdefault(effect.address, set()).update({_WHOLE} if is_whole else (*effect.set, *effect.unset))
    return paths


def _covers(changed: Iterable[str], path: str) -> bool:
    return any(
        changed_path in (_WHOLE, path)
        or path.startswith(f"{changed_path}.")
        or changed_path.startswith(f"{path}.")
        for changed_path in changed
    )


def _observed(
    plan: Plan, documents: Sequence[Document], state: State, intents: Iterable[Intent], aws: Aws
) -> dict[str, Observed]:
    """The live resources of the tables with operations in flight, by address."""
    specs = {document.spec.table_name: document.spec for document in documents}
    tables = sorted({item.address.partition("/")[0] for item in intents})
    scopes = [_scope(plan, state, table) for table in tables]
    known = {item.address: known_of(RunTarget(item, specs.get(item.address)), state) for item in scopes}
    live = observe(aws, scopes, HANDLERS, known) if scopes else {}
    return {address: item for entries in live.values() for address, item in entries.items()}


def _scope(plan: Plan, state: State, table: str) -> Scope:
    record = state.resources.get(table)
    if record is not None:
        return scope_of(state, table, record.region)
    regions = {item.address: item.region for item in plan.operations}
    regions |= {item.address: item.region for item in plan.changes}
    return Scope(table, table, regions.get(table) or next(iter(regions.values())))


def _among(operation: Operation, remaining: Sequence[Operation]) -> Operation:
    """The operation, whose `after` and `needs` name only operations that remain."""
    ids = {operation_id.id for operation_id in remaining}
    return operation.model_copy(
        update={
            "after": tuple(operation_id for operation_id in operation.after if operation_id in ids),
            "needs": tuple(operation_id for operation_id in operation.needs if operation_id in ids),
        }
    )


def _with_outputs(operation: Operation, live: Mapping[str, Observed]) -> Operation:
    """The operation with the live outputs in its effects, since no response of its call will give them."""
    effects = tuple(
        effect.model_copy(update={"values": {**effect.values, **live[effect.address].outputs}})
        if effect.address in live and not effect.forget
        else effect
        for effect in operation.effects
    )
    return operation.model_copy(update={"effects": effects})
