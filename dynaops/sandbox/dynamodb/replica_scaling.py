"""Describe- and UpdateTableReplicaAutoScaling: targets and policies of all regions of a global table.

The settings are stored in Application Auto Scaling only (DDB-TABLE-193, 240). Only global tables support these
calls; on demand, only switching scaling off is accepted (DDB-TABLE-187, 190, 254).
"""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.autoscaling import policies, targets
from dynaops.sandbox.autoscaling.model import READS, WRITES, dimension_of, resource_of, role_arn
from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb import global_tables, registry, scaling
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.errors import ApiError, validation
from dynaops.sandbox.world import World

_OFF = {"AutoScalingDisabled": True, "ScalingPolicies": []}
_SHOWN = ("DisableScaleIn", "ScaleInCooldown", "ScaleOutCooldown", "TargetValue")


@operation("dynamodb", "DescribeTableReplicaAutoScaling")
def describe_scaling(call: ApiCall) -> dict[str, Any]:
    """The auto scaling settings of all members. Raises ResourceNotFoundException for a regional table."""
    check_shape("DescribeTableReplicaAutoScaling", call.body)
    return {"TableAutoScalingDescription": _description(call, _member(call))}


@operation("dynamodb", "UpdateTableReplicaAutoScaling")
def update_scaling(call: ApiCall) -> dict[str, Any]:
    """Set write scaling for all members, and read scaling for those that are named."""
    check_shape("UpdateTableReplicaAutoScaling", call.body)
    table = _member(call)
    body = call.body
    updates = _requested_settings(body)
    if not updates:
        raise validation(
            f"Failed to update settings for global table with name: ‘{table.name}’: because at least one "
            "update parameter must be specified."
        )
    _check_indexes(table, {index for _, index, _, _ in updates if index is not None})
    for _, _, units, given in updates:
        _check(call, table, units, given)
    for region, index, units, given in updates:
        for member in (table, *global_tables.members(call.world, table)):
            if region in (None, member.region):
                _apply_setting(call.world, member, index, units, given)
    return {"TableAutoScalingDescription": _description(call, table)}


def _member(call: ApiCall) -> SandboxTable:
    name = registry.table_name(call, call.body["TableName"])
    table = registry.tables_in(call.world, call.account, call.region).get(name)
    if table is None or global_tables.group_of(call.world, table) is None:
        raise ApiError("ResourceNotFoundException", f"Global table with name: '{name}' does not exist.")
    return table


def _requested_settings(body: dict[str, Any]) -> list[tuple[str | None, str | None, str, dict[str, Any]]]:
    """Each requested setting: region (None for all), index (None for the table), units, values."""
    updates: list[tuple[str | None, str | None, str, dict[str, Any] | None]] = [
        (None, None, WRITES, body.get("ProvisionedWriteCapacityAutoScalingUpdate"))
    ]
    for each in body.get("GlobalSecondaryIndexUpdates", ()):
        given = each.get("ProvisionedWriteCapacityAutoScalingUpdate")
        updates.append((None, each["IndexName"], WRITES, given))
    for replica in body.get("ReplicaUpdates", ()):
        region = replica["RegionName"]
        given = replica.get("ReplicaProvisionedReadCapacityAutoScalingUpdate")
        updates.append((region, None, READS, given))
        for each in replica.get("ReplicaGlobalSecondaryIndexUpdates", ()):
            given = each.get("ProvisionedReadCapacityAutoScalingUpdate")
            updates.append((region, each["IndexName"], READS, given))
    return [(region, index, side, given) for region, index, side, given in updates if given]


def _check_indexes(table: SandboxTable, requested: set[str]) -> None:
    unknown = sorted(
        requested - {name for name, index in table.global_indexes.items() if index.status != "CREATING"}
    )
    if unknown:
        raise ApiError(
            "ResourceNotFoundException",
            f"Failed to update settings for global table with name: ‘{table.name}’ because the global secondary "
            f"indexes with names: ‘[{', '.join(unknown)}]’ do not exist.",
        )


def _check(call: ApiCall, table: SandboxTable, units: str, given: dict[str, Any]) -> None:
    """Refuse incomplete settings; switching off needs no other member (DDB-TABLE-241)."""
    if given.get("AutoScalingDisabled"):
        surplus = sorted({"MinimumUnits", "MaximumUnits", "ScalingPolicyUpdate"} & set(given))
        if surplus:
            raise _update_failed(
                table, f"Parameters {_quoted(surplus)} must not be given when it is being disabled."
            )
        return
    if table.on_demand_billing:
        raise _on_demand_error(call, table, units)
    missing = [member for member in ("MaximumUnits", "MinimumUnits") if given.get(member) is None]
    if not missing and given.get("ScalingPolicyUpdate") is None:
        missing = ["ScalingPolicyUpdate"]
    if missing:
        text = f"Parameters {_quoted(missing)} are required unless auto scaling is being disabled."
        raise _update_failed(table, text)
    if given["MaximumUnits"] < given["MinimumUnits"]:
        raise _update_failed(table, "Maximum capacity cannot be less than minimum capacity")


def _quoted(members: list[str]) -> str:
    return ", ".join(f"'{member}'" for member in members)


def _update_failed(table: SandboxTable, why: str) -> ApiError:
    return validation(f"Failed to update settings for global table with name: ‘{table.name}’: {why}")


def _on_demand_error(call: ApiCall, table: SandboxTable, units: str) -> ApiError:
    regions = [table.region, *(other.region for other in global_tables.members(call.world, table))]
    named = ", ".join(f"'{region.upper()}'" for region in sorted(regions))
    setting = (
        "GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate"
        if units == WRITES
        else "ReplicaProvisionedReadCapacityAutoScalingSettingsUpdate"
    )
    return validation(
        f"Failed to update global table with name ‘{table.name}‘. Replicas {named} BillingMode is "  # noqa: S608
        f"PayPerRequest. You must convert table's BillingMode to PROVISIONED to set parameters: '{setting}'."
    )


def _apply_setting(
    world: World, table: SandboxTable, index: str | None, units: str, given: dict[str, Any]
) -> None:
    """Register or deregister a target; a policy with a new name replaces the existing one (DDB-TABLE-240, 242)."""
    resource, dimension = resource_of(table.name, index), dimension_of(units, index)
    if given.get("AutoScalingDisabled"):
        targets.deregister(world, table.account, table.region, resource, dimension)
        return
    limits = int(given["MinimumUnits"]), int(given["MaximumUnits"])
    target = targets.register(world, table.account, table.region, resource, dimension, limits)
    metric, policy = policies.metric_of(dimension), given["ScalingPolicyUpdate"]
    name = policy.get("PolicyName") or f"{metric}:{resource}"
    for other in [each for each in target.policies if each != name]:
        policies.remove(table.account, table.region, target, other)
    configuration = {
        **policy["TargetTrackingScalingPolicyConfiguration"],
        "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
    }
    policies.put(world, table.account, table.region, target, name, configuration)


def _shown_settings(world: World, table: SandboxTable, index: str | None, units: str) -> dict[str, Any]:
    """The settings shown for a dimension. A target without a policy is not shown (DDB-TABLE-189, 195, 317)."""
    target = scaling.target_of(world, table, index, units)
    if target is None or not target.policies:
        return _OFF
    shown: dict[str, Any] = {
        "MinimumUnits": target.minimum,
        "MaximumUnits": target.maximum,
        "AutoScalingRoleArn": role_arn(table.account, table.region),
        "ScalingPolicies": [
            {
                "PolicyName": policy.name,
                "TargetTrackingScalingPolicyConfiguration": {
                    member: policy.configuration[member]
                    for member in _SHOWN
                    if policy.configuration.get(member) is not None
                },
            }
            for policy in target.policies.values()
        ],
    }
    return {**shown, "AutoScalingDisabled": True} if table.on_demand_billing else shown


def _description(call: ApiCall, table: SandboxTable) -> dict[str, Any]:
    group = global_tables.group_of(call.world, table)
    status = {} if group is None else {region: each.status for region, each in group.members.items()}
    tables = sorted((table, *global_tables.members(call.world, table)), key=lambda each: each.region)
    return {
        "TableName": table.name,
        "TableStatus": table.status,
        "Replicas": [
            _replica_description(call.world, member, status.get(member.region, "ACTIVE")) for member in tables
        ],
    }


def _replica_description(world: World, table: SandboxTable, status: str) -> dict[str, Any]:
    """One replica's description; an index is included once it is built (DDB-TABLE-322)."""
    return {
        "RegionName": table.region,
        "ReplicaStatus": status,
        "ReplicaProvisionedReadCapacityAutoScalingSettings": _shown_settings(world, table, None, READS),
        "ReplicaProvisionedWriteCapacityAutoScalingSettings": _shown_settings(world, table, None, WRITES),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": name,
                "IndexStatus": index.status,
                "ProvisionedReadCapacityAutoScalingSettings": _shown_settings(world, table, name, READS),
                "ProvisionedWriteCapacityAutoScalingSettings": _shown_settings(world, table, name, WRITES),
            }
            for name, index in table.global_indexes.items()
            if index.status != "CREATING"
        ],
    }
