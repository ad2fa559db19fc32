"""The three sides of one table: what its spec declares, what the state records, what is live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from dynaops.engine.addresses import table_of
from dynaops.engine.state_effects import apply_effects
from dynaops.engine.table_scopes import OWN_KINDS, RunTarget
from dynaops.kinds.kind import AddressDiff, Known
from dynaops.kinds.registry import HANDLER_OF, HANDLERS, PROPERTY_RULES
from dynaops.model.late_values import references_in
from dynaops.model.plan import Plan
from dynaops.model.resource import Observed, Resource, Scope
from dynaops.model.state import Record, State


def known_of(target: RunTarget, state: State, discover: bool = False) -> Known:
    """The resources that the target's spec declares and the state records."""
    return Known(declared_by(target), _perhaps_below(state, target.scope.address), discover)


def known_of_plan(plan: Plan, state: State, table: str) -> Known:
    """The resources of `table` that a saved plan changes and the state records."""
    changed = {
        change.address: Resource(change.address, change.kind, change.region, change.after)
        for change in plan.changes
        if change.after is not None and _is_below(change.address, table)
    }
    return Known(changed, _perhaps_below(state, table))


def _perhaps_below(state: State, table: str) -> dict[str, Record]:
    """The records of a table, with the effects of calls that were in flight when a run died."""
    perhaps_applied = [
        effect.model_copy(update={"unset": ()})
        for intent in state.in_flight.values()
        for effect in intent.effects
        if effect.set and not effect.forget
    ]
    return recorded_below(apply_effects(state, perhaps_applied, {}, 0), table)


def recorded_below(state: State, table: str) -> dict[str, Record]:
    """The records of a table and of its surrounding resources."""
    return {address: record for address, record in state.resources.items() if _is_below(address, table)}


def entries_of(target: RunTarget, state: State, live: Mapping[str, Observed]) -> dict[str, AddressDiff]:
    """An entry for every address of a target's table, with its desired, recorded and live side."""
    scope = target.scope
    desired = declared_by(target)
    records = recorded_below(state, scope.address)
    table = records.get(scope.address)
    remembered = table.ignores if table else ()
    entries = {}
    for address in sorted({*desired, *records, *live}):
        sides = (desired.get(address), records.get(address), live.get(address))
        first = next(side for side in sides if side is not None)
        entries[address] = AddressDiff(
            address=address,
            kind=first.kind,
            region=first.region,
            desired=sides[0],
            record=sides[1],
            live=sides[2],
            owner=HANDLER_OF[first.kind].owner(scope, address),
            moving=frozenset(_ignored(remembered, first.kind, address)),
        )
    if scope.address not in entries:
        entries[scope.address] = AddressDiff(scope.address, "table", scope.region)
    return entries


def as_recorded(scope: Scope, state: State) -> dict[str, Observed]:
    """The live resources, on the assumption that AWS is as the state says (``--no-refresh``)."""
    root = scope.address
    return {
        address: Observed(
            address=address,
            kind=record.kind,
            region=record.region,
            properties=record.properties,
            outputs={**record.outputs, "arn": record.arn, "id": record.id},
            raw=_as_described(state, root) if address == root else {},
        )
        for address, record in recorded_below(state, root).items()
    }


def _as_described(state: State, table: str) -> dict[str, object]:
    """The attribute types that the state knows, in the form of DescribeTable, for planning without reading AWS."""
    types: dict[str, str] = {}
    for address, record in state.resources.items():
        if address == table or address.startswith(f"{table}/gsi/"):
            types.update(record.properties.get("attributes", {}))
    return {
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in sorted(types.items())
        ]
    }


def _is_below(address: str, table: str) -> bool:
    return address == table or address.startswith(f"{table}/")


def declared_by(target: RunTarget) -> dict[str, Resource]:
    """The resources that the target's spec declares, by address."""
    if target.spec is None:
        return {}
    declared = {
        resource.address: resource
        for handler in HANDLERS
        for resource in handler.declare(target.scope, target.spec)
        if not target.external or resource.kind in OWN_KINDS
    }
    return {
        address: _referring(_ignoring(resource, target), target) for address, resource in declared.items()
    }


def _referring(resource: Resource, target: RunTarget) -> Resource:
    """The resource with the other tables that it refers to in its dependencies.

    A table itself gets none, since they would never be removed from its record again.
    """
    if resource.address == target.scope.address:
        return resource
    others = {*target.refers.get(resource.address, ()), *other_tables(resource)}
    if not others:
        return resource
    return replace(resource, depends_on=(*resource.depends_on, *sorted(others)))


def other_tables(resource: Resource) -> frozenset[str]:
    """The other tables whose values the resource's properties still refer to."""
    own = table_of(resource.address)
    tables = {table_of(address) for address, _ in references_in([resource.properties, resource.options])}
    return frozenset(tables - {own})


def _ignoring(resource: Resource, target: RunTarget) -> Resource:
    """`lifecycle.ignore_changes` of the spec, as property paths of the resource they concern."""
    assert target.spec is not None, "only a spec can say what to ignore"
    paths = target.spec.lifecycle.ignore_changes if target.spec.lifecycle else None
    if not paths:
        return resource
    return replace(resource, ignored=(*resource.ignored, *_ignored(paths, resource.kind, resource.address)))


def _ignored(paths: Iterable[str], kind: str, address: str) -> Iterator[str]:
    """The paths of `lifecycle.ignore_changes` that concern a resource, as paths of its properties."""
    key = PROPERTY_RULES[kind].spec_key.replace("{name}", address.rpartition("/")[2])
    yield from (below for below in (_below(path, key) for path in paths) if below)


def _below(path: str, key: str) -> str:
    """`path` within the resource whose spec key is `key`; empty where it concerns another one."""
    if not key:
        return path
    if path == key:
        return "*"
    return path[len(key) + 1 :] if path.startswith(f"{key}.") else ""
