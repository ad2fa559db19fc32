"""Tables as their plans see them, with live sizes, and no AWS."""

from __future__ import annotations

from typing import Any

from dynaops.engine.table_diff import diff_table
from dynaops.engine.table_inputs import entries_of
from dynaops.engine.table_scopes import RunTarget
from dynaops.engine.usage import usage_of
from dynaops.kinds.kind import TableChanges
from dynaops.kinds.registry import HANDLERS, PROPERTY_RULES
from dynaops.model.cost import ByUse, Usage
from dynaops.model.resource import Observed, Scope
from dynaops.model.state import Record, State
from dynaops.specs.load import document_of

REGION = "eu-central-1"
SCOPE = Scope("users", "users", REGION)
GIB = 1024**3
BASE: dict[str, Any] = {"table_name": "users", "hash_key": "id", "attributes": {"id": "S"}}
INDEXED: dict[str, Any] = {
    "attributes": {"id": "S", "a": "S"},
    "global_secondary_indexes": [{"name": "by-a", "hash_key": "a"}],
}


def billed(
    before: dict[str, Any] | None, after: dict[str, Any] | None, size: int = 0, index_size: int = 0
) -> tuple[dict[tuple[str, str, str], Usage], list[ByUse]]:
    """What is billed by (address, region, item) when the table that `before` made is changed to `after`."""
    live = {} if before is None else _live(before, size, index_size)
    records = {
        address: Record(kind=one.kind, region=one.region, properties=one.properties)
        for address, one in live.items()
    }
    state = State.empty().model_copy(update={"resources": records})
    target = RunTarget(SCOPE, document_of({**BASE, **after}).spec if after is not None else None)
    judged = diff_table(entries_of(target, state, live), PROPERTY_RULES)
    usage, by_use = usage_of(TableChanges(SCOPE, judged.entries, 0))
    return {(one.address, one.region, one.item): one for one in usage}, list(by_use)


def _live(spec: dict[str, Any], size: int, index_size: int) -> dict[str, Observed]:
    document = document_of({**BASE, **spec})
    declared = [one for handler in HANDLERS for one in handler.declare(SCOPE, document.spec)]
    raw = {
        "TableSizeBytes": size,
        "GlobalSecondaryIndexes": [
            {"IndexName": one.address.rpartition("/")[2], "IndexSizeBytes": index_size}
            for one in declared
            if one.kind == "gsi"
        ],
    }
    return {
        one.address: Observed(
            one.address,
            one.kind,
            one.region,
            one.properties,
            owner=one.owner,
            raw=raw if one.kind == "table" else {},
        )
        for one in declared
    }
