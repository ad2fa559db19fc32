"""Resources that several tables may use: a backup vault, a role, a log group, an IAM policy.

Such a resource is deleted once, with the last table that uses it. Declarations that contradict each other are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from dynaops.engine.addresses import table_of
from dynaops.engine.table_diff import TableDiff
from dynaops.kinds.kind import AddressDiff, TableChanges
from dynaops.kinds.property_rules import PropertyRules
from dynaops.model.change import Action
from dynaops.model.finding import Finding, Place
from dynaops.model.findings.plans import PLAN121, PLAN122, PLAN138
from dynaops.model.findings.rule import make_finding
from dynaops.model.operation import Effect
from dynaops.model.resource import Properties, Resource
from dynaops.model.state import Record, State

Identity = tuple[str, str, str, str]
"""Kind, region (empty: one for all regions), path and name."""


class SharedUse(NamedTuple):
    """One use of a shared resource: whether it ends with the plan, the recorded ARN, and whether the state forgets the
    use while the resource stays in AWS."""

    ends: bool
    arn: str | None
    is_released: bool = False


@dataclass(frozen=True)
class SharedUses:
    """The uses of shared resources: identity -> address -> use."""

    of: Mapping[Identity, Mapping[str, SharedUse]]

    def others(self, identity: Identity, address: str) -> bool:
        """Whether the resource must stay for others when `address` drops it; the last address that drops it deletes it.

        Several AWS Backup plans may have one name: a plan with another ARN is another resource.
        """
        return any(not use.ends or user > address for user, use in self._others(identity, address))

    def stays_owned(self, identity: Identity, address: str) -> bool:
        """Whether another address of the state still has the resource after the plan."""
        return any(not (use.ends or use.is_released) for _, use in self._others(identity, address))

    def _others(self, identity: Identity, address: str) -> Iterator[tuple[str, SharedUse]]:
        users = self.of.get(identity, {})
        own = users[address].arn if address in users else None
        for user, use in users.items():
            if user != address and (own is None or use.arn in (None, own)):
                yield user, use


def identity_of(kind: str, region: str, properties: Properties, rules: PropertyRules) -> Identity | None:
    """The identity of a resource that has a name of its own in AWS; None for a part of a table."""
    name = properties.get(rules.shared or "name")
    if not (rules.arn or rules.shared) or not isinstance(name, str):
        return None
    everywhere = rules.arn.startswith("iam::")
    return kind, "" if everywhere else region, str(properties.get("path", "")), name


def uses_of(
    declared: Mapping[str, Resource],
    state: State,
    ends: Callable[[str], bool],
    rules_by_kind: Mapping[str, PropertyRules],
    is_released: Callable[[str], bool] = lambda _: False,
) -> SharedUses:
    """The uses of shared resources in a plan.

    For a recorded address that is not declared, `ends` says whether the plan deletes it, and `is_released` whether the
    state forgets it and it stays in AWS.
    """
    uses: dict[Identity, dict[str, SharedUse]] = {}
    for address, record in state.resources.items():
        identity = identity_of(record.kind, record.region, record.properties, rules_by_kind[record.kind])
        if identity:
            uses.setdefault(identity, {})[address] = SharedUse(
                ends(address), record.arn, is_released(address)
            )
    for address, resource in declared.items():
        was = state.resources.get(address)
        identity = identity_of(
            resource.kind, resource.region, resource.properties, rules_by_kind[resource.kind]
        )
        old = identity_of(was.kind, was.region, was.properties, rules_by_kind[was.kind]) if was else None
        if old and old != identity:
            uses[old][address] = SharedUse(True, was.arn if was else None)
        if identity:
            uses.setdefault(identity, {})[address] = SharedUse(
                False, was.arn if was and old == identity else None
            )
    return SharedUses(uses)


def let_go(diff: TableDiff, uses: SharedUses, rules_by_kind: Mapping[str, PropertyRules]) -> TableDiff:
    """`diff`, in which a resource that another address uses is forgotten instead of deleted."""
    entries = dict(diff.entries)
    updates = list(diff.updates)
    for address, entry in diff.entries.items():
        if entry.action not in (Action.DELETE, Action.REPLACE) or entry.live is None:
            continue
        identity = identity_of(entry.kind, entry.region, entry.live.properties, rules_by_kind[entry.kind])
        if (
            identity is None
            or not uses.others(identity, entry.known_as or address)
            or _is_made_anew(entry, identity, rules_by_kind)
        ):
            continue
        if entry.action is Action.DELETE:
            updates.append(Effect(address=address, kind=entry.kind, region=entry.region, forget=True))
            entries[address] = replace(entry, change=None)
        elif entry.change is not None:
            made = entry.change.model_copy(update={"action": Action.CREATE, "before": None})
            entries[address] = replace(entry, live=None, change=made)
    return replace(diff, entries=entries, updates=tuple(updates))


def _is_made_anew(entry: AddressDiff, identity: Identity, rules_by_kind: Mapping[str, PropertyRules]) -> bool:
    """Whether it is replaced under the same name: all users plan that, and it is done once (shared_operations)."""
    if entry.action is not Action.REPLACE or entry.desired is None:
        return False
    return (
        identity_of(entry.kind, entry.region, entry.desired.properties, rules_by_kind[entry.kind]) == identity
    )


def readdressed(work: TableChanges) -> Iterator[Effect]:
    """The moves of records to the address that a handler gave them, where they are deleted or forgotten."""
    for address, entry in sorted(work.entries.items()):
        if entry.known_as:
            yield Effect(address=address, kind=entry.kind, region=entry.region, moved_from=entry.known_as)


def forgotten(work: TableChanges) -> Iterator[Effect]:
    """The forget effects of entries that handlers have released."""
    for address, entry in sorted(work.entries.items()):
        if entry.let_go and entry.record is not None:
            yield Effect(address=address, kind=entry.kind, region=entry.region, forget=True)


def contradictions(
    entries: Iterable[AddressDiff],
    rules_by_kind: Mapping[str, PropertyRules],
    place_of: Callable[[AddressDiff], Place | None],
) -> Iterator[Finding]:
    """Errors for two addresses that declare one resource differently: each apply would undo the other, or fail.

    `place_of` gives the place of an entry in its spec file.
    """
    first: dict[Identity, AddressDiff] = {}
    for entry in entries:
        if entry.desired is None:
            continue
        rules = rules_by_kind[entry.kind]
        identity = identity_of(entry.kind, entry.region, entry.desired.properties, rules)
        if identity is None:
            continue
        other = first.setdefault(identity, entry)
        if other is entry or other.desired is None or _are_two(other, entry):
            continue
        differing = sorted(_differing(other.desired.properties, entry.desired.properties, rules))
        if not rules.shared:
            yield make_finding(
                PLAN121,
                f"{other.address} and {entry.address} are both the {rules.title} {identity[3]}",
                f"Only one address can be it: give the other another name.{_other_at(place_of(other))}",
                place=place_of(entry),
                address=entry.address,
            )
        elif differing:
            yield make_finding(
                PLAN122,
                f"{other.address} and {entry.address} are both the {rules.title} {identity[3]}, and say "
                f"different things of its {', '.join(differing)}",
                f"Give one of them another name, or let both say the same.{_other_at(place_of(other))}",
                place=place_of(entry),
                address=entry.address,
            )


def _other_at(place: Place | None) -> str:
    return f" The other is at {place}." if place else ""


def contradicting_records(
    entries: Iterable[AddressDiff],
    state: State,
    planned: Collection[str],
    rules_by_kind: Mapping[str, PropertyRules],
    place_of: Callable[[AddressDiff], Place | None],
) -> Iterator[Finding]:
    """Errors for changes of a shared resource that a table outside the plan was applied with (`planned`: addresses).

    Resources that all states of an account use as they are (`unmarked`: use) are not changed, and not checked.
    """
    others: dict[Identity, list[tuple[str, Record]]] = {}
    for address, record in state.resources.items():
        rules = rules_by_kind[record.kind]
        identity = identity_of(record.kind, record.region, record.properties, rules)
        if identity and rules.shared and rules.unmarked != "use" and table_of(address) not in planned:
            others.setdefault(identity, []).append((address, record))
    for entry in entries:
        if entry.desired is None or entry.change is None:
            continue
        rules, wanted = rules_by_kind[entry.kind], entry.desired.properties
        identity = identity_of(entry.kind, entry.region, wanted, rules)
        if identity is None:
            continue
        for address, record in others.get(identity, ()):
            two = entry.record and entry.record.arn and record.arn not in (None, entry.record.arn)
            differing = [] if two else sorted(_differing(wanted, record.properties, rules))
            if differing:
                yield make_finding(
                    PLAN138,
                    f"{entry.address} would change {', '.join(differing)} of the {rules.title} {identity[3]}, "
                    f"which {table_of(address)} was applied with",
                    f"Plan both together ({table_of(address)} is of {record.source or 'another run'}), and let "
                    "both say the same; or give one of them another name.",
                    place=place_of(entry),
                    address=entry.address,
                )
                break


def _are_two(first: AddressDiff, second: AddressDiff) -> bool:
    """Whether the state records them as two resources with the same name."""
    arns = [entry.record.arn for entry in (first, second) if entry.record and entry.record.arn]
    return len(set(arns)) > 1


def _differing(first: Properties, second: Properties, rules: PropertyRules) -> Iterator[str]:
    """The names of properties with different values on both sides; in keyed maps, only common members are compared."""
    for name in first.keys() & second.keys():
        value, other_value = first[name], second[name]
        if name in rules.keyed and isinstance(value, dict) and isinstance(other_value, dict):
            if any(value[member] != other_value[member] for member in value.keys() & other_value.keys()):
                yield name
        elif value != other_value:
            yield name
