"""What other tools need to know of what was applied: each handler tells it of its own records."""

from __future__ import annotations

from typing import Any

from dynaops.engine.table_inputs import recorded_below
from dynaops.engine.table_scopes import recorded_tables, scope_of
from dynaops.kinds.registry import HANDLERS
from dynaops.model.errors import DynaopsError
from dynaops.model.resource import Properties
from dynaops.model.state import Record, State


def of(state: State, address: str | None = None) -> dict[str, dict[str, Any]]:
    """The outputs by table: of every table, or only of what is recorded at `address`.

    A table's are those of all that is around it too; any other address has its own alone, under the same names.
    Raises DynaopsError for an address that is not recorded.
    """
    tables = {name: region for name, region in recorded_tables(state).items() if name in state.resources}
    if address is None:
        return {name: _of_table(state, name, region) for name, region in sorted(tables.items())}
    table = address.partition("/")[0]
    if table not in tables or address not in state.resources:
        raise DynaopsError(
            f"The state has no {'' if '/' in address else 'table '}{address!r}", _known(tables)
        )
    if address == table:
        return {table: _of_table(state, table, tables[table])}
    return {table: _of_one(state, table, address)}


def _known(tables: dict[str, str]) -> str:
    return f"Tables it has: {', '.join(sorted(tables)) or 'none'}. `dynaops state list` shows all addresses."


def _of_table(state: State, table: str, region: str) -> Properties:
    return _told(state, table, region, recorded_below(state, table), whole=True)


def _of_one(state: State, table: str, address: str) -> Properties:
    record = state.resources[address]
    return _told(state, table, state.resources[table].region, {address: record}, whole=False)


def _told(state: State, table: str, region: str, records: dict[str, Record], whole: bool) -> Properties:
    """`whole`: handlers without a record are asked too (what is off is also worth knowing)."""
    scope = scope_of(state, table, region)
    found: Properties = {}
    for handler in HANDLERS:
        own = {address: record for address, record in records.items() if record.kind in handler.kinds}
        if own or whole:
            _merge(found, handler.outputs(scope, own))
    return found


def _merge(into: Properties, more: Properties) -> None:
    """Put `more` into `into`: maps member by member; what nobody knows is left out."""
    for name, value in more.items():
        if isinstance(value, dict):
            _merge(into.setdefault(name, {}), value)
            if not into[name]:
                del into[name]
        elif value is not None:
            into[name] = value
