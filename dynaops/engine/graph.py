"""The graph of resources, from specs or from the state. AWS is not asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynaops.engine.addresses import table_of
from dynaops.engine.table_inputs import known_of, recorded_below
from dynaops.engine.table_scopes import OWN_KINDS, RunTarget, recorded_tables, scope_of
from dynaops.kinds.external_names import ExternalName
from dynaops.kinds.registry import HANDLER_OF, PROPERTY_RULES
from dynaops.model.change import Action
from dynaops.model.graph import Edge, Graph, Node
from dynaops.model.plan import Plan
from dynaops.model.resource import Resource, Scope
from dynaops.model.state import Record, State

if TYPE_CHECKING:
    from dynaops.specs.external import ExternalTable
    from dynaops.specs.load import Document

PART, NEEDS = "part of", "needs"


@dataclass(frozen=True)
class _One:
    """A resource with the table that it is of."""

    scope: Scope
    resource: Resource


def of_specs(
    documents: Sequence[Document],
    state: State,
    region: str,
    plan: Plan | None = None,
    external: Sequence[ExternalTable] = (),
) -> Graph:
    """What the specs declare; with `plan` (of these specs) also what goes, and what becomes of each.

    `region` is that of tables whose spec names none and that were never applied. Around tables of others (`external`),
    what is declared goes by the live table: what the state records is drawn, and what the plan makes.
    """
    result: dict[str, _One] = {}
    for doc in documents:
        name = doc.spec.table_name
        record = state.resources.get(name)
        home = doc.spec.region or (record.region if record else region)
        target = RunTarget(Scope(name, name, home), doc.spec)
        for address, resource in known_of(target, state).desired.items():
            if resource.properties != PROPERTY_RULES[resource.kind].absent:
                result[address] = _One(target.scope, resource)
    for table in external:
        scope = Scope(table.name, table.name, table.spec.region or region)
        result |= {address: _One(scope, resource) for address, resource in _around(scope, state, plan)}
    if plan is not None:
        result |= _going(plan, state, result)
    if plan is None:
        return _graph(result, {})
    changed = {change.address: change.action for change in plan.changes}
    return _graph(result, {address: changed.get(address, Action.NO_OP) for address in result})


def of_state(state: State) -> Graph:
    """What the state records."""
    result = {}
    for table, region in sorted(recorded_tables(state).items()):
        scope = scope_of(state, table, region)
        for address, record in known_of(RunTarget(scope), state).records.items():
            result[address] = _One(scope, _recorded(scope, address, record))
    return _graph(result, {})


def _recorded(scope: Scope, address: str, record: Record) -> Resource:
    owner = HANDLER_OF[record.kind].owner(scope, address)
    return Resource(address, record.kind, record.region, record.properties, owner, record.depends_on)


def _around(scope: Scope, state: State, plan: Plan | None) -> Iterator[tuple[str, Resource]]:
    """What is ours around a table of others: as the state records it, or as the plan makes it."""
    for address, record in recorded_below(state, scope.address).items():
        if record.kind in OWN_KINDS:
            yield address, _recorded(scope, address, record)
    for change in plan.changes if plan else ():
        if table_of(change.address) == scope.address and change.after is not None:
            yield change.address, Resource(change.address, change.kind, change.region, change.after)


def _going(plan: Plan, state: State, result: Mapping[str, _One]) -> dict[str, _One]:
    """What the plan changes that no spec declares: as it is recorded."""
    going = {}
    for change in plan.changes:
        record = state.resources.get(change.address)
        if change.address in result or record is None:
            continue
        table = change.address.partition("/")[0]
        home = state.resources.get(table, record).region
        scope = result[table].scope if table in result else Scope(table, table, home)
        going[change.address] = _One(scope, _recorded(scope, change.address, record))
    return going


def _graph(result: Mapping[str, _One], actions: Mapping[str, Action]) -> Graph:
    nodes = {address: _node(element, actions.get(address)) for address, element in result.items()}
    named = _named(result.values())
    edges = [edge for element in result.values() for edge in _within(element.resource, result)]
    for _, element in sorted(result.items()):
        for external in HANDLER_OF[element.resource.kind].external_names(element.scope, element.resource):
            if not external.label:
                continue
            target = (
                named.get((element.scope.address, external.kind, external.name))
                or f"{external.kind}:{external.name}"
            )
            if target not in nodes:
                nodes[target] = _outside(target, external, element.scope)
            edges.append(_linked(element.resource.address, target, external, target in result))
    return Graph(
        nodes=tuple(sorted(nodes.values(), key=_place)),
        edges=tuple(sorted(_reduced(edges), key=lambda edge: (edge.source, edge.target, edge.label))),
    )


def _node(element: _One, action: Action | None) -> Node:
    resource, table = element.resource, element.scope.address
    return Node(
        id=resource.address,
        kind=resource.kind,
        title=PROPERTY_RULES[resource.kind].title or resource.kind,
        name=resource.address.removeprefix(f"{table}/"),
        table=table,
        region=resource.region or None,
        action=action,
    )


def _named(resources: Iterable[_One]) -> dict[tuple[str, str, str], str]:
    """Where resources are that external names may mean by the name they go by."""
    result = {}
    for resource in resources:
        member = PROPERTY_RULES[resource.resource.kind].shared
        if member:
            name = str(resource.resource.properties.get(member))
            result[resource.scope.address, resource.resource.kind, name] = resource.resource.address
    return result


def _within(resource: Resource, result: Mapping[str, _One]) -> Iterator[Edge]:
    """What it is part of, and what else it needs."""
    if resource.owner in result and resource.owner is not None:
        yield Edge(source=resource.address, target=resource.owner, label=PART)
    for address in resource.depends_on:
        if address in result and address != resource.owner:
            yield Edge(source=resource.address, target=address, label=NEEDS)


def _outside(name: str, external: ExternalName, scope: Scope) -> Node:
    table = scope.address if external.part or external.inward else None
    return Node(
        id=name,
        kind=external.kind,
        title=external.title,
        name=external.name.removeprefix(f"{scope.address}/"),
        table=table,
        outside=table is None,
    )


def _linked(address: str, target: str, external: ExternalName, managed: bool) -> Edge:
    """What is managed is there before what names it."""
    if external.part:
        return Edge(source=target, target=address, label=PART)
    return Edge(source=address, target=target, label=external.label, onward=not (external.inward or managed))


def _reduced(edges: Iterable[Edge]) -> set[Edge]:
    """The edges without needs that others tell already: who needs a table's policy needs the table."""
    unique = set(edges)
    shown = {(edge.source, edge.target) for edge in unique if edge.label != NEEDS}
    leans: dict[str, set[str]] = {}
    for edge in unique:
        if not edge.onward:
            leans.setdefault(edge.source, set()).add(edge.target)
    return {edge for edge in unique if edge.label != NEEDS or not _is_implied(edge, shown, leans)}


def _is_implied(edge: Edge, shown: set[tuple[str, str]], leans: Mapping[str, set[str]]) -> bool:
    nearer = leans[edge.source] - {edge.target}
    return (edge.source, edge.target) in shown or any(
        edge.target in _reach(leans, element) for element in nearer
    )


def _reach(leans: Mapping[str, set[str]], start: str) -> set[str]:
    result: set[str] = set()
    unseen = [start]
    while unseen:
        nearer = leans.get(unseen.pop(), set()) - result
        result |= nearer
        unseen.extend(nearer)
    return result


def _place(node: Node) -> tuple[bool, str, bool, str]:
    """Tables first, each with what is around it; then what is outside."""
    return (node.table is None, node.table or node.kind, node.id != node.table, node.name)
