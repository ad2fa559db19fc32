"""From three sides to changes: what becomes of each address of one table, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dynaops.engine import reasons
from dynaops.engine.diff import ThreeWayDiff, compare
from dynaops.kinds.kind import AddressDiff
from dynaops.kinds.property_rules import PropertyRules
from dynaops.model.change import Action, Change, Difference, Drift, Unmanaged
from dynaops.model.operation import Effect
from dynaops.model.resource import Observed, Properties, Resource
from dynaops.specs.digests import fingerprint

_LOST = (Action.DELETE, Action.REPLACE)


@dataclass(frozen=True)
class TableDiff:
    """What the comparison of one table came to. `updates` are state effects that need no call.

    `fingerprints` are digests of what was compared, by address (without any where it is not live) and path.
    """

    entries: dict[str, AddressDiff]
    updates: tuple[Effect, ...]
    drift: tuple[Drift, ...]
    unmanaged: tuple[Unmanaged, ...]
    fingerprints: dict[str, dict[str, str]]


def diff_table(
    entries: Mapping[str, AddressDiff], policies: Mapping[str, PropertyRules], destroying: bool = False
) -> TableDiff:
    """Decide the change of every entry, owners first (what is replaced takes its dependents along)."""
    judged: dict[str, AddressDiff] = {}
    updates: list[Effect] = []
    drift: list[Drift] = []
    unmanaged: list[Unmanaged] = []
    fingerprints: dict[str, dict[str, str]] = {}
    for entry in _owners_first(entries):
        policy = policies[entry.kind]
        owner = judged.get(entry.owner) if entry.owner else None
        settled = _without_absent(entry, policy)
        comparison = _compare(settled, policy)
        change = _change(settled, policy, owner, comparison, destroying)
        judged[entry.address] = replace(settled, change=change)
        drift.extend(_drift(settled, comparison))
        unmanaged.extend(_unmanaged(settled, policy, owner, comparison))
        updates.extend(_updates(settled, policy, change))
        if entry.desired or entry.record:
            fingerprints[entry.address] = _fingerprint(settled, comparison)
    return TableDiff(judged, tuple(updates), tuple(drift), tuple(unmanaged), fingerprints)


def _fingerprint(entry: AddressDiff, comparison: ThreeWayDiff | None) -> dict[str, str]:
    """Of what goes it matters only that it is the very same thing, not how it is set."""
    if entry.live is None:
        return {}
    compared = comparison.compared if comparison and entry.desired else {}
    return fingerprint(entry.live.outputs.get("id"), compared)


def _owners_first(entries: Mapping[str, AddressDiff]) -> Iterator[AddressDiff]:
    done: set[str] = set()
    waiting = dict(sorted(entries.items()))
    while waiting:
        ready = [
            entry
            for entry in waiting.values()
            if entry.owner is None or entry.owner in done or entry.owner not in waiting
        ]
        for entry in ready:
            yield entry
            done.add(entry.address)
            del waiting[entry.address]


def _without_absent(entry: AddressDiff, policy: PropertyRules) -> AddressDiff:
    """A live thing in its off state is not there, where the kind says so."""
    if policy.absent is not None and entry.live and entry.live.properties == policy.absent:
        return replace(entry, live=None)
    return entry


def _compare(entry: AddressDiff, policy: PropertyRules) -> ThreeWayDiff | None:
    if entry.live is None or (entry.desired is None and entry.record is None):
        return None
    desired = entry.desired.properties if entry.desired else {}
    recorded = entry.record.properties if entry.record else {}
    ignored = entry.desired.ignored if entry.desired else ()
    if entry.record is None:  # what is adopted is remembered as the spec has it
        desired = {name: value for name, value in desired.items() if name not in policy.remembered}
    unset = (*ignored, *sorted(entry.left_alone))
    return compare(desired, recorded, entry.live.properties, policy, unset, (*unset, *sorted(entry.moving)))


def _change(
    entry: AddressDiff,
    policy: PropertyRules,
    owner: AddressDiff | None,
    comparison: ThreeWayDiff | None,
    destroying: bool,
) -> Change | None:
    if owner is not None and owner.action in _LOST and owner.live:
        return _with_lost_owner(entry, policy, owner)
    if entry.desired is None:
        if entry.record is None or entry.live is None:
            return None
        return _made(entry, Action.DELETE, reasons.deleted(entry, destroying), before=entry.live.properties)
    if entry.live is None:
        return _created(entry, policy, owner)
    assert comparison is not None, "two sides are there to compare"
    if entry.record is None:
        if entry.desired.properties == policy.absent:
            return _made(entry, Action.UPDATE, reasons.updated(comparison.changes), comparison.changes)
        return _adopted(entry, policy, comparison)
    if not comparison.changes:
        return None
    return _altered(entry, policy, comparison.changes)


def _with_lost_owner(entry: AddressDiff, policy: PropertyRules, owner: AddressDiff) -> Change | None:
    """An owned thing whose owner is deleted or replaced needs no teardown of its own."""
    if owner.action is Action.REPLACE and entry.desired is not None:
        if entry.desired.properties == policy.absent:
            return None
        live = entry.live.properties if entry.live else None
        action = Action.REPLACE if live else Action.CREATE
        return _made(entry, action, reasons.goes_with(owner), before=live)
    if entry.record is None:
        return None
    live = entry.live.properties if entry.live else None
    return _made(entry, Action.DELETE, reasons.goes_with(owner), before=live)


def _created(entry: AddressDiff, policy: PropertyRules, owner: AddressDiff | None) -> Change | None:
    assert entry.desired is not None, "only what is desired is created"
    if entry.desired.properties == policy.absent:
        return None
    return _made(entry, Action.CREATE, reasons.created(entry, policy, owner))


def _adopted(entry: AddressDiff, policy: PropertyRules, comparison: ThreeWayDiff) -> Change:
    if any(change.forces_replacement for change in comparison.changes):
        return _altered(entry, policy, comparison.changes)
    return _made(entry, Action.ADOPT, reasons.adopted(entry, policy, comparison.changes), comparison.changes)


def _altered(entry: AddressDiff, policy: PropertyRules, differences: tuple[Difference, ...]) -> Change:
    forcing = [difference for difference in differences if difference.forces_replacement]
    if forcing:
        return _made(entry, Action.REPLACE, reasons.replaced(entry, policy, forcing), differences)
    return _made(entry, Action.UPDATE, reasons.updated(differences), differences)


def _made(
    entry: AddressDiff,
    action: Action,
    reason: str,
    differences: tuple[Difference, ...] = (),
    before: Properties | None = None,
) -> Change:
    live = entry.live.properties if entry.live else None
    return Change(
        address=entry.address,
        kind=entry.kind,
        region=entry.region,
        action=action,
        reason=reason,
        before=before if before is not None else live,
        after=entry.desired.properties if entry.desired and action is not Action.DELETE else None,
        differences=differences,
    )


def _drift(entry: AddressDiff, comparison: ThreeWayDiff | None) -> Iterator[Drift]:
    if entry.record is None:
        return
    if entry.live is None:
        yield Drift(address=entry.address, kind=entry.kind, vanished=True)
    elif comparison and comparison.drift:
        yield Drift(address=entry.address, kind=entry.kind, differences=comparison.drift)


def _unmanaged(
    entry: AddressDiff, policy: PropertyRules, owner: AddressDiff | None, comparison: ThreeWayDiff | None
) -> Iterator[Unmanaged]:
    if entry.live is None or entry.live.properties == policy.absent:
        return
    if entry.desired is None and entry.record is None:
        if owner is None or owner.desired or owner.record:
            yield Unmanaged(address=entry.address, value=entry.live.properties)
    elif comparison:
        for path, value in comparison.unmanaged.items():
            yield Unmanaged(address=entry.address, path=path, value=value)


def _updates(entry: AddressDiff, policy: PropertyRules, change: Change | None) -> Iterator[Effect]:
    """State effects that need no call: adoption, forgetting what vanished, agreeing on what already is."""
    if change is None and entry.live is None and entry.record is not None:
        yield Effect(address=entry.address, kind=entry.kind, region=entry.region, forget=True)
        return
    if entry.live is None or entry.desired is None:
        return
    if change is not None and change.action not in (Action.ADOPT, Action.UPDATE):
        return
    pending = tuple(
        one
        for one in (change.differences if change else ())
        if one.path.partition(".")[0] not in policy.remembered
    )
    effect = agreed(entry, entry.desired, entry.live, pending)
    if effect is not None:
        yield effect


def agreed(
    entry: AddressDiff, desired: Resource, live: Observed, differences: tuple[Difference, ...]
) -> Effect | None:
    """The effect that records what live and spec already agree on; None where the record says so."""
    pending = {one.path for one in differences}
    heads = {path.partition(".")[0] for path in pending}
    recorded = entry.record.properties if entry.record else {}
    wanted: dict[str, Any] = {}
    for name, value in desired.properties.items():
        if name not in heads:
            wanted[name] = value
        elif isinstance(value, dict) and name not in pending:
            wanted[name] = {member: one for member, one in value.items() if f"{name}.{member}" not in pending}
    set_ = {name: value for name, value in wanted.items() if recorded.get(name) != value and value != {}}
    unset = tuple(name for name in recorded if name not in desired.properties and name not in heads)
    minted = {name: value for name, value in live.outputs.items() if _recorded_output(entry, name) != value}
    if entry.record is not None and not set_ and not unset and not minted:
        return None
    return Effect(
        address=entry.address,
        kind=entry.kind,
        region=entry.region,
        set=_by_member(set_, heads),
        unset=unset,
        values=live.outputs,
        depends_on=desired.depends_on,
    )


def _by_member(set_: dict[str, Any], heads: set[str]) -> dict[str, Any]:
    """A map with members still to change is set member by member, so that recorded ones stay owned."""
    flat: dict[str, Any] = {}
    for name, value in set_.items():
        if name in heads and isinstance(value, dict):
            flat.update({f"{name}.{member}": one for member, one in value.items()})
        else:
            flat[name] = value
    return flat


def _recorded_output(entry: AddressDiff, name: str) -> Any:
    if entry.record is None:
        return None
    if name == "arn":
        return entry.record.arn
    if name == "id":
        return entry.record.id
    return entry.record.outputs.get(name)
