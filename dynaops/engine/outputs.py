"""What other tools need to know of what was applied."""

from __future__ import annotations

from typing import Any

from dynaops.model.errors import DynaopsError
from dynaops.model.state import State


def of(state: State, address: str | None = None) -> dict[str, dict[str, Any]]:
    """The outputs of every table (or of the one at `address`), from the state. Raises DynaopsError if unknown."""
    tables = [name for name, record in state.resources.items() if record.kind == "table"]
    if address is not None and address not in tables:
        known = ", ".join(sorted(tables)) or "none"
        raise DynaopsError(f"The state has no table {address!r}", f"Tables it has: {known}.")
    return {name: _table(state, name) for name in sorted(tables) if address in (None, name)}


def _table(state: State, name: str) -> dict[str, Any]:
    record = state.resources[name]
    properties = record.properties
    recovery = state.resources.get(f"{name}/point_in_time_recovery")
    ttl = state.resources.get(f"{name}/ttl")
    indexes = {
        address.rpartition("/")[2]: one.arn
        for address, one in sorted(state.resources.items())
        if address.startswith(f"{name}/gsi/")
    }
    found = {
        "table_name": properties.get("table_name", name),
        "table_arn": record.arn,
        "table_id": record.id,
        "region": record.region,
        "hash_key": properties.get("hash_key"),
        "range_key": properties.get("range_key"),
        "billing_mode": properties.get("billing_mode"),
        "table_class": properties.get("table_class"),
        "deletion_protection": properties.get("deletion_protection"),
        "stream_arn": record.outputs.get("stream_arn"),
        "stream_label": record.outputs.get("stream_label"),
        "kms_key_arn": record.outputs.get("kms_key_arn"),
        "point_in_time_recovery": recovery is not None,
        "ttl_attribute": ttl.properties.get("attribute") if ttl else None,
        "index_arns": indexes,
    }
    return {key: value for key, value in found.items() if value not in (None, {})}
