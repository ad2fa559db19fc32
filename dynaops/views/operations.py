"""Page of the operations of a plan in full, in the order in which they are sent (``plan --operations``)."""

from __future__ import annotations

import sys

from dynaops.model.operation import Operation
from dynaops.model.plan import Plan
from dynaops.views import wording
from dynaops.views.page import Line, Page, PageNode, Section, StyledText, TextStyle, faint, line, strong
from dynaops.views.plan import loss
from dynaops.views.values import compact


def operations_page(plan: Plan) -> Page:
    """One node for each operation: the API call, its region, parameters, wait conditions and predecessors."""
    numbers = {operation.id: number for number, operation in enumerate(plan.operations, start=1)}
    nodes = tuple(_node(operation, numbers, plan) for operation in plan.operations)
    if not nodes:
        return Page()
    return Page((Section(nodes, line(strong("Operations"), faint(": in the order in which they are sent"))),))


def _node(operation: Operation, numbers: dict[str, int], plan: Plan) -> PageNode:
    rows = [
        _row("call", f"{operation.service}:{operation.api} in {operation.region}"),
        *(_row(name, compact(value, sys.maxsize)) for name, value in operation.parameters.items()),
        *_waits(operation),
    ]
    if operation.removes:
        rows.append(_row("removes", operation.removes))
    if operation.after:
        rows.append(
            _row(
                "after",
                wording.listed(f"{numbers.get(predecessor, predecessor)}" for predecessor in operation.after),
            )
        )
    if operation.danger:
        lost = loss(operation, operation.danger, plan)
        given = plan.consents_to(operation)
        agreed = f"{operation.danger}:{operation.address}" if given else wording.consent(operation.danger)
        text = f"{operation.address}{lost} ({agreed})"
        label = "consented to" if given else "needs consent"
        rows.append(PageNode(line(faint(label)), value=line(StyledText(text, TextStyle.ERROR))))
    mark = StyledText(f"{numbers[operation.id]}.", TextStyle.FAINT)
    return PageNode(line(strong(operation.title)), mark, children=tuple(rows))


def _waits(operation: Operation) -> list[PageNode]:
    waits = (
        ("first, until", operation.before),
        ("may wait until", operation.cooldown),
        ("until", operation.wait),
    )
    return [_row(name, f"{wait.title} ({wording.about(wait.expected)})") for name, wait in waits if wait]


def _row(name: str, text: str) -> PageNode:
    value: Line = line(text)
    return PageNode(line(faint(name)), value=value)
