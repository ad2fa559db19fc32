"""How long a plan takes: tables run side by side, so the longest chain of operations counts, not their sum."""

from __future__ import annotations

from dynaops.model.operation import Operation
from dynaops.model.plan import Plan

SLOW = 60.0
"""Seconds of expected waiting from which a step is worth telling."""


def schedule(plan: Plan) -> dict[str, tuple[float, float]]:
    """When each operation is expected to start and to end, by its id, in seconds from the start."""
    times: dict[str, tuple[float, float]] = {}
    for operation in plan.operations:
        start = max((times[before][1] for before in operation.after if before in times), default=0.0)
        times[operation.id] = (start, start + operation.expected_wait)
    return times


def duration(plan: Plan) -> float:
    """Seconds that AWS is expected to take for all of it."""
    pending = max((wait.expected for wait in plan.settle), default=0.0)
    return max([pending, *(end for _, end in schedule(plan).values())])


def slow(plan: Plan) -> tuple[Operation, ...]:
    """The operations that keep people waiting, in their order."""
    return tuple(operation for operation in plan.operations if operation.expected_wait >= SLOW)
