"""Merge the calls for resources that several tables share (a vault, a role, a backup plan) into one call.

The first table of the plan makes the call. The others record its result and continue when it is done.
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
    rules_by_kind: Mapping[str, PropertyRules],
) -> list[tuple[Operation, ...]]:
    """The operations of each table, without those that repeat a call of an earlier table.

    `tables` are (entries by address, operations in order). A table waits only for earlier tables, so no two tables wait
    for each other.
    """
    names = _first_addresses([entry for entries, _ in tables for entry in entries.values()], rules_by_kind)
    calls: dict[str, Operation] = {}
    repeats: dict[str, str] = {}
    instead_of: dict[str, tuple[str, ...]] = {}
    ids_by_table: list[list[str]] = []
    by_id: dict[str, Operation] = {}
    for _, operations in tables:
        own_ids: list[str] = []
        new_calls: dict[str, Operation] = {}
        for operation in operations:
            key = _key(operation, names) if rules_by_kind[operation.kind].shared else ""
            if key in calls:
                same = by_id[calls[key].id]
                repeats[operation.id] = same.id
                instead_of[operation.id] = tuple(
                    dict.fromkeys((same.id, *_after(operation.after, instead_of)))
                )
                by_id[same.id] = _joined(same, operation)
                continue
            if key:
                new_calls.setdefault(key, operation)
            needs = tuple(dict.fromkeys(repeats.get(need, need) for need in operation.needs))
            after = _after(operation.after, instead_of)
            by_id[operation.id] = operation.model_copy(update={"after": after, "needs": needs})
            own_ids.append(operation.id)
        calls |= new_calls
        ids_by_table.append(own_ids)
    return [tuple(by_id[operation_id] for operation_id in own_ids) for own_ids in ids_by_table]


def _after(names: Iterable[str], before: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The ids of operations to wait for; an omitted operation is replaced by those that it would have waited for."""
    return tuple(dict.fromkeys(earlier_id for name in names for earlier_id in before.get(name, (name,))))


def _joined(first: Operation, repeated: Operation) -> Operation:
    """One call for both: it has the effects of both on the state, and needs the consent that either needs."""
    return first.model_copy(
        update={
            "effects": (*first.effects, *repeated.effects),
            "danger": first.danger or repeated.danger,
            "cooldown": first.cooldown or repeated.cooldown,
        }
    )


def _first_addresses(
    entries: Iterable[AddressDiff], rules_by_kind: Mapping[str, PropertyRules]
) -> dict[str, str]:
    """The first address of the same shared resource, by address."""
    first: dict[object, str] = {}
    names = {}
    for entry in entries:
        side = entry.desired or entry.live
        rules = rules_by_kind[entry.kind]
        identity = identity_of(entry.kind, entry.region, side.properties, rules) if side else None
        if identity is not None and rules.shared:
            names[entry.address] = first.setdefault(identity, entry.address)
    return names


def _key(operation: Operation, names: Mapping[str, str]) -> str:
    """A key that is equal for equal calls, with references written with the first address of a shared resource."""
    text = json.dumps(
        [operation.service, operation.api, operation.region, operation.parameters], sort_keys=True
    )
    return _REFERENCE.sub(lambda ref: f"${{ref:{names.get(ref[1], ref[1])}/{ref[2]}}}", text)
