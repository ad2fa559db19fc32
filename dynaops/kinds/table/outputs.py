"""What other tools need to know of a table and its indexes."""

from __future__ import annotations

from collections.abc import Mapping

from dynaops.model.resource import Properties, Scope
from dynaops.model.state import Record

_SETTINGS = (
    *("hash_key", "range_key", "billing_mode", "read_capacity", "write_capacity"),
    *("table_class", "deletion_protection"),
)
_MINTED = ("stream_arn", "stream_label", "kms_key_arn")


def outputs(scope: Scope, records: Mapping[str, Record]) -> Properties:
    """Name, ARN, id, keys, settings, stream and key of the table, and ``index_arns`` by the indexes' names."""
    result: Properties = {}
    table = records.get(scope.address)
    if table is not None:
        result |= {"table_name": scope.table_name, "table_arn": table.arn, "table_id": table.id}
        result["region"] = table.region
        result |= {name: table.properties.get(name) for name in _SETTINGS}
        result |= {name: table.outputs.get(name) for name in _MINTED}
        result["stream_view_type"] = table.properties.get("stream", {}).get("view_type")
    arns = {**_local(table), **_own(scope, records)}
    if arns:
        result["index_arns"] = arns
    return result


def _own(scope: Scope, records: Mapping[str, Record]) -> Properties:
    return {
        address.rpartition("/")[2]: record.arn
        for address, record in sorted(records.items())
        if address != scope.address
    }


def _local(table: Record | None) -> Properties:
    """Local secondary indexes have no record of their own; their ARNs follow from the table's."""
    names = table.properties.get("local_secondary_indexes") or {} if table else {}
    return {name: f"{table.arn}/index/{name}" for name in sorted(names)} if table and table.arn else {}
