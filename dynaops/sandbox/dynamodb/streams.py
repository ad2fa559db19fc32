"""The stream of a table: a new ARN each time it is enabled, which remains when it is disabled."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb import moto_bridge, registry, update_conflicts
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.errors import invalid, validation
from dynaops.sandbox.world import World

STREAM_SECONDS = 5.0
"""4-5 s from UPDATING to ACTIVE (DDB-TABLE-002)."""


def check_specification(given: dict[str, Any] | None, creating: bool = False) -> None:
    """Check a StreamSpecification: StreamViewType is required if enabled, forbidden if disabled (DDB-TABLE-442)."""
    if given is None:
        return
    on, view = given["StreamEnabled"], given.get("StreamViewType")
    if on and view is None:
        raise invalid(
            "Table is being created with a stream enabled, UpdateViewType is required"
            if creating
            else "If stream is being enabled then UpdateViewType is required"
        )
    if not on and view is not None:
        raise invalid(
            "Table is being created with a stream disabled, UpdateViewType should not be specified"
            if creating
            else "If stream is being disabled, then UpdateViewType must not be specified"
        )


def check_update(table: SandboxTable, given: dict[str, Any]) -> None:
    """Refuse a change that the table's stream does not allow now (DDB-TABLE-050, 222, 362)."""
    update_conflicts.check(table, "stream")
    if given["StreamEnabled"] and table.stream_view is not None:
        raise validation(f"Table already has an enabled stream: TableName: {table.name}")
    if not given["StreamEnabled"] and table.stream_view is None:
        raise validation(f"Table has no stream to disable: TableName: {table.name}")
    if not given["StreamEnabled"] and table.replicated:
        raise invalid("Disabling Stream is not allowed for a Global Table replica.")


def apply_update(call: ApiCall, table: SandboxTable, given: dict[str, Any]) -> None:
    """Switch the stream; the table is UPDATING for some seconds."""
    if given["StreamEnabled"]:
        switch_on(table, given["StreamViewType"], call.now)
    else:
        table.stream_view = None
    moto_bridge.sync_stream(call.world, table)
    operation = "ENABLE" if given["StreamEnabled"] else "DISABLE"
    detail = f"Stream: {table.stream_label} Operation: {operation}"
    update_conflicts.begin(call.world, table, update_conflicts.STREAM, STREAM_SECONDS, detail)


def switch_on(table: SandboxTable, view: str, now: float) -> None:
    """Enable a stream on the table, with a new label and ARN."""
    table.stream_view = view
    table.stream_label = label(now, table.stream_label)


def label(now: float, last: str | None = None) -> str:
    """A stream label: the time in milliseconds, never the same twice for a table."""
    time = datetime.fromtimestamp(now, UTC)
    text = time.isoformat(timespec="milliseconds").removesuffix("+00:00")
    return text if text != last else label(now + 0.001, last)


@registry.table_action("dynamodb.stream")
def _end_update(_world: World, table: SandboxTable, _data: dict[str, Any]) -> None:
    update_conflicts.finish(table, update_conflicts.STREAM)
