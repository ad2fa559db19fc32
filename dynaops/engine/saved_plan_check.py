"""Check that a saved plan still fits: specs, state, account, endpoint and live resources are those it was made for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynaops.engine.plan import PlanOptions, make_plan
from dynaops.model.change import Drift, Unmanaged
from dynaops.model.errors import DynaopsError
from dynaops.model.exits import Exit
from dynaops.model.finding import Finding
from dynaops.model.findings.plans import PLAN110
from dynaops.model.findings.rule import make_finding
from dynaops.model.operation import Operation
from dynaops.model.plan import Plan
from dynaops.model.state import State
from dynaops.specs.digests import IDENTITY, moved, spec_digests

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.specs.load import Document


class EditedPlan(DynaopsError):
    """The file of a saved plan does not have the SHA-256 that was given."""

    def __init__(self, path: str, digest: str) -> None:
        super().__init__(
            f"{path} is not the plan that was reviewed: its SHA-256 is {digest}",
            "It is another plan, or was edited since. Make a new plan, and look at it again.",
            Exit.STALE,
        )


class StalePlan(DynaopsError):
    """The spec, the state or the live resources have changed since the plan was made."""

    def __init__(self, moved: str) -> None:
        super().__init__(
            f"The saved plan is stale: {moved}", "Make a new plan, and look at it again.", Exit.STALE
        )


def check(plan: Plan, documents: Sequence[Document], state: State, aws: Aws) -> None:
    """Raise StalePlan unless specs, state, account and endpoint are those that `plan` was made for.

    `documents` may be empty if the specs are not available; then they are not compared.
    """
    if plan.lineage != state.lineage and state.serial:
        raise StalePlan("it was made for another state (its lineage differs)")
    if plan.serial != state.serial:
        raise StalePlan(f"the state has moved from serial {plan.serial} to {state.serial}")
    check_origins(plan, documents, aws)


def check_origins(plan: Plan, documents: Sequence[Document], aws: Aws) -> None:
    """Raise StalePlan unless specs, account and endpoint are those that `plan` was made for."""
    if documents:
        _check_specs(plan, documents, aws)
    if plan.endpoint != aws.endpoint_url:
        raise StalePlan(f"it was made for {plan.endpoint or 'AWS'}, not for {aws.endpoint_url or 'AWS'}")
    if plan.account != aws.account:
        raise StalePlan(f"it was made for account {plan.account or 'unknown'}, not for {aws.account}")


def made_anew(
    plan: Plan, documents: Sequence[Document], state: State, aws: Aws, options: PlanOptions
) -> Plan:
    """Plan the specs of a saved plan again, for the tables that it touches; `options` are those it was made with.

    The other tables are only read. Raises StalePlan if the plan was made without reading AWS (``--no-refresh``) and AWS
    is not as the state says.
    """
    state = state.planned_for(plan.lineage)
    try:
        requested = replace(options, made_at=plan.made_at, only=plan.touched)
    except ValueError as error:
        raise StalePlan(f"{plan.created_at!r} is not the time at which it was made") from error
    if not options.refresh:
        for drift in make_plan(documents, state, aws, replace(requested, refresh=True)).drift:
            raise StalePlan(f"{drift.address} is not in AWS as the state says: {_drifted(drift)}")
    new_plan = make_plan(documents, state, aws, requested)
    if new_plan.block_digests != plan.block_digests:
        kinds = ", ".join(moved(plan.block_digests, new_plan.block_digests))
        raise StalePlan(f"the specs have changed: {kinds}")
    return new_plan


def _check_specs(plan: Plan, documents: Sequence[Document], aws: Aws) -> None:
    current = spec_digests(documents)
    changed = [
        f"{table} ({_spec_moved(plan.spec_digests.get(table), current.get(table))})"
        for table in sorted({*plan.spec_digests, *current})
        if plan.spec_digests.get(table) != current.get(table)
    ]
    if changed:
        raise StalePlan(f"the specs have changed: {', '.join(changed)}")
    regions = {change.address: change.region for change in plan.changes}
    for document in documents:
        table, region = document.spec.table_name, document.spec.region or aws.region
        if regions.get(table, region) != region:
            raise StalePlan(f"{table} was planned in {regions[table]}, and would be in {region} now")


def _spec_moved(before: Mapping[str, str] | None, after: Mapping[str, str] | None) -> str:
    if before is None or after is None:
        return "newly declared" if before is None else "no longer declared"
    return ", ".join(moved(before, after))


def live_moved(address: str, before: Mapping[str, str] | None, after: Mapping[str, str] | None) -> str:
    """A sentence that says how a live resource has changed, by its fingerprints."""
    if not before or not after:
        return f"{address} is in AWS now" if after else f"{address} is no longer in AWS"
    parts = moved(before, after)
    if IDENTITY in parts:
        return f"{address} was made anew in AWS"
    return f"{address} has changed in AWS: {', '.join(parts)}"


def check_same(plan: Plan, new_plan: Plan) -> None:
    """Raise StalePlan unless a saved plan is the same as the plan that was just made again from its specs.

    This makes an edited plan file harmless: a call, an effect on the state or a sentence that somebody added or removed
    is not in the new plan, and the new plan is the one that is applied. Values that are not compared between specs and
    AWS may differ, and so may the expected times.
    """
    for address in _touched(plan, {*plan.fingerprints, *new_plan.fingerprints}):
        before, after = plan.fingerprints.get(address), new_plan.fingerprints.get(address)
        if before != after:
            raise StalePlan(live_moved(address, before, after))
    left_alone = set(new_plan.tables) - plan.touched
    saved_parts, new_parts = (_compared_parts(any_plan, left_alone) for any_plan in (plan, new_plan))
    for part in sorted({*saved_parts, *new_parts}):
        if saved_parts.get(part) != new_parts.get(part):
            raise StalePlan(
                f"{part} is not what the specs come to now; the file may have been edited, or AWS has changed in what "
                "it depends on"
            )


def carried_out(plan: Plan, new_plan: Plan) -> Plan:
    """The plan to apply for a saved plan that is the same as `new_plan`, with warnings about other changes.

    Updates of the state for tables that the plan does not change are left out if they differ.
    """
    updates = tuple(
        item for item in new_plan.updates if _root(item.address) in plan.touched or item in plan.updates
    )
    warnings = [
        _elsewhere(f"{live_moved(address, before, after)}, which this plan does not change", address)
        for address in sorted({*plan.fingerprints, *new_plan.fingerprints})
        if _root(address) not in plan.touched
        and (before := plan.fingerprints.get(address)) != (after := new_plan.fingerprints.get(address))
    ]
    warnings += [
        _elsewhere(f"{_name_of(item)} has come in AWS; it is in no spec, and is left alone", item.address)
        for item in new_plan.unmanaged
        if item not in plan.unmanaged
    ]
    return new_plan.model_copy(
        update={
            "updates": updates,
            "account": plan.account,
            "consents": plan.consents,
            "warnings": (*new_plan.warnings, *warnings),
        }
    )


def _elsewhere(message: str, address: str) -> Finding:
    return make_finding(PLAN110, f"since the plan was made, {message}", address=address)


def _name_of(unmanaged: Unmanaged) -> str:
    return unmanaged.address if unmanaged.path is None else f"{unmanaged.address} {unmanaged.path}"


def _drifted(drift: Drift) -> str:
    return "it is gone" if drift.vanished else ", ".join(difference.path for difference in drift.differences)


def _touched(plan: Plan, addresses: Iterable[str]) -> list[str]:
    return sorted(address for address in addresses if _root(address) in plan.touched)


def _root(address: str) -> str:
    return address.partition("/")[0]


def _compared_parts(plan: Plan, left_alone: Collection[str]) -> dict[str, Any]:
    """The compared parts of a plan by a title of each part, without the tables in `left_alone`."""
    parts: dict[str, Any] = {
        f"{operation.api} of {operation.address} ({operation.id})": (position, _compared_operation(operation))
        for position, operation in enumerate(plan.operations)
    }
    # `before` may contain values that are not compared, such as an autoscaled capacity; the place of a block in its
    # file may have changed.
    parts |= {
        f"the change of {item.address}": item.model_dump(mode="json", exclude={"before", "block"})
        for item in plan.changes
    }
    parts["what it records without a call"] = [
        item.model_dump(mode="json", exclude={"values"})
        for item in plan.updates
        if _root(item.address) not in left_alone
        and (
            item.set
            or item.unset
            or item.forget
            or item.source
            or item.moved_from
            or item.ignores is not None
        )
    ]
    parts["the drift it tells of"] = [
        (item.address, item.vanished, [difference.path for difference in item.differences])
        for item in plan.drift
        if _root(item.address) not in left_alone and _is_watched(plan, item)
    ]
    parts["the house rules it breaks"] = [item.model_dump(mode="json") for item in plan.violations]
    parts["the list of its operations"] = (plan.destroy, len(plan.operations), len(plan.changes))
    return parts


def _is_watched(plan: Plan, drift: Drift) -> bool:
    """Whether the settings of a resource count, not only its identity (it is to be deleted)."""
    return drift.vanished or plan.fingerprints.get(drift.address, {}).keys() != {IDENTITY}


def _compared_operation(operation: Operation) -> dict[str, Any]:
    """The compared data of an operation: without carried values, waits and times, which depend on how busy AWS is."""
    data = operation.model_dump(mode="json", exclude={"cooldown", "before"})
    for path in operation.carried:
        _drop(data["parameters"], path.split("/"))
    timeless: dict[str, Any] = _timeless(data)
    return timeless


def _drop(value: Any, path: list[str]) -> None:
    """Remove a member from nested maps and lists, if it exists."""
    *heads, last = path
    for head in heads:
        if isinstance(value, list):
            value = value[int(head)] if head.isdigit() and int(head) < len(value) else None
        else:
            value = value.get(head) if isinstance(value, dict) else None
    if isinstance(value, dict):
        value.pop(last, None)


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(member) for key, member in value.items() if key != "expected"}
    return [_timeless(member) for member in value] if isinstance(value, list) else value
