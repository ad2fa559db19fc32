"""How an apply ended: what was done, what was not and why, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable

from dynaops.model.event import Outcome
from dynaops.model.operation import Operation
from dynaops.model.plan import Plan
from dynaops.views import wording
from dynaops.views.page import Line, Node, Page, Section, Span, Style, faint, joined, line, strong


def outcome_page(plan: Plan, outcome: Outcome) -> Page:
    """Failures first, then what is left, then one line."""
    operations = {operation.id: operation for operation in plan.operations}
    sections = [
        *_failed(outcome, operations),
        *_unfinished(outcome.left, operations, "Still under way in AWS", "the next apply goes on from there"),
        *_unfinished(outcome.skipped, operations, "Not sent", "the next apply does it"),
        Section((Node(_summary(plan, outcome)), *_advice(outcome))),
    ]
    return Page(tuple(sections))


def _failed(outcome: Outcome, operations: dict[str, Operation]) -> Iterable[Section]:
    if not outcome.failed:
        return
    nodes = []
    for operation, message in outcome.failed.items():
        below = [Node(line(message))]
        if outcome.hints.get(operation):
            below.append(Node(line(strong("hint: "), outcome.hints[operation])))
        title = _title(operation, operations)
        nodes.append(Node(line(strong(title)), Span("x", Style.ERROR), children=tuple(below)))
    yield Section(tuple(nodes), line(Span("Failed", Style.ERROR)))


def _unfinished(
    ids: tuple[str, ...], operations: dict[str, Operation], title: str, remark: str
) -> Iterable[Section]:
    if ids:
        nodes = tuple(Node(line(_title(one, operations))) for one in ids)
        yield Section(nodes, line(strong(title), f": {remark}"))


def _summary(plan: Plan, outcome: Outcome) -> Line:
    if not plan.operations and outcome.complete:
        return line(Span(wording.RECORDED, Style.GOOD))
    parts = [_verdict(plan, outcome), line(f"{wording.count(len(outcome.done), 'operation')} done")]
    if outcome.left:
        parts.append(line(f"{len(outcome.left)} left to AWS"))
    if outcome.skipped:
        parts.append(line(f"{len(outcome.skipped)} not sent"))
    if outcome.failed:
        parts.append(line(Span(f"{len(outcome.failed)} failed", Style.ERROR)))
    parts.append(line(wording.elapsed(outcome.seconds)))
    return joined(parts)


def _advice(outcome: Outcome) -> Iterable[Node]:
    if outcome.left and outcome.complete:
        yield Node(line(faint(wording.GO_ON_LATER)))
    elif not outcome.complete:
        yield Node(line(faint(wording.GO_ON)))


def _verdict(plan: Plan, outcome: Outcome) -> Line:
    if outcome.interrupted:
        return line(Span("Interrupted", Style.WARNING))
    if outcome.complete:
        return line(Span("Destroyed" if plan.destroy else "Applied", Style.GOOD))
    return line(Span("Partly applied" if outcome.done else "Not applied", Style.ERROR))


def _title(operation: str, operations: dict[str, Operation]) -> str:
    found = operations.get(operation)
    return found.title if found else operation
