"""Write operations and changes in the form of a plan: late values as ``${ref:ADDRESS/OUTPUT}``, other text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dynaops.engine.addresses import table_of
from dynaops.kinds.kind import AddressDiff
from dynaops.model.change import Change
from dynaops.model.late_values import as_planned
from dynaops.model.operation import Effect, Operation


def finished(operations: Iterable[Operation], entries: Mapping[str, AddressDiff]) -> tuple[Operation, ...]:
    """The operations of a table in the form of a plan; `entries` are those of the table by address."""
    return tuple(_operation(operation, entries) for operation in operations)


def changes_of(entries: Mapping[str, AddressDiff]) -> tuple[Change, ...]:
    """The changes of a table in the order of their addresses."""
    changes = [entry.change for _, entry in sorted(entries.items()) if entry.change]
    return tuple(_change(change) for change in changes)


def _operation(operation: Operation, entries: Mapping[str, AddressDiff]) -> Operation:
    waits = {
        name: wait.model_copy(
            update={"parameters": as_planned(wait.parameters), "until": as_planned(wait.until)}
        )
        for name, wait in (("before", operation.before), ("wait", operation.wait))
        if wait is not None
    }
    effects = tuple(_effect(effect, entries.get(effect.address)) for effect in operation.effects)
    return operation.model_copy(
        update={"parameters": as_planned(operation.parameters), "effects": effects, **waits}
    )


def _effect(effect: Effect, entry: AddressDiff | None) -> Effect:
    """The effect in the form of a plan, with the resource's current dependencies if one of them is another table."""
    update: dict[str, Any] = {"set": as_planned(effect.set)}
    if entry is not None and entry.desired is not None and not effect.forget:
        before = entry.record.depends_on if entry.record else ()
        if any(
            table_of(address) != table_of(effect.address) for address in (*before, *entry.desired.depends_on)
        ):
            update["depends_on"] = entry.desired.depends_on
    return effect.model_copy(update=update)


def _change(change: Change) -> Change:
    differences = tuple(
        difference.model_copy(
            update={"before": as_planned(difference.before), "after": as_planned(difference.after)}
        )
        for difference in change.differences
    )
    return change.model_copy(
        update={
            "before": as_planned(change.before),
            "after": as_planned(change.after),
            "differences": differences,
        }
    )
