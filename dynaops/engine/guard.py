"""A saved plan is only carried out on the world it was made for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dynaops.engine.digests import IDENTITY, fingerprint, moved, spec_digests
from dynaops.engine.observe import observe
from dynaops.engine.scopes import Target, scope_of
from dynaops.engine.sides import known_of
from dynaops.kinds.rooms import ROOMS
from dynaops.model.errors import DynaopsError
from dynaops.model.plan import Plan
from dynaops.model.resource import Scope
from dynaops.model.state import State

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.engine.load import Document

STALE = 5
"""Exit code of a stale plan (public interface)."""


class StalePlan(DynaopsError):
    """The spec, the state or the live account has moved since the plan was made."""

    def __init__(self, moved: str) -> None:
        super().__init__(f"The saved plan is stale: {moved}", "Make a new plan, and look at it again.", STALE)


def check(plan: Plan, documents: Sequence[Document], state: State, aws: Aws) -> None:
    """Raise StalePlan, naming what moved, unless all is as it was when `plan` was made.

    `documents` may be empty, where the specs are not at hand; then they are not compared.
    """
    if plan.lineage != state.lineage and state.serial:
        raise StalePlan("it was made for another state (its lineage differs)")
    if plan.serial != state.serial:
        raise StalePlan(f"the state has moved from serial {plan.serial} to {state.serial}")
    if documents:
        _check_specs(plan, documents, aws)
    if plan.endpoint != aws.endpoint_url:
        raise StalePlan(f"it was made for {plan.endpoint or 'AWS'}, not for {aws.endpoint_url or 'AWS'}")
    if plan.account != aws.account:
        raise StalePlan(f"it was made for account {plan.account or 'unknown'}, not for {aws.account}")
    # What to look for is what the specs say and not what the plan does: a plan may have been edited.
    specs = {document.spec.table_name: document.spec for document in documents}
    scopes = _scopes(plan, state)
    known = {scope.address: known_of(Target(scope, specs.get(scope.address)), state) for scope in scopes}
    live = observe(aws, scopes, ROOMS, known)
    found = {address: fingerprint(one) for entries in live.values() for address, one in entries.items()}
    for address in sorted({*plan.fingerprints, *found}):
        if plan.fingerprints.get(address) != found.get(address):
            raise StalePlan(_live_moved(address, plan.fingerprints.get(address), found.get(address)))


def _check_specs(plan: Plan, documents: Sequence[Document], aws: Aws) -> None:
    now = spec_digests(documents)
    told = [
        f"{table} ({_spec_moved(plan.spec_digests.get(table), now.get(table))})"
        for table in sorted({*plan.spec_digests, *now})
        if plan.spec_digests.get(table) != now.get(table)
    ]
    if told:
        raise StalePlan(f"the specs have changed: {', '.join(told)}")
    regions = {change.address: change.region for change in plan.changes}
    for document in documents:
        table, region = document.spec.table_name, document.spec.region or aws.region
        if regions.get(table, region) != region:
            raise StalePlan(f"{table} was planned in {regions[table]}, and would be in {region} now")


def _spec_moved(before: Mapping[str, str] | None, now: Mapping[str, str] | None) -> str:
    if before is None or now is None:
        return "newly declared" if before is None else "no longer declared"
    return ", ".join(moved(before, now))


def _live_moved(address: str, before: Mapping[str, str] | None, now: Mapping[str, str] | None) -> str:
    if before is None or now is None:
        return f"{address} is in AWS now" if before is None else f"{address} is no longer in AWS"
    parts = moved(before, now)
    if IDENTITY in parts:
        return f"{address} was made anew in AWS"
    return f"{address} has changed in AWS: {', '.join(parts)}"


def check_same(plan: Plan, anew: Plan) -> None:
    """Raise StalePlan unless a saved plan is the very one that its specs come to, made anew just now.

    This is what makes a plan file harmless: a call, an effect on the state or a sentence that somebody put into it, or
    took out of it, is not in the plan made anew, and that is the one to carry
    out. Only how long AWS is expected to take may differ, as time passes.
    """
    saved, fresh = (_told(one) for one in (plan, anew))
    for part in sorted({*saved, *fresh}):
        if saved.get(part) != fresh.get(part):
            raise StalePlan(f"{part} is not what the specs come to now; the file may have been edited")


def _told(plan: Plan) -> dict[str, Any]:
    """What a plan says and does, by a name for each part."""
    told: dict[str, Any] = {
        f"{operation.api} of {operation.address} ({operation.id})": (
            place,
            _timeless(operation.model_dump(mode="json", exclude={"cooldown"})),
        )
        for place, operation in enumerate(plan.operations)
    }
    told |= {f"the change of {one.address}": one.model_dump(mode="json") for one in plan.changes}
    told["what it records without a call"] = [one.model_dump(mode="json") for one in plan.updates]
    told["what it waits for"] = [_timeless(one.model_dump(mode="json")) for one in plan.settle]
    told["the drift it tells of"] = [one.model_dump(mode="json") for one in plan.drift]
    told["the house rules it breaks"] = [one.model_dump(mode="json") for one in plan.violations]
    told["the list of its tables"] = (plan.tables, plan.destroy, len(plan.operations), len(plan.changes))
    return told


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(one) for key, one in value.items() if key != "expected"}
    return [_timeless(one) for one in value] if isinstance(value, list) else value


def _scopes(plan: Plan, state: State) -> list[Scope]:
    regions = {change.address: change.region for change in plan.changes}
    regions |= {operation.address: operation.region for operation in plan.operations}
    scopes = []
    for table in plan.tables:
        if table in state.resources:
            scopes.append(scope_of(state, table, state.resources[table].region))
        else:
            region = next((one for address, one in regions.items() if address.startswith(table)), None)
            if region:
                scopes.append(Scope(table, table, region))
    return scopes
