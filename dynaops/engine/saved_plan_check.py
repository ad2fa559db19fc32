"""A saved plan is only carried out on the world it was made for."""

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
    """The file of a saved plan is not the one whose digest was given."""

    def __init__(self, path: str, digest: str) -> None:
        super().__init__(
            f"{path} is not the plan that was reviewed: its SHA-256 is {digest}",
            "It is another plan, or was edited since. Make a new plan, and look at it again.",
            Exit.STALE,
        )


class StalePlan(DynaopsError):
    """The spec, the state or the live account has moved since the plan was made."""

    def __init__(self, moved: str) -> None:
        super().__init__(
            f"The saved plan is stale: {moved}", "Make a new plan, and look at it again.", Exit.STALE
        )


def check(plan: Plan, documents: Sequence[Document], state: State, aws: Aws) -> None:
    """Raise StalePlan, naming what moved, unless specs, state, account and endpoint are those that `plan` was made for.

    `documents` may be empty, where the specs are not at hand; then they are not compared.
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
    """What the specs of a saved plan come to now, for the tables that it touches; `options` are those it was made with.

    The other tables are only looked at. Raises StalePlan where AWS was not looked at for the plan (``--no-refresh``),
    and is not as the state says.
    """
    state = state.planned_for(plan.lineage)
    try:
        asked = replace(options, made_at=plan.made_at, only=plan.touched)
    except ValueError as error:
        raise StalePlan(f"{plan.created_at!r} is not the time at which it was made") from error
    if not options.refresh:
        for drift in make_plan(documents, state, aws, replace(asked, refresh=True)).drift:
            raise StalePlan(f"{drift.address} is not in AWS as the state says: {_drifted(drift)}")
    anew = make_plan(documents, state, aws, asked)
    if anew.block_digests != plan.block_digests:
        kinds = ", ".join(moved(plan.block_digests, anew.block_digests))
        raise StalePlan(f"the specs have changed: {kinds}")
    return anew


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


def live_moved(address: str, before: Mapping[str, str] | None, now: Mapping[str, str] | None) -> str:
    """How an address has moved in AWS, in words, by its fingerprints."""
    if not before or not now:
        return f"{address} is in AWS now" if now else f"{address} is no longer in AWS"
    parts = moved(before, now)
    if IDENTITY in parts:
        return f"{address} was made anew in AWS"
    return f"{address} has changed in AWS: {', '.join(parts)}"


def check_same(plan: Plan, anew: Plan) -> None:
    """Raise StalePlan unless a saved plan is the very one that its specs come to, made anew just now.

    This is what makes a plan file harmless: a call, an effect on the state or a sentence that somebody put into it, or
    took out of it, is not in the plan made anew, and that is the one to carry out. What the comparison of specs and
    AWS does not look at may differ, and so may what only tells how long AWS is expected to take.
    """
    for address in _touched(plan, {*plan.fingerprints, *anew.fingerprints}):
        before, now = plan.fingerprints.get(address), anew.fingerprints.get(address)
        if before != now:
            raise StalePlan(live_moved(address, before, now))
    left_alone = set(anew.tables) - plan.touched
    saved, fresh = (_told(one, left_alone) for one in (plan, anew))
    for part in sorted({*saved, *fresh}):
        if saved.get(part) != fresh.get(part):
            raise StalePlan(
                f"{part} is not what the specs come to now; the file may have been edited, or AWS has changed in what "
                "it depends on"
            )


def carried_out(plan: Plan, anew: Plan) -> Plan:
    """The plan to carry out for a saved one that `anew` is the same as, which also says what else has changed.

    What it records of tables that it does not change is left out where that has changed.
    """
    updates = tuple(one for one in anew.updates if _root(one.address) in plan.touched or one in plan.updates)
    told = [
        _elsewhere(f"{live_moved(address, before, now)}, which this plan does not change", address)
        for address in sorted({*plan.fingerprints, *anew.fingerprints})
        if _root(address) not in plan.touched
        and (before := plan.fingerprints.get(address)) != (now := anew.fingerprints.get(address))
    ]
    told += [
        _elsewhere(f"{_named(one)} has come in AWS; it is in no spec, and is left alone", one.address)
        for one in anew.unmanaged
        if one not in plan.unmanaged
    ]
    return anew.model_copy(
        update={
            "updates": updates,
            "account": plan.account,
            "consents": plan.consents,
            "warnings": (*anew.warnings, *told),
        }
    )


def _elsewhere(message: str, address: str) -> Finding:
    return make_finding(PLAN110, f"since the plan was made, {message}", address=address)


def _named(unmanaged: Unmanaged) -> str:
    return unmanaged.address if unmanaged.path is None else f"{unmanaged.address} {unmanaged.path}"


def _drifted(drift: Drift) -> str:
    return "it is gone" if drift.vanished else ", ".join(difference.path for difference in drift.differences)


def _touched(plan: Plan, addresses: Iterable[str]) -> list[str]:
    return sorted(address for address in addresses if _root(address) in plan.touched)


def _root(address: str) -> str:
    return address.partition("/")[0]


def _told(plan: Plan, left_alone: Collection[str]) -> dict[str, Any]:
    """What a plan says and does, but about the tables that are `left_alone`, by a name for each part."""
    told: dict[str, Any] = {
        f"{operation.api} of {operation.address} ({operation.id})": (place, _sent(operation))
        for place, operation in enumerate(plan.operations)
    }
    # What a changed resource is besides (`before`) may hold what nobody compares, such as an autoscaled capacity;
    # a block may have moved in its file.
    told |= {
        f"the change of {one.address}": one.model_dump(mode="json", exclude={"before", "block"})
        for one in plan.changes
    }
    told["what it records without a call"] = [
        one.model_dump(mode="json", exclude={"values"})
        for one in plan.updates
        if _root(one.address) not in left_alone
        and (one.set or one.unset or one.forget or one.source or one.moved_from or one.ignores is not None)
    ]
    told["the drift it tells of"] = [
        (one.address, one.vanished, [difference.path for difference in one.differences])
        for one in plan.drift
        if _root(one.address) not in left_alone and _is_watched(plan, one)
    ]
    told["the house rules it breaks"] = [one.model_dump(mode="json") for one in plan.violations]
    told["the list of its operations"] = (plan.destroy, len(plan.operations), len(plan.changes))
    return told


def _is_watched(plan: Plan, drift: Drift) -> bool:
    """Whether it matters how a resource is set, and not only that it is there (it is to be deleted)."""
    return drift.vanished or plan.fingerprints.get(drift.address, {}).keys() != {IDENTITY}


def _sent(operation: Operation) -> dict[str, Any]:
    """An operation without what it carries along, and without waits and times, which AWS's being busy decides."""
    whole = operation.model_dump(mode="json", exclude={"cooldown", "before"})
    for path in operation.carried:
        _drop(whole["parameters"], path.split("/"))
    timeless: dict[str, Any] = _timeless(whole)
    return timeless


def _drop(value: Any, path: list[str]) -> None:
    """Take a member out of nested maps and lists, where it is in them."""
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
        return {key: _timeless(one) for key, one in value.items() if key != "expected"}
    return [_timeless(one) for one in value] if isinstance(value, list) else value
