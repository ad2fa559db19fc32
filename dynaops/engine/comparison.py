"""Compare a table's spec, its records and what is live: used by plan, drift and ``validate --live``.

Drift is the difference between the state and AWS, so it does not depend on the specs.
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
    """Compare a table's spec (if the target has one), records and live resources.

    `live` is as `being_deleted` returns it. `read` resolves names in AWS (None: names are not resolved).
    """
    entries = entries_of(target, state, live)
    for handler in HANDLERS:
        entries.update(handler.resolve(read, target.scope, list(entries.values())))
    return diff_table(entries, PROPERTY_RULES, destroying)


def being_deleted(scope: Scope, live: dict[str, Observed]) -> tuple[Wait | None, dict[str, Observed]]:
    """(the wait for a table that is being deleted, what is live without it); (None, `live`) for any other table.

    Such a table counts as deleted, but its name is not free yet.
    """
    table = live.get(scope.address)
    if table is None or not table.being_deleted:
        return None, live
    remaining = {address: observed for address, observed in live.items() if not _goes_with_table(observed)}
    return TABLE_HANDLER.until_deleted(scope), remaining


def _goes_with_table(observed: Observed) -> bool:
    return observed.kind == "table" or observed.owner is not None
