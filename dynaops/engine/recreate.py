"""Plan the creation of resources as they were observed: a rehearsal uses it for resources that no spec declares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dynaops import __version__
from dynaops.engine.finish import finished
from dynaops.engine.order import order
from dynaops.engine.table_diff import diff_table
from dynaops.kinds.kind import AddressDiff, TableChanges
from dynaops.kinds.registry import HANDLERS, PROPERTY_RULES
from dynaops.model.plan import Plan
from dynaops.model.resource import Observed, Resource, Scope
from dynaops.model.state import State

if TYPE_CHECKING:
    from dynaops.aws.session import Aws


def plan_to_make(scope: Scope, observed: Iterable[Observed], state: State, aws: Aws, now: float) -> Plan:
    """The plan that creates the `observed` resources around the table of `scope`.

    The table itself is not changed or created. `now` is epoch seconds.
    """
    entries = {resource.address: _wanted(resource) for resource in observed}
    entries[scope.address] = AddressDiff(
        scope.address, "table", scope.region, record=state.resources.get(scope.address)
    )
    for handler in HANDLERS:
        entries.update(handler.resolve(aws, scope, list(entries.values())))
    diff = diff_table(
        {address: resource for address, resource in entries.items() if resource.desired}, PROPERTY_RULES
    )
    diff.entries[scope.address] = entries[scope.address]
    work = TableChanges(scope, diff.entries, now)
    steps = [step for handler in HANDLERS for step in handler.operations(work)]
    return Plan(
        dynaops_version=__version__,
        created_at="1970-01-01T00:00:00+00:00",
        serial=state.serial,
        lineage=state.lineage,
        operations=finished(order(steps, work, None, None), work.entries),
        updates=diff.updates,
    )


def _wanted(observed: Observed) -> AddressDiff:
    desired = Resource(observed.address, observed.kind, observed.region, observed.properties)
    return AddressDiff(observed.address, observed.kind, observed.region, desired=desired)
