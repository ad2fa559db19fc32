"""Decide the change of each address of one table from its three sides (spec, state, AWS), and why."""

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
    """The result of the comparison of one table. `updates` are effects on the state that need no call.

    `fingerprints` are digests of the compared values by address and path (empty for an address that is not live).
    """

    entries: dict[str, AddressDiff]
    updates: tuple[Effect, ...]
    drift: tuple[Drift, ...]
    unmanaged: tuple[Unmanaged, ...]
    fingerprints: dict[str, dict[str, str]]


def diff_table(
    entries: Mapping[str, AddressDiff], rules_by_kind: Mapping[str, PropertyRules], destroying: bool = False
) -> TableDiff:
    """Decide the change of every entry, owners first, since replacing an owner replaces its parts."""
    decided: dict[str, AddressDiff] = {}
    updates: list[Effect] = []
    drift: list[Drift] = []
    unmanaged: list[Unmanaged] = []
    fingerprints: dict[str, dict[str, str]] = {}
    for entry in _owners_first(entries):
        rules = rules_by_kind[entry.kind]
        owner = decided.get(entry.owner) if entry.owner else None
        settled = _without_absent(entry, rules)
        comparison = _compare(settled, rules)
        change = _change(settled, rules, owner, comparison, destroying)
        decided[entry.address] = replace(settled, change=change)
        drift.extend(_drift(settled, comparison))
        unmanaged.extend(_unmanaged(settled, rules, owner, comparison))
        updates.extend(_updates(settled, rules, change))
        if entry.desired or entry.record:
            fingerprints[entry.address] = _fingerprint(settled, comparison)
    return TableDiff(decided, tuple(updates), tuple(drift), tuple(unmanaged), fingerprints)


def _fingerprint(entry: AddressDiff, comparison: ThreeWayDiff | None) -> dict[str, str]:
    """The digests of an entry. For a resource to be deleted, only its identity counts, not its settings."""
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


def _without_absent(entry: AddressDiff, rules: PropertyRules) -> AddressDiff:
    """The entry without its live side, if the kind treats its live (off) settings as absent."""
    if rules.absent is not None and entry.live and entry.live.properties == rules.absent:
        return replace(entry, live=None)
    return entry


def _compare(entry: AddressDiff, rules: PropertyRules) -> ThreeWayDiff | None:
    if entry.live is None or (entry.desired is None and entry.record is None):
        return None
    desired = entry.desired.properties if entry.desired else {}
    recorded = entry.record.properties if entry.record else {}
    ignored = entry.desired.ignored if entry.desired else ()
    if (
        entry.record is None
    ):  # of an adopted resource, remembered properties are recorded as the spec has them
        desired = {name: value for name, value in desired.items() if name not in rules.remembered}
    unset = (*ignored, *sorted(entry.left_alone))
    return compare(desired, recorded, entry.live.properties, rules, unset, (*unset, *sorted(entry.moving)))


def _change(
    entry: AddressDiff,
    rules: PropertyRules,
    owner: AddressDiff | None,
    comparison: ThreeWayDiff | None,
    destroying: bool,
) -> Change | None:
    if owner is not None and owner.action in _LOST and owner.live:
        return _with_lost_owner(entry, rules, owner)
    if entry.desired is None:
        if entry.record is None or entry.live is None:
            return None
        return _made(entry, Action.DELETE, reasons.deleted(entry, destroying), before=entry.live.properties)
    if entry.live is None:
        return _created(entry, rules, owner)
    assert comparison is not None, "two sides are there to compare"
    if entry.record is None:
        if entry.desired.properties == rules.absent:
            return _made(entry, Action.UPDATE, reasons.updated(comparison.changes), comparison.changes)
        return _adopted(entry, rules, comparison)
    if not comparison.changes:
        return None
    return _altered(entry, rules, comparison.changes)


def _with_lost_owner(entry: AddressDiff, rules: PropertyRules, owner: AddressDiff) -> Change | None:
    """The change of a part whose owner is deleted or replaced: it needs no call of its own to be deleted."""
    if owner.action is Action.REPLACE and entry.desired is not None:
        if entry.desired.properties == rules.absent:
            return None
        live = entry.live.properties if entry.live else None
        action = Action.REPLACE if live else Action.CREATE
        return _made(entry, action, reasons.goes_with(owner), before=live)
    if entry.record is None:
        return None
    live = entry.live.properties if entry.live else None
    return _made(entry, Action.DELETE, reasons.goes_with(owner), before=live)


def _created(entry: AddressDiff, rules: PropertyRules, owner: AddressDiff | None) -> Change | None:
    assert entry.desired is not None, "only what is desired is created"
    if entry.desired.properties == rules.absent:
        return None
    return _made(entry, Action.CREATE, reasons.created(entry, rules, owner))


def _adopted(entry: AddressDiff, rules: PropertyRules, comparison: ThreeWayDiff) -> Change:
    if any(change.forces_replacement for change in comparison.changes):
        return _altered(entry, rules, comparison.changes)
    return _made(entry, Action.ADOPT, reasons.adopted(entry, rules, comparison.changes), comparison.changes)


def _altered(entry: AddressDiff, rules: PropertyRules, differences: tuple[Difference, ...]) -> Change:
    forcing = [difference for difference in differences if difference.forces_replacement]
    if forcing:
        return _made(entry, Action.REPLACE, reasons.replaced(entry, rules, forcing), differences)
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
    entry: AddressDiff, rules: PropertyRules, owner: AddressDiff | None, comparison: ThreeWayDiff | None
) -> Iterator[Unmanaged]:
    if entry.live is None or entry.live.properties == rules.absent:
        return
    if entry.desired is None and entry.record is None:
        if owner is None or owner.desired or owner.record:
            yield Unmanaged(address=entry.address, value=entry.live.properties)
    elif comparison:
        for path, value in comparison.unmanaged.items():
            yield Unmanaged(address=entry.address, path=path, value=value)


def _updates(entry: AddressDiff, rules: PropertyRules, change: Change | None) -> Iterator[Effect]:
    """State effects that need no call: adoption, forgetting what vanished, agreeing on what already is."""
    if change is None and entry.live is None and entry.record is not None:
        yield Effect(address=entry.address, kind=entry.kind, region=entry.region, forget=True)
        return
    if entry.live is None or entry.desired is None:
        return
    if change is not None and change.action not in (Action.ADOPT, Action.UPDATE):
        return
    pending = tuple(
        difference
        for difference in (change.differences if change else ())
        if difference.path.partition(".")[0] not in rules.remembered
    )
    effect = agreed(entry, entry.desired, entry.live, pending)
    if effect is not None:
        yield effect


def agreed(
    entry: AddressDiff, desired: Resource, live: Observed, differences: tuple[Difference, ...]
) -> Effect | None:
    """The effect that records the values in which AWS and the spec agree; None if they are recorded already."""
    pending = {item.path for item in differences}
    heads = {path.partition(".")[0] for path in pending}
    recorded = entry.record.properties if entry.record else {}
    wanted: dict[str, Any] = {}
    for name, value in desired.properties.items():
        if name not in heads:
            wanted[name] = value
        elif isinstance(value, dict) and name not in pending:
            wanted[name] = {
                member: item for member, item in value.items() if f"{name}.{member}" not in pending
            }
    set_ = {name: value for name, value in wanted.items() if recorded.get(name) != value and value != {}}
    unset = tuple(name for name in recorded if name not in desired.properties and name not in heads)
    new_outputs = {
        name: value for name, value in live.outputs.items() if _recorded_output(entry, name) != value
    }
    if entry.record is not None and not set_ and not unset and not new_outputs:
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
    """The values, with a map that still has members to change set member by member, so that others stay recorded."""
    flat: dict[str, Any] = {}
    for name, value in set_.items():
        if name in heads and isinstance(value, dict):
            flat.update({f"{name}.{member}": item for member, item in value.items()})
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
