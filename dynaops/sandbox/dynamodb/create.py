"""CreateTable: everything is checked first, then the table is CREATING for some seconds."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb import (
    encryption,
    indexes,
    policy,
    registry,
    schema,
    streams,
    tags,
    throughput,
    vector,
)
from dynaops.sandbox.dynamodb.describe import describe
from dynaops.sandbox.dynamodb.model import Index, SandboxTable, Throughput
from dynaops.sandbox.dynamodb.shapes import check_shape, check_table_class
from dynaops.sandbox.errors import ApiError, invalid
from dynaops.sandbox.world import World

CREATE_SECONDS = 5.0
"""1-7 s for a table without indexes (DDB-TABLE-001, 009)."""
CREATE_INDEXED_SECONDS = 16.0
"""14-22 s with global indexes, all turning ACTIVE together (DDB-TABLE-148)."""


@operation("dynamodb", "CreateTable")
def create_table(call: ApiCall) -> dict[str, Any]:
    """Create a table, or refuse the request without any change."""
    body = {member: value for member, value in call.body.items() if value is not None}
    check_shape("CreateTable", body)
    table = build(call, body)
    registry.require_absent(call, table.name)
    _check_account(call, table)
    start(call.world, table)
    _store_extras(table, body)
    return {"TableDescription": _created(call.world, table, body)}


def build(call: ApiCall, body: dict[str, Any]) -> SandboxTable:
    """Check a whole CreateTable request and build its table, without adding it to the region.

    Raises the ValidationException or LimitExceededException that AWS answers with.
    """
    check_table_class(body.get("TableClass"))
    if "ProvisionedThroughput" in body:
        throughput.check_bounds(body["ProvisionedThroughput"])
    _refuse_unsupported(body)
    attributes = schema.check_create(body)
    vector.check_create(body)
    name = registry.table_name(call, body["TableName"])
    _check_capacity(call, body)
    streams.check_specification(body.get("StreamSpecification"), creating=True)
    sse = encryption.resolve(call, body.get("SSESpecification"))
    table = SandboxTable(
        name=name,
        account=call.account,
        region=call.region,
        table_id=registry.new_table_id(),
        created=round(call.now, 3),
        attributes=attributes,
        key_schema=body["KeySchema"],
        billing_mode=body.get("BillingMode", "PROVISIONED"),
        table_class=body.get("TableClass"),
        sse=sse,
        deletion_protection=bool(body.get("DeletionProtectionEnabled", False)),
        tags=_tags(body),
        settings_mode=body.get("GlobalTableSettingsReplicationMode"),
    )
    _check_policy(body)
    _set_capacity(table, body)
    _set_indexes(table, body)
    if (body.get("StreamSpecification") or {}).get("StreamEnabled"):
        streams.switch_on(table, body["StreamSpecification"]["StreamViewType"], call.now)
    return table


def _refuse_unsupported(body: dict[str, Any]) -> None:
    if "GlobalTableSourceArn" in body:
        raise ApiError(
            "NotImplemented",
            "dynaops sandbox: multi-account global tables (GlobalTableSourceArn) are missing",
        )


def start(world: World, table: SandboxTable, seconds: float | None = None) -> None:
    """Set the table to CREATING, and to ACTIVE after `seconds` (by default AWS's usual time for such a table)."""
    registry.insert_table(world, table)
    usual = CREATE_INDEXED_SECONDS if table.global_indexes or table.vector_indexes else CREATE_SECONDS
    world.schedule(usual if seconds is None else seconds, "dynamodb.created", **registry.address(table))


@registry.table_action("dynamodb.created")
def _activate(world: World, table: SandboxTable, _data: dict[str, Any]) -> None:
    for index in (*table.global_indexes.values(), *table.vector_indexes.values()):
        index.status = "ACTIVE"
        if index.warm is not None:
            index.warm.status = "ACTIVE"
    if table.warm is not None:
        table.warm.status = "ACTIVE"
    registry.open_table(world, table)


def _created(world: World, table: SandboxTable, body: dict[str, Any]) -> dict[str, Any]:
    """CreateTable's response, without the members that only DescribeTable has (DDB-TABLE-033, 138)."""
    shown = describe(world, table)
    if "WarmThroughput" not in body:
        shown.pop("WarmThroughput", None)
    for index in shown.get("GlobalSecondaryIndexes", ()):
        index.pop("WarmThroughput", None)
    shown.get("BillingModeSummary", {}).pop("LastUpdateToPayPerRequestDateTime", None)
    return shown


def _check_capacity(call: ApiCall, body: dict[str, Any]) -> None:
    provisioned = body.get("BillingMode", "PROVISIONED") == "PROVISIONED"
    given = body.get("ProvisionedThroughput")
    if provisioned and given is None:
        raise invalid(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
        )
    if not provisioned and given is not None:
        raise invalid(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
            "PAY_PER_REQUEST"
        )
    for index in body.get("GlobalSecondaryIndexes", ()):
        _check_index_capacity(call, index, provisioned)
    indexes.check_limits(call, body, given)


def _check_index_capacity(call: ApiCall, index: dict[str, Any], provisioned: bool) -> None:
    name, given = index["IndexName"], index.get("ProvisionedThroughput")
    if provisioned and given is None:
        raise invalid(f"ProvisionedThroughput is not specified for index: {name}")
    if not provisioned and given is not None:
        raise invalid(
            f"ProvisionedThroughput should not be specified for index: {name} when BillingMode is "
            "PAY_PER_REQUEST"
        )
    indexes.check_limits(call, index, given, name)


def _check_account(call: ApiCall, table: SandboxTable) -> None:
    held = [table.throughput, *(index.throughput for index in table.global_indexes.values())]
    throughput.check_account(call, (sum(each.read for each in held), sum(each.write for each in held)))


def _set_capacity(table: SandboxTable, body: dict[str, Any]) -> None:
    given = body.get("ProvisionedThroughput")
    if given is not None:
        table.throughput = Throughput(*throughput.units(given))
    else:
        table.ever_on_demand_at = table.created
    table.on_demand = throughput.settled_on_demand(body.get("OnDemandThroughput"))
    table.warm = throughput.initial_warm(
        body.get("WarmThroughput"), throughput.units(given) if given else None
    )
    if body.get("WarmThroughput"):
        table.warm.status = "UPDATING"


def _set_indexes(table: SandboxTable, body: dict[str, Any]) -> None:
    for given in body.get("LocalSecondaryIndexes", ()):
        index = Index(given["IndexName"], given["KeySchema"], schema.shown_projection(given["Projection"]))
        table.local_indexes[index.name] = index
    for given in body.get("GlobalSecondaryIndexes", ()):
        table.global_indexes[given["IndexName"]] = indexes.global_index(given)
    for given in body.get("VectorIndexes", ()):
        table.vector_indexes[given["IndexName"]] = vector.build(given)


def _tags(body: dict[str, Any]) -> dict[str, str]:
    """The request's tags, checked: one invalid tag fails the whole call (DDB-TABLE-110)."""
    if not body.get("Tags"):
        return {}
    return tags.check(body["Tags"])


def _check_policy(body: dict[str, Any]) -> None:
    if "ResourcePolicy" in body:
        policy.check(body["ResourcePolicy"])


def _store_extras(table: SandboxTable, body: dict[str, Any]) -> None:
    if "ResourcePolicy" in body:
        policy.store(table, body["ResourcePolicy"])
