"""Auto scaling of a global table's replicas: kept and described, not yet acted upon.

Only global tables have it; on demand, only switching it off is accepted (DDB-TABLE-187, 190, 254).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dynaops.sandbox.dispatch import Call, operation
from dynaops.sandbox.dynamodb import groups, registry
from dynaops.sandbox.dynamodb.model import Table
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.errors import ApiError, validation

_WRITE, _READ = "WriteCapacityUnits", "ReadCapacityUnits"


@dataclass
class Scaling:
    """Settings of one member table: of itself and of its indexes, by dimension."""

    table: dict[str, dict[str, Any]] = field(default_factory=dict)
    indexes: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)


@operation("dynamodb", "DescribeTableReplicaAutoScaling")
def describe_scaling(call: Call) -> dict[str, Any]:
    """Answer the settings of all members; raises ResourceNotFoundException for a regional table."""
    check_shape("DescribeTableReplicaAutoScaling", call.body)
    return {"TableAutoScalingDescription": _description(call, _member(call))}


@operation("dynamodb", "UpdateTableReplicaAutoScaling")
def update_scaling(call: Call) -> dict[str, Any]:
    """Set write scaling for all members, and read scaling for those that are named."""
    check_shape("UpdateTableReplicaAutoScaling", call.body)
    table = _member(call)
    body = call.body
    updates = _updates(body)
    if not updates:
        raise validation(
            f"Failed to update settings for global table with name: ‘{table.name}’: because at least one "
            "update parameter must be specified."
        )
    for _, _, dimension, given in updates:
        _check(call, table, dimension, given)
    for region, index, dimension, given in updates:
        _store(call, table, region, index, dimension, given)
    return {"TableAutoScalingDescription": _description(call, table)}


def _member(call: Call) -> Table:
    name = registry.table_name(call, call.body["TableName"])
    table = registry.tables_in(call.world, call.account, call.region).get(name)
    if table is None or groups.group_of(call.world, table) is None:
        raise ApiError("ResourceNotFoundException", f"Global table with name: '{name}' does not exist.")
    return table


def _updates(body: dict[str, Any]) -> list[tuple[str | None, str | None, str, dict[str, Any]]]:
    """Each setting asked for: region (None for all), index (None for the table), dimension, values."""
    found: list[tuple[str | None, str | None, str, dict[str, Any] | None]] = [
        (None, None, _WRITE, body.get("ProvisionedWriteCapacityAutoScalingUpdate"))
    ]
    for each in body.get("GlobalSecondaryIndexUpdates", ()):
        given = each.get("ProvisionedWriteCapacityAutoScalingUpdate")
        found.append((None, each["IndexName"], _WRITE, given))
    for replica in body.get("ReplicaUpdates", ()):
        region = replica["RegionName"]
        given = replica.get("ReplicaProvisionedReadCapacityAutoScalingUpdate")
        found.append((region, None, _READ, given))
        for each in replica.get("ReplicaGlobalSecondaryIndexUpdates", ()):
            given = each.get("ProvisionedReadCapacityAutoScalingUpdate")
            found.append((region, each["IndexName"], _READ, given))
    return [(region, index, side, given) for region, index, side, given in found if given]


def _check(call: Call, table: Table, dimension: str, given: dict[str, Any]) -> None:
    if given.get("AutoScalingDisabled"):
        return
    if table.on_demand_billing:
        regions = [table.region, *(other.region for other in groups.members(call.world, table))]
        named = ", ".join(f"'{region.upper()}'" for region in sorted(regions))
        setting = (
            "GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate"
            if dimension == _WRITE
            else "ReplicaProvisionedReadCapacityAutoScalingSettingsUpdate"
        )
        raise validation(
            f"Failed to update global table with name ‘{table.name}‘. Replicas {named} BillingMode is "  # noqa: S608
            f"PayPerRequest. You must convert table's BillingMode to PROVISIONED to set parameters: '{setting}'."
        )
    missing = [member for member in ("MinimumUnits", "MaximumUnits") if given.get(member) is None]
    if missing:
        raise validation(
            f"Failed to update settings for global table with name: ‘{table.name}’: Parameters "
            f"'{', '.join(missing)}' are required unless auto scaling is being disabled."
        )


def _store(
    call: Call, table: Table, region: str | None, index: str | None, dimension: str, given: dict[str, Any]
) -> None:
    for member in (table, *groups.members(call.world, table)):
        if region in (None, member.region):
            held = member.facet(Scaling)
            target = held.table if index is None else held.indexes.setdefault(index, {})
            target[dimension] = _settings(given)


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    if given.get("AutoScalingDisabled"):
        return {"AutoScalingDisabled": True}
    shown: dict[str, Any] = {
        member: given[member] for member in ("MinimumUnits", "MaximumUnits") if member in given
    }
    policy = given.get("ScalingPolicyUpdate")
    if policy:
        shown["ScalingPolicies"] = [policy]
    return {**shown, "AutoScalingDisabled": False}


def _description(call: Call, table: Table) -> dict[str, Any]:
    group = groups.group_of(call.world, table)
    status = {} if group is None else {region: each.status for region, each in group.members.items()}
    tables = [table, *groups.members(call.world, table)]
    return {
        "TableName": table.name,
        "TableStatus": table.status,
        "Replicas": [_replica(member, status.get(member.region, "ACTIVE")) for member in tables],
    }


def _replica(table: Table, status: str) -> dict[str, Any]:
    held, off = table.facet(Scaling), {"AutoScalingDisabled": True}
    shown: dict[str, Any] = {
        "RegionName": table.region,
        "ReplicaStatus": status,
        "ReplicaProvisionedReadCapacityAutoScalingSettings": held.table.get(_READ, off),
        "ReplicaProvisionedWriteCapacityAutoScalingSettings": held.table.get(_WRITE, off),
    }
    if table.global_indexes:
        shown["GlobalSecondaryIndexes"] = [
            {
                "IndexName": name,
                "IndexStatus": index.status,
                "ProvisionedReadCapacityAutoScalingSettings": held.indexes.get(name, {}).get(_READ, off),
                "ProvisionedWriteCapacityAutoScalingSettings": held.indexes.get(name, {}).get(_WRITE, off),
            }
            for name, index in table.global_indexes.items()
        ]
    return shown
