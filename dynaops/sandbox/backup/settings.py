"""The region's settings: which resource types plans include by tag, and DynamoDB's advanced features."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dynaops.sandbox.backup.refusals import invalid_parameter
from dynaops.sandbox.dispatch import ApiCall, operation
from dynaops.sandbox.world import Region

_TYPES = (
    *("Aurora", "CloudFormation", "DocumentDB", "DynamoDB", "EBS", "EC2", "EFS", "FSx", "Neptune", "RDS"),
    *("Redshift", "S3", "SAP HANA on Amazon EC2", "Storage Gateway", "Timestream", "VirtualMachine"),
)
_MANAGED = ("CloudFormation", "DynamoDB", "EFS")
DYNAMODB = "DynamoDB"


@dataclass
class RegionSettings:
    """Settings by resource type. Accounts created since November 2021 have DynamoDB's advanced features on."""

    opted_in: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(_TYPES, True))
    managed: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(_MANAGED, True))


def advanced(here: Region) -> bool:
    """Whether DynamoDB's advanced features are on: cold storage, copies, tags, and ARNs of AWS Backup."""
    return here.holding(RegionSettings).managed[DYNAMODB]


def opted_in(here: Region) -> bool:
    """Whether DynamoDB is opted in: plans then include tables selected by a tag or a wildcard."""
    return here.holding(RegionSettings).opted_in[DYNAMODB]


@operation("backup", "DescribeRegionSettings")
def describe_settings(call: ApiCall) -> dict[str, Any]:
    held = call.here.holding(RegionSettings)
    return {
        "ResourceTypeOptInPreference": dict(held.opted_in),
        "ResourceTypeManagementPreference": dict(held.managed),
    }


@operation("backup", "UpdateRegionSettings")
def update_settings(call: ApiCall) -> dict[str, Any]:
    held = call.here.holding(RegionSettings)
    opted = call.body.get("ResourceTypeOptInPreference") or {}
    managed = call.body.get("ResourceTypeManagementPreference") or {}
    for given, known in ((opted, held.opted_in), (managed, held.managed)):
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise invalid_parameter(f"Invalid resource type: {', '.join(unknown)}")
    held.opted_in.update(opted)
    held.managed.update(managed)
    return {}


@operation("backup", "GetSupportedResourceTypes")
def supported_types(call: ApiCall) -> dict[str, Any]:
    return {"ResourceTypes": sorted(call.here.holding(RegionSettings).opted_in)}
