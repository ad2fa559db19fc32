"""Page about the result of an apply: what was done, what was not done and why, and the next command."""

from __future__ import annotations

from collections.abc import Iterable

from dynaops.model.event import Outcome
from dynaops.model.operation import Operation
from dynaops.model.plan import Plan
from dynaops.views import wording
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


def outcome_page(
    plan: Plan, outcome: Outcome, command: str = "apply", later: str = "the next apply", done: str = ""
) -> Page:
    """Failures first, then the remaining operations, then a summary line.

    `command`: the command to run again if it is not complete. `later`: what completes the work that AWS still does.
    `done`: the message for complete success.
    """
    operations = {operation.id: operation for operation in plan.operations}
    sections = [
        *_failed(outcome, operations),
        *_unfinished(outcome.left, operations, "Still under way in AWS", f"{later} goes on from there"),
        *_unfinished(outcome.skipped, operations, "Not sent", f"the next {command} does it"),
        Section((PageNode(_summary(plan, outcome, done)), *_advice(outcome, command, later))),
    ]
    return Page(tuple(sections))


def _failed(outcome: Outcome, operations: dict[str, Operation]) -> Iterable[Section]:
    if not outcome.failed:
        return
    nodes = []
    for operation, message in outcome.failed.items():
        below = [PageNode(line(message))]
        if outcome.hints.get(operation):
            below.append(PageNode(line(strong("hint: "), outcome.hints[operation])))
        title = _title(operation, operations)
        nodes.append(PageNode(line(strong(title)), StyledText("x", TextStyle.ERROR), children=tuple(below)))
    yield Section(tuple(nodes), line(StyledText("Failed", TextStyle.ERROR)))


def _unfinished(
    ids: tuple[str, ...], operations: dict[str, Operation], title: str, remark: str
) -> Iterable[Section]:
    if ids:
        nodes = tuple(PageNode(line(_title(operation, operations))) for operation in ids)
        yield Section(nodes, line(strong(title), f": {remark}"))


def _summary(plan: Plan, outcome: Outcome, done: str) -> Line:
    if not plan.operations and outcome.complete:
        return line(StyledText(wording.RECORDED, TextStyle.GOOD))
    parts = [_verdict(plan, outcome, done), line(f"{wording.count(len(outcome.done), 'operation')} done")]
    if outcome.left:
        parts.append(line(f"{len(outcome.left)} left to AWS"))
    if outcome.skipped:
        parts.append(line(f"{len(outcome.skipped)} not sent"))
    if outcome.failed:
        parts.append(line(StyledText(f"{len(outcome.failed)} failed", TextStyle.ERROR)))
    parts.append(line(wording.elapsed(outcome.seconds)))
    return joined(parts)


def _advice(outcome: Outcome, command: str, later: str) -> Iterable[PageNode]:
    if outcome.left and outcome.complete:
        yield PageNode(line(faint(wording.GO_ON_LATER.format(later))))
    elif not outcome.complete:
        text = wording.GO_ON if command == "apply" else wording.GO_ON_STATELESS.format(command)
        yield PageNode(line(faint(text)))


def _verdict(plan: Plan, outcome: Outcome, done: str) -> Line:
    if outcome.interrupted:
        return line(StyledText("Interrupted", TextStyle.WARNING))
    if outcome.complete:
        return line(StyledText(done or ("Destroyed" if plan.destroy else "Applied"), TextStyle.GOOD))
    verb = "done" if done else "applied"
    return line(StyledText(f"Partly {verb}" if outcome.done else f"Not {verb}", TextStyle.ERROR))


def _title(operation: str, operations: dict[str, Operation]) -> str:
    planned = operations.get(operation)
    return planned.title if planned else operation
