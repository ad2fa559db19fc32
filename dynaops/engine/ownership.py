"""What a plan removes, by AWS's own names; and whether dynaops can prove that it made it.

A state says which resource of AWS an address stands for, and a state may have been edited. So what is deleted is named
as AWS names it, and what is not proven to be dynaops's is deleted only with consent.
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
    named: Resource | None,
    claim: StateMark,
) -> bool:
    """Whether dynaops has made what AWS calls `name`, as far as can be proven, or a spec at hand (`named`) names it.

    The mark of this state proves it (another state's is refused before: `claims`).
    """
    tags = entry.live.tags if entry.live else None
    if tags is not None and claim.bears_mark(tags):
        return True
    return _is_named(entry, named) or handler.is_named_by_us(scope, entry, name)


def with_consent(
    steps: Iterable[Step], work: TableChanges, target: RunTarget, claim: StateMark
) -> list[Step]:
    """`steps`, where the removal of what is not proven to be ours needs consent and says so."""
    named = declared_by(replace(target, spec=target.named)) if target.named else {}
    found = []
    for step in steps:
        operation = step.operation
        entry = work.entries.get(operation.address)
        if (
            operation.removes
            and entry
            and not provably_ours(
                HANDLER_OF[entry.kind], work.scope, entry, operation.removes, named.get(entry.address), claim
            )
        ):
            reason = f"{operation.reason}; {_UNPROVEN}"
            unproven = operation.model_copy(update={"danger": Danger.UNPROVEN, "reason": reason})
            step = replace(step, operation=unproven)
        found.append(step)
    return found


def with_names(work: TableChanges) -> dict[str, AddressDiff]:
    """The entries, whose changes name what they remove as AWS does."""
    return {address: _with_names(work.scope, entry) for address, entry in work.entries.items()}


def _with_names(scope: Scope, entry: AddressDiff) -> AddressDiff:
    if entry.change is None or entry.action not in _LOST or entry.live is None:
        return entry
    names = HANDLER_OF[entry.kind].aws_names(scope, entry)
    return replace(entry, change=entry.change.model_copy(update={"removes": names}))


def _is_named(entry: AddressDiff, named: Resource | None) -> bool:
    """Whether a spec gives it the very name that it has in AWS."""
    if named is None or entry.live is None or "name" not in named.properties:
        return False
    parts = ("name", "path")
    return all(named.properties.get(part) == entry.live.properties.get(part) for part in parts)
