"""The outputs of applied resources for other tools; each handler gives those of its own records."""

from __future__ import annotations

from typing import Any

from dynaops.engine.table_inputs import recorded_below
from dynaops.engine.table_scopes import recorded_tables, scope_of
from dynaops.kinds.registry import HANDLERS
from dynaops.model.errors import DynaopsError
from dynaops.model.resource import Properties
from dynaops.model.state import Record, State


def of(state: State, address: str | None = None) -> dict[str, dict[str, Any]]:
    """The outputs by table: of every table, or only of the record at `address`.

    The outputs of a table include those of its surrounding resources; any other address has only its own, under the
    same names.
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
    return {table: _of_address(state, table, address)}


def _known(tables: dict[str, str]) -> str:
    return f"Tables it has: {', '.join(sorted(tables)) or 'none'}. `dynaops state list` shows all addresses."


def _of_table(state: State, table: str, region: str) -> Properties:
    return _outputs(state, table, region, recorded_below(state, table), is_whole_table=True)


def _of_address(state: State, table: str, address: str) -> Properties:
    record = state.resources[address]
    return _outputs(state, table, state.resources[table].region, {address: record}, is_whole_table=False)


def _outputs(
    state: State, table: str, region: str, records: dict[str, Record], is_whole_table: bool
) -> Properties:
    """The merged outputs of the handlers. `is_whole_table`: also of handlers without a record."""
    scope = scope_of(state, table, region)
    outputs: Properties = {}
    for handler in HANDLERS:
        own = {address: record for address, record in records.items() if record.kind in handler.kinds}
        if own or is_whole_table:
            _merge(outputs, handler.outputs(scope, own))
    return outputs


def _merge(into: Properties, more: Properties) -> None:
    """Merge `more` into `into`, maps member by member, without values that are None."""
    for name, value in more.items():
        if isinstance(value, dict):
            _merge(into.setdefault(name, {}), value)
            if not into[name]:
                del into[name]
        elif value is not None:
            into[name] = value
