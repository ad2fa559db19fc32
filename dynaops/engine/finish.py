"""Operations and changes as plans hold them: with late values as ``${ref:ADDRESS/OUTPUT}``, and other text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dynaops.kinds.kind import Entry
from dynaops.model.change import Change
from dynaops.model.late_values import as_planned
from dynaops.model.operation import Operation


def finished(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """The operations of a table as apply takes them."""
    return tuple(_operation(operation) for operation in operations)


def changes_of(entries: Mapping[str, Entry]) -> tuple[Change, ...]:
    """The changes of a table in the order of their addresses."""
    changes = [entry.change for _, entry in sorted(entries.items()) if entry.change]
    return tuple(_change(change) for change in changes)


def _operation(operation: Operation) -> Operation:
    waits = {
        name: wait.model_copy(
            update={"parameters": as_planned(wait.parameters), "until": as_planned(wait.until)}
        )
        for name, wait in (("before", operation.before), ("wait", operation.wait))
        if wait is not None
    }
    effects = tuple(effect.model_copy(update={"set": as_planned(effect.set)}) for effect in operation.effects)
    return operation.model_copy(
        update={"parameters": as_planned(operation.parameters), "effects": effects, **waits}
    )


def _change(change: Change) -> Change:
    differences = tuple(
        one.model_copy(update={"before": as_planned(one.before), "after": as_planned(one.after)})
        for one in change.differences
    )
    return change.model_copy(
        update={
            "before": as_planned(change.before),
            "after": as_planned(change.after),
            "differences": differences,
        }
    )
