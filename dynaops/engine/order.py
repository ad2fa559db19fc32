"""Order the operations: one after another within a table, by rank; different tables in parallel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dynaops.kinds.kind import AddressDiff, Step, TableChanges
from dynaops.model.operation import Effect, Operation, Wait


def order(
    steps: Sequence[Step],
    work: TableChanges,
    settle: Wait | None,
    source: str | None,
    ignores: tuple[str, ...] | None = None,
) -> list[Operation]:
    """The operations of one table with ids and with `after` and `needs` set.

    AWS allows only one control-plane call of a table at a time, so each operation runs `after` the one before. But it
    `needs` only those that it depends on (`_needs`), so that one failure does not stop the rest. `settle` is the wait
    before the first call that needs an idle table; `source` is the spec file to record, `ignores` are the paths that
    the table's spec ignores (None: there is no spec).
    """
    placed = sorted(steps, key=lambda step: step.rank)
    ordered: list[Operation] = []
    used: dict[str, int] = {}
    for position, step in enumerate(placed):
        operation = step.operation
        name = f"{operation.address}:{operation.api}"
        used[name] = used.get(name, 0) + 1
        earlier = list(zip(placed[:position], ordered, strict=True))
        update: dict[str, object] = {
            "id": name if used[name] == 1 else f"{name}-{used[name]}",
            "after": (ordered[-1].id,) if ordered else (),
            "needs": tuple(
                earlier_operation.id
                for earlier_step, earlier_operation in earlier
                if _needs(step, earlier_step, work)
            ),
            "effects": tuple(_with_source(_with_owned(operation.effects, work), source, ignores, work)),
        }
        if settle is not None and operation.needs_idle:
            update["before"] = settle
            settle = None
        ordered.append(operation.model_copy(update=update))
    return ordered


def _needs(step: Step, earlier: Step, work: TableChanges) -> bool:
    """Whether `step` must not run if `earlier` failed.

    A change of the table itself needs all earlier changes of the table, and the earlier steps that release it. Any
    other step needs those of the resources that it depends on; a resource is deleted only after its dependents.
    """
    if step.operation.address == earlier.operation.address:
        return not (step.apart and earlier.apart)
    if step.rank.core:
        return earlier.rank.core or earlier.rank.release
    if earlier.operation.address in _built_on(step.operation.address, work):
        return True
    return step.rank.leaves and step.operation.address in _built_on(earlier.operation.address, work)


def _built_on(address: str, work: TableChanges) -> set[str]:
    """The addresses that the entry at `address` depends on, directly or indirectly."""
    dependencies: set[str] = set()
    unseen = [address]
    while unseen:
        entry = work.entries.get(unseen.pop())
        if entry is None:
            continue
        direct = {
            *(entry.desired.depends_on if entry.desired else ()),
            *([entry.owner] if entry.owner else ()),
        }
        if entry.desired is None and entry.record is not None:
            direct.update(entry.record.depends_on)
        unseen.extend(direct - dependencies)
        dependencies |= direct
    return dependencies


def _with_source(
    effects: Iterable[Effect], source: str | None, ignores: tuple[str, ...] | None, work: TableChanges
) -> Iterable[Effect]:
    """The effects with the spec file in every record: resources that outlive the table still belong to the file."""
    for effect in effects:
        update: dict[str, object] = {"source": source} if source and not effect.forget else {}
        if ignores and effect.address == work.scope.address and not effect.forget:
            update["ignores"] = ignores
        yield effect.model_copy(update=update) if update else effect


def _with_owned(effects: Iterable[Effect], work: TableChanges) -> Iterable[Effect]:
    """The effects, with a forget effect for every part of a resource that is forgotten."""
    for effect in effects:
        yield effect
        if effect.forget:
            yield from _forget_owned(effect.address, work.entries.values())


def _forget_owned(owner: str, entries: Iterable[AddressDiff]) -> Iterable[Effect]:
    for entry in entries:
        if entry.owner == owner and entry.record:
            yield Effect(address=entry.address, kind=entry.kind, region=entry.region, forget=True)
            yield from _forget_owned(entry.address, entries)
