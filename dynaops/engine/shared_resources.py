"""What AWS ties to no table (a backup vault, a role, a log group, an IAM policy) may be used by several tables.

It is deleted only with the last of them, and once; tables that declare it differently are told.
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
    """A use of something: whether it ends with the plan, the ARN that the state knows of it, and whether the plan
    makes the state forget the use while AWS keeps the thing."""

    ends: bool
    arn: str | None
    is_released: bool = False


@dataclass(frozen=True)
class SharedUses:
    """Who uses what has a name of its own in AWS: identity -> address -> use."""

    of: Mapping[Identity, Mapping[str, SharedUse]]

    def others(self, identity: Identity, address: str) -> bool:
        """Whether it must stay for others when `address` drops it; of several that drop it, the last deletes it.

        AWS Backup plans of one name may be several: those with another ARN are others.
        """
        return any(not use.ends or user > address for user, use in self._others(identity, address))

    def stays_owned(self, identity: Identity, address: str) -> bool:
        """Whether another address of the state still has it when the plan is carried out."""
        return any(not (use.ends or use.is_released) for _, use in self._others(identity, address))

    def _others(self, identity: Identity, address: str) -> Iterator[tuple[str, SharedUse]]:
        users = self.of.get(identity, {})
        own = users[address].arn if address in users else None
        for user, use in users.items():
            if user != address and (own is None or use.arn in (None, own)):
                yield user, use


def identity_of(kind: str, region: str, properties: Properties, policy: PropertyRules) -> Identity | None:
    """What tells a resource of its own name from others; None for what is part of a table."""
    name = properties.get(policy.shared or "name")
    if not (policy.arn or policy.shared) or not isinstance(name, str):
        return None
    everywhere = policy.arn.startswith("iam::")
    return kind, "" if everywhere else region, str(properties.get("path", "")), name


def uses_of(
    declared: Mapping[str, Resource],
    state: State,
    ends: Callable[[str], bool],
    policies: Mapping[str, PropertyRules],
    is_released: Callable[[str], bool] = lambda _: False,
) -> SharedUses:
    """The uses of a plan; `ends` tells of a recorded address that is not declared whether the plan deletes it, and
    `is_released` whether the state forgets it and AWS keeps it."""
    found: dict[Identity, dict[str, SharedUse]] = {}
    for address, record in state.resources.items():
        identity = identity_of(record.kind, record.region, record.properties, policies[record.kind])
        if identity:
            found.setdefault(identity, {})[address] = SharedUse(
                ends(address), record.arn, is_released(address)
            )
    for address, resource in declared.items():
        was = state.resources.get(address)
        identity = identity_of(resource.kind, resource.region, resource.properties, policies[resource.kind])
        old = identity_of(was.kind, was.region, was.properties, policies[was.kind]) if was else None
        if old and old != identity:
            found[old][address] = SharedUse(True, was.arn if was else None)
        if identity:
            found.setdefault(identity, {})[address] = SharedUse(
                False, was.arn if was and old == identity else None
            )
    return SharedUses(found)


def let_go(judged: TableDiff, uses: SharedUses, policies: Mapping[str, PropertyRules]) -> TableDiff:
    """`judged`, where nothing is deleted that another address uses: it is only forgotten."""
    entries = dict(judged.entries)
    updates = list(judged.updates)
    for address, entry in judged.entries.items():
        if entry.action not in (Action.DELETE, Action.REPLACE) or entry.live is None:
            continue
        identity = identity_of(entry.kind, entry.region, entry.live.properties, policies[entry.kind])
        if (
            identity is None
            or not uses.others(identity, entry.known_as or address)
            or _is_made_anew(entry, identity, policies)
        ):
            continue
        if entry.action is Action.DELETE:
            updates.append(Effect(address=address, kind=entry.kind, region=entry.region, forget=True))
            entries[address] = replace(entry, change=None)
        elif entry.change is not None:
            made = entry.change.model_copy(update={"action": Action.CREATE, "before": None})
            entries[address] = replace(entry, live=None, change=made)
    return replace(judged, entries=entries, updates=tuple(updates))


def _is_made_anew(entry: AddressDiff, identity: Identity, policies: Mapping[str, PropertyRules]) -> bool:
    """Whether it is replaced under its own name: all that use it say so, and it is done once (see `once`)."""
    if entry.action is not Action.REPLACE or entry.desired is None:
        return False
    return identity_of(entry.kind, entry.region, entry.desired.properties, policies[entry.kind]) == identity


def readdressed(work: TableChanges) -> Iterator[Effect]:
    """The moves of records that a handler has given another address, to be deleted or forgotten there."""
    for address, entry in sorted(work.entries.items()):
        if entry.known_as:
            yield Effect(address=address, kind=entry.kind, region=entry.region, moved_from=entry.known_as)


def forgotten(work: TableChanges) -> Iterator[Effect]:
    """The forgetting of what handlers have let go."""
    for address, entry in sorted(work.entries.items()):
        if entry.let_go and entry.record is not None:
            yield Effect(address=address, kind=entry.kind, region=entry.region, forget=True)


def contradictions(
    entries: Iterable[AddressDiff],
    policies: Mapping[str, PropertyRules],
    place_of: Callable[[AddressDiff], Place | None],
) -> Iterator[Finding]:
    """What two addresses declare under one name, and must not: each apply would undo the other's, or fail.

    `place_of` tells where an entry is written.
    """
    first: dict[Identity, AddressDiff] = {}
    for entry in entries:
        if entry.desired is None:
            continue
        policy = policies[entry.kind]
        identity = identity_of(entry.kind, entry.region, entry.desired.properties, policy)
        if identity is None:
            continue
        other = first.setdefault(identity, entry)
        if other is entry or other.desired is None or _are_two(other, entry):
            continue
        differing = sorted(_differing(other.desired.properties, entry.desired.properties, policy))
        if not policy.shared:
            yield make_finding(
                PLAN121,
                f"{other.address} and {entry.address} are both the {policy.title} {identity[3]}",
                f"Only one address can be it: give the other another name.{_other_at(place_of(other))}",
                place=place_of(entry),
                address=entry.address,
            )
        elif differing:
            yield make_finding(
                PLAN122,
                f"{other.address} and {entry.address} are both the {policy.title} {identity[3]}, and say "
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
    policies: Mapping[str, PropertyRules],
    place_of: Callable[[AddressDiff], Place | None],
) -> Iterator[Finding]:
    """What a plan would change though a table that is not in it (`planned` are addresses) was applied with it as it is.

    What all states of an account share as it is (`unmarked`: use) is not changed by what one table says.
    """
    others: dict[Identity, list[tuple[str, Record]]] = {}
    for address, record in state.resources.items():
        policy = policies[record.kind]
        identity = identity_of(record.kind, record.region, record.properties, policy)
        if identity and policy.shared and policy.unmarked != "use" and table_of(address) not in planned:
            others.setdefault(identity, []).append((address, record))
    for entry in entries:
        if entry.desired is None or entry.change is None:
            continue
        policy, wanted = policies[entry.kind], entry.desired.properties
        identity = identity_of(entry.kind, entry.region, wanted, policy)
        if identity is None:
            continue
        for address, record in others.get(identity, ()):
            two = entry.record and entry.record.arn and record.arn not in (None, entry.record.arn)
            differing = [] if two else sorted(_differing(wanted, record.properties, policy))
            if differing:
                yield make_finding(
                    PLAN138,
                    f"{entry.address} would change {', '.join(differing)} of the {policy.title} {identity[3]}, "
                    f"which {table_of(address)} was applied with",
                    f"Plan both together ({table_of(address)} is of {record.source or 'another run'}), and let "
                    "both say the same; or give one of them another name.",
                    place=place_of(entry),
                    address=entry.address,
                )
                break


def _are_two(first: AddressDiff, second: AddressDiff) -> bool:
    """Whether the state knows them as two resources that AWS lets have one name."""
    arns = [entry.record.arn for entry in (first, second) if entry.record and entry.record.arn]
    return len(set(arns)) > 1


def _differing(first: Properties, second: Properties, policy: PropertyRules) -> Iterator[str]:
    """The properties that both name, with other values; of maps that are owned member by member, common members."""
    for name in first.keys() & second.keys():
        one, other = first[name], second[name]
        if name in policy.keyed and isinstance(one, dict) and isinstance(other, dict):
            if any(one[member] != other[member] for member in one.keys() & other.keys()):
                yield name
        elif one != other:
            yield name
