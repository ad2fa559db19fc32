"""Warm throughput: it only increases, slowly the first time; its Status member shows the progress."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb import registry, throughput, update_conflicts
from dynaops.sandbox.dynamodb.model import Index, SandboxTable, Warm
from dynaops.sandbox.errors import invalid
from dynaops.sandbox.world import World

RAISE_SECONDS = 390.0
"""270-515 s for the first increase (DDB-TABLE-121, 179)."""
REPEATED_SECONDS = 2.0
"""About 2 s for a later increase, or one that changes nothing (DDB-TABLE-121, 179)."""


def check(call: ApiCall, table: SandboxTable, given: dict[str, int]) -> None:
    """Refuse an empty structure (HTTP 500, DDB-TABLE-437) and any decrease (DDB-TABLE-061, 179)."""
    if not given:
        raise update_conflicts.internal_failure()
    update_conflicts.check(table, "warm")
    check_raise(call, table, given)


def check_raise(call: ApiCall, held: SandboxTable | Index, given: dict[str, int]) -> None:
    """Refuse values below the present ones, or above the account's quota."""
    index = held.name if isinstance(held, Index) else None
    of = "table" if index is None else f"index {index}"
    now = held.warm or Warm(0, 0)
    for side, present in (("Read", now.read), ("Write", now.write)):
        value = given.get(f"{side}UnitsPerSecond")
        if value is not None and value < present:
            raise invalid(
                f"Requested {side}UnitsPerSecond for WarmThroughput for {of} is lower than current "
                "WarmThroughput, decreasing WarmThroughput is not supported"
            )
    throughput.check_warm_maximum(call, given, index)


def apply(call: ApiCall, table: SandboxTable, given: dict[str, int]) -> None:
    """Start an increase of the table's warm throughput."""
    raise_warm(call.world, table, table, given)


def raise_warm(world: World, table: SandboxTable, held: SandboxTable | Index, given: dict[str, int]) -> None:
    """Start an increase, or change the target of the one in progress: the last request wins (DDB-TABLE-459)."""
    warm = held.warm = held.warm or Warm(0, 0)
    running = warm.wanted is not None
    read, write = warm.wanted or (warm.read, warm.write)
    wanted = (int(given.get("ReadUnitsPerSecond") or read), int(given.get("WriteUnitsPerSecond") or write))
    quick = warm.raised or wanted == (warm.read, warm.write)
    warm.wanted, warm.status = wanted, "UPDATING"
    if not running:
        index = held.name if isinstance(held, Index) else None
        seconds = REPEATED_SECONDS if quick else RAISE_SECONDS
        world.schedule(seconds, "dynamodb.warmed", **registry.address(table), index=index)


@registry.table_action("dynamodb.warmed")
def _raised(_world: World, table: SandboxTable, data: dict[str, Any]) -> None:
    held = table if data["index"] is None else table.global_indexes.get(data["index"])
    if held is None or held.warm is None:
        return
    warm = held.warm
    if warm.wanted is not None:
        warm.raised = warm.raised or warm.wanted > (warm.read, warm.write)
        warm.read, warm.write = max(warm.read, warm.wanted[0]), max(warm.write, warm.wanted[1])
    warm.wanted, warm.status = None, "ACTIVE"
