"""Estimates the duration of a plan: tables run in parallel, so the longest chain of operations counts, not the sum."""

from __future__ import annotations

from dynaops.model.operation import Operation
from dynaops.model.plan import Plan

SLOW = 60.0
"""Seconds; an operation with a longer expected wait is shown as slow."""


def schedule(plan: Plan) -> dict[str, tuple[float, float]]:
    """The expected start and end of each operation by its id, in seconds from the start of the plan."""
    times: dict[str, tuple[float, float]] = {}
    for operation in plan.operations:
        start = max((times[before][1] for before in operation.after if before in times), default=0.0)
        times[operation.id] = (start, start + operation.expected_wait)
    return times


def duration(plan: Plan) -> float:
    """The expected seconds for the whole plan."""
    pending = max((wait.expected for wait in plan.settle), default=0.0)
    return max([pending, *(end for _, end in schedule(plan).values())])


def slow(plan: Plan) -> tuple[Operation, ...]:
    """The slow operations, in the order of the plan."""
    return tuple(operation for operation in plan.operations if operation.expected_wait >= SLOW)
