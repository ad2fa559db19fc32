"""Key schemas, attribute definitions and projections: what CreateTable and index creation accept.

Order matters: AWS checks AttributeDefinitions before everything else, which masks other faults
(DDB-TABLE-127).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dynaops.sandbox.errors import invalid, validation

KeySchema = list[dict[str, str]]

MOST_GLOBAL = 20
MOST_LOCAL = 5
MOST_PROJECTED = 100
_MOST_OF_A_KIND = 4


def definitions(given: Iterable[dict[str, str]]) -> dict[str, str]:
    """AttributeDefinitions as {name: type}, sorted by name as in DescribeTable (DDB-TABLE-125).

    Raises ValidationException when a name is given twice.
    """
    types: dict[str, str] = {}
    for each in given:
        if each["AttributeName"] in types:
            raise validation(f"Attribute Name is duplicated: {each['AttributeName']}")
        types[each["AttributeName"]] = each["AttributeType"]
    return dict(sorted(types.items()))


def names(keys: KeySchema) -> list[str]:
    """The attribute names of a key schema, in its order."""
    return [key["AttributeName"] for key in keys]


def check_create(body: dict[str, Any]) -> dict[str, str]:
    """Check keys, indexes and definitions of a CreateTable request; returns the definitions."""
    attributes = definitions(body["AttributeDefinitions"])
    sent = [each["AttributeName"] for each in body["AttributeDefinitions"]]
    local, global_ = body.get("LocalSecondaryIndexes"), body.get("GlobalSecondaryIndexes")
    vector = body.get("VectorIndexes")
    _check_table_key(body["KeySchema"], sent)
    _check_not_empty(local, "LocalSecondaryIndexes")
    _check_not_empty(global_, "GlobalSecondaryIndexes")
    indexes = [*(local or ()), *(global_ or ())]
    for index in indexes:
        check_defined(index["KeySchema"], sent)
    used = [*names(body["KeySchema"])]
    for index in indexes:
        used += names(index["KeySchema"])
    for index in vector or ():
        used += [each["AttributeName"] for each in index.get("SearchSchema", ())]
    _check_all_used(sent, used, bool(indexes or vector))
    for index in local or ():
        check_local_index(index, body["KeySchema"])
    for index in global_ or ():
        check_global_key(index["KeySchema"])
        check_projection(index["Projection"])
    _check_counts(local or (), global_ or ())
    _check_unique([*indexes, *(vector or ())])
    check_projected(index["Projection"] for index in [*indexes, *(vector or ())])
    return attributes


def _check_table_key(keys: KeySchema, defined: list[str]) -> None:
    missing = any(name not in defined for name in names(keys))
    if missing and (len(keys) == 2 or not defined):
        raise validation("Invalid KeySchema: Some index key attribute have no definition")
    if missing:
        _refuse_undefined(keys, defined)
    check_pair(keys)


def check_pair(keys: KeySchema) -> None:
    """Check the order of a HASH [+ RANGE] key of a table or local index (DDB-TABLE-124)."""
    if len(keys) == 2 and keys[0]["AttributeName"] == keys[1]["AttributeName"]:
        raise validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
    _check_hash_first(keys)
    if len(keys) > 1 and keys[1]["KeyType"] != "RANGE":
        raise validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")


def _check_hash_first(keys: KeySchema) -> None:
    if keys[0]["KeyType"] != "HASH":
        raise validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")


def check_global_key(keys: KeySchema) -> None:
    """Check a global index's key: one to four HASH, then up to four RANGE attributes (DDB-TABLE-123)."""
    if len(keys) == 2 and {key["KeyType"] for key in keys} == {"HASH", "RANGE"}:
        check_pair(keys)
        return
    for name in names(keys):
        if names(keys).count(name) > 1:
            raise validation(
                f"The KeySchema contains multiple key attributes with the same name. Duplicate attribute: {name}"
            )
    _check_hash_first(keys)
    kinds = [key["KeyType"] for key in keys]
    for kind in ("HASH", "RANGE"):
        if kinds.count(kind) > _MOST_OF_A_KIND:
            raise invalid(f"The KeySchema exceeds the maximum allowed number of {kind} key attributes")
    if kinds != sorted(kinds):
        raise invalid("All HASH key attributes must precede RANGE key attributes in the KeySchema")


def check_local_index(index: dict[str, Any], table_keys: KeySchema) -> None:
    """Check a local index's key: the table's HASH, and another RANGE than the table's (DDB-TABLE-129)."""
    if len(table_keys) != 2:
        raise invalid(
            "Table KeySchema does not have a range key, which is required when specifying a "
            "LocalSecondaryIndex"
        )
    keys, name = index["KeySchema"], index["IndexName"]
    check_pair(keys)
    if len(keys) != 2:
        raise invalid(f"Index KeySchema does not have a range key for index: {name}")
    own, shared = keys[0]["AttributeName"], table_keys[0]["AttributeName"]
    if own != shared:
        raise invalid(
            "Index KeySchema does not have the same leading hash key as table KeySchema for index: "
            f"{name}. index hash key: {own}, table hash key: {shared}"
        )
    check_projection(index["Projection"])


def check_projection(projection: dict[str, Any]) -> None:
    """Check ProjectionType against NonKeyAttributes (DDB-TABLE-126)."""
    kind: str | None = projection.get("ProjectionType")
    others: list[str] | None = projection.get("NonKeyAttributes")
    if kind is None:
        raise invalid("Unknown ProjectionType: null")
    if kind == "INCLUDE" and others is None:
        raise invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    if kind != "INCLUDE" and others is not None:
        raise invalid(f"ProjectionType is {kind}, but NonKeyAttributes is specified")
    listed = others or []
    for name in listed:
        if listed.count(name) > 1:
            raise invalid(f"Duplicate element in NonKeyAttributes: {name}")


def check_projected(projections: Iterable[dict[str, Any]]) -> None:
    """Refuse more than 100 non-key attributes over all indexes of a table (Limits page of the guide)."""
    total = sum(len(projection.get("NonKeyAttributes") or ()) for projection in projections)
    if total > MOST_PROJECTED:
        raise invalid(
            f"Number of NonKeyAttributes across all indexes exceeds the per-table limit of {MOST_PROJECTED}"
        )


def shown_projection(projection: dict[str, Any]) -> dict[str, Any]:
    """A projection as DescribeTable shows it: its attributes sorted (DDB-TABLE-125)."""
    others = projection.get("NonKeyAttributes")
    shown: dict[str, Any] = {"ProjectionType": projection["ProjectionType"]}
    return {**shown, "NonKeyAttributes": sorted(others)} if others else shown


def _check_not_empty(indexes: list[Any] | None, member: str) -> None:
    if indexes is not None and not indexes:
        raise invalid(f"List of {member} is empty")


def check_defined(keys: KeySchema, defined: list[str]) -> None:
    """Refuse key attributes without a definition."""
    if any(name not in defined for name in names(keys)):
        _refuse_undefined(keys, defined)


def _refuse_undefined(keys: KeySchema, defined: list[str]) -> None:
    raise invalid(
        "Some index key attributes are not defined in AttributeDefinitions. "
        f"Keys: [{', '.join(names(keys))}], AttributeDefinitions: [{', '.join(defined)}]"
    )


def _check_all_used(defined: list[str], used: list[str], indexed: bool) -> None:
    if set(defined) <= set(used):
        return
    if not indexed:
        raise invalid(
            "Number of attributes in KeySchema does not exactly match number of attributes defined in "
            "AttributeDefinitions"
        )
    keys = ", ".join(dict.fromkeys(used))
    raise invalid(
        f"Some AttributeDefinitions are not used. AttributeDefinitions: [{', '.join(defined)}], "
        f"keys used: [{keys}]"
    )


def _check_counts(local: Any, global_: Any) -> None:
    if len(local) > MOST_LOCAL:
        raise invalid(f"Number of LocalSecondaryIndexes exceeds per-table limit of {MOST_LOCAL}")
    if len(global_) > MOST_GLOBAL:
        raise invalid(f"GlobalSecondaryIndex count exceeds the per-table limit of {MOST_GLOBAL}")


def _check_unique(indexes: Iterable[dict[str, Any]]) -> None:
    seen: set[str] = set()
    for index in indexes:
        if index["IndexName"] in seen:
            raise invalid(f"Duplicate index name: {index['IndexName']}")
        seen.add(index["IndexName"])
