"""UpdateTable: one kind of change for each call, checked as a whole before anything is changed.

Which members one call may combine was measured on AWS (DDB-TABLE-174, 382, 433): nearly none.
"""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb import (
    encryption,
    indexes,
    registry,
    replicas,
    streams,
    update_capacity,
    update_class,
    update_protection,
    update_warm,
    vector,
)
from dynaops.sandbox.dynamodb.describe import describe
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.dynamodb.shapes import check_shape, check_table_class
from dynaops.sandbox.errors import invalid, validation

# AWS's list, in AWS's order, with members that only AWS itself may send (DDB-TABLE-015).
_NAMED = (
    "ProvisionedThroughput",
    "BillingMode",
    "UpdateStreamEnabled",
    "GlobalSecondaryIndexUpdates",
    "SSESpecification",
    "ReplicaUpdates",
    "MultiAccountReplicaReady",
    "ReplicaTransitRoleArn",
    "MultiRegionConsistency",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "WarmThroughput",
    "TableClass",
)
_CHANGES = frozenset(
    {
        *_NAMED,
        "StreamSpecification",
        "GlobalTableSettingsReplicationMode",
        "DisassociationProtectionEnabled",
        "VectorIndexUpdates",
    }
) - {"MultiRegionConsistency"}
# Members that must be the only change, in the order of AWS's message (DDB-TABLE-433).
_ALONE = {
    "SSESpecification": "Server-Side Encryption modification must be the only operation in the request",
    "TableClass": "TableClass modification must be the only operation in the request",
    "DeletionProtectionEnabled": "DeletionProtection modification must be the only operation in the request",
}


@operation("dynamodb", "UpdateTable")
def update_table(call: ApiCall) -> dict[str, Any]:
    """Change one setting of a table, or refuse the request without any change."""
    body = {member: value for member, value in call.body.items() if value is not None}
    check_shape("UpdateTable", body)
    check_table_class(body.get("TableClass"))
    requested = _requested_changes(body)
    _check_combination(body, requested)
    table = registry.lookup(call, body["TableName"])
    if "ReplicaUpdates" in requested:
        return {"TableDescription": replicas.update(call, table, body)}
    _check(call, table, body)
    shown = _members_before(call, table, body)
    changed = _apply(call, table, body)
    return {"TableDescription": {**describe(call.world, table), **shown, **changed}}


def _requested_changes(body: dict[str, Any]) -> set[str]:
    """The members that request a change; an empty list of index updates does not count."""
    requested = {member for member in body if member in _CHANGES}
    for updates in ("GlobalSecondaryIndexUpdates", "VectorIndexUpdates"):
        if not body.get(updates):
            requested.discard(updates)
    if not requested:
        named = [member for member in _NAMED if member not in body or member == "GlobalSecondaryIndexUpdates"]
        raise validation(f"At least one of {', '.join(named[:-1])} or {named[-1]} is required")
    return requested


def _check_combination(body: dict[str, Any], requested: set[str]) -> None:
    """Refuse combinations of members that AWS refuses in any state of the table."""
    updates = body.get("GlobalSecondaryIndexUpdates")
    if updates is not None:
        indexes.check_list(updates)
    if "ReplicaUpdates" in body or "GlobalTableWitnessUpdates" in body:
        replicas.check_alone(requested, body)
    streams.check_specification(body.get("StreamSpecification"))
    for member, text in _ALONE.items():
        if member in requested and len(requested) > 1:
            raise invalid(text)
    online = any("Update" not in each for each in updates or ())
    _check_on_demand(requested)
    _check_warm(requested, online)
    _check_iops(body, requested, online)
    if "VectorIndexUpdates" in requested:
        vector.check_list(body["VectorIndexUpdates"], online)
        if len(requested) > 1:
            raise invalid("Vector index modification must be the only operation in the request")
    replicas.check_settings(body, requested)


def _check_on_demand(requested: set[str]) -> None:
    if "OnDemandThroughput" in requested and requested - {"OnDemandThroughput", "BillingMode"}:
        raise invalid("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")


def _check_warm(requested: set[str], online: bool) -> None:
    if "WarmThroughput" in requested and len(requested) > 1:
        raise invalid(
            "Create global secondary index cannot be specified when updating WarmThroughput"
            if online
            else "WarmThroughput must be the only operation in the request"
        )


def _check_iops(body: dict[str, Any], requested: set[str], online: bool) -> None:
    """These messages look like a temporary state, but are rules about the request (DDB-TABLE-382)."""
    mode = body.get("BillingMode")
    if mode == "PAY_PER_REQUEST" and "ProvisionedThroughput" in requested:
        raise invalid("ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST")
    if mode == "PROVISIONED" and "ProvisionedThroughput" not in requested:
        raise invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    iops = "ProvisionedThroughput" in requested
    if iops and "StreamSpecification" in requested:
        raise invalid("You cannot modify stream status while updating table IOPS")
    removes = bool(indexes.of(body, "Delete"))
    # A removal with a switch to on demand was not tried on AWS: the stricter answer.
    if (iops and online) or (mode == "PAY_PER_REQUEST" and removes):
        raise invalid("You cannot create or delete index while updating table IOPS")
    if "GlobalSecondaryIndexUpdates" in requested and "StreamSpecification" in requested:
        raise invalid("You cannot create or delete index while changing stream status")


def _check(call: ApiCall, table: SandboxTable, body: dict[str, Any]) -> None:
    registry.require_settled(table)
    indexes.check_online(table, body)
    update_capacity.check(call, table, body)
    if "StreamSpecification" in body:
        streams.check_update(table, body["StreamSpecification"])
    if body.get("GlobalSecondaryIndexUpdates"):
        indexes.check(call, table, body)
    if "SSESpecification" in body:
        encryption.check_update(call, table, body["SSESpecification"])
    if "TableClass" in body:
        update_class.check(call, table, body["TableClass"])
    if "DeletionProtectionEnabled" in body:
        update_protection.check(call, table)
    if "WarmThroughput" in body:
        update_warm.check(call, table, body["WarmThroughput"])
    if body.get("VectorIndexUpdates"):
        vector.check(table, body["VectorIndexUpdates"])
    replicas.check_member(call.world, table, body)


def _members_before(call: ApiCall, table: SandboxTable, body: dict[str, Any]) -> dict[str, Any]:
    """The members that the response shows with their earlier values: class and key (DDB-TABLE-177, 284)."""
    stale = {"TableClass": "TableClassSummary"}
    before = describe(call.world, table)
    return {
        member: before[member]
        for member_changed, member in stale.items()
        if member_changed in body and member in before
    }


def _apply(call: ApiCall, table: SandboxTable, body: dict[str, Any]) -> dict[str, Any]:
    """Make the changes; returns the members that only this call's response shows."""
    changed = update_capacity.apply(call, table, body)
    if "StreamSpecification" in body:
        streams.apply_update(call, table, body["StreamSpecification"])
    if body.get("GlobalSecondaryIndexUpdates"):
        indexes.apply(call, table, body)
    if "SSESpecification" in body:
        encryption.apply_update(call, table, body["SSESpecification"])
    if "TableClass" in body:
        changed |= update_class.apply(call, table, body["TableClass"])
    if "DeletionProtectionEnabled" in body:
        update_protection.apply(call, table, body["DeletionProtectionEnabled"])
    if "WarmThroughput" in body:
        update_warm.apply(call, table, body["WarmThroughput"])
    if "GlobalTableSettingsReplicationMode" in body:
        table.settings_mode = body["GlobalTableSettingsReplicationMode"]
    if "DisassociationProtectionEnabled" in body:
        replicas.protect(call, table, body["DisassociationProtectionEnabled"])
    if body.get("VectorIndexUpdates"):
        vector.apply(call, table, body["VectorIndexUpdates"])
    replicas.apply_to_members(call, table, body)
    return changed
