"""References between tables in a plan: their values, the order of the tables, and errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dynaops.engine.addresses import table_of
from dynaops.engine.table_inputs import declared_by, other_tables
from dynaops.engine.table_scopes import RunTarget
from dynaops.kinds.kind import AddressDiff, AwsReader
from dynaops.kinds.references import late
from dynaops.model.change import Action
from dynaops.model.finding import Finding, Place
from dynaops.model.findings.plans import PLAN130
from dynaops.model.findings.rule import make_finding
from dynaops.model.late_values import planned_references, references_in
from dynaops.model.operation import Operation
from dynaops.model.resource import Observed, Properties
from dynaops.model.state import State
from dynaops.specs.table_references import TableReference
from dynaops.specs.table_values import with_values

if TYPE_CHECKING:
    from dynaops.specs.external import ExternalTable
    from dynaops.specs.load import Document

References = Mapping[str, Sequence[TableReference]]
"""The references of each document, by its table."""


def references_of(documents: Iterable[Document], external: Iterable[ExternalTable]) -> References:
    """The references to other tables, by the table of the document; without tables that have none."""
    by_table = {document.spec.table_name: document.references for document in documents}
    by_table |= {table.name: table.references for table in external}
    return {table: references for table, references in by_table.items() if references}


@dataclass(frozen=True)
class Values:
    """The values of tables that are known before anything is applied.

    `live` are the live resources of the targets (None: not read yet); `external` are outputs and regions of external
    tables.
    """

    targets: Sequence[RunTarget]
    state: State
    read: AwsReader | None
    live: Mapping[str, Mapping[str, Observed]] | None = None
    external: Mapping[str, Properties] | None = None

    def filled(self) -> list[RunTarget]:
        """The targets with the known values filled into their specs."""
        by_table = {target.scope.address: target for target in self.targets}

        def known(address: str, attribute: str) -> str | None:
            if address in (self.external or {}):
                value = (self.external or {})[address].get(attribute)
                return None if value is None else str(value)
            target = by_table.get(address)
            return self._own(target, attribute) if target is not None else None

        return [self._target(target, known) for target in self.targets]

    def _target(self, target: RunTarget, known: Callable[[str, str], str | None]) -> RunTarget:
        if target.spec is None or not any(references_in(target.spec.model_dump())):
            return target
        refers = {
            address: others
            for address, resource in declared_by(target).items()
            if (others := other_tables(resource))
        }
        spec = with_values(target.spec, known)
        return replace(target, spec=spec, refers={**refers, **target.refers})

    def _own(self, target: RunTarget, attribute: str) -> str | None:
        if attribute == "region":
            return target.scope.region
        address = target.scope.address
        if attribute == "stream_arn" and self.live is None:
            return None
        table = AddressDiff(
            address,
            "table",
            target.scope.region,
            declared_by(target).get(address),
            self.state.resources.get(address),
            (self.live or {}).get(address, {}).get(address),
        )
        value = late(target.scope, {address: table}, self.read)[
            "table_arn" if attribute == "arn" else attribute
        ]
        return None if any(references_in(value)) else value


@dataclass(frozen=True)
class Part:
    """The plan of one table: its entries and operations."""

    entries: Mapping[str, AddressDiff]
    operations: tuple[Operation, ...]

    def entry(self, address: str) -> AddressDiff | None:
        return self.entries.get(address)


def in_order(parts: Mapping[str, Part], references: References) -> list[str]:
    """The tables, each after those that it refers to; a deleted table after those that have referred to it."""
    before = {
        table: [other for other in _before(table, parts, references) if other in parts] for table in parts
    }
    ordered: dict[str, None] = {}
    for start in parts:
        path = [start]
        open_: dict[str, Iterator[str]] = {start: iter(before[start])}
        while path and start not in ordered:
            following = next(open_[path[-1]], None)
            if following is None:
                ordered.setdefault(path.pop())
            elif following not in open_ and following not in ordered:
                open_[following] = iter(before[following])
                path.append(following)
    return list(ordered)


def chained(parts: Mapping[str, Part]) -> dict[str, tuple[Operation, ...]]:
    """The operations of each table, with `after` and `needs` for operations of other tables that they depend on.

    `parts` are in the order of `in_order`, so an operation depends only on earlier tables.
    """
    operations = {}
    earlier: dict[str, Part] = {}
    for table, part in parts.items():
        operations[table] = tuple(_chained(operation, part, earlier) for operation in part.operations)
        earlier[table] = part
    return operations


def _chained(operation: Operation, part: Part, earlier: Mapping[str, Part]) -> Operation:
    others = {table_of(address) for address, _ in planned_references(operation.model_dump())}
    entry = part.entry(operation.address)
    if entry is not None and entry.desired is not None:
        others |= {table_of(address) for address in entry.desired.depends_on}
    needed = [
        earlier_operation.id
        for other in sorted(others & earlier.keys())
        for earlier_operation in earlier[other].operations
        if any(effect.address == other and effect.outputs for effect in earlier_operation.effects)
    ]
    if any(effect.forget and effect.address == table_of(effect.address) for effect in operation.effects):
        needed += [
            earlier_operation.id
            for before in earlier.values()
            for earlier_operation in before.operations
            if _has_referred(before.entry(earlier_operation.address), table_of(operation.address))
        ]
    if not needed:
        return operation
    return operation.model_copy(
        update={
            "after": tuple(dict.fromkeys((*operation.after, *needed))),
            "needs": tuple(dict.fromkeys((*operation.needs, *needed))),
        }
    )


def _before(table: str, parts: Mapping[str, Part], references: References) -> Iterator[str]:
    if _is_deleted(table, parts):
        for other, part in parts.items():
            if other != table and any(_has_referred(entry, table) for entry in part.entries.values()):
                yield other
    else:
        yield from (
            reference.table
            for reference in references.get(table, ())
            if not _is_deleted(reference.table, parts)
        )


def _is_deleted(table: str, parts: Mapping[str, Part]) -> bool:
    entry = parts[table].entry(table) if table in parts else None
    return entry is not None and entry.action is Action.DELETE


def _has_referred(entry: AddressDiff | None, table: str) -> bool:
    return entry is not None and entry.record is not None and table in entry.record.depends_on


def wrong_in_plan(
    parts: Mapping[str, Part], references: References, external: Iterable[str], state: State
) -> Iterator[Finding]:
    """Errors for references to tables or values that are not in this plan, and to tables that it deletes."""
    others = set(external)
    for table, part in parts.items():
        changes = any(entry.change for entry in part.entries.values()) or bool(part.operations)
        for reference in references.get(table, ()) if changes else ():
            yield from _missing(table, reference, parts, others)
    for address, record in sorted(state.resources.items()):
        for table in record.depends_on:
            if table != table_of(address) and "/" not in table and _is_deleted(table, parts):
                yield from _left_behind(address, table, parts)


def _missing(
    table: str, reference: TableReference, parts: Mapping[str, Part], external: set[str]
) -> Iterator[Finding]:
    other, attribute = reference.table, reference.attribute
    include = f"Include it (--target {other}), or apply it first."

    def wrong(problem: str, hint: str) -> Finding:
        name = f"${{ref:{other}/{attribute}}}"
        return _error(f"{table}: {name}: {other} {problem}", hint, table, reference.place)

    if other not in parts:
        if other not in external:
            yield wrong("is not in this plan", "Plan its spec together with this one.")
        elif _is_late(reference, parts[table]):
            yield wrong("has no stream", "Others own the table: let them turn its stream on.")
        return
    entry = parts[other].entry(other)
    if entry is None or (entry.live is None and entry.change is None):
        yield wrong("is not there yet, and not in this plan", include)
    elif _is_late(reference, parts[table]) and not any(
        effect.address == other and attribute in effect.outputs
        for operation in parts[other].operations
        for effect in operation.effects
    ):
        yield wrong(f"gets its {attribute} by a change that is not in this plan", include)


def _is_late(reference: TableReference, part: Part) -> bool:
    """Whether an operation of the table needs the value of a reference."""
    wanted = (reference.table, reference.attribute)
    return any(wanted in planned_references(operation.model_dump()) for operation in part.operations)


def _left_behind(address: str, table: str, parts: Mapping[str, Part]) -> Iterator[Finding]:
    part = parts.get(table_of(address))
    entry = part.entry(address) if part else None
    if entry is not None:
        still = entry.desired is not None and table in entry.desired.depends_on
        if not still and (entry.change is not None or entry.desired is not None):
            return
    yield _error(
        f"{table} is deleted, and {address} refers to it",
        f"Take the reference out of {table_of(address)} and apply that first, or delete both together.",
        table,
    )


def _error(message: str, hint: str, address: str, place: Place | None = None) -> Finding:
    return make_finding(PLAN130, message, hint, address=address, place=place)
