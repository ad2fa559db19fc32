"""Global secondary indexes of an existing table: one online build or removal at a time.

During a build the table is UPDATING while resources are allocated; then the index backfills for minutes
with the table ACTIVE (DDB-TABLE-148, 159).
"""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb import (
    insights,
    moto_bridge,
    registry,
    scaling,
    schema,
    throughput,
    update_conflicts,
    update_warm,
)
from dynaops.sandbox.dynamodb.model import Index, SandboxTable, Throughput
from dynaops.sandbox.errors import ApiError, in_use, invalid, not_found, over_limit, validation
from dynaops.sandbox.world import World

ALLOCATION_SECONDS = 40.0
"""24-56 s with TableStatus UPDATING and Backfilling false (DDB-TABLE-148)."""
BUILD_SECONDS = 520.0
"""506-539 s from the request to ACTIVE, also for an empty table (DDB-TABLE-148, 458)."""
REMOVAL_SECONDS = 4.0
"""2.6-6 s (DDB-TABLE-149, 375, 376)."""
UPDATE_SECONDS = 2.0
"""2-4 s with IndexStatus UPDATING (DDB-TABLE-135, 165)."""

SCHEMA_ELEMENT = "Schema:[SchemaElement: key{{{}:{}:HASH}}]"

_ACTIONS = ("Update", "Create", "Delete")


def check_limits(
    call: ApiCall, holder: dict[str, Any], provisioned: dict[str, int] | None, index: str | None = None
) -> None:
    """Refuse capacities out of range for a new table or index (`holder`)."""
    on_demand = holder.get("OnDemandThroughput")
    if on_demand and provisioned is not None:
        throughput.refuse_on_demand(on_demand, index, creating=True)
    throughput.check_on_demand(call, on_demand or {}, index)
    if provisioned is not None:
        throughput.check_maximum(call, provisioned, index)
    throughput.check_initial_warm(call, holder.get("WarmThroughput") or {}, provisioned, index)


def global_index(given: dict[str, Any]) -> Index:
    """A global index from a request, in status CREATING."""
    provisioned = given.get("ProvisionedThroughput")
    index = Index(
        given["IndexName"],
        given["KeySchema"],
        schema.shown_projection(given["Projection"]),
        status="CREATING",
        on_demand=throughput.settled_on_demand(given.get("OnDemandThroughput")),
        warm=throughput.initial_warm(
            given.get("WarmThroughput"), throughput.units(provisioned) if provisioned else None
        ),
    )
    if provisioned is not None:
        index.throughput = Throughput(*throughput.units(provisioned))
    if given.get("WarmThroughput") and index.warm is not None:
        index.warm.status = "UPDATING"
    return index


def check_list(updates: list[dict[str, Any]]) -> None:
    """Refuse a list of index updates that is invalid for any table (DDB-TABLE-160)."""
    if not updates:
        raise invalid("List of GlobalSecondaryIndexUpdates is empty")
    seen: set[str] = set()
    for update in updates:
        present = [action for action in _ACTIONS if update.get(action) is not None]
        if not present:
            raise invalid(
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null"
            )
        if len(present) > 1:
            raise invalid(
                "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object"
            )
        name = update[present[0]]["IndexName"]
        if name in seen:
            raise invalid(
                f"Only one global secondary index update per index is allowed simultaneously. Index: {name}"
            )
        seen.add(name)


def of(body: dict[str, Any], action: str) -> list[dict[str, Any]]:
    """The index updates of one kind (Create, Update or Delete) in a request."""
    updates = body.get("GlobalSecondaryIndexUpdates") or ()
    return [update[action] for update in updates if update.get(action) is not None]


def check_online(table: SandboxTable, body: dict[str, Any]) -> None:
    """Refuse unknown or duplicate index names, and a second online operation (DDB-TABLE-149, 159, 380)."""
    deletes = of(body, "Delete")
    online = len(deletes) + len(of(body, "Create"))
    if online > 1:
        raise one_at_a_time()
    for action, given in (("update", of(body, "Update")), ("delete", deletes)):
        for each in given:
            _check_known(table, each, action)
    for each in of(body, "Create"):
        if each["IndexName"] in all_names(table):
            raise validation("Attempting to create an index which already exists")
    for each in deletes:
        _check_removable(table, table.global_indexes[each["IndexName"]])
    if online and is_busy(table, {each["IndexName"] for each in deletes}):
        raise one_at_a_time()


def one_at_a_time() -> ApiError:
    """The error for a second online index operation (DDB-TABLE-159)."""
    return over_limit("Only 1 online index can be created or deleted simultaneously per table")


def all_names(table: SandboxTable) -> set[str]:
    """The names of all indexes of a table, of any kind."""
    return {*table.global_indexes, *table.local_indexes, *table.vector_indexes}


def _check_known(table: SandboxTable, given: dict[str, Any], action: str) -> None:
    name = given["IndexName"]
    if name in table.global_indexes:
        return
    if name in table.local_indexes or name in table.vector_indexes:
        raise validation(f"Cannot {action} an index that is not a GlobalSecondaryIndex: {name}")
    if given.get("WarmThroughput") is not None:
        raise update_conflicts.internal_failure()
    raise not_found(f"Index {name} for table {table.name}")


def _check_removable(table: SandboxTable, index: Index) -> None:
    where = f"Table: {table.name} Index: {index.name}"
    if index.status == "DELETING":
        raise in_use(f"Index is being deleted. {where}")
    if index.status == "CREATING" and not index.backfilling:
        raise in_use(
            "Index creation is in resource allocation phase. Retry deletion during backfilling phase or "
            f"when the index is active. {where}"
        )


def is_busy(table: SandboxTable, apart_from: set[str]) -> bool:
    """Whether an index other than those named is being built or removed."""
    others = [*table.global_indexes.values(), *table.vector_indexes.values()]
    return any(index.status in ("CREATING", "DELETING") and index.name not in apart_from for index in others)


def check(call: ApiCall, table: SandboxTable, body: dict[str, Any]) -> None:
    """Refuse index updates that the table's state, mode or budgets do not allow."""
    creates, deletes = of(body, "Create"), of(body, "Delete")
    if creates or deletes:
        update_conflicts.check(table, "index")
    mode = body.get("BillingMode", table.billing_mode)
    for given in of(body, "Update"):
        _check_update(call, table, given, mode)
    for given in creates:
        _check_create(call, table, given, body, mode)


def check_all_provisioned(table: SandboxTable, body: dict[str, Any]) -> None:
    """Refuse a switch to PROVISIONED without the capacity of every index (DDB-TABLE-152)."""
    given = {
        each["IndexName"] for each in of(body, "Update") if each.get("ProvisionedThroughput") is not None
    }
    for name in table.global_indexes:
        if name not in given:
            raise invalid(f"ProvisionedThroughput must be specified for index: {name}")


def _check_create(
    call: ApiCall, table: SandboxTable, given: dict[str, Any], body: dict[str, Any], mode: str
) -> None:
    name, provisioned = given["IndexName"], given.get("ProvisionedThroughput")
    _check_definitions(table, given, body.get("AttributeDefinitions"))
    schema.check_global_key(given["KeySchema"])
    schema.check_projection(given["Projection"])
    if mode == "PROVISIONED" and provisioned is None:
        raise invalid(f"Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: {name}")
    if mode != "PROVISIONED" and provisioned is not None:
        raise invalid(
            f"Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: {name} when "
            "BillingMode is PAY_PER_REQUEST"
        )
    held = [*table.global_indexes.values(), *table.local_indexes.values(), *table.vector_indexes.values()]
    schema.check_projected([given["Projection"], *(index.projection for index in held)])
    check_limits(call, given, provisioned, name)
    if provisioned is not None:
        throughput.check_account(call, throughput.units(provisioned))
    if len(table.global_indexes) >= schema.MOST_GLOBAL:
        raise over_limit(
            f"Number of global secondary indexes exceeds per-table limit of {schema.MOST_GLOBAL}"
        )


def _check_definitions(table: SandboxTable, given: dict[str, Any], sent: list[dict[str, str]] | None) -> None:
    """Check AttributeDefinitions: required even if the table has them; unused ones are ignored (DDB-TABLE-162)."""
    if not sent:
        raise invalid(f"AttributeDefinitions is not specified for index: {given['IndexName']}")
    defined = schema.definitions(sent)
    schema.check_defined(given["KeySchema"], [*defined, *table.attributes])
    for name in schema.names(given["KeySchema"]):
        if name in defined and table.attributes.get(name, defined[name]) != defined[name]:
            held = SCHEMA_ELEMENT.format(name, table.attributes[name])
            raise invalid(
                "Attributes cannot be redefined. Please check that your attribute has the same type as "
                f"previously defined. Existing schema: {held} New schema: "
                f"{SCHEMA_ELEMENT.format(name, defined[name])}"
            )
    for index in table.vector_indexes.values():
        attribute = (index.vector or {})["VectorAttribute"]["AttributeName"]
        if attribute in schema.names(given["KeySchema"]):
            raise invalid(f"A key attribute cannot be the vector attribute of an index: {attribute}")


def _check_update(call: ApiCall, table: SandboxTable, given: dict[str, Any], mode: str) -> None:
    index = table.global_indexes[given["IndexName"]]
    where = f"Table: {table.name} Index: {index.name}"
    if index.status == "DELETING":
        raise in_use(f"Index is being deleted. {where}")
    if index.status == "UPDATING":
        raise in_use(f"Index is being updated. {where}")
    if index.backfilling is False:
        raise in_use(f"Index is being created but is  not backfilling yet. {where}")
    if given.get("ProvisionedThroughput") is not None:
        _check_resize(call, table, index, given["ProvisionedThroughput"], mode)
    if given.get("OnDemandThroughput") is not None:
        if mode == "PROVISIONED":
            throughput.refuse_on_demand(given["OnDemandThroughput"], index.name)
        throughput.check_on_demand(call, given["OnDemandThroughput"], index.name, clearable=True)
    if given.get("WarmThroughput") is not None:
        update_warm.check_raise(call, index, given["WarmThroughput"])


def _check_resize(call: ApiCall, table: SandboxTable, index: Index, given: dict[str, int], mode: str) -> None:
    if mode != "PROVISIONED":
        raise invalid(
            f"The only Updates for index: {index.name} when TableThroughputMode is PAY_PER_REQUEST can be "
            "to OnDemandThroughput, WarmThroughput"
        )
    throughput.check_bounds(given)
    if not table.on_demand_billing:
        update_conflicts.check(table, "index-iops")
        throughput.check_change(index.throughput, given, call.now, index.name)
    throughput.check_maximum(call, given, index.name)
    held = index.throughput
    throughput.check_account(call, throughput.units(given), (held.read, held.write))


def apply(call: ApiCall, table: SandboxTable, body: dict[str, Any]) -> None:
    """Start the builds, removals and updates that were checked."""
    for given in of(body, "Create"):
        _start_build(call.world, table, given, body["AttributeDefinitions"])
    for given in of(body, "Delete"):
        _start_removal(call.world, table, given["IndexName"])
    for given in of(body, "Update"):
        _start_update(call, table, given)


def _start_build(
    world: World, table: SandboxTable, given: dict[str, Any], sent: list[dict[str, str]]
) -> None:
    index = global_index(given)
    index.backfilling = False
    defined = {**schema.definitions(sent), **table.attributes}
    keys = schema.names(index.key_schema)
    table.attributes = dict(sorted({**table.attributes, **{key: defined[key] for key in keys}}.items()))
    table.global_indexes[index.name] = index
    update_conflicts.begin(
        world, table, update_conflicts.ALLOCATION, ALLOCATION_SECONDS, index.name, index=index.name
    )
    world.schedule(BUILD_SECONDS, "dynamodb.index_built", **registry.address(table), index=index.name)
    scaling.cover_index(world, table, index.name)


@registry.table_action("dynamodb.allocation")
def _allocated(_world: World, table: SandboxTable, data: dict[str, Any]) -> None:
    update_conflicts.finish(table, update_conflicts.ALLOCATION)
    index = table.global_indexes.get(data["index"]) or table.vector_indexes.get(data["index"])
    if index is not None:
        index.backfilling = True


@registry.table_action("dynamodb.index_built")
def _built(world: World, table: SandboxTable, data: dict[str, Any]) -> None:
    index = table.global_indexes.get(data["index"]) or table.vector_indexes.get(data["index"])
    if index is None or index.status != "CREATING":
        return
    index.status, index.backfilling = "ACTIVE", None
    if index.warm is not None:
        index.warm.status = "ACTIVE"
    moto_bridge.sync(world, table)


def _start_removal(world: World, table: SandboxTable, name: str) -> None:
    index = table.global_indexes[name]
    index.status, index.backfilling = "DELETING", None
    moto_bridge.sync(world, table)
    update_conflicts.begin(world, table, update_conflicts.REMOVAL, REMOVAL_SECONDS, name, index=name)


@registry.table_action("dynamodb.removal")
def _removed(world: World, table: SandboxTable, data: dict[str, Any]) -> None:
    table.global_indexes.pop(data["index"], None)
    insights.forget_index(table, data["index"])
    table.vector_indexes.pop(data["index"], None)
    prune_attributes(table)
    update_conflicts.finish(table, update_conflicts.REMOVAL)
    moto_bridge.sync(world, table)


def prune_attributes(table: SandboxTable) -> None:
    """Remove attribute definitions that no key uses any more (DDB-TABLE-151)."""
    used = set(schema.names(table.key_schema))
    for index in (*table.local_indexes.values(), *table.global_indexes.values()):
        used |= set(schema.names(index.key_schema))
    for index in table.vector_indexes.values():
        used |= {each["AttributeName"] for each in (index.vector or {}).get("SearchSchema", ())}
    table.attributes = {name: kind for name, kind in table.attributes.items() if name in used}


def _start_update(call: ApiCall, table: SandboxTable, given: dict[str, Any]) -> None:
    index = table.global_indexes[given["IndexName"]]
    units: tuple[int, int] | None = None
    if given.get("ProvisionedThroughput") is not None:
        units = throughput.units(given["ProvisionedThroughput"])
        throughput.note_change(index.throughput, *units, call.now)
    if given.get("OnDemandThroughput"):
        index.on_demand = throughput.merge_on_demand(index.on_demand, given["OnDemandThroughput"])
    if given.get("WarmThroughput"):
        update_warm.raise_warm(call.world, table, index, given["WarmThroughput"])
    if units is None and not given.get("OnDemandThroughput"):
        return
    if index.status == "ACTIVE":
        index.status = "UPDATING"
    call.world.schedule(
        UPDATE_SECONDS, "dynamodb.index_updated", **registry.address(table), index=index.name, units=units
    )


@registry.table_action("dynamodb.index_updated")
def _end_update(_world: World, table: SandboxTable, data: dict[str, Any]) -> None:
    index = table.global_indexes.get(data["index"])
    if index is None:
        return
    if data["units"] is not None:
        index.throughput.read, index.throughput.write = data["units"]
        throughput.lift_warm(index, *data["units"])
    index.on_demand = throughput.settled_on_demand(index.on_demand)
    if index.status == "UPDATING":
        index.status = "ACTIVE"


def check_readable(table: SandboxTable, name: str) -> None:
    """Refuse to read an index that does not exist, or is not yet built (with Query's and Scan's messages)."""
    index = table.global_indexes.get(name)
    if name in table.local_indexes or (index is not None and moto_bridge.is_readable(index)):
        return
    if name in table.vector_indexes:
        raise validation(f"The index type does not support this operation: {name}")
    if index is not None and index.status == "CREATING":
        raise validation(f"Cannot read from backfilling global secondary index: {name}")
    raise validation(f"The table does not have the specified index: {name}")
