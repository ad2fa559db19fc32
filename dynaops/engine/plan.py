"""Planning: specs, state and live account in, the exact operations out. Only reads AWS."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from dynaops import __version__
from dynaops.engine import external, unmarking
from dynaops.engine.addresses import selected
from dynaops.engine.comparison import being_deleted, compared
from dynaops.engine.cross_table_checks import contradicting, uses_of_plan
from dynaops.engine.finish import changes_of, finished
from dynaops.engine.mark_operations import marked, reserved
from dynaops.engine.observe import in_parallel, observe
from dynaops.engine.order import order
from dynaops.engine.other_environment import other_environment
from dynaops.engine.ownership import with_consent, with_names
from dynaops.engine.ownership_check import claimed, with_live_tags
from dynaops.engine.ownership_mark import StateMark, claim_of
from dynaops.engine.parameters import check_parameters
from dynaops.engine.recover_intents import recovered
from dynaops.engine.refactoring import (
    Refactored,
    aimed,
    claim_with_imports,
    missing,
    nothing_to_do,
    refactored,
    with_blocks,
)
from dynaops.engine.release import released, retained, with_removals
from dynaops.engine.rename_hints import hints
from dynaops.engine.shared_operations import made_once
from dynaops.engine.shared_resources import SharedUses, forgotten, let_go, readdressed
from dynaops.engine.state_account import check_identity, check_origin, whose
from dynaops.engine.table_diff import TableDiff
from dynaops.engine.table_inputs import as_recorded, declared_by, known_of
from dynaops.engine.table_references import (
    Part,
    References,
    Values,
    chained,
    in_order,
    references_of,
    wrong_in_plan,
)
from dynaops.engine.table_scopes import RunTarget, orphaned
from dynaops.engine.targeting import narrowed, with_source
from dynaops.engine.targets import declared_targets, targets_of
from dynaops.engine.usage import usage_of
from dynaops.kinds.kind import AwsReader, Step, TableChanges
from dynaops.kinds.registry import HANDLERS, PROPERTY_RULES, TABLE_HANDLER
from dynaops.model.change import Change, Drift
from dynaops.model.cost import ByUse, Usage
from dynaops.model.errors import DynaopsError, SpecError
from dynaops.model.finding import Finding, Severity
from dynaops.model.operation import Operation, Wait
from dynaops.model.plan import Plan
from dynaops.model.resource import Observed
from dynaops.model.state import State
from dynaops.specs.check import check, errors
from dynaops.specs.digests import spec_digests
from dynaops.specs.external import ExternalTable, digests
from dynaops.specs.refactoring import Blocks
from dynaops.specs.suppressions import without_accepted

if TYPE_CHECKING:
    from dynaops.aws.session import Aws
    from dynaops.specs.load import Document


@dataclass(frozen=True)
class PlanOptions:
    """How to plan: only `targets` (patterns of addresses, and what is below them); `refresh` reads AWS; `destroy`
    deletes all.

    Nothing else of a plan depends on when it is made than `made_at` (epoch seconds; None: now), which it carries:
    with that of a saved plan it comes out the same, names and tokens included.
    """

    targets: tuple[str, ...] = ()
    refresh: bool = True
    destroy: bool = False
    read: tuple[str, ...] = field(default=())
    """The files and folders the documents were read from: their recorded tables may be found gone."""
    made_at: float | None = None
    only: frozenset[str] | None = None
    """The tables that are planned; of the others only the fingerprints are taken. None: all."""
    blocks: Blocks = field(default_factory=Blocks)
    """What the specs say of moves, removals and imports, beside their tables."""
    external: tuple[ExternalTable, ...] = ()
    """The tables of the specs that others own."""
    take_over: tuple[str, ...] = ()
    """Ids of states that are lost, and whose resources become this state's."""


class PlanRefused(DynaopsError):
    """The plan cannot be carried out as AWS's rules stand; nothing was sent. `findings` say why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(findings[0].message, findings[0].hint)
        self.findings = tuple(findings)


def make_plan(
    documents: Sequence[Document], state: State, aws: Aws, options: PlanOptions | None = None
) -> Plan:
    """The plan that brings the live account to what the documents say. Raises DynaopsError kinds."""
    chosen = options or PlanOptions()
    if chosen.refresh:
        check_identity(state, aws)
    else:
        check_origin(state, aws)
    if (chosen.take_over or chosen.blocks.take_over) and aws.mark is None:
        raise DynaopsError(
            "What another state has marked cannot be taken over: marking is off",
            "A mark is taken over by writing this state's. Set `mark` in dynaops.toml to the key of the mark.",
        )
    advice = _checked(documents) if not chosen.destroy else ()
    _check_external(chosen, aws)
    others = [] if chosen.destroy else external.targets(chosen.external, state, aws, chosen.refresh)
    work = _refactored(documents, others, state, aws, chosen)
    state = work.state
    targets = aimed(
        targets_of(
            documents, others, state, aws, destroy=chosen.destroy, read=chosen.read, external=chosen.external
        ),
        work,
    )
    created_at, now = _moment(time.time() if chosen.made_at is None else chosen.made_at)
    references = {} if chosen.destroy else references_of(documents, chosen.external)
    values = Values(targets, state, aws if chosen.refresh else None)
    if references:
        values = replace(
            values, external=external.values_of(chosen.external, references, aws, chosen.refresh)
        )
        targets = values.filled()
    live = _live(targets, state, aws, chosen)
    if references:
        targets = replace(values, targets=targets, live=live).filled()
    everything = {address: element for resources in live.values() for address, element in resources.items()}
    tables = {target.scope.address for target in targets}
    claim = claim_of(state, aws.mark, chosen.take_over)
    settled_state, resolved = recovered(state, everything, tables, now, claim)
    uses = uses_of_plan(targets, settled_state, chosen.targets)
    planned = in_parallel(
        [
            partial(
                plan_table,
                target,
                settled_state,
                live[target.scope.address],
                aws if chosen.refresh else None,
                chosen,
                now,
                uses,
                claim,
            )
            for target in targets
        ]
    )
    wrong = contradicting(
        {part.address: part.judged.entries for part in planned},
        [target.scope for target in targets],
        settled_state,
        chosen.targets,
        chosen.refresh,
        documents,
    )
    if wrong:
        raise PlanRefused(wrong)
    planned = _in_order(planned, references, chosen.external, settled_state)
    fingerprints = {
        address: element for part in planned for address, element in sorted(part.judged.fingerprints.items())
    }
    if chosen.only is not None:
        planned = [part for part in planned if part.address in chosen.only]
    refusals = [
        element for part in planned for element in part.findings if element.severity is Severity.ERROR
    ]
    if refusals:
        raise PlanRefused(refusals)
    made = made_once([(part.judged.entries, part.operations) for part in planned], PROPERTY_RULES)
    planned = [replace(part, operations=operations) for part, operations in zip(planned, made, strict=True)]
    linked = chained(_parts(planned))
    planned = [replace(part, operations=linked[part.address]) for part in planned]
    operations = tuple(operation for part in planned for operation in part.operations)
    check_parameters(operations, aws)
    changes = tuple(change for part in planned for change in part.changes)
    mixed = other_environment(changes)
    return Plan(
        dynaops_version=__version__,
        created_at=created_at,
        serial=state.serial,
        lineage=state.lineage,
        **whose({target.scope.region for target in targets}, state, aws, chosen.refresh),
        endpoint=aws.endpoint_url,
        spec_digests=spec_digests(documents),
        destroy=chosen.destroy,
        changes=changes,
        operations=operations,
        block_digests={} if chosen.destroy else {**chosen.blocks.digests, **digests(chosen.external)},
        updates=(
            *(effect for effect in work.effects if selected(effect.address, chosen.targets)),
            *resolved,
            *(effect for part in planned for effect in part.judged.updates),
        ),
        drift=tuple(drift for part in planned for drift in part.drift),
        unmanaged=tuple(element for part in planned for element in part.judged.unmanaged),
        warnings=(
            *((mixed,) if mixed else ()),
            *advice,
            *nothing_to_do(work),
            *(
                ()
                if chosen.destroy or mixed
                else hints({part.address: part.judged.entries for part in planned})
            ),
            *(element for part in planned for element in part.findings),
        ),
        pending=tuple(title for part in planned for title in part.pending),
        tables=tuple(sorted(tables)),
        settle=tuple(part.settle for part in planned if part.settle and not part.operations),
        fingerprints=fingerprints,
        usage=tuple(element for part in planned for element in part.usage),
        by_use=tuple(element for part in planned for element in part.by_use),
    )


def _parts(planned: Sequence[TablePlan]) -> dict[str, Part]:
    return {part.address: Part(part.judged.entries, part.operations) for part in planned}


def _in_order(
    planned: Sequence[TablePlan], references: References, others: Sequence[ExternalTable], state: State
) -> list[TablePlan]:
    """The tables, each after those that it refers to. Raises PlanRefused for references that cannot be met."""
    parts = _parts(planned)
    wrong = list(wrong_in_plan(parts, references, [table.name for table in others], state))
    if wrong:
        raise PlanRefused(wrong)
    by_table = {part.address: part for part in planned}
    return [by_table[table] for table in in_order(parts, references)]


def _moment(epoch: float) -> tuple[str, float]:
    """A time as plans carry it, and the very time (epoch seconds) that is read from that."""
    text = datetime.fromtimestamp(epoch, UTC).isoformat(timespec="milliseconds")
    return text, datetime.fromisoformat(text).timestamp()


def _checked(documents: Sequence[Document]) -> tuple[Finding, ...]:
    """The warnings of the offline checks. Raises SpecError for their errors, and for what is not supported yet."""
    findings = check(documents)
    wrong = errors(findings)
    if wrong:
        raise SpecError(wrong)
    return tuple(findings)


def _check_external(options: PlanOptions, aws: Aws) -> None:
    """Raise PlanRefused where an external table is not as its document says."""
    if options.refresh and options.external and not options.destroy:
        wrong = list(external.findings(options.external, aws))
        if wrong:
            raise PlanRefused(wrong)


def _refactored(
    documents: Sequence[Document], others: Sequence[RunTarget], state: State, aws: Aws, options: PlanOptions
) -> Refactored:
    """The state with the moves of the blocks made. A destroy goes by what the state says."""
    if options.destroy:
        return Refactored(state)
    work = Refactored(state)
    if options.blocks:
        declared = [*declared_targets(documents, aws), *others]
        tables = [target.scope.address for target in declared]
        gone = orphaned(state, tables, options.read)
        resources = {
            address: resource for target in declared for address, resource in declared_by(target).items()
        }
        known = {*tables, *(target.scope.address for target in gone)}
        work = refactored(options.blocks, resources, state, known)
    return external.forgetting(work, options.external, work.state)


def _live(
    targets: Sequence[RunTarget], state: State, aws: Aws, options: PlanOptions
) -> dict[str, dict[str, Observed]]:
    if not options.refresh:
        return {target.scope.address: as_recorded(target.scope, state) for target in targets}
    known = {target.scope.address: known_of(target, state) for target in targets}
    return observe(aws, [target.scope for target in targets], HANDLERS, known)


@dataclass(frozen=True)
class TablePlan:
    """The plan of one table, of that address."""

    address: str
    judged: TableDiff
    changes: tuple[Change, ...]
    operations: tuple[Operation, ...]
    findings: tuple[Finding, ...]
    drift: tuple[Drift, ...]
    pending: tuple[str, ...]
    settle: Wait | None
    usage: tuple[Usage, ...]
    by_use: tuple[ByUse, ...]


def plan_table(
    target: RunTarget,
    state: State,
    live: dict[str, Observed],
    read: AwsReader | None,
    options: PlanOptions,
    now: float,
    uses: SharedUses | None = None,
    claim: StateMark | None = None,
) -> TablePlan:
    """The plan of one table. Pure but for `read`, with which handlers resolve names (None: they do not)."""
    going, live = being_deleted(target.scope, live)
    judged = compared(target, state, live, read, options.destroy)
    if target.external or (target.spec is None and target.scope.address not in state.resources):
        judged = replace(judged, unmanaged=())  # the table is others'
    if options.targets:
        judged = narrowed(judged, options.targets)
    removed = {root: removal for root, removal in target.removed.items() if selected(root, options.targets)}
    judged = let_go(with_source(released(judged, removed), target), uses or SharedUses({}), PROPERTY_RULES)
    claim = claim_with_imports(claim or claim_of(state, None), target)
    judged = with_live_tags(judged, target.scope, claim, read)
    judged, findings = claimed(judged, claim, state.resources, target.imported)
    findings.extend(reserved(judged.entries.values(), claim))
    work = TableChanges(target.scope, judged.entries, now, target.promised)
    kept = retained(judged, work, removed)
    uses = uses or SharedUses({})
    if kept is not None:
        kept, untagging = unmarking.of_table(kept, work, claim, uses)
        unknown = unmarking.unknown(kept.entries.values(), claim, options.refresh)
        return _forgotten(target, kept, now, untagging, unknown)
    for handler in HANDLERS:
        work = replace(work, entries={**work.entries, **handler.refine(work)})
    updates = (*readdressed(work), *judged.updates, *forgotten(work))
    judged = replace(judged, entries=dict(work.entries), updates=updates)
    steps: list[Step] = []
    for handler in HANDLERS:
        findings.extend(handler.findings(work))
        steps.extend(handler.operations(work))
    steps, remarks = marked(steps, work, claim, options.targets)
    findings.extend(remarks)
    judged, untagging_steps = unmarking.of_parts(judged, work, steps, removed, claim, uses)
    steps = with_consent([*steps, *untagging_steps], work, target, claim)
    findings.extend(missing(work.entries, target, options.refresh))
    entries = unmarking.with_reasons(
        with_removals(with_names(work), removed), (step.operation for step in untagging_steps)
    )
    findings.extend(unmarking.unknown(entries.values(), claim, options.refresh))
    judged = replace(judged, entries=with_blocks(entries, target, options.targets))
    table = live.get(target.scope.address)
    busy = table.busy if table else None
    settle = going or (TABLE_HANDLER.until_idle(target.scope) if busy else None)
    usage, by_use = usage_of(work)
    return TablePlan(
        address=target.scope.address,
        judged=judged,
        changes=changes_of(judged.entries),
        operations=finished(order(steps, work, settle, target.source, target.ignores), work.entries),
        findings=tuple(without_accepted(findings, target.spec)),
        drift=judged.drift,
        pending=tuple(title for title in (busy, going and going.title) if title),
        settle=settle,
        usage=usage,
        by_use=by_use,
    )


def _forgotten(
    target: RunTarget,
    judged: TableDiff,
    now: float,
    operations: tuple[Operation, ...],
    findings: Sequence[Finding],
) -> TablePlan:
    """The plan of a table that stays in AWS, and that nobody looks after any more."""
    usage, by_use = usage_of(TableChanges(target.scope, judged.entries, now))
    changes = changes_of(judged.entries)
    address = target.scope.address
    shown = tuple(without_accepted(findings, target.spec))
    return TablePlan(address, judged, changes, operations, shown, judged.drift, (), None, usage, by_use)
