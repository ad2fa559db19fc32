"""Normal form <-> AWS's shapes, for what CreateTable, UpdateTable and DescribeTable share.

Normal form uses the spec's own key names, so that a difference's path is where the user wrote it.
"""

from __future__ import annotations

from typing import Any

Shape = dict[str, Any]

_ON_DEMAND = {
    "max_read_request_units": "MaxReadRequestUnits",
    "max_write_request_units": "MaxWriteRequestUnits",
}
_WARM = {
    "read_units_per_second": "ReadUnitsPerSecond",
    "write_units_per_second": "WriteUnitsPerSecond",
}
NO_MAXIMUM = -1


def names(key: Any) -> list[str]:
    """The attribute names of a key part: none, one, or several (multi-attribute keys)."""
    if not key:
        return []
    return [key] if isinstance(key, str) else list(key)


def key(parts: list[str]) -> str | list[str]:
    """The normal form of a key part: a single name, or a list of several."""
    return parts[0] if len(parts) == 1 else parts


def key_schema(properties: Shape) -> list[Shape]:
    """KeySchema of a table or index in normal form."""
    hashes = [{"AttributeName": name, "KeyType": "HASH"} for name in names(properties.get("hash_key"))]
    ranges = [{"AttributeName": name, "KeyType": "RANGE"} for name in names(properties.get("range_key"))]
    return hashes + ranges


def keys_of(schema: list[Shape]) -> Shape:
    """The `hash_key` and `range_key` that a KeySchema says."""
    result: Shape = {}
    for part, kind in (("hash_key", "HASH"), ("range_key", "RANGE")):
        parts = [entry["AttributeName"] for entry in schema if entry["KeyType"] == kind]
        if parts:
            result[part] = key(parts)
    return result


def attribute_names(properties: Shape) -> list[str]:
    """The key attributes of a table or index in normal form."""
    return names(properties.get("hash_key")) + names(properties.get("range_key"))


def attribute_definitions(attributes: dict[str, str]) -> list[Shape]:
    """AttributeDefinitions of a name -> type map, in the order of the names (as AWS answers them)."""
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in sorted(attributes.items())]


def projection(properties: Shape) -> Shape:
    """Projection in AWS's shape. `properties` is an index's normal form."""
    wanted = properties["projection"]
    shape: Shape = {"ProjectionType": wanted["type"]}
    if wanted.get("non_key_attributes"):
        shape["NonKeyAttributes"] = list(wanted["non_key_attributes"])
    return shape


def projection_of(shape: Shape) -> Shape:
    """The normal form of a Projection: attributes sorted, since AWS treats them as a set."""
    result: Shape = {"type": shape.get("ProjectionType", "ALL")}
    if shape.get("NonKeyAttributes"):
        result["non_key_attributes"] = sorted(shape["NonKeyAttributes"])
    return result


def provisioned(properties: Shape) -> Shape:
    """ProvisionedThroughput of a table or index in normal form."""
    return {
        "ReadCapacityUnits": properties["read_capacity"],
        "WriteCapacityUnits": properties["write_capacity"],
    }


def capacity_of(shape: Shape | None) -> Shape:
    """`read_capacity` and `write_capacity` of a ProvisionedThroughput description (none where it is 0/0)."""
    if not shape or not shape.get("ReadCapacityUnits"):
        return {}
    return {"read_capacity": shape["ReadCapacityUnits"], "write_capacity": shape["WriteCapacityUnits"]}


def on_demand(units: dict[str, int]) -> Shape:
    """OnDemandThroughput in AWS's shape."""
    return {_ON_DEMAND[name]: value for name, value in units.items()}


def on_demand_of(shape: Shape | None) -> Shape:
    """The normal form of OnDemandThroughput: only maxima that are set (-1 means there is none)."""
    result = {name: shape.get(member) for name, member in _ON_DEMAND.items()} if shape else {}
    return {name: value for name, value in result.items() if value not in (None, NO_MAXIMUM)}


def warm(units: dict[str, int]) -> Shape:
    """WarmThroughput in AWS's shape."""
    return {_WARM[name]: value for name, value in units.items()}


def warm_of(shape: Shape | None) -> Shape:
    """The normal form of WarmThroughput."""
    result = {name: shape.get(member) for name, member in _WARM.items()} if shape else {}
    return {name: value for name, value in result.items() if value is not None}


def encryption(wanted: Shape) -> Shape:
    """SSESpecification in AWS's shape (key and type may only be sent when it is enabled)."""
    if not wanted["enabled"]:
        return {"Enabled": False}
    shape: Shape = {"Enabled": True, "SSEType": "KMS"}
    if wanted.get("kms_key_arn"):
        shape["KMSMasterKeyId"] = wanted["kms_key_arn"]
    return shape


def tags(wanted: dict[str, str]) -> list[Shape]:
    """Tags in AWS's shape, in the order of their keys."""
    return [{"Key": name, "Value": value} for name, value in sorted(wanted.items())]


def vector_index(name: str, properties: Shape) -> Shape:
    """A vector index in the shape of CreateTable and of a VectorIndexUpdate."""
    shape: Shape = {
        "IndexName": name,
        "VectorAttribute": {"AttributeName": properties["attribute"]},
        "Dimensions": properties["dimensions"],
        "DistanceFunction": properties["distance"],
        "Projection": projection(properties),
    }
    if properties.get("search_schema"):
        shape["SearchSchema"] = [
            {"AttributeName": attribute, "SearchSchemaElementType": kind}
            for attribute, kind in properties["search_schema"].items()
        ]
    return shape


def vector_index_of(shape: Shape) -> Shape:
    """The normal form of a vector index description."""
    result: Shape = {
        "attribute": shape["VectorAttribute"]["AttributeName"],
        "dimensions": shape["Dimensions"],
        "distance": shape["DistanceFunction"],
        "projection": projection_of(shape.get("Projection", {})),
    }
    if shape.get("SearchSchema"):
        result["search_schema"] = {
            entry["AttributeName"]: entry["SearchSchemaElementType"] for entry in shape["SearchSchema"]
        }
    return result
