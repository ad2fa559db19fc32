"""How long a plan takes: tables run side by side, so the longest chain of operations counts, not their sum."""

from __future__ import annotations

from dynaops.model.operation import Operation
from dynaops.model.plan import Plan

SLOW = 60.0
"""Seconds of expected waiting from which a step is worth telling."""


def duration(plan: Plan) -> float:
    """Seconds that AWS is expected to take for all of it."""
    ends: dict[str, float] = {}
    for operation in plan.operations:
        start = max((ends.get(before, 0.0) for before in operation.after), default=0.0)
        ends[operation.id] = start + operation.expected_wait
    pending = max((wait.expected for wait in plan.settle), default=0.0)
    return max([pending, *ends.values()])


def slow(plan: Plan) -> tuple[Operation, ...]:
    """The operations that keep people waiting, in their order."""
    return tuple(operation for operation in plan.operations if operation.expected_wait >= SLOW)
