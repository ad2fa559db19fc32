"""Vector indexes: created like global indexes, one at a time, but never updated.

Rules from the service model's texts and from suites that were run against AWS: 1 to 4096
dimensions, the vector attribute is no key, one attribute has one number of dimensions.
"""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb import indexes, registry, schema, update_conflicts
from dynaops.sandbox.dynamodb.model import Index, SandboxTable
from dynaops.sandbox.errors import in_use, invalid, not_found, validation

MOST_DIMENSIONS = 4096
BUILD_SECONDS = 1100.0
"""Close to 20 minutes even for an empty table."""

Given = dict[str, Any]


def check_create(body: Given) -> None:
    """Refuse vector indexes of a new table that do not fit its keys or one another."""
    given = body.get("VectorIndexes")
    if given is None:
        return
    if not given:
        raise invalid("List of VectorIndexes is empty")
    keys = set(schema.names(body["KeySchema"]))
    for index in (*body.get("LocalSecondaryIndexes", ()), *body.get("GlobalSecondaryIndexes", ())):
        keys |= set(schema.names(index["KeySchema"]))
    dimensions: dict[str, int] = {}
    for index in given:
        _check_index(index, keys, dimensions)


def _check_index(given: Given, keys: set[str], dimensions: dict[str, int]) -> None:
    """Check one index against key attributes and the dimensions that attributes already have."""
    name, wanted = given["VectorAttribute"]["AttributeName"], int(given["Dimensions"])
    if wanted > MOST_DIMENSIONS:
        raise invalid(
            f"Dimensions for index: {given['IndexName']} must be between 1 and {MOST_DIMENSIONS}, got {wanted}"
        )
    if name in keys:
        raise invalid(f"VectorAttribute cannot be a key attribute of the table or of an index: {name}")
    if dimensions.setdefault(name, wanted) != wanted:
        raise invalid(f"VectorAttribute {name} is already indexed with other Dimensions: {dimensions[name]}")
    schema.check_projection(given["Projection"])
    roles = [each["SearchSchemaElementType"] for each in given.get("SearchSchema", ())]
    if roles.count("HASH") > 1:
        raise invalid(f"SearchSchema has more than one HASH element for index: {given['IndexName']}")


def build(given: Given) -> Index:
    """A vector index from a request, in status CREATING."""
    vector = {
        "VectorAttribute": {"AttributeName": given["VectorAttribute"]["AttributeName"]},
        "Dimensions": int(given["Dimensions"]),
        "DistanceFunction": given["DistanceFunction"],
    }
    if given.get("SearchSchema"):
        vector["SearchSchema"] = given["SearchSchema"]
    projection = schema.shown_projection(given["Projection"])
    return Index(given["IndexName"], [], projection, status="CREATING", vector=vector)


def check_list(updates: list[Given], online: bool) -> None:
    """Refuse lists with invalid elements or more than one online operation."""
    for update in updates:
        actions = [action for action in ("Create", "Delete") if update.get(action) is not None]
        if not actions:
            raise invalid("One of VectorIndexUpdate.Create, VectorIndexUpdate.Delete must not be null")
        if len(actions) > 1:
            raise invalid("Only one vector index action is allowed per VectorIndexUpdate object")
    if len(updates) > 1 or (updates and online):
        raise indexes.one_at_a_time()


def check(table: SandboxTable, updates: list[Given]) -> None:
    """Refuse index updates that the table's indexes and state do not allow."""
    if updates[0].get("Delete") is not None:
        _check_delete(table, updates[0]["Delete"]["IndexName"])
    else:
        _check_new(table, updates[0]["Create"])
    update_conflicts.check(table, "index")


def _check_delete(table: SandboxTable, name: str) -> None:
    index = table.vector_indexes.get(name)
    if index is None:
        if name in indexes.all_names(table):
            raise validation(f"Cannot delete an index that is not a VectorIndex: {name}")
        raise not_found(f"Index {name} for table {table.name}")
    if index.status == "DELETING":
        raise in_use(f"Index is being deleted. Table: {table.name} Index: {name}")
    if index.status == "CREATING" and not index.backfilling:
        raise in_use(
            "Index creation is in resource allocation phase. Retry deletion during backfilling phase or "
            f"when the index is active. Table: {table.name} Index: {name}"
        )
    if indexes.is_busy(table, {name}):
        raise indexes.one_at_a_time()


def _check_new(table: SandboxTable, given: Given) -> None:
    if given["IndexName"] in indexes.all_names(table):
        raise validation("Attempting to create an index which already exists")
    dimensions = {
        held["VectorAttribute"]["AttributeName"]: held["Dimensions"]
        for held in (index.vector or {} for index in table.vector_indexes.values())
    }
    _check_index(given, set(table.attributes), dimensions)
    if indexes.is_busy(table, set()):
        raise indexes.one_at_a_time()


def apply(call: ApiCall, table: SandboxTable, updates: list[Given]) -> None:
    """Start the build or the removal."""
    if updates[0].get("Delete") is not None:
        index = table.vector_indexes[updates[0]["Delete"]["IndexName"]]
        index.status, index.backfilling = "DELETING", None
        update_conflicts.begin(
            call.world, table, update_conflicts.REMOVAL, indexes.REMOVAL_SECONDS, index.name, index=index.name
        )
        return
    index = build(updates[0]["Create"])
    index.backfilling = False
    table.vector_indexes[index.name] = index
    update_conflicts.begin(
        call.world,
        table,
        update_conflicts.ALLOCATION,
        indexes.ALLOCATION_SECONDS,
        index.name,
        index=index.name,
    )
    where = registry.address(table)
    call.world.schedule(BUILD_SECONDS, "dynamodb.index_built", **where, index=index.name)
