"""What several tables share (a vault, a role, a plan) is made, changed and marked by one call, not by one a table.

The first table of the plan makes the call. The others record what comes of it, and go on when it is done.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from dynaops.engine.shared_resources import identity_of
from dynaops.kinds.kind import AddressDiff
from dynaops.kinds.property_rules import PropertyRules
from dynaops.model.operation import Operation

_REFERENCE = re.compile(r"\$\{ref:([^}]+)/([^/}]+)\}")


def made_once(
    tables: Sequence[tuple[Mapping[str, AddressDiff], Sequence[Operation]]],
    policies: Mapping[str, PropertyRules],
) -> list[tuple[Operation, ...]]:
    """The operations of each table (entries by address, operations in order), without those that repeat another's.

    The calls of a table come after those of earlier tables only, so no two tables wait for each other.
    """
    names = _first_addresses([entry for entries, _ in tables for entry in entries.values()], policies)
    kept: dict[str, Operation] = {}
    repeats: dict[str, str] = {}
    before: dict[str, tuple[str, ...]] = {}
    found: list[list[str]] = []
    by_id: dict[str, Operation] = {}
    for _, operations in tables:
        own: list[str] = []
        fresh: dict[str, Operation] = {}
        for operation in operations:
            key = _key(operation, names) if policies[operation.kind].shared else ""
            if key in kept:
                same = by_id[kept[key].id]
                repeats[operation.id] = same.id
                before[operation.id] = tuple(dict.fromkeys((same.id, *_after(operation.after, before))))
                by_id[same.id] = _joined(same, operation)
                continue
            if key:
                fresh.setdefault(key, operation)
            needs = tuple(dict.fromkeys(repeats.get(need, need) for need in operation.needs))
            after = _after(operation.after, before)
            by_id[operation.id] = operation.model_copy(update={"after": after, "needs": needs})
            own.append(operation.id)
        kept |= fresh
        found.append(own)
    return [tuple(by_id[name] for name in own) for own in found]


def _after(names: Iterable[str], before: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The operations to wait for, where one that is left out stands for those that it would have come after."""
    return tuple(dict.fromkeys(one for name in names for one in before.get(name, (name,))))


def _joined(kept: Operation, repeated: Operation) -> Operation:
    """The call that stands for both: it leaves in the state what both do, and asks for the consent of both."""
    return kept.model_copy(
        update={
            "effects": (*kept.effects, *repeated.effects),
            "danger": kept.danger or repeated.danger,
            "cooldown": kept.cooldown or repeated.cooldown,
        }
    )


def _first_addresses(entries: Iterable[AddressDiff], policies: Mapping[str, PropertyRules]) -> dict[str, str]:
    """For each address of something shared, the first that means the same thing."""
    first: dict[object, str] = {}
    names = {}
    for entry in entries:
        side = entry.desired or entry.live
        policy = policies[entry.kind]
        identity = identity_of(entry.kind, entry.region, side.properties, policy) if side else None
        if identity is not None and policy.shared:
            names[entry.address] = first.setdefault(identity, entry.address)
    return names


def _key(operation: Operation, names: Mapping[str, str]) -> str:
    """What tells a call from others, whichever table's address its references have."""
    said = json.dumps(
        [operation.service, operation.api, operation.region, operation.parameters], sort_keys=True
    )
    return _REFERENCE.sub(lambda ref: f"${{ref:{names.get(ref[1], ref[1])}/{ref[2]}}}", said)
