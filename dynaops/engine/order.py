"""The order of operations: serial within a table, in the safe order of ranks; tables side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dynaops.kinds.kind import Entry, Step, Work
from dynaops.model.operation import Effect, Operation, Wait


def order(steps: Sequence[Step], work: Work, settle: Wait | None, source: str | None) -> list[Operation]:
    """The operations of one table, numbered and chained.

    AWS's rules bind all control-plane calls of a table to one another, so each waits for the one before. `settle` is
    what must hold before the first call that needs an idle table; `source` is the spec file to remember.
    """
    placed = [step.operation for step in sorted(steps, key=lambda step: step.rank)]
    ordered: list[Operation] = []
    used: dict[str, int] = {}
    for operation in placed:
        name = f"{operation.address}:{operation.api}"
        used[name] = used.get(name, 0) + 1
        update: dict[str, object] = {
            "id": name if used[name] == 1 else f"{name}-{used[name]}",
            "after": (ordered[-1].id,) if ordered else (),
            "effects": tuple(_with_source(_with_owned(operation.effects, work), work, source)),
        }
        if settle is not None and operation.needs_idle:
            update["before"] = settle
            settle = None
        ordered.append(operation.model_copy(update=update))
    return ordered


def _with_source(effects: Iterable[Effect], work: Work, source: str | None) -> Iterable[Effect]:
    for effect in effects:
        if source and effect.address == work.scope.address and not effect.forget:
            yield effect.model_copy(update={"source": source})
        else:
            yield effect


def _with_owned(effects: Iterable[Effect], work: Work) -> Iterable[Effect]:
    """The effects, and the forgetting of all that goes with what they forget."""
    for effect in effects:
        yield effect
        if effect.forget:
            yield from _forget_owned(effect.address, work.entries.values())


def _forget_owned(owner: str, entries: Iterable[Entry]) -> Iterable[Effect]:
    for entry in entries:
        if entry.owner == owner and entry.record:
            yield Effect(address=entry.address, kind=entry.kind, region=entry.region, forget=True)
            yield from _forget_owned(entry.address, entries)
