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
    table = next(element for element in live if element.address == scope.address)
    result = table.properties
    indexes = [element for element in live if element.kind == "gsi"]
    attributes = dict(result["attributes"])
    for index in indexes:
        attributes.update(index.properties["attributes"])
    spec: dict[str, Any] = {
        "table_name": result["table_name"],
        "region": scope.region,
        "hash_key": result["hash_key"],
    }
    if "range_key" in result:
        spec["range_key"] = result["range_key"]
    spec["attributes"] = attributes
    spec.update({name: result[name] for name in _COPIED if name in result})
    spec.update(_settings(result))
    if indexes:
        spec["global_secondary_indexes"] = [_global(element) for element in indexes]
    vectors = [element for element in live if element.kind == "vector_index"]
    if vectors:
        spec["vector_indexes"] = [{"name": _name(element), **element.properties} for element in vectors]
    if result.get("local_secondary_indexes"):
        spec["local_secondary_indexes"] = [
            {"name": name, **index} for name, index in result["local_secondary_indexes"].items()
        ]
    if result.get("tags"):
        spec["tags"] = dict(result["tags"])
    return spec


def _settings(result: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    if result["table_class"] != "STANDARD":
        spec["table_class"] = result["table_class"]
    if result["deletion_protection"]:
        spec["deletion_protection"] = True
    if result["encryption"] != MANAGED:
        spec["encryption"] = result["encryption"]
    if result.get("stream"):
        spec["stream"] = result["stream"]
    return spec


def _global(index: Observed) -> dict[str, Any]:
    keys = ("hash_key", "range_key", "projection", "read_capacity", "write_capacity", "on_demand_throughput")
    return {
        "name": _name(index),
        **{key: index.properties[key] for key in keys if key in index.properties},
    }


def _name(index: Observed) -> str:
    return index.address.rpartition("/")[2]
