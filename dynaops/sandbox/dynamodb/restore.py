"""Restoring a table from a backup, or to a time in its recovery window."""

from __future__ import annotations

from typing import Any

from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.dynamodb import backups, create, moto_bridge, recovery, registry
from dynaops.sandbox.dynamodb.describe import describe
from dynaops.sandbox.dynamodb.model import SandboxTable
from dynaops.sandbox.dynamodb.shapes import check_shape
from dynaops.sandbox.errors import ApiError, validation
from dynaops.sandbox.world import World, action

RESTORE_SECONDS = 120.0
"""81-767 s (DDB-TABLE-215)."""


@operation("dynamodb", "RestoreTableFromBackup")
def restore_table_from_backup(call: ApiCall) -> dict[str, Any]:
    check_shape(call.operation, call.body)
    backup = backups.backup_of_arn(call, call.body["BackupArn"])
    if backup.restoring is not None:
        raise ApiError("BackupInUseException", f"Backup is being used to restore a table: {backup.arn}")
    name = call.body["TargetTableName"]
    summary = {"SourceBackupArn": backup.arn, "SourceTableArn": backup.table.arn}
    shown = begin(call, name, backup.table, backup.description, backup.items, summary)
    backup.restoring = name
    call.world.schedule(
        RESTORE_SECONDS, "dynamodb.restored", account=call.account, region=call.region, backup=backup.arn
    )
    return {"TableDescription": shown}


@operation("dynamodb", "RestoreTableToPointInTime")
def restore_table_to_point_in_time(call: ApiCall) -> dict[str, Any]:
    check_shape(call.operation, call.body)
    body = call.body
    if ("SourceTableName" in body) == ("SourceTableArn" in body):
        raise validation("Exactly one of SourceTableName and SourceTableArn must be provided")
    source = _source(call, body.get("SourceTableName") or body["SourceTableArn"])
    times = recovery.window(call.world, source)
    if times is None:
        raise ApiError(
            "PointInTimeRecoveryUnavailableException",
            f"Point in time recovery is not enabled for table '{source.name}'",
        )
    at = times[1] if body.get("UseLatestRestorableTime") else body.get("RestoreDateTime")
    if at is None or not times[0] <= at <= times[1]:
        raise ApiError(
            "InvalidRestoreTimeException",
            "The restore time must be between EarliestRestorableDateTime and LatestRestorableDateTime",
        )
    items = moto_bridge.items_of(call.world, source)
    history = moto_bridge.history_of(call.world, source)
    if history is not None:
        items = history.items_at(at, items)
    summary = {"SourceTableArn": source.arn}
    described = describe(call.world, source)
    return {
        "TableDescription": begin(
            call, body["TargetTableName"], source, described, items, {**summary, "RestoreDateTime": at}
        )
    }


def _source(call: ApiCall, name: str) -> SandboxTable:
    try:
        return registry.lookup(call, name)
    except ApiError as error:
        if error.code != "ResourceNotFoundException":
            raise
        raise ApiError("TableNotFoundException", f"Table not found: {name}") from None


def begin(
    call: ApiCall,
    name: str,
    source: SandboxTable,
    was: dict[str, Any],
    items: list[Any],
    summary: dict[str, Any],
) -> dict[str, Any]:
    """Start restoring a table from a copy: `source` as described by `was`, with the overrides in the call's body.

    Returns the new table's description. Raises TableInUseException or TableAlreadyExistsException for a taken name.
    """
    taken = registry.tables_in(call.world, call.account, call.region).get(name)
    if taken is not None:
        code = "TableInUseException" if taken.restoring else "TableAlreadyExistsException"
        raise ApiError(code, f"Table already exists: {name}")
    table = create.build(call, _create_request(call.body, name, source, was))
    table.restore = {"RestoreDateTime": call.now, "RestoreInProgress": True, **summary}
    create.start(call.world, table, RESTORE_SECONDS)
    moto_bridge.load_items(call.world, table, items)
    return describe(call.world, table)


def _create_request(
    body: dict[str, Any], name: str, source: SandboxTable, was: dict[str, Any]
) -> dict[str, Any]:
    """The CreateTable request for the restored table: the earlier settings with the overrides."""
    billing = body.get("BillingModeOverride", source.billing_mode)
    request: dict[str, Any] = {"TableName": name, "KeySchema": was["KeySchema"], "BillingMode": billing}
    if billing == "PROVISIONED":
        units = {
            "ReadCapacityUnits": source.throughput.read or 1,
            "WriteCapacityUnits": source.throughput.write or 1,
        }
        request["ProvisionedThroughput"] = body.get("ProvisionedThroughputOverride", units)
    elif "OnDemandThroughputOverride" in body or was.get("OnDemandThroughput"):
        request["OnDemandThroughput"] = body.get("OnDemandThroughputOverride", was.get("OnDemandThroughput"))
    if "SSESpecificationOverride" in body:
        request["SSESpecification"] = body["SSESpecificationOverride"]
    elif "SSEDescription" in was:
        key = was["SSEDescription"].get("KMSMasterKeyArn")
        request["SSESpecification"] = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
    for member, override in (
        ("GlobalSecondaryIndexes", "GlobalSecondaryIndexOverride"),
        ("LocalSecondaryIndexes", "LocalSecondaryIndexOverride"),
    ):
        indexes = _indexes(body.get(override), was.get(member, []), member, request)
        if indexes:
            request[member] = indexes
    used = {key["AttributeName"] for key in request["KeySchema"]}
    for member in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        used |= {key["AttributeName"] for entry in request.get(member, []) for key in entry["KeySchema"]}
    request["AttributeDefinitions"] = [
        entry for entry in was["AttributeDefinitions"] if entry["AttributeName"] in used
    ]
    return request


def _indexes(
    override: list[dict[str, Any]] | None, was: list[dict[str, Any]], member: str, request: dict[str, Any]
) -> list[dict[str, Any]]:
    """The indexes to restore. An override selects them by keys and projection, and may rename them (DDB-TABLE-280)."""
    chosen = [{key: index[key] for key in ("IndexName", "KeySchema", "Projection")} for index in was]
    if override is not None:
        shapes = [(index["KeySchema"], index["Projection"]) for index in chosen]
        for index in override:
            if (index["KeySchema"], index["Projection"]) not in shapes:
                raise validation(
                    f"One or more parameter values were invalid: Index {index['IndexName']} does not match a "
                    "secondary index of the source table"
                )
        chosen = [dict(index) for index in override]
    if member == "GlobalSecondaryIndexes" and request["BillingMode"] == "PROVISIONED":
        units = {index["IndexName"]: index.get("ProvisionedThroughput") for index in was}
        for index in chosen:
            index.setdefault("ProvisionedThroughput", _units(units.get(index["IndexName"]), request))
    return chosen


def _units(was: dict[str, Any] | None, request: dict[str, Any]) -> dict[str, Any]:
    if not was or not was.get("ReadCapacityUnits"):
        units: dict[str, Any] = request["ProvisionedThroughput"]
        return units
    return {key: was[key] for key in ("ReadCapacityUnits", "WriteCapacityUnits")}


@action("dynamodb.restored")
def _release_name(world: World, data: dict[str, Any]) -> None:
    held = world.region(data["account"], data["region"]).holding(backups.StoredBackups)
    backup = held.by_arn.get(data["backup"])
    if backup is not None:
        backup.restoring = None
