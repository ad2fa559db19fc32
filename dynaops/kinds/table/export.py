"""A live table as the spec that would declare it: what `import` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dynaops.kinds.table.encryption import MANAGED
from dynaops.model.resource import Observed, Scope

_COPIED = ("billing_mode", "read_capacity", "write_capacity", "on_demand_throughput")


def export(scope: Scope, live: Sequence[Observed]) -> dict[str, Any]:
    """The spec keys of the table and its indexes; settings at their defaults are left out.

    Warm throughput is left out too: AWS raises it by itself, and it can never be lowered.
    """
    table = next(one for one in live if one.address == scope.address)
    found = table.properties
    indexes = [one for one in live if one.kind == "gsi"]
    attributes = dict(found["attributes"])
    for index in indexes:
        attributes.update(index.properties["attributes"])
    spec: dict[str, Any] = {
        "table_name": found["table_name"],
        "region": scope.region,
        "hash_key": found["hash_key"],
    }
    if "range_key" in found:
        spec["range_key"] = found["range_key"]
    spec["attributes"] = attributes
    spec.update({name: found[name] for name in _COPIED if name in found})
    spec.update(_settings(found))
    if indexes:
        spec["global_secondary_indexes"] = [_global(one) for one in indexes]
    vectors = [one for one in live if one.kind == "vector_index"]
    if vectors:
        spec["vector_indexes"] = [{"name": _name(one), **one.properties} for one in vectors]
    if found.get("local_secondary_indexes"):
        spec["local_secondary_indexes"] = [
            {"name": name, **index} for name, index in found["local_secondary_indexes"].items()
        ]
    if found.get("tags"):
        spec["tags"] = dict(found["tags"])
    return spec


def _settings(found: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    if found["table_class"] != "STANDARD":
        spec["table_class"] = found["table_class"]
    if found["deletion_protection"]:
        spec["deletion_protection"] = True
    if found["encryption"] != MANAGED:
        spec["encryption"] = found["encryption"]
    if found.get("stream"):
        spec["stream"] = found["stream"]
    return spec


def _global(index: Observed) -> dict[str, Any]:
    keys = ("hash_key", "range_key", "projection", "read_capacity", "write_capacity", "on_demand_throughput")
    return {
        "name": _name(index),
        **{key: index.properties[key] for key in keys if key in index.properties},
    }


def _name(index: Observed) -> str:
    return index.address.rpartition("/")[2]
