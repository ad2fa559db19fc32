"""Replicas as they are: what the home table says of them, and what their own regions do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dynaops.kinds.kind import AwsReader
from dynaops.kinds.tags import tags_of
from dynaops.model.arns import parse
from dynaops.model.resource import Observed, Properties, Scope

_WINDOW = ("ContinuousBackupsDescription", "PointInTimeRecoveryDescription")
_GOING = ("DELETING", "ARCHIVING", "ARCHIVED")


def replicas(read: AwsReader, scope: Scope, table: Observed, wanted: set[str]) -> list[Observed]:
    """All replicas of the live table; those in the regions `wanted` with the settings of their regions."""
    listed = [
        element for element in table.raw.get("Replicas", ()) if element.get("ReplicaStatus") not in _GOING
    ]
    if not listed:
        return []
    with ThreadPoolExecutor(max_workers=len(listed), thread_name_prefix="replica") as pool:
        return list(
            pool.map(
                lambda element: _replica(read, scope, table, element, element["RegionName"] in wanted), listed
            )
        )


def _replica(read: AwsReader, scope: Scope, table: Observed, entry: dict[str, Any], whole: bool) -> Observed:
    region = entry["RegionName"]
    status = entry.get("ReplicaStatus")
    arn = arn_in(table.outputs["arn"], region)
    properties, raw, tags = _regional(read, scope, region, arn) if whole else ({}, {}, None)
    return Observed(
        scope.below("replica", region),
        "replica",
        region,
        properties,
        {"arn": arn},
        owner=scope.address,
        busy=f"the replica of {scope.table_name} in {region} is {status}" if status != "ACTIVE" else None,
        raw={"status": status, "table": raw},
        tags=tags,
    )


def _regional(
    read: AwsReader, scope: Scope, region: str, arn: str
) -> tuple[Properties, dict[str, Any], dict[str, str]]:
    """The settings that a replica has of its own (what is off is left out), its description and its tags."""
    name = {"TableName": scope.table_name}
    described = (read.read("dynamodb", "DescribeTable", region, name) or {}).get("Table", {})
    result: Properties = {"table_class": described.get("TableClassSummary", {}).get("TableClass", "STANDARD")}
    key = described.get("SSEDescription", {}).get("KMSMasterKeyArn")
    if key:
        result["kms_key_arn"] = key
    if described.get("DeletionProtectionEnabled"):
        result["deletion_protection"] = True
    window: dict[str, Any] = read.read("dynamodb", "DescribeContinuousBackups", region, name) or {}
    for member in _WINDOW:
        window = window.get(member, {})
    if window.get("PointInTimeRecoveryStatus") == "ENABLED":
        result["point_in_time_recovery"] = {
            "enabled": True,
            "recovery_period_days": window.get("RecoveryPeriodInDays", 35),
        }
    tags = read.read_all("dynamodb", "ListTagsOfResource", region, {"ResourceArn": arn}, "Tags") or []
    own = tags_of(tags)
    if own:
        result["tags"] = own
    return result, described, own


def arn_in(arn: str, region: str) -> str:
    """A table's ARN, of its replica in `region`."""
    parsed = parse(arn)
    return str(parsed._replace(region=region)) if parsed else arn
