"""Page of a plan: a tree for each table, losses, drift and warnings, and a summary line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dynaops.model.change import Action, Change, Difference, Drift, Unmanaged
from dynaops.model.headline import Headline
from dynaops.model.operation import Danger, Operation
from dynaops.model.plan import Plan
from dynaops.views import wording
from dynaops.views.cost import cost_sections
from dynaops.views.estimate import duration, slow
from dynaops.views.findings import finding_nodes
from dynaops.views.headline import headline_sections
from dynaops.views.page import (
    Line,
    Page,
    PageNode,
    Section,
    StyledText,
    TextStyle,
    faint,
    joined,
    line,
    strong,
)
from dynaops.views.similar_tables import created_in_short
from dynaops.views.values import absent, before_and_after, compact, unfolded

_UNKNOWN = Headline()


def plan_page(plan: Plan, refreshed: bool = True, whole: bool = False) -> Page:
    """The plan. `refreshed`: live resources were read; `whole`: each of many new tables is shown in full."""
    sections = [*table_sections(plan.changes, whole), *_unchanged(plan), *about_sections(plan)]
    return Page((*headline_sections(plan.headline), *sections, _summary(plan, refreshed)))


def about_sections(plan: Plan) -> Iterable[Section]:
    """The sections besides the changes: losses, slow operations, drift and warnings, if there are any."""
    yield from _violations(plan)
    yield from _losses(plan)
    yield from _adoptions(plan)
    yield from _removals(plan)
    yield from _slow_steps(plan)
    yield from cost_sections(plan)
    yield from _pending(plan)
    yield from drift_sections(plan.drift)
    yield from unmanaged_sections(plan.unmanaged)
    yield from _warnings(plan)


def drift_page(
    drift: Sequence[Drift],
    unmanaged: Sequence[Unmanaged],
    headline: Headline = _UNKNOWN,
    counted: bool = False,
) -> Page:
    """The page of ``dynaops drift``. `counted`: unmanaged resources count as drift."""
    good = wording.NO_DRIFT_OF_OURS if unmanaged else wording.NO_DRIFT
    verdict = line(strong(f"Drift at {wording.count(len(drift), 'address', 'addresses')}"))
    if not drift:
        verdict = line() if counted and unmanaged else line(StyledText(good, TextStyle.GOOD))
    if unmanaged:
        added = wording.count(len(unmanaged), "unmanaged addition")
        verdict = joined([verdict, line(strong(added) if counted else added)])
    hint = (PageNode(line(faint(wording.AFTER_DRIFT))),) if drift else ()
    sections = (*headline_sections(headline), *drift_sections(drift), *unmanaged_sections(unmanaged))
    return Page((*sections, Section((PageNode(verdict), *hint))))


def table_sections(changes: Sequence[Change], whole: bool = True) -> Iterable[Section]:
    """A tree for each table that changes; unless `whole`, many new tables that are alike are shown once."""
    tables: dict[str, list[Change]] = {}
    for change in changes:
        if change.action is not Action.NO_OP:
            tables.setdefault(change.address.split("/", 1)[0], []).append(change)
    short, named = ([], set()) if whole else created_in_short(tables, _table)
    yield from short
    for name, members in tables.items():
        if name not in named:
            yield Section((_table(name, members),), tree=True)


def drift_sections(drift: Sequence[Drift]) -> Iterable[Section]:
    """Changes that were made outside dynaops; no section without drift."""
    if drift:
        nodes = tuple(_drifted(entry) for entry in drift)
        yield Section(nodes, line(strong("Drift"), faint(": changed in AWS since dynaops last applied")))


def unmanaged_sections(unmanaged: Sequence[Unmanaged]) -> Iterable[Section]:
    """Resources that are neither in a spec nor in the state; no section without them."""
    if unmanaged:
        nodes = tuple(
            PageNode(
                line(resource.address if resource.path is None else f"{resource.address} {resource.path}"),
                value=() if absent(resource.value) else line(compact(resource.value)),
            )
            for resource in unmanaged
        )
        yield Section(nodes, line(strong("Unmanaged"), faint(": live, in no spec, left alone")))


def _table(name: str, members: Sequence[Change]) -> PageNode:
    own = next((change for change in members if change.address == name), None)
    below = tuple(
        _change(change, change.address.removeprefix(f"{name}/"), own)
        for change in members
        if change is not own
    )
    title, region = line(strong(name)), line(faint(members[0].region))
    if own is None:
        return PageNode(
            title, StyledText(wording.MARKS[Action.UPDATE], TextStyle.UPDATE), region, children=below
        )
    return PageNode(title, _mark(own), region, (*_reason(own), *_removed(own)), (*_details(own), *below))


def _change(change: Change, name: str, owner: Change | None) -> PageNode:
    fresh = owner is not None and owner.action in (Action.CREATE, Action.REPLACE)
    if fresh and change.action in (Action.CREATE, Action.REPLACE):
        return PageNode(line(strong(name)), _mark(change), line(_brief(change.after)), _removed(change))
    notes = (*_reason(change), *_removed(change))
    return PageNode(line(strong(name)), _mark(change), notes=notes, children=_details(change))


def _removed(change: Change) -> tuple[Line, ...]:
    """The AWS names of removed resources, because a state may have any resource at an address."""
    return (line(faint(f"removes {', '.join(change.removes)}")),) if change.removes else ()


def _reason(change: Change) -> tuple[Line, ...]:
    if not change.reason:
        return ()
    return (line(faint(f"{change.reason} ({change.block})" if change.block else change.reason)),)


def _details(change: Change) -> tuple[PageNode, ...]:
    if change.action in (Action.DELETE, Action.FORGET):
        return ()
    if change.action is Action.CREATE:
        return tuple(
            PageNode(line(path), value=line(compact(value))) for path, value in _members(change.after)
        )
    return tuple(row for difference in change.differences for row in _difference(difference))


def _difference(difference: Difference) -> Iterable[PageNode]:
    *rows, last = [_row(member) for member in unfolded(difference)]
    notes = (line(faint(difference.note)),) if difference.note else ()
    return (*rows, PageNode(last.text, last.mark, last.value, notes))


def _row(difference: Difference) -> PageNode:
    value = before_and_after(difference)
    if difference.forces_replacement:
        value = (*value, StyledText(f"  {wording.FORCES}", TextStyle.REPLACE))
    if absent(difference.before):
        mark = StyledText("+", TextStyle.CREATE)
    elif absent(difference.after):
        mark = StyledText("-", TextStyle.DELETE)
    else:
        mark = StyledText("~", TextStyle.UPDATE)
    return PageNode(line(difference.path), mark, value)


def _members(after: object) -> Iterable[tuple[str, object]]:
    if not isinstance(after, dict):
        return
    for path, value in after.items():
        if not absent(value):
            yield path, value


def _brief(after: object) -> str:
    return ", ".join(f"{path}: {compact(value)}" for path, value in _members(after))


def _drifted(drift: Drift) -> PageNode:
    if drift.vanished:
        return PageNode(
            line(strong(drift.address)), StyledText("-", TextStyle.DELETE), line("is gone from AWS")
        )
    rows = tuple(_row(member) for difference in drift.differences for member in unfolded(difference))
    return PageNode(line(strong(drift.address)), StyledText("~", TextStyle.UPDATE), children=rows)


def _losses(plan: Plan) -> Iterable[Section]:
    nodes = tuple(
        PageNode(
            line(StyledText(operation.address, TextStyle.DELETE), loss(operation, operation.danger, plan)),
            StyledText("!", TextStyle.ERROR),
            notes=tuple(line(faint(note)) for note in _about_loss(operation, plan) if note),
        )
        for operation in plan.operations
        if operation.danger is not None
    )
    if nodes:
        yield Section(nodes, line(StyledText("Destructive", TextStyle.ERROR)))


def _adoptions(plan: Plan) -> Iterable[Section]:
    """Live resources that are taken over with consent, by table: nothing proves that they belong to this state."""
    nodes = tuple(
        PageNode(
            line(StyledText(wording.listed(change.address for change in group), TextStyle.ADOPT)),
            StyledText("!", TextStyle.ERROR),
            line(wording.adoption(group[0].owner, len(group))),
            notes=tuple(
                line(faint(note))
                for note in dict.fromkeys(adoption_consent(change, plan) for change in group)
            ),
        )
        for group in adopted_groups(plan)
    )
    if nodes:
        yield Section(nodes, line(StyledText("Taken over", TextStyle.ERROR)))


def adopted_groups(plan: Plan) -> list[list[Change]]:
    """The changes that need consent to take over a resource, by table and by the state in its ownership tag."""
    groups: dict[tuple[str, str | None], list[Change]] = {}
    for adoption in plan.adoptions:
        groups.setdefault((adoption.address.partition("/")[0], adoption.owner), []).append(adoption)
    return list(groups.values())


def adoption_consent(change: Change, plan: Plan) -> str:
    """The consent that taking over a resource needs, or that the plan contains it."""
    if plan.consents_to(change):
        return "consented to in this plan"
    return f"needs {wording.take_over_option(change.owner)}"


def _removals(plan: Plan) -> Iterable[Section]:
    """Resources that single operations remove, if no change at their address is a removal that names them."""
    named = {change.address for change in plan.changes if change.removes}
    nodes = tuple(
        PageNode(line(operation.address), StyledText("-", TextStyle.DELETE), line(operation.removes))
        for operation in plan.operations
        if operation.removes and operation.address not in named
    )
    if nodes:
        yield Section(nodes, line(strong("Removed in AWS"), faint(": by AWS's names")))


def loss(operation: Operation, danger: Danger, plan: Plan) -> str:
    """The text after the address: the whole resource is lost, or (for an update) what the operation loses."""
    updated = any(
        change.address == operation.address and change.action in (Action.UPDATE, Action.ADOPT)
        for change in plan.changes
    )
    partly = danger is Danger.DESTROY and updated
    named = wording.other_table(operation)
    if operation.loses and (partly or danger is Danger.RECOVERY):
        return f"{named} loses {operation.loses}"
    if partly:
        return f"{named}: {operation.title}"
    return f"{named} {wording.loss(danger)}" + (f"; it loses {operation.loses}" if operation.loses else "")


def _about_loss(operation: Operation, plan: Plan) -> tuple[str, ...]:
    """The reason (unless its change shows it), and the needed consent; ``destroy`` is itself consent to delete."""
    is_shown = any(
        operation.reason == change.reason for change in plan.changes if change.address == operation.address
    )
    reason = "" if is_shown else operation.reason
    if operation.danger is None or (plan.destroy and operation.danger is Danger.DESTROY):
        return (reason,)
    return (reason, consent_to(operation, operation.danger, plan))


def consent_to(operation: Operation, danger: Danger, plan: Plan) -> str:
    """The consent that a loss needs, or that the plan contains it."""
    if plan.consents_to(operation):
        return f"consented to in this plan: {danger.value}:{operation.address}"
    return f"needs {wording.consent(danger)}"


def _slow_steps(plan: Plan) -> Iterable[Section]:
    nodes = tuple(
        PageNode(line(wording.about(operation.expected_wait)), value=line(operation.title))
        for operation in slow(plan)
    )
    if nodes:
        yield Section(nodes, line(strong("Slow steps")))


def _pending(plan: Plan) -> Iterable[Section]:
    if plan.pending:
        nodes = tuple(PageNode(line(text)) for text in plan.pending)
        yield Section(nodes, line(strong("Still under way in AWS"), faint(": from before")))


def _violations(plan: Plan) -> Iterable[Section]:
    if plan.violations:
        style = TextStyle.ERROR if plan.forbidden else TextStyle.WARNING
        yield Section(finding_nodes(plan.violations), line(StyledText("House rules it breaks", style)))


def _warnings(plan: Plan) -> Iterable[Section]:
    if plan.warnings:
        yield Section(finding_nodes(plan.warnings), line(StyledText("Warnings", TextStyle.WARNING)))


def _summary(plan: Plan, refreshed: bool) -> Section:
    notes = () if refreshed else (PageNode(line(faint(wording.NOT_REFRESHED))),)
    return Section((PageNode(summary_line(plan)), *notes))


def summary_line(plan: Plan) -> Line:
    """The summary of the plan in one line."""
    if plan.empty and plan.destroy:
        return line(wording.NOTHING_TO_DESTROY)
    if plan.empty:
        tables = wording.count(len(plan.tables), "table")
        return joined([line(StyledText(wording.NOTHING_TO_DO, TextStyle.GOOD)), line(tables)])
    counted = line(strong(f"Plan: {wording.totals(plan.counts())}"))
    if not plan.operations:
        return joined([counted, line("no call to AWS")])
    operations = wording.count(len(plan.operations), "operation")
    return joined([counted, line(operations), line(wording.takes(duration(plan)))])


def _unchanged(plan: Plan) -> Iterable[Section]:
    changed = {
        change.address.split("/", 1)[0] for change in plan.changes if change.action is not Action.NO_OP
    }
    same = [table for table in plan.tables if table not in changed]
    if same and changed:
        mark = StyledText(wording.MARKS[Action.NO_OP], TextStyle.FAINT)
        yield Section((PageNode(line(faint(f"unchanged: {wording.listed(same)}")), mark),))


def _mark(change: Change) -> StyledText:
    return wording.mark(change.action)
