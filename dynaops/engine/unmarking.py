"""Plan the removal of a state's mark from resources that leave the state and stay in AWS, for others to adopt.

The record is forgotten with that call, not before it, so a run that dies in between can be run again. Only this
state's mark is removed, and only if no other address of the state still has the resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from dynaops.engine.mark_operations import unmark
from dynaops.engine.order import order
from dynaops.engine.ownership_mark import Ownership, StateMark
from dynaops.engine.release import is_released
from dynaops.engine.shared_resources import SharedUses, identity_of
from dynaops.engine.table_diff import TableDiff
from dynaops.kinds.kind import AddressDiff, Rank, Step, TableChanges
from dynaops.kinds.registry import PROPERTY_RULES
from dynaops.model.change import Action
from dynaops.model.finding import Finding
from dynaops.model.findings.plans import PLAN139
from dynaops.model.findings.rule import make_finding
from dynaops.model.operation import Effect, Operation
from dynaops.specs.refactoring import Removal

REASON = "which leaves the state and stays in AWS"
_UNMARKED_NOTE = "; the mark of this state is taken from it"


def of_parts(
    diff: TableDiff,
    work: TableChanges,
    steps: Sequence[Step],
    removed: Mapping[str, Removal],
    claim: StateMark,
    uses: SharedUses,
) -> tuple[TableDiff, list[Step]]:
    """(`diff` without forget effects that move to the new steps, the steps that remove marks of parts of a table).

    The table itself stays or is deleted. `steps` are those of the plan so far.
    """
    unmark_steps = []
    for _, entry in sorted(work.entries.items()):
        if not is_marked(entry, claim) or _is_owned_otherwise(entry, uses):
            continue
        if entry.let_go or (entry.change is None and is_released(entry, work.entries, removed)):
            unmark_steps.append(_step(entry, work, claim, (_forgetting(entry),)))
        elif entry.action is Action.DELETE and _is_kept_by(steps, entry):
            unmark_steps.append(replace(_step(entry, work, claim, ()), rank=Rank.RELEASE_MAPPINGS))
    unmarked = {effect.address for step in unmark_steps for effect in step.operation.effects}
    updates = tuple(update for update in diff.updates if not (update.forget and update.address in unmarked))
    return replace(diff, updates=updates), unmark_steps


def of_table(
    diff: TableDiff, work: TableChanges, claim: StateMark, uses: SharedUses
) -> tuple[TableDiff, tuple[Operation, ...]]:
    """(`diff` without forget effects that move to the calls, the calls that remove marks of a forgotten table).

    The table is last: if a run dies, its remaining parts are still retained, since the table's record says so.
    """
    marked = [
        entry
        for _, entry in sorted(work.entries.items())
        if is_marked(entry, claim) and not _is_owned_otherwise(entry, uses)
    ]
    if work.table not in marked:
        operations = order([_step(entry, work, claim, ()) for entry in marked], work, None, None)
        return replace(diff, entries=with_reasons(diff.entries, operations)), tuple(operations)
    rest = tuple(
        effect for effect in diff.updates if effect.address not in {entry.address for entry in marked}
    )
    steps = [_step(entry, work, claim, (_forgetting(entry),)) for entry in marked if entry is not work.table]
    steps.append(replace(_step(work.table, work, claim, (*rest, _forgetting(work.table))), rank=Rank.PROTECT))
    *others, last = order(steps, work, None, None)
    needs = tuple(operation.id for operation in others)
    operations = [*others, last.model_copy(update={"needs": needs})]
    return replace(diff, entries=with_reasons(diff.entries, operations), updates=()), tuple(operations)


def unknown(entries: Iterable[AddressDiff], claim: StateMark, was_looked_at: bool) -> list[Finding]:
    """Findings of a plan made without reading AWS: it is not known whether there are marks to remove."""
    if was_looked_at or claim.key is None:
        return []
    return [
        make_finding(
            PLAN139,
            f"{entry.address} is forgotten, and keeps the mark ({claim.key}) if it has one: AWS was not looked at",
            address=entry.address,
        )
        for entry in entries
        if entry.action is Action.FORGET and PROPERTY_RULES[entry.kind].tags is not None
    ]


def with_reasons(
    entries: Mapping[str, AddressDiff], operations: Iterable[Operation]
) -> dict[str, AddressDiff]:
    """The entries, in which the reason of a FORGET change says that the mark is removed."""
    unmarked = {operation.address for operation in operations}
    return {
        address: replace(
            entry, change=entry.change.model_copy(update={"reason": entry.change.reason + _UNMARKED_NOTE})
        )
        if entry.change and entry.action is Action.FORGET and address in unmarked
        else entry
        for address, entry in entries.items()
    }


def is_marked(entry: AddressDiff, claim: StateMark) -> bool:
    """Whether a recorded resource is live and has this state's mark; False if marking is off."""
    tags = entry.live.tags if entry.live else None
    if claim.key is None or tags is None or entry.record is None or entry.desired is not None:
        return False
    return PROPERTY_RULES[entry.kind].tags is not None and claim.ownership(tags) is Ownership.OURS


def _is_owned_otherwise(entry: AddressDiff, uses: SharedUses) -> bool:
    assert entry.live is not None, "asked of what is live"
    identity = identity_of(entry.kind, entry.region, entry.live.properties, PROPERTY_RULES[entry.kind])
    return identity is not None and uses.stays_owned(identity, entry.known_as or entry.address)


def _is_kept_by(steps: Sequence[Step], entry: AddressDiff) -> bool:
    """Whether the steps forget the resource without deleting it, so that it stays in AWS."""
    own = [step.operation for step in steps if step.operation.address == entry.address]
    is_forgotten = any(
        effect.forget and effect.address == entry.address for operation in own for effect in operation.effects
    )
    return is_forgotten and not any(operation.removes for operation in own)


def _step(entry: AddressDiff, work: TableChanges, claim: StateMark, effects: tuple[Effect, ...]) -> Step:
    calls = PROPERTY_RULES[entry.kind].tags
    assert calls is not None and claim.key is not None, "asked of what bears a mark"
    return unmark(entry, work.scope, claim.key, REASON, Rank(calls.rank), effects)


def _forgetting(entry: AddressDiff) -> Effect:
    return Effect(address=entry.address, kind=entry.kind, region=entry.region, forget=True)
