"""ReplicaUpdates: checks of replica creation, update and removal, with AWS's messages.

A call may create or remove exactly one replica, from any region of the group (DDB-TABLE-203, 223,
224, 265, 307); strongly consistent groups have other rules (see the module for witness regions).
"""

from __future__ import annotations

import functools
from typing import Any

import boto3

from dynaops.model.arns import iam_arn, partition_of
from dynaops.sandbox.dispatch import ApiCall
from dynaops.sandbox.dynamodb import (
    global_tables,
    registry,
    replica_changes,
    replica_keys,
    scaling,
    update_conflicts,
    witness_region,
)
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.errors import ApiError, in_use, invalid, validation
from dynaops.sandbox.world import World

SOURCE_SECONDS = 24 * 3600.0
"""Seconds for which a replica's source region cannot be removed while that replica exists (DDB-TABLE-266)."""

_LOCAL = (
    "Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or "
    "UpdateTable as required."
)
_KINDS = ("Create", "Update", "Delete", "Disassociate")
_NO_ACTIONS = "There are no actions specified in the Replica Update Action of the request."


def check_alone(requested: set[str], body: dict[str, Any]) -> None:
    """Refuse other changes in the same call, before any state is checked (DDB-TABLE-224, 257)."""
    if "GlobalTableWitnessUpdates" in body:
        if requested - {"ReplicaUpdates"}:
            raise invalid("Requests that modify replicas or witnesses must not also modify other fields")
    elif "ReplicaUpdates" in requested and len(requested) > 1:
        raise invalid("Replica modification must be the only operation in the request")


def check_settings(body: dict[str, Any], requested: set[str]) -> None:
    """Check settings replication of a regional table: ENABLED or DISABLED, as the only change (DDB-TABLE-048)."""
    if body.get("GlobalTableSettingsReplicationMode") == "ENABLED_WITH_OVERRIDES":
        raise validation(
            "Value 'ENABLED_WITH_OVERRIDES' at 'GlobalTableSettingsReplicationMode' failed to satisfy "
            "constraint: Only ENABLED and DISABLED settings replication are supported for a Regional Table."
        )
    for member in ("GlobalTableSettingsReplicationMode", "DisassociationProtectionEnabled"):
        if member in requested and len(requested) > 1:
            raise invalid(f"{member} modification must be the only operation in the request")


def protect(call: ApiCall, table: SandboxTable, protected: bool) -> None:
    """Switch the protection against disassociation, a setting of a member of an MREC global table (UpdateTable).

    AWS's answer for other tables is not known; the sandbox refuses, which is stricter.
    """
    group = global_tables.group_of(call.world, table)
    if group is None or group.strong:
        raise validation(
            "DisassociationProtectionEnabled can only be set for a replica of a multi-Region eventual consistency "
            "global table"
        )
    table.disassociation_protection = protected


def update(call: ApiCall, table: SandboxTable, body: dict[str, Any]) -> dict[str, Any]:
    """Carry out ReplicaUpdates (and witness updates); returns the table's description."""
    actions = _actions(body["ReplicaUpdates"])
    group = global_tables.group_of(call.world, table)
    _check_regions(call, actions)
    if witness_region.is_strong(group, body):
        witness_region.check(call, table, group, actions, body)
    else:
        _check_count(actions)
    _check_state(call, table, group, actions)
    for kind, given in actions:
        _CHECKS[kind](call, table, group, given)
    return replica_changes.apply(call, table, actions, body)


def _actions(updates: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """The requested actions; a repeated creation counts once."""
    actions: list[tuple[str, dict[str, Any]]] = []
    for update in updates:
        present = [(kind, update[kind]) for kind in _KINDS if update.get(kind) is not None]
        if len(present) > 1:
            raise validation("Update table operation with more than one type of replica actions not allowed.")
        actions += [action for action in present if action not in actions]
    if not actions:
        raise validation(_NO_ACTIONS)
    for kind, given in actions:
        if kind == "Update" and not set(given) - {"RegionName"}:
            raise validation(_NO_ACTIONS)
    return actions


def _check_count(actions: list[tuple[str, dict[str, Any]]]) -> None:
    if len({kind for kind, _ in actions}) > 1:
        raise validation("Update table operation with more than one type of replica actions not allowed.")
    if len(actions) > 1 and actions[0][0] != "Update":
        raise validation(
            "Update table operation with more than one create or delete replica actions not allowed"
        )


@functools.cache
def supported_regions() -> list[str]:
    """The regions that have DynamoDB, as the SDK knows them."""
    return boto3.Session().get_available_regions("dynamodb")


def _check_regions(call: ApiCall, actions: list[tuple[str, dict[str, Any]]]) -> None:
    for kind, given in actions:
        region = given["RegionName"]
        if not region:
            raise ApiError(
                "AccessDeniedException",
                f"User: {iam_arn(call.region, call.account, 'root')} is not authorized to perform: dynamodb:Scan on "
                f"resource: arn:{partition_of(call.region)}:dynamodb::{call.account}:table/{call.body['TableName']}",
            )
        if region == call.region and kind in ("Create", "Delete"):
            raise validation(_LOCAL)
        if region not in supported_regions():
            raise validation(
                f"Region {region} is not supported. The latest version of global tables are only supported "
                f"in the following regions: [{', '.join(supported_regions())}]"
            )


def _check_state(
    call: ApiCall,
    table: SandboxTable,
    group: global_tables.GlobalTable | None,
    actions: list[tuple[str, dict[str, Any]]],
) -> None:
    """Refuse actions while a replica is being added, or another change is in progress (DDB-TABLE-227, 298)."""
    if group is not None and table.status == "CREATING":
        raise validation(
            "Create/Update/Delete of replica is not allowed while the replica is being added to table with "
            f"name: ‘{table.name}’ in region: ‘{call.region}’."
        )
    for kind, given in actions:
        if kind == "Create" and given["RegionName"] in _regions_being_deleted(group):
            raise table_exists_error(table)
        if kind in ("Update", "Delete"):
            _require_member(group, given["RegionName"])
    update_conflicts.check(table, "replica")
    if table.running:
        raise in_use(f"Table: {table.name} is in the process of being updated.")


def _regions_being_deleted(group: global_tables.GlobalTable | None) -> list[str]:
    members = group.members.values() if group is not None else ()
    return [member.region for member in members if member.status == "DELETING"]


def table_exists_error(table: SandboxTable) -> ApiError:
    """The error for a new replica in a region that has a table of that name (DDB-TABLE-225)."""
    return validation(
        f"Failed to create a the new replica of table with name: ‘{table.name}’ because one or more replicas "
        "already existed as tables."
    )


def _require_member(group: global_tables.GlobalTable | None, region: str) -> global_tables.GlobalTableMember:
    member = group.members.get(region) if group is not None else None
    if member is None or not member.visible:
        raise validation(
            "Update global table operation failed because one or more replicas were not part of the global "
            f"table. Please retry the request without these replicas: [{region}]."
        )
    return member


def _check_create(
    call: ApiCall, table: SandboxTable, _group: global_tables.GlobalTable | None, given: dict[str, Any]
) -> None:
    region = given["RegionName"]
    if table.name in registry.tables_in(call.world, table.account, region):
        raise table_exists_error(table)
    if not table.on_demand_billing:
        scaling.require_write_scaling(call.world, table)
    replica_keys.check_create(call, table, given)


def _check_update(
    _call: ApiCall, table: SandboxTable, _group: global_tables.GlobalTable | None, given: dict[str, Any]
) -> None:
    if given.get("KMSMasterKeyId") is not None:
        raise invalid("KMSMasterKeyId of a replica cannot be updated through ReplicaUpdates")
    if given.get("ProvisionedThroughputOverride") is not None and table.on_demand_billing:
        raise validation(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
            "PAY_PER_REQUEST"
        )


def _check_delete(
    call: ApiCall, table: SandboxTable, group: global_tables.GlobalTable | None, given: dict[str, Any]
) -> None:
    region = given["RegionName"]
    other = registry.tables_in(call.world, table.account, region).get(table.name)
    if other is not None and other.deletion_protection:
        raise validation(
            f"Cannot delete table {table.name} in region {region} because it has deletion protection enabled. "
            "Disable deletion protection first."
        )
    if group is not None and not group.strong:
        require_no_offspring(call, group, region)


def require_no_offspring(call: ApiCall, group: global_tables.GlobalTable, region: str) -> None:
    """Refuse to remove a region that was recently the source of a replica which still exists (DDB-TABLE-266)."""
    for member in group.members.values():
        if member.source == region and call.now - member.joined < SOURCE_SECONDS:
            raise validation(
                "Replica cannot be deleted because it has acted as a source region for new replica(s) being "
                "added to the table in the last 24 hours."
            )


def _check_disassociate(
    _call: ApiCall, table: SandboxTable, group: global_tables.GlobalTable | None, given: dict[str, Any]
) -> None:
    _require_member(group, given["RegionName"])
    if given["RegionName"] != table.region:
        raise validation("Disassociation is only allowed for the replica in the region of the request")
    if table.disassociation_protection:
        raise validation(
            "Replica cannot be disassociated as it is currently protected against disassociation. "
            "Disable disassociation protection first."
        )


_CHECKS = {
    "Create": _check_create,
    "Update": _check_update,
    "Delete": _check_delete,
    "Disassociate": _check_disassociate,
}


def check_delete(call: ApiCall, table: SandboxTable) -> None:
    """Refuse DeleteTable where it would break a global table (DDB-TABLE-260, 266, 298)."""
    group = global_tables.group_of(call.world, table)
    if group is None:
        return
    if group.strong:
        raise witness_region.only_one()
    require_no_offspring(call, group, table.region)


def check_member(world: World, table: SandboxTable, body: dict[str, Any]) -> None:
    """Refuse new indexes of a PROVISIONED global table without write scaling (DDB-TABLE-291)."""
    adds = any("Create" in update for update in body.get("GlobalSecondaryIndexUpdates") or ())
    if adds and table.replicated and not table.on_demand_billing:
        scaling.require_index_scaling(world, table)


def apply_to_members(call: ApiCall, table: SandboxTable, body: dict[str, Any]) -> None:
    """Apply a change of shared settings to the other members of the group."""
    replica_changes.apply_to_members(call, table, body)
