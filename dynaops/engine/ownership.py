"""Name what a plan deletes as AWS names it, and require consent if dynaops cannot prove that it made the resource.

The state says which resource in AWS an address stands for, and a state file can be edited by hand. So a plan shows the
AWS name of what it deletes, and a resource that is not proven to be made by dynaops is deleted only with consent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dynaops.engine.ownership_mark import StateMark
from dynaops.engine.table_inputs import declared_by
from dynaops.engine.table_scopes import RunTarget
from dynaops.kinds.kind import AddressDiff, ResourceHandler, Step, TableChanges
from dynaops.kinds.registry import HANDLER_OF
from dynaops.model.change import Action
from dynaops.model.operation import Danger
from dynaops.model.resource import Resource, Scope

_LOST = (Action.DELETE, Action.REPLACE)
_UNPROVEN = "its name is not one that dynaops gives, and it bears no mark of dynaops"


def provably_ours(
    handler: ResourceHandler,
    scope: Scope,
    entry: AddressDiff,
    name: str,
    declared: Resource | None,
    claim: StateMark,
) -> bool:
    """Whether it is proven that dynaops made the resource `name`, or the spec that was read (`declared`) names it.

    The mark of this state is a proof (another state's mark is refused before, in ownership_check).
    """
    tags = entry.live.tags if entry.live else None
    if tags is not None and claim.bears_mark(tags):
        return True
    return _is_named(entry, declared) or handler.is_named_by_us(scope, entry, name)


def with_consent(
    steps: Iterable[Step], work: TableChanges, target: RunTarget, claim: StateMark
) -> list[Step]:
    """`steps`, in which deleting a resource that is not proven to be made by dynaops needs consent."""
    declared = declared_by(replace(target, spec=target.named)) if target.named else {}
    checked = []
    for step in steps:
        operation = step.operation
        entry = work.entries.get(operation.address)
        if (
            operation.removes
            and entry
            and not provably_ours(
                HANDLER_OF[entry.kind],
                work.scope,
                entry,
                operation.removes,
                declared.get(entry.address),
                claim,
            )
        ):
            reason = f"{operation.reason}; {_UNPROVEN}"
            unproven = operation.model_copy(update={"danger": Danger.UNPROVEN, "reason": reason})
            step = replace(step, operation=unproven)
        checked.append(step)
    return checked


def with_names(work: TableChanges) -> dict[str, AddressDiff]:
    """The entries with the AWS names of what their changes delete."""
    return {address: _with_names(work.scope, entry) for address, entry in work.entries.items()}


def _with_names(scope: Scope, entry: AddressDiff) -> AddressDiff:
    if entry.change is None or entry.action not in _LOST or entry.live is None:
        return entry
    names = HANDLER_OF[entry.kind].aws_names(scope, entry)
    return replace(entry, change=entry.change.model_copy(update={"removes": names}))


def _is_named(entry: AddressDiff, declared: Resource | None) -> bool:
    """Whether a spec gives the resource the name and path that it has in AWS."""
    if declared is None or entry.live is None or "name" not in declared.properties:
        return False
    parts = ("name", "path")
    return all(declared.properties.get(part) == entry.live.properties.get(part) for part in parts)
