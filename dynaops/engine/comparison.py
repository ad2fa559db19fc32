"""The one comparison of a table with what was applied and with its spec: for plan, drift and ``validate --live``.

Drift is a matter of the state and of AWS alone, so it is the same whatever the specs say now.
"""

from __future__ import annotations

from collections.abc import Mapping

from dynaops.engine.table_diff import TableDiff, diff_table
from dynaops.engine.table_inputs import entries_of
from dynaops.engine.table_scopes import RunTarget
from dynaops.kinds.kind import AwsReader
from dynaops.kinds.registry import HANDLERS, PROPERTY_RULES, TABLE_HANDLER
from dynaops.model.operation import Wait
from dynaops.model.resource import Observed, Scope
from dynaops.model.state import State


def compared(
    target: RunTarget,
    state: State,
    live: Mapping[str, Observed],
    read: AwsReader | None,
    destroying: bool = False,
) -> TableDiff:
    """What a comparison of a table's spec (if the target has one), records and live resources comes to.

    `live` is as `being_deleted` leaves it. `read`: names are resolved with it (None: they are not).
    """
    entries = entries_of(target, state, live)
    for handler in HANDLERS:
        entries.update(handler.resolve(read, target.scope, list(entries.values())))
    return diff_table(entries, PROPERTY_RULES, destroying)


def being_deleted(scope: Scope, live: dict[str, Observed]) -> tuple[Wait | None, dict[str, Observed]]:
    """The wait for a table that is being deleted, and what is live without it.

    It is as good as gone, but its name is not free yet. None, and all that is live, for any other.
    """
    table = live.get(scope.address)
    if table is None or not table.being_deleted:
        return None, live
    remaining = {address: observed for address, observed in live.items() if not _goes_with_table(observed)}
    return TABLE_HANDLER.until_deleted(scope), remaining


def _goes_with_table(observed: Observed) -> bool:
    return observed.kind == "table" or observed.owner is not None
